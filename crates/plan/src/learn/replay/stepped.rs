//! The bucket that refills in steps: wholly or in part, whenever a period ends.

use super::{Replay, Use};
use crate::Nanos;
use crate::learn::view::{Item, View};

/// The buckets of a scope.
#[derive(Debug)]
pub(super) struct Buckets {
    groups: Vec<Bucket>,
    period: Nanos,
    phase: Option<Nanos>,
    refill: Option<i64>,
    noise: Nanos,
}

/// One bucket.
#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    /// When its first period began.
    origin: Option<Nanos>,
    /// The period that it is in.
    number: Nanos,
    used: i64,
    /// Admissions so near to an edge that they may belong to the other period: to the one before, to the next one, and those of the one before.
    opening: i64,
    closing: i64,
    closed: i64,
}

impl Buckets {
    pub(super) fn new(view: &View, (period, phase): (Nanos, Option<Nanos>), refill: Option<u32>) -> Self {
        let groups = vec![Bucket::default(); view.groups];
        Self { groups, period, phase, refill: refill.map(i64::from), noise: view.noise }
    }
}

impl Replay for Buckets {
    fn pass(&mut self, items: &[Item], uses: &mut Vec<Use>) {
        for item in items {
            let bucket = &mut self.groups[item.group as usize];
            let origin = *bucket.origin.get_or_insert(self.phase.unwrap_or(item.at));
            let since = item.at.saturating_sub(origin);
            let (number, into) = (since / self.period, since % self.period);
            // The bucket of a first request is full, whatever the noise.
            let opens = into <= self.noise && (number > 0 || self.phase.is_some());
            let closes = self.period - into <= self.noise;
            bucket.enter(number, self.refill);
            let usage = bucket.use_of(item);
            if !item.refused {
                bucket.used += 1;
                bucket.opening += i64::from(opens && self.refill.is_none());
                bucket.closing += i64::from(closes && self.refill.is_none());
            }
            uses.push(if opens || closes { Use::UNKNOWN } else { usage });
        }
    }
}

impl Bucket {
    fn enter(&mut self, number: Nanos, refill: Option<i64>) {
        let passed = number.saturating_sub(self.number);
        if passed == 0 {
            return;
        }
        let tokens = refill
            .map_or(i64::MAX, |refill| refill.saturating_mul(i64::try_from(passed).unwrap_or(i64::MAX)));
        self.closed = if passed == 1 { self.closing } else { 0 };
        self.used = self.used.saturating_sub(tokens).max(0);
        (self.number, self.opening, self.closing) = (number, 0, 0);
    }

    fn use_of(&self, item: &Item) -> Use {
        let exact = self.used + 1;
        let low = exact - i64::from(item.early) - self.opening;
        Use { low, exact, high: exact + i64::from(item.late) + self.closed }
    }
}
