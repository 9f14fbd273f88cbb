//! The sliding window counter: what came in the window of the clock, and the part of the window before that the period still covers.

use super::{Replay, Use};
use crate::Nanos;
use crate::learn::view::{Item, View};

/// The counters of a scope.
#[derive(Debug)]
pub(super) struct Counters {
    groups: Vec<Counter>,
    period: Nanos,
    phase: Nanos,
    noise: Nanos,
}

/// Two windows of one count.
#[derive(Clone, Copy, Debug, Default)]
struct Counter {
    number: Nanos,
    used: i64,
    before: i64,
    /// Admissions so near to an edge that they may belong to the other window.
    unsure: i64,
}

impl Counters {
    pub(super) fn new(view: &View, period: Nanos, phase: Nanos) -> Self {
        let groups = vec![Counter::default(); view.groups];
        Self { groups, period, phase, noise: view.noise }
    }
}

impl Replay for Counters {
    fn pass(&mut self, items: &[Item], uses: &mut Vec<Use>) {
        for item in items {
            let counter = &mut self.groups[item.group as usize];
            let since = item.at.saturating_sub(self.phase);
            let (number, into) = (since / self.period, since % self.period);
            let is_edge = into.min(self.period - into) <= self.noise;
            counter.enter(number);
            let usage = counter.use_of(item.around(false), [self.period - into, self.noise, self.period]);
            if !item.refused {
                counter.used += 1;
                counter.unsure += i64::from(is_edge && self.noise > 0);
            }
            uses.push(if is_edge { Use::UNKNOWN } else { usage });
        }
    }
}

impl Counter {
    fn enter(&mut self, number: Nanos) {
        if number != self.number {
            let follows = number == self.number + 1;
            let (before, unsure) = if follows { (self.used, self.unsure) } else { (0, 0) };
            *self = Self { number, used: 0, before, unsure };
        }
    }

    /// Some counters round the part of the window before down, and some do not.
    fn use_of(&self, (early, late): (u32, u32), [left, noise, period]: [Nanos; 3]) -> Use {
        let part = |left: Nanos| i128::from(self.before) * i128::from(left);
        let whole = |units: i128| i64::try_from(units / i128::from(period)).unwrap_or(i64::MAX);
        let up = |units: i128| whole(units + i128::from(period) - 1);
        let own = self.used + 1;
        let low = own + whole(part(left.saturating_sub(noise))) - i64::from(early) - self.unsure;
        let high = own + up(part((left + noise).min(period))) + i64::from(late) + self.unsure;
        Use { low, exact: own + up(part(left)), high }
    }
}
