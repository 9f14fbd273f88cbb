//! Concurrency: slots that a request or a connection holds.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::Use;
use crate::Nanos;
use crate::learn::view::{Item, View};

/// Admitted requests whose answer has not come.
pub(super) fn requests(view: &View, uses: &mut Vec<Use>) {
    let mut groups: Vec<Vec<Nanos>> = vec![Vec::new(); view.groups];
    for (group, end) in &view.ends {
        groups[*group as usize].push(*end);
    }
    let mut states: Vec<(i64, [usize; 3])> = vec![(0, [0; 3]); view.groups];
    for item in &view.items {
        let ends = &groups[item.group as usize];
        let (begun, ended) = &mut states[item.group as usize];
        let until = [item.at + view.noise, item.at, item.at.saturating_sub(view.noise)];
        for (ended, until) in ended.iter_mut().zip(until) {
            while ends.get(*ended).is_some_and(|end| *end <= until) {
                *ended += 1;
            }
        }
        let [low, exact, high] =
            ended.map(|ended| (*begun - i64::try_from(ended).unwrap_or(i64::MAX)).max(0) + 1);
        let (low, high) = (low - i64::from(item.early), high + i64::from(item.late));
        uses.push(Use { low, exact, high });
        *begun += i64::from(!item.refused);
    }
}

/// Threads that were admitted, from then to their end or to their next connection.
///
/// A thread's last row is not its end: it may wait for its next turn until the run is over. For as long as its longest pause, whether it
/// still holds its slot is not known.
pub(super) fn connections(view: &View, uses: &mut Vec<Use>) {
    let mut slots = Slots { held: vec![0; view.groups], maybe: vec![0; view.groups], ..Slots::default() };
    let mut last = view.last.iter().peekable();
    for item in &view.items {
        while let Some(last) = last.next_if(|last| last.end < item.at) {
            slots.doubt(last.thread, last.end + last.pause + view.noise);
        }
        slots.forget(item.at);
        if item.fresh {
            slots.release(item.thread);
        }
        uses.push(slots.use_of(item));
    }
}

/// Who holds a slot, for each group.
#[derive(Debug, Default)]
struct Slots {
    held: Vec<i64>,
    /// Slots of threads that may be over.
    maybe: Vec<i64>,
    holders: HashMap<u32, u32>,
    /// When a doubtful slot is surely free: time and group.
    doubts: BinaryHeap<Reverse<(Nanos, u32)>>,
}

impl Slots {
    fn use_of(&mut self, item: &Item) -> Use {
        let group = item.group as usize;
        if self.holders.get(&item.thread) == Some(&item.group) {
            // A connection that holds a slot is never refused: a use of 0 no capacity explains.
            let exact = if item.refused { 0 } else { self.held[group] };
            return Use { low: exact, exact, high: exact };
        }
        let known = Use::around(self.held[group] + 1, item.early, item.late);
        if !item.refused {
            self.held[group] += 1;
            if let Some(other) = self.holders.insert(item.thread, item.group) {
                self.held[other as usize] -= 1;
            }
        }
        Use { high: known.high + self.maybe[group], ..known }
    }

    fn release(&mut self, thread: u32) -> Option<u32> {
        let group = self.holders.remove(&thread)?;
        self.held[group as usize] -= 1;
        Some(group)
    }

    fn doubt(&mut self, thread: u32, until: Nanos) {
        if let Some(group) = self.release(thread) {
            self.maybe[group as usize] += 1;
            self.doubts.push(Reverse((until, group)));
        }
    }

    fn forget(&mut self, now: Nanos) {
        while let Some(Reverse((_, group))) =
            self.doubts.peek().copied().filter(|Reverse((until, _))| *until < now)
        {
            self.doubts.pop();
            self.maybe[group as usize] -= 1;
        }
    }
}
