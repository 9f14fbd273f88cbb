//! Data sets: files whose rows threads take in turn.

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
