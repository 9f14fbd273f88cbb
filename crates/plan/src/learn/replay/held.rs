//! Concurrency: slots that a request or a connection holds.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Replay, Use};
use crate::Nanos;
use crate::learn::rows::Last;
use crate::learn::view::{Item, View};

/// Admitted requests whose answer has not come.
#[derive(Debug)]
pub(super) struct Requests {
    /// The ends of each group's requests, in order.
    ends: Vec<Vec<Nanos>>,
    /// For each group the requests that have begun, and those that have ended: at the latest, exactly, at the earliest.
    states: Vec<(i64, [usize; 3])>,
    noise: Nanos,
}

impl Requests {
    pub(super) fn new(view: &View) -> Self {
        let mut ends: Vec<Vec<Nanos>> = vec![Vec::new(); view.groups];
        for (group, end) in &view.ends {
            ends[*group as usize].push(*end);
        }
        Self { ends, states: vec![(0, [0; 3]); view.groups], noise: view.noise }
    }
}

impl Replay for Requests {
    fn pass(&mut self, items: &[Item], uses: &mut Vec<Use>) {
        for item in items {
            let ends = &self.ends[item.group as usize];
            let (begun, ended) = &mut self.states[item.group as usize];
            let until = [item.at + self.noise, item.at, item.at.saturating_sub(self.noise)];
            for (ended, until) in ended.iter_mut().zip(until) {
                while ends.get(*ended).is_some_and(|end| *end <= until) {
                    *ended += 1;
                }
            }
            let [early, on_time, late] = *ended;
            let used = |ended: usize| (*begun - i64::try_from(ended).unwrap_or(i64::MAX)).max(0) + 1;
            let (low, high) = (used(early) - i64::from(item.early), used(late) + i64::from(item.late));
            uses.push(Use { low, exact: used(on_time), high });
            *begun += i64::from(!item.refused);
        }
    }
}

/// Threads that were admitted, from then to their end or to their next connection.
///
/// A thread's last row is not its end: it may wait for its next turn until the run is over. For as long as its longest pause, whether it
/// still holds its slot is not known.
#[derive(Debug)]
pub(super) struct Connections<'v> {
    slots: Slots,
    last: &'v [Last],
    noise: Nanos,
}

impl<'v> Connections<'v> {
    pub(super) fn new(view: &'v View) -> Self {
        let threads = view.last.iter().map(|last| last.thread as usize + 1).max().unwrap_or_default();
        let slots = Slots {
            held: vec![0; view.groups],
            maybe: vec![0; view.groups],
            holders: vec![None; threads],
            doubts: BinaryHeap::new(),
        };
        Self { slots, last: &view.last, noise: view.noise }
    }
}

impl Replay for Connections<'_> {
    fn pass(&mut self, items: &[Item], uses: &mut Vec<Use>) {
        for item in items {
            while let Some((last, others)) = self.last.split_first().filter(|(last, _)| last.end < item.at) {
                self.slots.doubt(last.thread, last.end + last.pause + self.noise);
                self.last = others;
            }
            self.slots.forget(item.at);
            if item.fresh {
                self.slots.release(item.thread);
            }
            uses.push(self.slots.use_of(item));
        }
    }
}

/// Who holds a slot, for each group.
#[derive(Debug)]
struct Slots {
    held: Vec<i64>,
    /// Slots of threads that may be over.
    maybe: Vec<i64>,
    /// The group in which each thread holds a slot.
    holders: Vec<Option<u32>>,
    /// When a doubtful slot is surely free: time and group.
    doubts: BinaryHeap<Reverse<(Nanos, u32)>>,
}

impl Slots {
    fn use_of(&mut self, item: &Item) -> Use {
        let group = item.group as usize;
        if self.holders[item.thread as usize] == Some(item.group) {
            // A connection that holds a slot is never refused: a use of 0 no capacity explains.
            let exact = if item.refused { 0 } else { self.held[group] };
            return Use { low: exact, exact, high: exact };
        }
        let known = Use::around(self.held[group] + 1, item.early, item.late);
        if !item.refused {
            self.held[group] += 1;
            if let Some(other) = self.holders[item.thread as usize].replace(item.group) {
                self.held[other as usize] -= 1;
            }
        }
        Use { high: known.high + self.maybe[group], ..known }
    }

    fn release(&mut self, thread: u32) -> Option<u32> {
        let group = self.holders.get_mut(thread as usize)?.take()?;
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
