//! Stories of operations that change what other operations show: members, actions, bulk changes and searches.
//!
//! A story is a paragraph of a file in `stories`. Its first line is its title. The other lines:
//!
//! ```text
//! make /api/v2/groups as $group        an entity of the collection; `$group` is its id, `$group.path` its path
//! DELETE /api/v2/groups/$group?ids=$x  a request, with a body after the path; it has to succeed
//!   status 404                         or has to have this status
//!   has $x                             a value of the answer is this one
//!   lacks $x                           no value of the answer is this one
//!   /name = "text"                     the value at that pointer
//!   let $x = /id                       a value for later lines
//! clock 60                             the clock goes on by that many seconds
//! ```
//!
//! `<user>` and `<new>` are as in `makers`. The operations of a story are right if all of it holds: the title names what
//! the reads compare.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::{Held, Looker, States, held, succeeds};
use crate::client::Answer;
use crate::spec::{Document, Operation};

const STORIES: &[&str] = &[
    include_str!("stories/conversations.txt"),
    include_str!("stories/directory.txt"),
    include_str!("stories/others.txt"),
];

/// A story that is being told.
struct Telling<'a> {
    looker: &'a Looker<'a>,
    title: &'a str,
    values: BTreeMap<String, String>,
    answer: Answer,
    /// The operations so far, and the last of them.
    told: Vec<&'a Operation>,
    /// What changed last.
    changed: Option<&'a Operation>,
    /// Whether the last request has to succeed: no line has named its status.
    is_open: bool,
}

impl Looker<'_> {
    /// Tells every story.
    pub(crate) async fn tell_stories(&self) -> States {
        let mut states = States::default();
        let paragraphs = STORIES.iter().flat_map(|text| text.split("\n\n")).map(str::trim);
        for paragraph in paragraphs.filter(|text| !text.is_empty()) {
            let mut lines = paragraph.lines().filter(|line| !line.starts_with('#'));
            let Some(title) = lines.next() else { continue };
            let mut telling = Telling::new(self, title);
            let mut held = Ok(());
            for line in lines {
                held = telling.line(line).await;
                if held.is_err() {
                    break;
                }
            }
            telling.end(held, &mut states);
        }
        states
    }
}

impl<'a> Telling<'a> {
    fn new(looker: &'a Looker<'a>, title: &'a str) -> Self {
        let answer = Answer { status: 200, text: String::new(), json: Value::Null };
        let (values, told) = (BTreeMap::new(), Vec::new());
        Self { looker, title, values, answer, told, changed: None, is_open: false }
    }

    async fn line(&mut self, line: &'a str) -> Held {
        if let Some(check) = line.strip_prefix("  ") {
            return self.check(check);
        }
        self.succeeds()?;
        let (word, rest) = line.split_once(' ').expect("a word and what it is about");
        match word {
            "make" => self.make(rest).await,
            "clock" => {
                self.looker.mock.advance(Duration::from_secs(rest.parse().expect("seconds")));
                Ok(())
            }
            method => self.request(method, rest).await,
        }
    }

    /// The last request succeeded, unless a line named its status.
    fn succeeds(&mut self) -> Held {
        if std::mem::take(&mut self.is_open) { succeeds(&self.answer, "it") } else { Ok(()) }
    }

    async fn make(&mut self, line: &'a str) -> Held {
        let (collection, name) = line.split_once(" as ").expect("a name");
        let document = self.looker.places.document;
        let create = document.find("POST", collection);
        let create = create.ok_or_else(|| format!("POST {collection} is no operation of the document"))?;
        let (answer, made) = self.looker.made(create).await;
        succeeds(&answer, collection)?;
        let made = made.ok_or_else(|| format!("{collection} makes nothing with an id"))?;
        self.values.insert(format!("{name}.path"), made.path());
        self.values.insert(name.to_owned(), made.id);
        Ok(())
    }

