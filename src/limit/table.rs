//! All buckets of one rule within one partition.
//!
//! A table is [`SHARDS`] maps under the partition's one lock: not for parallelism, but because a map
//! that grows moves all its entries at once, and a sixteenth of a million moves fast enough that no
//! request notices. Sweeping and listing go map by map for the same reason.

use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
};

use foldhash::fast::RandomState;

use super::{Algorithm, Key, Nanos, Rule, bucket::Bucket, concurrency};

/// Maps of a table.
pub(super) const SHARDS: usize = 16;

/// A [`Key`] without its alignment, which would cost 4 bytes an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Slot([[u8; 8]; 2]);

impl Slot {
    fn new(key: Key) -> Self {
        Self(key.halves().map(u64::to_ne_bytes))
    }

    fn key(self) -> Key {
        Key::from_halves(self.0.map(u64::from_ne_bytes))
    }
}

impl Hash for Slot {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [wide, narrow] = self.0.map(u64::from_ne_bytes);
        state.write_u64(wide);
        state.write_u64(narrow);
    }
}

type Shard = HashMap<Slot, Bucket, RandomState>;

/// What became of the requests a rule covered.
///
/// `hits` exceeds the sum of the others by the requests that this rule would have let pass, and
/// another one refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Requests the rule covered.
    pub hits: u64,
    /// Those that were admitted, without an objection of this rule.
    pub admitted: u64,
    /// Those that this rule refused, alone or with others.
    pub refused: u64,
    /// Those that this rule would have refused, were it not in shadow mode.
    pub shadow_refused: u64,
}

/// The buckets and totals of one rule.
pub(super) struct Table {
    shards: [Shard; SHARDS],
    pub(super) totals: Totals,
    /// Distinguishes this table from an earlier one of the same rule, whose permits may be alive.
    pub(super) epoch: u64,
    holds_places: bool,
    sweep_next: usize,
}

impl Table {
    pub(super) fn new(rule: &Rule, epoch: u64) -> Self {
        let hasher = RandomState::default();
        Self {
            shards: std::array::from_fn(|_| Shard::with_hasher(hasher.clone())),
            totals: Totals::default(),
            epoch,
            holds_places: matches!(rule.algorithm, Algorithm::Concurrency { .. }),
            sweep_next: 0,
        }
    }

    pub(super) fn get(&self, key: Key) -> Option<&Bucket> {
        self.shards[shard_of(key)].get(&Slot::new(key))
    }

    pub(super) fn put(&mut self, key: Key, bucket: Bucket) {
        let (shard, slot) = (&mut self.shards[shard_of(key)], Slot::new(key));
        // Cheaper than an insert, and the usual case.
        match shard.get_mut(&slot) {
            Some(known) => *known = bucket,
            None => drop(shard.insert(slot, bucket)),
        }
    }

    pub(super) fn release(&mut self, key: Key, places: u32) {
        if let Some(bucket) = self.shards[shard_of(key)].get_mut(&Slot::new(key)) {
            concurrency::release(bucket, places);
        }
    }

    /// Forgets everything but the places that are held.
    pub(super) fn refill(&mut self) {
        let holds_places = self.holds_places;
        for shard in &mut self.shards {
            let all = std::mem::replace(shard, Shard::with_hasher(shard.hasher().clone()));
            if holds_places {
                let held = all.into_iter().filter(|(_, bucket)| bucket.used > 0);
                shard.extend(held.map(|(slot, bucket)| (slot, bucket.refilled())));
            }
        }
    }

    /// Brings one of its maps to `now`, before other numbers hold for the rule.
    pub(super) fn settle(&mut self, index: usize, rule: &Rule, now: Nanos) {
        for bucket in self.shards[index].values_mut() {
            bucket.settle(&rule.algorithm, now);
        }
    }

    /// Removes what says no more than a new bucket would, from the next of its maps.
    pub(super) fn sweep(&mut self, rule: &Rule, now: Nanos) {
        let shard = &mut self.shards[self.sweep_next];
        self.sweep_next = (self.sweep_next + 1) % SHARDS;
        shard.retain(|_, bucket| {
            bucket.roll(&rule.algorithm, now);
            !bucket.is_idle()
        });
        if shard.len() < shard.capacity() / 8 {
            shard.shrink_to(shard.len() * 2);
        }
    }

    /// The buckets of one of its maps, as they are stored.
    pub(super) fn shard(&self, index: usize) -> impl Iterator<Item = (Key, Bucket)> {
        self.shards[index].iter().map(|(slot, bucket)| (slot.key(), *bucket))
    }

    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(HashMap::len).sum()
    }
}

/// Bits that the map within does not use: the top ones of a multiplicative hash.
fn shard_of(key: Key) -> usize {
    let [wide, narrow] = key.halves();
    let hash = (wide ^ narrow.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::from((hash >> 56).to_le_bytes()[0]) % SHARDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_takes_36_bytes() {
        assert_eq!(size_of::<(Slot, Bucket)>(), 36);
    }
}
