//! What was read how: exactly, approximated, or not at all.

use std::collections::HashSet;
use std::sync::Arc;

use crate::model::NodeId;

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
    /// Requests that have a part in their address that only a run has. They are in `exact` until [`Self::tell_untold`].
    pub open: Vec<Open>,
}

/// A request that has a part in its address that only a run has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// The sampler.
    pub node: NodeId,
    /// How it is told if its operation cannot be told.
    pub item: Item,
    /// Whether nothing of its path is known, or not its method.
    pub is_whole: bool,
}

impl Reading {
    /// Moves the requests whose operation cannot be told from those that were read exactly.
    pub fn tell_untold(&mut self, untold: &HashSet<NodeId>) {
        for Open { item, is_whole, .. } in self.open.iter().filter(|open| untold.contains(&open.node)) {
            let place = |other: &Item| (other.line, other.file.clone(), other.kind.clone());
            let Some(found) = self.exact.iter().position(|other| place(other) == place(item)) else {
                continue;
            };
            self.exact.remove(found);
            let list = if *is_whole { &mut self.cannot } else { &mut self.approximated };
            let behind = list.partition_point(|other| (&other.file, other.line) <= (&item.file, item.line));
            list.insert(behind, item.clone());
        }
    }

    /// What the counts of a prediction leave out or assume, in a few words.
    pub fn doubts(&self) -> Option<String> {
        let all = || self.approximated.iter().chain(&self.cannot);
        let lost = all().filter(|item| item.loses_requests).count();
        let with = |option: &str| {
            all().filter(|item| item.option.as_ref().is_some_and(|given| given.starts_with(option))).count()
        };
        let parts = [
            counted(lost, "without the requests of", "element", ""),
            counted(with("--turns "), "with", "loop", " of assumed turns"),
            counted(with("--if "), "with", "condition", " taken as true"),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

fn counted(count: usize, before: &str, what: &str, behind: &str) -> Option<String> {
    let plural = if count == 1 { "" } else { "s" };
    (count > 0).then(|| format!("{before} {count} {what}{plural}{behind}"))
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
