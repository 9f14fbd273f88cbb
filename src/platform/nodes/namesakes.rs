//! Nodes that have one name.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::time::clock::Stopwatch;

/// A node that has ended, and was started again, is its own namesake until its first lease ends.
const LASTING: Duration = Duration::from_secs(6);

/// The other nodes with the name of this one, since when.
#[derive(Default)]
pub(super) struct Namesakes {
    since: HashMap<u32, Stopwatch>,
    is_told: bool,
}

impl Namesakes {
    /// Whether to tell of these: once, and only if one of them stays for a while.
    pub(super) fn look_at(&mut self, now: &HashSet<u32>) -> bool {
        self.since.retain(|node, _| now.contains(node));
        for node in now {
            self.since.entry(*node).or_insert_with(Stopwatch::start);
        }
        let lasts = self.since.values().any(|since| since.elapsed() > LASTING);
        lasts && !std::mem::replace(&mut self.is_told, true)
    }
}
