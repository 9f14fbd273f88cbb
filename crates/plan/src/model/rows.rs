//! Data sets: files whose rows threads take in turn, and the texts of variables.

use std::collections::BTreeMap;
use std::sync::Arc;

/// A CSV Data Set: it takes the next row at each turn of the controller that it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// The data set. The same file is the same set, and has one next row.
    pub set: u32,
    /// How many rows it has.
    pub count: u64,
    /// Rows that are like the end of the file, in ascending order: empty lines.
    pub empty: Vec<u64>,
    /// Who shares them.
    pub share: Share,
    /// Whether the first row follows the last one.
    pub recycles: bool,
    /// Whether a thread that finds the end of the file ends.
    pub stops: bool,
    /// The variable that has the place of the row.
    pub variable: Option<Place>,
}

/// Where the rows of a data set stand among the values of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The variable.
    pub variable: u32,
    /// Its value for the first row. The end of the file is the value after the last row.
    pub first: i64,
}

/// Who shares the rows of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Share {
    /// All threads.
    All,
    /// The threads of a group.
    Group,
    /// No other: each thread has all rows.
    Thread,
}

/// A variable whose value is known in each turn of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// The variable.
    pub variable: u32,
    /// The texts of its values.
    pub texts: Texts,
}

/// The texts of the values of a variable.
#[derive(Clone, Debug, PartialEq)]
pub enum Texts {
    /// A number.
    Number {
        /// The least number of digits.
        digits: usize,
    },
    /// The cell of a row, by the row's value.
    Cells(Arc<BTreeMap<i64, Arc<str>>>),
}

impl Known {
    /// The text of a value.
    #[must_use]
    pub fn text(&self, value: i64) -> Option<Arc<str>> {
        match &self.texts {
            Texts::Number { digits } => Some(format!("{value:0digits$}").into()),
            Texts::Cells(cells) => cells.get(&value).cloned(),
        }
    }
}
