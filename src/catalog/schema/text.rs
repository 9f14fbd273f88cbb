//! Our own text of schemas.
//!
//! A definition is its name on a line of its own, then one indented line for each property: name, type, flags.
//! A definition that is not an object is `Name = type`. Empty lines and lines that begin with `#` are ignored.
//!
//! ```text
//! Queue
//!   id s~
//!   name s!
//!   memberCount i~
//!   mediaSettings {MediaSettings}
//!   skillEvaluationMethod (NONE|BEST|ALL)
//!   division {id:s! name:s}
//! QueueIds = [s]
//! ```
//!
//! | type | meaning | type | meaning |
//! |---|---|---|---|
//! | `s` | string | `[T]` | array; `[T]+` has at least one item |
//! | `i`, `l` | whole number of 32, of 64 bits | `{T}` | object with any names, each value a `T` |
//! | `n` | number | `{a:T b:T}` | object, written inline |
//! | `b` | boolean | `(A\|B)` | one of these strings |
//! | `t`, `d` | instant, day | `Name` | reference: it begins with a capital letter |
//! | `u`, `v`, `r`, `c` | uuid, interval, address, color | `*`, `{}` | any value |
//!
//! Flags follow a property's type without a space: `!` required, `~` read-only. A name with other characters than
//! letters, digits, `_`, `-`, `.`, `$`, `/` stands in double quotes.

use std::fmt;

use super::arena::{Range, SchemaId};
use super::builder::{Builder, NewProperty, NewText, Undefined};
use super::format::Format;

/// What is wrong with a text of schemas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// The line, from 1; 0 where it is a name that is nowhere defined.
    pub(crate) line: usize,
    pub(crate) what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl From<Undefined> for Mistake {
    fn from(undefined: Undefined) -> Self {
        Self { line: 0, what: undefined.to_string() }
    }
}

/// The deepest nesting of one type.
const DEEPEST: usize = 32;

impl Builder {
    /// Adds every definition of `text`.
    pub(crate) fn read(&mut self, text: &str) -> Result<(), Mistake> {
        let mut open: Option<Open<'_>> = None;
        for (at, line) in text.lines().enumerate() {
            let found = self.read_line(line.trim_end(), at + 1, &mut open);
            found.map_err(|what| Mistake { line: at + 1, what })?;
        }
        self.close(open.take())
    }

    /// A type that stands alone, such as `[{id:s! name:s}]`.
    pub(crate) fn parse_type(&mut self, text: &str) -> Result<SchemaId, String> {
        let mut reader = Reader { builder: self, rest: text, depth: 0 };
        let schema = reader.schema()?;
        if reader.rest.is_empty() {
            Ok(schema)
        } else {
            Err(format!("unexpected {}", reader.next_in_words()))
        }
    }

    fn read_line<'t>(
        &mut self,
        line: &'t str,
        number: usize,
        open: &mut Option<Open<'t>>,
    ) -> Result<(), String> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let inner = line.trim_start();
        if inner.len() < line.len() {
            let Some(open) = open else { return Err("a property before the first definition".to_owned()) };
            open.properties.push(self.property(inner)?);
            return Ok(());
        }
        self.close(open.take()).map_err(|mistake| mistake.what)?;
        let Some((name, schema)) = line.split_once(" = ") else {
            *open = Some(Open { name: checked_name(line)?, line: number, properties: Vec::new() });
            return Ok(());
        };
        let schema = self.parse_type(schema)?;
        self.define(checked_name(name)?, schema).map_err(|twice| twice.to_string())
    }

    fn close(&mut self, open: Option<Open<'_>>) -> Result<(), Mistake> {
        let Some(open) = open else { return Ok(()) };
        let schema = self.object(&open.properties);
        let defined = self.define(open.name, schema);
        defined.map_err(|twice| Mistake { line: open.line, what: twice.to_string() })
    }

    fn property<'t>(&mut self, line: &'t str) -> Result<NewProperty<'t>, String> {
        let mut reader = Reader { builder: self, rest: line, depth: 0 };
        let name = reader.name()?;
        reader.expect(' ')?;
        let property = reader.typed(name)?;
        if reader.rest.is_empty() {
            Ok(property)
        } else {
            Err(format!("unexpected {}", reader.next_in_words()))
        }
    }
}

/// The definition whose properties are being read.
struct Open<'t> {
    name: &'t str,
    line: usize,
    properties: Vec<NewProperty<'t>>,
}

fn checked_name(name: &str) -> Result<&str, String> {
    let is_right = name.starts_with(|first: char| first.is_ascii_uppercase()) && name.chars().all(is_of_name);
    if is_right { Ok(name) } else { Err(format!("{name:?} is not a definition's name")) }
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | '$' | '/')
}

