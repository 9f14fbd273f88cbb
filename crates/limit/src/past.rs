//! The past of keys whose buckets were swept, because they are full again.
//!
//! An operator looks at the levels after a run, when most keys are idle. Only the highest levels are kept, and only
//! for a while.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::state::Bucket;
use crate::{Key, Nanos};

/// The time for which the past of a key is kept after the sweep, in model time.
const KEPT: Nanos = 600 * 1_000_000_000;
/// The most keys that are remembered of one rule.
const MOST: usize = 1024;

/// One key's past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Past {
    /// Most units that were in use.
    pub(crate) highest: u32,
    /// Requests of this key that the rule refused.
    pub(crate) refused: u32,
    swept: Nanos,
}

impl Past {
    const fn rank(&self) -> (u32, u32) {
        (self.highest, self.refused)
    }
}

/// The past of one rule's keys.
#[derive(Debug, Default)]
pub(crate) struct Pasts(HashMap<Key, Past, RandomState>);

impl Pasts {
    /// Adds the buckets that a sweep removed at `now`, and drops entries that are too old or over the bound.
    pub(crate) fn add(&mut self, swept: impl IntoIterator<Item = (Key, Bucket)>, now: Nanos) {
        let least = self.0.values().map(Past::rank).min().filter(|_| self.0.len() >= MOST);
        for (key, bucket) in swept {
            let mut past = Past { highest: bucket.highest, refused: bucket.refused, swept: now };
            if let Some(before) = self.0.get(&key) {
                past.highest = past.highest.max(before.highest);
                past.refused = past.refused.saturating_add(before.refused);
            } else if least.is_some_and(|least| past.rank() <= least) {
                continue;
            }
            self.0.insert(key, past);
        }
        self.0.retain(|_, past| now < past.swept.saturating_add(KEPT));
        self.keep_the_highest();
    }

    fn keep_the_highest(&mut self) {
        let Some(excess) = self.0.len().checked_sub(MOST).filter(|excess| *excess > 0) else { return };
        let mut ranks: Vec<_> = self.0.iter().map(|(key, past)| (past.rank(), *key)).collect();
        ranks.select_nth_unstable(excess - 1);
        for (_, key) in &ranks[..excess] {
            self.0.remove(key);
        }
        self.0.shrink_to(2 * MOST);
    }

    /// The past of a key, if it has one.
    pub(crate) fn get(&self, key: Key) -> Option<&Past> {
        if self.0.is_empty() { None } else { self.0.get(&key) }
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Key, &Past)> {
        self.0.iter().map(|(key, past)| (*key, past))
    }

    /// Removes the entry of a key.
    pub(crate) fn remove(&mut self, key: Key) {
        self.0.remove(&key);
    }

    /// Removes all entries.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u32) -> Key {
        Key::from_halves([u64::from(number), 0])
    }

    fn bucket(highest: u32) -> Bucket {
        let mut bucket = Bucket::default();
        (bucket.highest, bucket.refused) = (highest, 1);
        bucket
    }

    #[test]
    fn a_key_that_is_swept_again_keeps_its_highest_level_and_adds_its_refusals() {
        let mut pasts = Pasts::default();
        pasts.add([(key(1), bucket(9))], 0);
        pasts.add([(key(1), bucket(3))], KEPT - 1);
        assert_eq!(pasts.get(key(1)), Some(&Past { highest: 9, refused: 2, swept: KEPT - 1 }));
        pasts.add([], 2 * KEPT - 2);
        assert!(pasts.get(key(1)).is_some());
        pasts.add([], 2 * KEPT - 1);
        assert_eq!(pasts.get(key(1)), None);
    }

    #[test]
    fn the_highest_are_kept_of_a_flood() {
        let mut pasts = Pasts::default();
        for round in 0..20 {
            pasts.add((0..5000).map(|n| (key(n * 20 + round), bucket(n * 20 + round))), 0);
            assert!(pasts.0.len() <= MOST);
        }
        let least = pasts.iter().map(|(_, past)| past.highest).min();
        assert_eq!((pasts.0.len(), least), (MOST, Some(100_000 - 1024)));
    }
}
