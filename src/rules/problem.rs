//! A mistake in a limits file: the location, the cause, and what is expected there.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use super::excerpt::excerpt;

/// A location in a limits file: a line of a TOML file, or a path into a JSON body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Location {
    /// The name of the file, as given.
    #[schema(value_type = String)]
    pub(crate) file: Arc<str>,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<usize>,
    /// The column in characters, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<usize>,
    /// In JSON, where there are no lines: such as `limit[2].capacity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(crate) path: Option<Box<str>>,
}

impl Location {
    /// The file as a whole.
    pub(crate) fn file(name: &str) -> Self {
        Self { file: name.into(), line: None, column: None, path: None }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        match self.path.as_deref() {
            Some(path) if !path.is_empty() => write!(f, ": {path}"),
            _ => Ok(()),
        }
    }
}

/// A mistake or a warning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Its location.
    #[serde(flatten)]
    pub(crate) location: Location,
    /// The cause.
    pub(crate) message: String,
    /// The value that is expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expected: Option<String>,
    /// Whether the text names the column. A mistake in the syntax has no key that it could name.
    #[serde(skip)]
    shows_column: bool,
}

impl Problem {
    /// A mistake at `location`.
    pub(crate) fn new(location: &Location, message: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { expected: Some(excerpt(&expected.into())), ..Self::plain(location, message) }
    }

    /// A mistake that is described by its message alone.
    pub(crate) fn plain(location: &Location, message: impl Into<String>) -> Self {
        let message = excerpt(&message.into());
        Self { location: location.clone(), message, expected: None, shows_column: false }
    }

    /// A mistake in the syntax of a text.
    pub(crate) fn syntax(location: &Location, message: impl Into<String>) -> Self {
        Self { shows_column: true, ..Self::plain(location, message) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.location.fmt(f)?;
        if let Some(column) = self.location.column.filter(|_| self.shows_column) {
            write!(f, ":{column}")?;
        }
        write!(f, ": {}", self.message)?;
        match &self.expected {
            Some(expected) => write!(f, " (expected {expected})"),
            None => Ok(()),
        }
    }
}

/// Every mistake of a configuration, in the order of its files and lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct Problems(pub Vec<Problem>);

impl Problems {
    /// The mistakes one by one.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }

    /// `Ok(value)` without mistakes.
    pub(crate) fn or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.iter().enumerate() {
            let line_end = if index == 0 { "" } else { "\n" };
            write!(f, "{line_end}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
