//! TOML and JSON as one tree of values with their locations.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::excerpt::excerpt;
use super::problem::{Location, Problem};

/// A value and its location.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) location: Location,
    pub(super) value: Value,
}

/// A value of TOML or JSON. An integer beyond 128 bits counts as the greatest one.
#[derive(Debug)]
pub(super) enum Value {
    Bool(bool),
    Integer(i128),
    Float(f64),
    String(String),
    Array(Vec<Node>),
    Table(Vec<Entry>),
    Null,
    Date,
}

/// A key of a table, its location, and its value.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) location: Location,
    pub(super) node: Node,
}

impl Node {
    /// Reads TOML; a mistake in its syntax is one problem.
    pub(super) fn from_toml(file: &str, text: &str) -> Result<Self, Problem> {
        let lines = Lines::new(file, text);
        match DeTable::parse(text) {
            Ok(table) => {
                let value = Value::Table(lines.entries(table.get_ref()));
                Ok(Self {
                    location: Location { line: Some(1), column: Some(1), ..Location::file(file) },
                    value,
                })
            }
            Err(error) => {
                let location = lines.location(error.span().map_or(0, |span| span.start));
                Err(Problem::syntax(&location, format!("this is not TOML: {}", error.message().trim())))
            }
        }
    }

    /// Reads JSON. Its locations are paths.
    pub(super) fn from_json(file: &str, json: &serde_json::Value) -> Self {
        Self::from_json_at(&file.into(), String::new(), json)
    }

    fn from_json_at(file: &Arc<str>, path: String, json: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        let value = match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => number
                .as_i128()
                .map_or_else(|| Value::Float(number.as_f64().unwrap_or(f64::NAN)), Value::Integer),
            Json::String(text) => Value::String(text.clone()),
            Json::Array(values) => Value::Array(
                (0..)
                    .zip(values)
                    .map(|(at, v)| Self::from_json_at(file, format!("{path}[{at}]"), v))
                    .collect(),
            ),
            Json::Object(members) => {
                Value::Table(members.iter().map(|(key, v)| Entry::from_json(file, &path, key, v)).collect())
            }
        };
        Self {
            location: Location {
                path: Some(path.into()),
                ..Location { file: Arc::clone(file), ..Location::file("") }
            },
            value,
        }
    }

    /// The value in a few words, for messages.
    pub(super) fn display(&self) -> String {
        const MOST: usize = 60;
        match &self.value {
            Value::Bool(value) => value.to_string(),
            Value::Integer(i128::MAX) => "a huge integer".to_owned(),
            Value::Integer(value) => value.to_string(),
            Value::Float(value) => format!("{value:?}"),
            Value::String(text) if text.chars().count() > MOST => {
                format!("{:?}...", text.chars().take(MOST).collect::<String>())
            }
            Value::String(text) => format!("{text:?}"),
            Value::Array(_) => "an array".to_owned(),
            Value::Table(_) => "a table".to_owned(),
            Value::Null => "null".to_owned(),
            Value::Date => "a date".to_owned(),
        }
    }
}

impl Entry {
    fn from_json(file: &Arc<str>, path: &str, key: &str, json: &serde_json::Value) -> Self {
        let name = excerpt(key);
        let path = if path.is_empty() { name } else { format!("{path}.{name}") };
        let node = Node::from_json_at(file, path, json);
        Self { key: key.to_owned(), location: node.location.clone(), node }
    }
}

/// The positions of the lines of a text.
struct Lines<'a> {
    file: Arc<str>,
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(file: &str, text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { file: file.into(), text, starts }
    }

    fn location(&self, offset: usize) -> Location {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        let column = self.text.get(start..offset).map_or(1, |before| before.chars().count() + 1);
        Location { file: Arc::clone(&self.file), line: Some(line), column: Some(column), path: None }
    }

    /// The entries in the order of the file, because the parser's table sorts by key.
    fn entries(&self, table: &DeTable<'_>) -> Vec<Entry> {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
            .into_iter()
            .map(|(key, value)| Entry {
                key: key.get_ref().clone().into_owned(),
                location: self.location(key.span().start),
                node: self.node(value),
            })
            .collect()
    }

    fn node(&self, value: &Spanned<DeValue<'_>>) -> Node {
        Node { location: self.location(value.span().start), value: self.value(value.get_ref()) }
    }

    fn value(&self, value: &DeValue<'_>) -> Value {
        match value {
            DeValue::String(text) => Value::String(text.clone().into_owned()),
            DeValue::Integer(number) => {
                Value::Integer(i128::from_str_radix(number.as_str(), number.radix()).unwrap_or(i128::MAX))
            }
            DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(value) => Value::Bool(*value),
            DeValue::Datetime(_) => Value::Date,
            DeValue::Array(values) => Value::Array(values.iter().map(|value| self.node(value)).collect()),
            DeValue::Table(table) => Value::Table(self.entries(table)),
        }
    }
}
