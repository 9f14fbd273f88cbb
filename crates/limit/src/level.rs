//! The levels of buckets, to be stored and restored in another process.
//!
//! A [`Level`] is the state of one bucket as the engine keeps it, so a restored bucket decides exactly as the stored one
//! would have. It has no quota: that is the rule's. The levels of concurrency limits are not among them, because requests
//! and connections hold those slots, and neither outlives its process.
//!
//! A [`Key`] has numbers that the caller assigned. A process that assigns other numbers replaces them with
//! [`Key::with_endpoint`] and [`Key::with_edge`] before it restores a level.

use crate::state::Bucket;
use crate::table::SHARDS;
use crate::{Algorithm, Buckets, Key, Nanos, Rule};

/// The state of one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// The key of the bucket.
    pub key: Key,
    /// Units in use. In a lockout: those that were in use when it began.
    pub used: u32,
    /// Token bucket: when the last token accrued. Fixed window: when it was opened. In a lockout: when that ends.
    pub at: Nanos,
    /// Token bucket: the part of `at` below a nanosecond, in `1 / refill` nanoseconds. Else 0.
    pub part: u32,
    /// Whether every request of this key is refused until `at`.
    pub locked: bool,
    /// Requests of this key that the rule refused, or would have refused in shadow mode.
    pub refused: u32,
    /// Most units that were in use.
    pub highest: u32,
}

impl Level {
    fn of(key: Key, bucket: Bucket) -> Self {
        Self {
            key,
            used: bucket.used,
            at: bucket.at(),
            part: if bucket.is_locked() { 0 } else { bucket.part },
            locked: bucket.is_locked(),
            refused: bucket.refused,
            highest: bucket.highest,
        }
    }

    pub(crate) fn bucket(&self) -> Bucket {
        Bucket::restored(self.at, self.used, self.part, self.locked).with_counts(self.refused, self.highest)
    }
}

impl Buckets {
    /// The levels of the buckets of `rule`, in any order. None of a concurrency limit.
    ///
    /// Keys whose buckets are as good as new may be missing.
    pub fn levels(&self, rule: &Rule) -> Vec<Level> {
        if holds_slots(rule) {
            return Vec::new();
        }
        let of_shard = |shard| {
            let partition = self.lock();
            let table = partition.table(rule.id);
            let buckets = table.into_iter().flat_map(|table| table.shard(shard));
            buckets.map(|(key, bucket)| Level::of(key, bucket)).collect::<Vec<_>>()
        };
        (0..SHARDS).flat_map(of_shard).collect()
    }

    /// Puts buckets of `rule` in place, as [`Buckets::levels`] gave them. A bucket of the same key is replaced, the others
    /// stay. Does nothing for a concurrency limit. Totals are not changed.
    ///
    /// Any values are accepted: a level above the capacity admits nothing until it is below it. As for requests, the
    /// number of buckets of one rule is bounded.
    pub fn restore(&self, rule: &Rule, levels: &[Level]) {
        if holds_slots(rule) || levels.is_empty() {
            return;
        }
        let mut partition = self.lock();
        let table = partition.table_of(rule);
        for level in levels {
            table.put(level.key, None, level.bucket());
        }
    }
}

const fn holds_slots(rule: &Rule) -> bool {
    matches!(rule.algorithm, Algorithm::Concurrency { .. })
}
