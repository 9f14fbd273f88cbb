//! The published operations of the platform, as facts: `operations.txt`, and the models of those that are emulated by
//! hand: `models.txt`. `refresh.py` writes both from the vendor's API document.
//!
//! A line of `operations.txt` that begins with `/` is a path. Below it is a line for each method: its status of success,
//! `?name:type` for each query parameter, `<type` for the body, `-name,name` for
//! its properties that the answer lacks, `name:other` for an id of the entity to which the other property of the answer
//! refers, and `>type` for the answer. `whole` marks an operation whose
//! types have every property; those of the others have what shows the kind of an answer. `removed` marks an operation
//! that the vendor has removed from its API. `Name = type` defines a type that many answers have. The types are those of
//! [`Schemas`](super::schema::Schemas).

use std::sync::Arc;

use http::{Method, StatusCode};

use super::facts::{Document, Facts, Parameter, Published, RequestBody, RequestOnly};
use super::schema::{Builder, SchemaId};

const OPERATIONS: &str = include_str!("operations.txt");
const MODELS: &str = include_str!("models.txt");
/// `METHOD path place`: operations that are about entities of another path. It is written by hand, by the definitions
/// that the answers have, and holds for an API document of the user as well.
const KEPT: &str = include_str!("kept.txt");

/// The mark of an operation that the vendor has removed from its API, in place of its status.
const REMOVED: &str = "removed";
/// The mark of an operation whose types have every property.
const WHOLE: &str = "whole";

/// A line of the embedded files that does not parse.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the published operations: {what}")]
pub(crate) struct Malformed {
    line: usize,
    what: String,
}

/// Reads the embedded files.
pub(crate) fn document() -> Result<Document, Malformed> {
    let mut schemas = Builder::default();
    let malformed = |line: usize| move |what: String| Malformed { line, what };
    schemas.read(MODELS).map_err(|mistake| mistake.to_string()).map_err(malformed(0))?;
    let mut reader = Reader { schemas, path: Arc::from(""), operations: Vec::with_capacity(4096) };
    for (line, text) in (1..).zip(OPERATIONS.lines()) {
        reader.line(text).map_err(malformed(line))?;
    }
    let schemas = reader.schemas.finish().map_err(|undefined| undefined.to_string()).map_err(malformed(0))?;
    Ok(Document { operations: reader.operations, schemas: Arc::new(schemas) })
}

/// The operations that are about entities of another path: method, path, and the template of that path.
pub(super) fn kept() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    KEPT.lines().filter_map(|line| {
        let (method, rest) = line.split_once(' ')?;
        let (path, place) = rest.split_once(' ')?;
        Some((method, path, place))
    })
}

/// The method and path of every published operation, without its facts.
pub(crate) fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut path = "";
    OPERATIONS.lines().filter_map(move |line| {
        if line.starts_with('/') {
            path = line;
        }
        let method = line.strip_prefix(' ')?.split(' ').next()?;
        Some((method, path))
    })
}

struct Reader {
    schemas: Builder,
    path: Arc<str>,
    operations: Vec<Published>,
}

impl Reader {
    fn line(&mut self, text: &str) -> Result<(), String> {
        if text.starts_with('/') {
            self.path = Arc::from(text);
        } else if let Some(operation) = text.strip_prefix(' ') {
            let operation = self.operation(operation)?;
            self.operations.push(operation);
        } else if let Some((name, kind)) = text.split_once(" = ") {
            let kind = self.schema(kind)?;
            self.schemas.define(name, kind).map_err(|undefined| undefined.to_string())?;
        }
        Ok(())
    }

    fn operation(&mut self, text: &str) -> Result<Published, String> {
        let mut words = words(text);
        let method = words.next().unwrap_or_default();
        let method = Method::from_bytes(method.as_bytes()).map_err(|mistake| mistake.to_string())?;
        let status = words.next().unwrap_or_default();
        let mut facts =
            Facts::new(if status == REMOVED { StatusCode::NOT_FOUND } else { parse_status(status)? });
        facts.removed = status == REMOVED;
        let mut query = Vec::new();
        for word in words {
            self.part(word, &mut facts, &mut query)?;
        }
        facts.query = query.into();
        Ok(Published { method, template: Arc::clone(&self.path), facts })
    }

    /// Reads `?name:type`, `?name:type<=most`, `<type` or `>type`.
    fn part(&mut self, word: &str, facts: &mut Facts, query: &mut Vec<Parameter>) -> Result<(), String> {
        let (plain, required) = word.strip_suffix('!').map_or((word, false), |plain| (plain, true));
        let (mark, rest) = plain.split_at_checked(1).unwrap_or_default();
        match mark {
            _ if word == WHOLE => facts.detailed = true,
            "<" => facts.body = Some(RequestBody { schema: self.schema(rest)?, required }),
            "-" => facts.request_only = rest.split(',').map(RequestOnly::from).collect(),
            ">" => facts.answer = Some(self.schema(rest)?),
            "?" => {
                let (name, kind) = rest.split_once(':').ok_or("a parameter without a type")?;
                let (kind, most) =
                    kind.split_once("<=").map_or((kind, None), |(kind, most)| (kind, most.parse().ok()));
                query.push(Parameter { name: name.into(), schema: self.schema(kind)?, required, most });
            }
            _ => return Err(format!("unexpected {word}")),
        }
        Ok(())
    }

    fn schema(&mut self, kind: &str) -> Result<SchemaId, String> {
        self.schemas.parse_type(kind)
    }
}

fn parse_status(text: &str) -> Result<StatusCode, String> {
    text.parse().map_err(|_| format!("{text} is not a status"))
}

/// The words of a line. A type in brackets is one word.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    text.split(move |letter| {
        match letter {
            '{' | '[' | '(' => depth += 1,
            '}' | ']' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ' ' && depth == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_files_are_sound() {
        let document = document().expect("sound files");
        assert!(document.operations.len() > 3180);
    }

    #[test]
    fn a_type_in_brackets_is_one_word() {
        let found: Vec<_> = words("GET 200 >{id:s name:(a|b c)}").collect();
        assert_eq!(found, ["GET", "200", ">{id:s name:(a|b c)}"]);
    }
}
