//! All buckets of one rule within one partition.
//!
//! A table is [`SHARDS`] maps under the partition's one lock. They are not for parallelism: a map that grows
//! moves all its entries at once, and a sixteenth of a million moves fast enough that no request notices.
//! Sweeping and listing go map by map for the same reason.

use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::fast::RandomState;
use hashbrown::{HashTable, hash_table::Entry};

use crate::past::Pasts;
use crate::state::Bucket;
use crate::{Algorithm, Key, Nanos, Rule, algorithm};

/// How much of a limit is used up when a request counts as near it, as Envoy's rate limit service counts.
pub(crate) const NEAR_PERCENT: u64 = 80;

/// Maps of a table.
pub(crate) const SHARDS: usize = 16;

/// The most keys of one map: two million in all maps, of 90 bytes each.
///
/// Above the bound a new key replaces a key with little use. So a flood of invented tokens replaces itself, and a key
/// near its limit stays near it.
const MOST_OF_SHARD: usize = 1 << 17;

/// Entries that are looked at for the one that is removed.
const LOOKED_AT: usize = 8;

/// A [`Key`] in bytes, so that an entry has the size of its parts and no padding.
#[derive(Clone, Copy, PartialEq, Eq)]
struct PackedKey([[u8; 8]; 2]);

impl PackedKey {
    fn new(key: Key) -> Self {
        Self(key.halves().map(u64::to_ne_bytes))
    }

    fn key(self) -> Key {
        Key::from_halves(self.0.map(u64::from_ne_bytes))
    }
}

impl Hash for PackedKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [wide, narrow] = self.0.map(u64::from_ne_bytes);
        state.write_u64(wide);
        state.write_u64(narrow);
    }
}

type Shard = HashTable<(PackedKey, Bucket)>;

/// The position of the entry of a key, found once for a read and the write after it.
#[derive(Clone, Copy)]
pub(crate) struct Position {
    hash: u64,
    /// Valid until the map changes its size.
    index: Option<usize>,
}

/// The counts of the requests that a rule covered.
///
/// `hits` exceeds the sum of `admitted`, `refused` and `shadow_refused` by the requests that this rule would
/// have admitted and another one refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Requests that the rule covered.
    pub hits: u64,
    /// Requests that were admitted, by this rule too.
    pub admitted: u64,
    /// Admitted requests that left the bucket more than 80 percent used up.
    pub near: u64,
    /// Requests that this rule refused, alone or with others.
    pub refused: u64,
    /// Requests that this rule would have refused if it were not in shadow mode.
    pub shadow_refused: u64,
}

impl Totals {
    /// Adds the totals of the same rule in other [`Buckets`](crate::Buckets).
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            hits: self.hits + other.hits,
            admitted: self.admitted + other.admitted,
            near: self.near + other.near,
            refused: self.refused + other.refused,
            shadow_refused: self.shadow_refused + other.shadow_refused,
        }
    }
}

/// When a rule first covered and first refused a request, and the highest level of a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The first request that the rule covered.
    pub first: Option<Nanos>,
    /// The first request that it refused, or would have refused in shadow mode.
    pub first_refused: Option<Nanos>,
    /// The most units that one key had in use.
    pub highest: u32,
}

impl History {
    pub(crate) fn note(&mut self, used: u32, refused: bool, now: Nanos) {
        self.first.get_or_insert(now);
        self.highest = self.highest.max(used);
        if refused {
            self.first_refused.get_or_insert(now);
        }
    }

    /// Adds the history of the same rule in other [`Buckets`](crate::Buckets).
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let earlier = |one: Option<Nanos>, other: Option<Nanos>| one.into_iter().chain(other).min();
        Self {
            first: earlier(self.first, other.first),
            first_refused: earlier(self.first_refused, other.first_refused),
            highest: self.highest.max(other.highest),
        }
    }
}

/// The buckets and totals of one rule.
pub(crate) struct Table {
    shards: [Shard; SHARDS],
    hasher: RandomState,
    pub(crate) totals: Totals,
    pub(crate) history: History,
    /// The most units that one key had in use since [`Buckets::take_recent`](crate::Buckets::take_recent).
    recent: u32,
    /// Distinguishes this table from an earlier one of the same rule, whose permits may be alive.
    pub(crate) epoch: u64,
    pub(crate) pasts: Pasts,
    holds_slots: bool,
    sweep_next: usize,
}

