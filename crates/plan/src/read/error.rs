//! Why a plan was not read.

use std::fmt;

use crate::printable::printable;

/// Why a plan was not read: one sentence, and the place where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// The included file that is meant. `None`: the plan itself.
    pub file: Option<String>,
    /// The line and the column, both from 1. The column is 0 where the whole line is meant. `None`: the whole file.
    pub place: Option<(u32, u32)>,
    /// The sentence, without a place.
    pub message: String,
}

impl ReadError {
    /// An error of the whole plan.
    pub(super) fn whole(message: impl Into<String>) -> Self {
        Self { file: None, place: None, message: message.into() }
    }

    /// An error of one line.
    pub(super) fn line(line: u32, message: impl Into<String>) -> Self {
        Self { file: None, place: Some((line, 0)), message: message.into() }
    }

    /// The same error in the file of this name, unless a file is named already.
    pub(super) fn within(mut self, file: Option<&str>) -> Self {
        self.file = self.file.or_else(|| file.map(str::to_owned));
        self
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(out, "{}: ", printable(file))?;
        }
        match self.place {
            Some((line, 0)) => write!(out, "line {line}: ")?,
            Some((line, column)) => write!(out, "line {line}, column {column}: ")?,
            None => {}
        }
        out.write_str(&printable(&self.message))
    }
}

impl std::error::Error for ReadError {}
