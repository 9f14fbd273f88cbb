//! Why a result file cannot be read.

use std::fmt;

/// The first mistake in a result file, as one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// The line of the mistake, from 1. 0 if it concerns the whole file.
    pub line: u64,
    /// What is wrong, and what is expected.
    pub message: String,
}

impl ReadError {
    /// A mistake in a line.
    pub(super) fn at(line: u64, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }

    /// A mistake that concerns the whole file.
    pub(super) fn whole(message: impl Into<String>) -> Self {
        Self::at(0, message)
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => formatter.write_str(&self.message),
            line => write!(formatter, "line {line}: {}", self.message),
        }
    }
}

impl std::error::Error for ReadError {}