impl Table {
    pub(crate) fn new(rule: &Rule, epoch: u64) -> Self {
        Self {
            shards: Default::default(),
            hasher: RandomState::default(),
            totals: Totals::default(),
            history: History::default(),
            recent: 0,
            epoch,
            pasts: Pasts::default(),
            holds_slots: matches!(rule.algorithm, Algorithm::Concurrency { .. }),
            sweep_next: 0,
        }
    }

    /// Notes the level of a key after a decision.
    pub(crate) fn note(&mut self, used: u32, refused: bool, now: Nanos) {
        self.history.note(used, refused, now);
        self.recent = self.recent.max(used);
    }

    /// The most units that one key had in use since the last call.
    pub(crate) const fn take_recent(&mut self) -> u32 {
        std::mem::replace(&mut self.recent, 0)
    }

    /// The position of a key's entry, and its bucket if there is one.
    pub(crate) fn find(&self, key: Key) -> (Position, Option<Bucket>) {
        let packed = PackedKey::new(key);
        let hash = self.hasher.hash_one(packed);
        let shard = &self.shards[shard_of(hash)];
        let index = shard.find_bucket_index(hash, |(known, _)| *known == packed);
        let bucket = index.and_then(|index| shard.get_bucket(index)).map(|(_, bucket)| *bucket);
        (Position { hash, index }, bucket)
    }

    /// Writes the bucket of a key, to the position where its entry was found.
    pub(crate) fn put(&mut self, key: Key, position: Option<Position>, bucket: Bucket) {
        let packed = PackedKey::new(key);
        let Position { hash, index } = position.unwrap_or_else(|| self.find(key).0);
        let shard = &mut self.shards[shard_of(hash)];
        match index.and_then(|index| shard.get_bucket_mut(index)) {
            Some((known, current)) if *known == packed => *current = bucket,
            _ => self.insert(hash, packed, bucket),
        }
    }

    fn insert(&mut self, hash: u64, packed: PackedKey, bucket: Bucket) {
        let shard = &mut self.shards[shard_of(hash)];
        if shard.len() >= MOST_OF_SHARD {
            make_room(shard, hash, self.holds_slots);
        }
        let hasher = &self.hasher;
        let shard = &mut self.shards[shard_of(hash)];
        let same = |(known, _): &(PackedKey, Bucket)| *known == packed;
        match shard.entry(hash, same, |(known, _)| hasher.hash_one(*known)) {
            Entry::Occupied(mut entry) => entry.get_mut().1 = bucket,
            Entry::Vacant(entry) => drop(entry.insert((packed, bucket))),
        }
    }

    pub(crate) fn release(&mut self, key: Key, slots: u32) {
        let Position { hash, index } = self.find(key).0;
        let shard = &mut self.shards[shard_of(hash)];
        if let Some((_, bucket)) = index.and_then(|index| shard.get_bucket_mut(index)) {
            algorithm::release(bucket, slots);
        }
    }

    /// Removes everything except the held slots.
    pub(crate) fn refill(&mut self) {
        self.pasts.clear();
        for shard in &mut self.shards {
            if self.holds_slots {
                shard.retain(|(_, bucket)| bucket.used > 0);
                shard.iter_mut().for_each(|(_, bucket)| *bucket = bucket.refilled());
            } else {
                *shard = Shard::new();
            }
        }
    }

    /// Removes everything of one key except its held slots.
    pub(crate) fn refill_key(&mut self, key: Key) {
        self.pasts.remove(key);
        let Position { hash, index } = self.find(key).0;
        let shard = &mut self.shards[shard_of(hash)];
        let Some(Ok(mut entry)) = index.map(|index| shard.get_bucket_entry(index)) else { return };
        if self.holds_slots && entry.get().1.used > 0 {
            entry.get_mut().1 = entry.get().1.refilled();
        } else {
            entry.remove();
        }
    }

