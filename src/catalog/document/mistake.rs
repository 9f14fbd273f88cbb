//! What is wrong with an API document, and where.

use std::fmt;

/// A mistake in an API document. Its text follows the file's name: `:12:5: …` or `: paths./api/v2/x.get: …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    place: Place,
    what: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// The document as a whole.
    Whole,
    /// A line and a column, from 1.
    Line(u64, u64),
    /// Names from the root, with dots between them.
    Path(String),
}

/// The part of a text that a line of a terminal has room for. A document may have names of any length.
fn excerpt(text: &str) -> &str {
    const LONGEST: usize = 400;
    text.char_indices().nth(LONGEST).map_or(text, |(end, _)| &text[..end])
}

impl Mistake {
    pub(super) fn whole(what: impl Into<String>) -> Self {
        Self { place: Place::Whole, what: what.into() }
    }

    pub(super) fn at_line(line: u64, column: u64, what: impl Into<String>) -> Self {
        let place = if line == 0 { Place::Whole } else { Place::Line(line, column) };
        Self { place, what: what.into() }
    }

    pub(super) fn at_path(path: String, what: impl Into<String>) -> Self {
        Self { place: Place::Path(path), what: what.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Whole => {}
            Place::Line(line, column) => write!(f, ":{line}:{column}")?,
            Place::Path(path) => write!(f, ": {}", excerpt(path))?,
        }
        write!(f, ": {}", excerpt(&self.what))
    }
}
