//! What the caller says about a plan, and how the reader asks for other files.

use std::collections::BTreeMap;

use crate::Nanos;

/// What the caller says about a plan: properties, and answers to what the plan leaves to a run.
///
/// The keys of `conditions`, `turns` and `answer_times` are names of elements. A name that no element has is an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// JMeter properties: `-Jname=value`.
    pub properties: BTreeMap<String, String>,
    /// Values of variables that only a run has: `--value NAME=TEXT`.
    pub values: BTreeMap<String, String>,
    /// Whether the condition of an If, While or other controller holds: `--if NAME=true`.
    pub conditions: BTreeMap<String, bool>,
    /// How often a While, `ForEach` or Loop Controller runs, or the child (from 0) of a Switch Controller: `--turns NAME=N`.
    pub turns: BTreeMap<String, u32>,
    /// How many distinct tokens the threads use: `--tokens N`. Requests without a token that can be read have them too.
    pub tokens: Option<u32>,
    /// How long a sampler of another protocol, a script or a random pause takes: `--answer-time NAME=TIME`.
    pub answer_times: BTreeMap<String, Nanos>,
    /// The longest time that the caller looks at. A plan without an end needs it.
    pub duration: Option<Nanos>,
}

/// Other files that a plan names: included plans and CSV files.
pub trait Files {
    /// The content of a file. The path is as the plan writes it, relative paths included. `None`: it cannot be read.
    fn read(&self, path: &str) -> Option<Vec<u8>>;
}

/// No file at all.
impl Files for () {
    fn read(&self, _: &str) -> Option<Vec<u8>> {
        None
    }
}