    async fn request(&mut self, method: &'a str, line: &'a str) -> Held {
        let (path, body) = line.split_once(' ').map_or((line, None), |(path, body)| (path, Some(body)));
        let path = self.filled(path);
        let body = body.map(|body| self.filled(body));
        let body = body.map(|body| serde_json::from_str(&body).expect("a body is JSON"));
        let operation = find(self.looker.places.document, method, &path)
            .ok_or_else(|| format!("{method} {path} is no operation of the document"))?;
        self.told.push(operation);
        if method != "GET" {
            self.changed = Some(operation);
        }
        self.answer = self.looker.send(method, &path, body).await;
        self.is_open = true;
        Ok(())
    }

    fn check(&mut self, line: &str) -> Held {
        let (word, rest) = line.split_once(' ').expect("a word and what it is about");
        if word == "status" {
            self.is_open = false;
            let status = self.answer.status;
            return held(rest == status.to_string(), || format!("answers {status}, not {rest}"));
        }
        self.succeeds()?;
        match word {
            "has" => held(self.has(rest), || format!("lacks {rest}: {}", self.excerpt())),
            "lacks" => held(!self.has(rest), || format!("still has {rest}: {}", self.excerpt())),
            "let" => self.remember(rest),
            pointer => self.compare(pointer, rest.strip_prefix("= ").expect("a value")),
        }
    }

    fn remember(&mut self, line: &str) -> Held {
        let (name, pointer) = line.split_once(" = ").expect("a pointer");
        let found = self.answer.json.pointer(pointer).map(plain);
        let found = found.ok_or_else(|| format!("has no {pointer}: {}", self.excerpt()))?;
        self.values.insert(name.to_owned(), found);
        Ok(())
    }

    fn compare(&self, pointer: &str, value: &str) -> Held {
        let value = self.filled(value);
        let found = self.answer.json.pointer(pointer).unwrap_or(&Value::Null);
        let wanted: Value = serde_json::from_str(&value).expect("a value is JSON");
        held(*found == wanted, || format!("{pointer} is {found}, not {wanted}"))
    }

    fn has(&self, value: &str) -> bool {
        let value = self.filled(value);
        contains(&self.answer.json, value.trim_matches('"'))
    }

    fn excerpt(&self) -> String {
        super::excerpt(&self.answer.text)
    }

    /// The text with values in place of their names; the longest name first.
    fn filled(&self, text: &str) -> String {
        let text = self.looker.places.filled(text);
        self.values.iter().rev().fold(text, |text, (name, value)| text.replace(name, value))
    }

    /// Notes the operations of the story. Where it does not hold, the last one and the last change are wrong.
    fn end(mut self, held: Held, states: &mut States) {
        let held = held.and_then(|()| self.succeeds());
        let Err(wrong) = held else {
            return self.told.iter().for_each(|operation| states.note(operation, Ok(())));
        };
        let wrong = format!("{}: {wrong}", self.title);
        if self.told.is_empty() {
            states.0.insert(self.title.to_owned(), Err(wrong.clone()));
        }
        for operation in self.told.last().into_iter().chain(&self.changed) {
            states.note(operation, Err(wrong.clone()));
        }
    }
}

/// The operation of a request: the one with the fewest parameters whose path fits.
fn find<'d>(document: &'d Document, method: &str, path: &str) -> Option<&'d Operation> {
    let path = path.split('?').next().unwrap_or_default();
    let parameters = |operation: &&Operation| operation.path.matches('{').count();
    let fits = |operation: &&Operation| operation.method == method && is_at(operation.path, path);
    document.operations.iter().filter(fits).min_by_key(parameters)
}

fn is_at(template: &str, path: &str) -> bool {
    let fits = |(name, value): (&str, &str)| name.starts_with('{') || name == value;
    template.split('/').count() == path.split('/').count()
        && template.split('/').zip(path.split('/')).all(fits)
}

/// Whether a string or a number anywhere in `json` is `value`.
fn contains(json: &Value, value: &str) -> bool {
    match json {
        Value::Array(items) => items.iter().any(|item| contains(item, value)),
        Value::Object(object) => object.values().any(|item| contains(item, value)),
        other => plain(other) == value,
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