    /// Brings one of its maps to `now`, before other numbers hold for the rule.
    pub(crate) fn settle(&mut self, index: usize, rule: &Rule, now: Nanos) {
        for (_, bucket) in &mut self.shards[index] {
            rule.algorithm.settle(bucket, now);
        }
    }

    /// Removes the buckets that equal new ones from the next map.
    pub(crate) fn sweep(&mut self, rule: &Rule, now: Nanos) {
        let shard = &mut self.shards[self.sweep_next];
        self.sweep_next = (self.sweep_next + 1) % SHARDS;
        let idle = shard.extract_if(|(_, bucket)| {
            rule.algorithm.roll(bucket, now);
            bucket.is_idle()
        });
        self.pasts.add(idle.map(|(packed, bucket)| (packed.key(), bucket)), now);
        if shard.len() < shard.capacity() / 8 {
            shard.shrink_to(shard.len() * 2, |(packed, _)| self.hasher.hash_one(*packed));
        }
    }

    /// The buckets of one of its maps, as they are stored.
    pub(crate) fn shard(&self, index: usize) -> impl Iterator<Item = (Key, Bucket)> {
        self.shards[index].iter().map(|(packed, bucket)| (packed.key(), *bucket))
    }

    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(HashTable::len).sum()
    }
}

/// Removes the least used of a few entries, beginning anywhere. Never removes a slot that is held.
fn make_room(shard: &mut Shard, anywhere: u64, holds_slots: bool) {
    let count = shard.num_buckets();
    let begin = usize::try_from(anywhere >> 8).unwrap_or_default() % count;
    let occupied =
        (begin..count).chain(0..begin).filter_map(|index| Some((index, shard.get_bucket(index)?.1)));
    let free = occupied.take(LOOKED_AT).filter(|(_, bucket)| !holds_slots || bucket.used == 0);
    let least = free.min_by_key(|(_, bucket)| (bucket.is_locked(), bucket.used)).map(|(index, _)| index);
    if let Some(Ok(entry)) = least.map(|index| shard.get_bucket_entry(index)) {
        entry.remove();
    }
}

/// Bits of a hash that the map within does not use: it takes the lowest and the top seven.
fn shard_of(hash: u64) -> usize {
    usize::from((hash >> 48).to_le_bytes()[0]) % SHARDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_takes_40_bytes() {
        assert_eq!(size_of::<(PackedKey, Bucket)>(), 40);
    }

    fn shard(uses: impl Iterator<Item = u32>) -> Shard {
        // Real keys are hashes. These keys are numbers, and the fast hasher would put them into few maps.
        let (mut shard, hasher) = (Shard::new(), foldhash::quality::RandomState::default());
        for (key, used) in (0..).zip(uses) {
            let packed = PackedKey(Key::from_halves([key, 0]).halves().map(u64::to_ne_bytes));
            let mut bucket = Bucket::default();
            bucket.charge(used, 0);
            shard.insert_unique(hasher.hash_one(packed), (packed, bucket), |(packed, _)| {
                hasher.hash_one(*packed)
            });
        }
        shard
    }

    fn used(shard: &Shard) -> u64 {
        shard.iter().map(|(_, bucket)| u64::from(bucket.used)).sum()
    }

    #[test]
    fn room_is_made_by_those_who_used_least() {
        let mut shard = shard((0..1000).map(|key| if key % 4 == 0 { 50 } else { 1 }));
        for round in 1..=500 {
            make_room(&mut shard, u64::wrapping_mul(round, 0x9e37_79b9_7f4a_7c15), false);
            assert_eq!(shard.len() as u64, 1000 - round);
        }
        assert!(used(&shard) > 250 * 50 * 95 / 100, "hardly any of the heavy ones is gone: {}", used(&shard));
    }

    #[test]
    fn no_slot_that_is_held_makes_room() {
        let mut shard = shard((0..100).map(|key| key % 2));
        for round in 0..1000 {
            make_room(&mut shard, u64::wrapping_mul(round, 0x9e37_79b9_7f4a_7c15), true);
        }
        assert_eq!((shard.len(), used(&shard)), (50, 50));
    }
}
