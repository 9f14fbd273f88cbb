//! What was read how: exactly, approximated, or not at all.

use std::sync::Arc;

/// What the elements of a plan were taken for. Each list is in file order. Listeners, extractors and other elements that
/// send nothing and take no time are in none of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Elements that do in the model what they do in JMeter.
    pub exact: Vec<Item>,
    /// Elements that depend on answers or on more than the plan has.
    pub approximated: Vec<Item>,
    /// Elements that are left out.
    pub cannot: Vec<Item>,
}

/// One element, and how it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its name.
    pub name: Arc<str>,
    /// Its kind, as JMeter names the class: `IfController`.
    pub kind: Arc<str>,
    /// Its line.
    pub line: u32,
    /// The included file in which it stands. `None`: the plan itself.
    pub file: Option<Arc<str>>,
    /// What was assumed, as the rest of a sentence whose subject is the element: "runs once". Empty if it was read exactly.
    pub assumed: String,
    /// The option that says otherwise, ready to be typed: `--if 'Open?'=false`.
    pub option: Option<String>,
    /// Whether requests are missing in the model because of it.
    pub loses_requests: bool,
}