/// Reads types from the front of a line.
struct Reader<'b, 't> {
    builder: &'b mut Builder,
    rest: &'t str,
    depth: usize,
}

impl<'t> Reader<'_, 't> {
    fn next_in_words(&self) -> String {
        match self.rest.chars().next() {
            Some(next) => format!("{next:?}"),
            None => "end of line".to_owned(),
        }
    }

    fn take(&mut self, wanted: char) -> bool {
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, wanted: char) -> Result<(), String> {
        if self.take(wanted) {
            Ok(())
        } else {
            Err(format!("expected {wanted:?}, found {}", self.next_in_words()))
        }
    }

    fn until(&mut self, is_end: impl Fn(char) -> bool) -> &'t str {
        let (taken, rest) = self.rest.split_at(self.rest.find(is_end).unwrap_or(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn name(&mut self) -> Result<&'t str, String> {
        let name = if self.take('"') {
            let name = self.until(|letter| letter == '"');
            self.expect('"')?;
            name
        } else {
            self.until(|letter| !is_of_name(letter))
        };
        if name.is_empty() {
            Err(format!("expected a name, found {}", self.next_in_words()))
        } else {
            Ok(name)
        }
    }

    /// A type and its flags.
    fn typed(&mut self, name: &'t str) -> Result<NewProperty<'t>, String> {
        let schema = self.schema()?;
        let (mut required, mut read_only) = (false, false);
        loop {
            match () {
                () if self.take('!') => required = true,
                () if self.take('~') => read_only = true,
                () => return Ok(NewProperty { name, schema, required, read_only }),
            }
        }
    }

    fn schema(&mut self) -> Result<SchemaId, String> {
        if self.depth == DEEPEST {
            return Err("a type is nested too deeply".to_owned());
        }
        self.depth += 1;
        let schema = match () {
            () if self.take('*') => Ok(self.builder.any()),
            () if self.take('[') => self.array(),
            () if self.take('(') => self.words(),
            () if self.take('{') => self.braces(),
            () => self.word(),
        };
        self.depth -= 1;
        schema
    }

    fn array(&mut self) -> Result<SchemaId, String> {
        let items = self.schema()?;
        self.expect(']')?;
        let min_items = u32::from(self.take('+'));
        Ok(self.builder.array(items, min_items))
    }

    fn words(&mut self) -> Result<SchemaId, String> {
        let words = self.until(|letter| letter == ')');
        self.expect(')')?;
        let words: Vec<&str> = words.split('|').collect();
        if words.contains(&"") {
            return Err("an enumeration has an empty word".to_owned());
        }
        Ok(self.builder.text(&NewText { words, ..NewText::default() }))
    }

    /// An object or a map: an object's brace is followed by a name and a colon.
    fn braces(&mut self) -> Result<SchemaId, String> {
        if self.take('}') {
            return Ok(self.builder.any());
        }
        let before = self.rest;
        if self.name().is_ok() && self.take(':') {
            self.rest = before;
            return self.inline_object();
        }
        self.rest = before;
        let values = self.schema()?;
        self.expect('}')?;
        Ok(self.builder.map(values))
    }

    fn inline_object(&mut self) -> Result<SchemaId, String> {
        let mut properties = Vec::new();
        loop {
            let name = self.name()?;
            self.expect(':')?;
            properties.push(self.typed(name)?);
            if self.take('}') {
                return Ok(self.builder.object(&properties));
            }
            self.expect(' ')?;
        }
    }

    fn word(&mut self) -> Result<SchemaId, String> {
        let word = self.until(|letter| !is_of_name(letter));
        let builder = &mut *self.builder;
        let text = |format| NewText { format, ..NewText::default() };
        Ok(match word {
            "s" => builder.text(&text(Format::Plain)),
            "t" => builder.text(&text(Format::DateTime)),
            "d" => builder.text(&text(Format::Date)),
            "u" => builder.text(&text(Format::Uuid)),
            "v" => builder.text(&text(Format::Interval)),
            "r" => builder.text(&text(Format::Uri)),
            "c" => builder.text(&text(Format::Colour)),
            "i" => builder.integer(false, Range::ALL),
            "l" => builder.integer(true, Range::ALL),
            "n" => builder.number(Range::ALL),
            "b" => builder.boolean(),
            _ if word.starts_with(|first: char| first.is_ascii_uppercase()) => builder.reference(word),
            "" => return Err(format!("expected a type, found {}", self.next_in_words())),
            _ => return Err(format!("{word:?} is not a type")),
        })
    }
}
