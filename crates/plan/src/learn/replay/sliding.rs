//! The sliding window: what came in the period before each request.

use super::{Replay, Use};
use crate::Nanos;
use crate::learn::view::{Item, View};

/// What a group counts: the times of its charges, and how many of them have left the window, early, exactly and late.
#[derive(Clone, Debug, Default)]
struct Window {
    times: Vec<Nanos>,
    left: [usize; 3],
}

/// The windows of a scope.
#[derive(Debug)]
pub(super) struct Windows {
    groups: Vec<Window>,
    reaches: [Nanos; 3],
    counts_refused: bool,
}

impl Windows {
    pub(super) fn new(view: &View, period: Nanos, counts_refused: bool) -> Self {
        let reaches = [period.saturating_sub(view.noise), period, period + view.noise];
        Self { groups: vec![Window::default(); view.groups], reaches, counts_refused }
    }
}

impl Replay for Windows {
    fn pass(&mut self, items: &[Item], uses: &mut Vec<Use>) {
        for item in items {
            let Window { times, left } = &mut self.groups[item.group as usize];
            for (left, reach) in left.iter_mut().zip(self.reaches) {
                while times.get(*left).is_some_and(|time| time + reach <= item.at) {
                    *left += 1;
                }
            }
            let [early, on_time, late] = *left;
            let used = |left: usize| i64::try_from(times.len() - left).unwrap_or(i64::MAX) + 1;
            let (before, after) = item.around(self.counts_refused);
            let (low, high) = (used(early) - i64::from(before), used(late) + i64::from(after));
            uses.push(Use { low, exact: used(on_time), high });
            if !item.refused || self.counts_refused {
                times.push(item.at);
            }
        }
    }
}
