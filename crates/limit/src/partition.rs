//! All buckets of one tenant, or of the server.
//!
//! Owns [`Buckets`]: one mutex around a table for each rule. Decisions are in `decision`, slots are freed in
//! `permit`. This file has the work of the operator and of the sweeper. Long work releases the lock between
//! two maps of a table.

use std::collections::HashSet;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

use crate::past::Past;
use crate::state::Bucket;
use crate::table::{History, SHARDS, Table, Totals};
use crate::{Key, Level, Nanos, Rule, RuleId};

/// A cheap handle to the buckets of one tenant, or of the server.
///
/// Clones share the buckets. Call [`Buckets::sweep`] now and then, or idle buckets stay until the bound of two
/// million for each rule.
#[derive(Clone, Default)]
pub struct Buckets(Arc<Mutex<Partition>>);

/// The tables of a partition, by rule.
#[derive(Default)]
pub(crate) struct Partition {
    /// Indexed by [`RuleId`]. Ids are never reused, and few enough for that.
    tables: Vec<Option<Box<Table>>>,
    epochs: u64,
}

/// One bucket, for a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BucketView {
    /// The key of the bucket.
    pub key: Key,
    /// Units in use. In a lockout: those that were in use when it began.
    pub used: u32,
    /// Units in all.
    pub capacity: u32,
    /// Most units that were in use, as far as that is remembered.
    pub highest: u32,
    /// Requests of this key that the rule refused, or would have refused in shadow mode.
    pub refused: u32,
    /// Time until the bucket is as good as new.
    pub resets_in: Nanos,
    /// When the fixed window was opened, while something of it is in use and the key is not locked.
    pub opened: Option<Nanos>,
    /// Whether every request of this key is refused until then.
    pub locked: bool,
}

impl BucketView {
    fn new(rule: &Rule, key: Key, mut bucket: Bucket, now: Nanos) -> Self {
        rule.algorithm.roll(&mut bucket, now);
        Self {
            key,
            used: bucket.used,
            capacity: rule.algorithm.capacity(),
            highest: bucket.highest,
            refused: bucket.refused,
            resets_in: rule.algorithm.resets_in(&bucket, now),
            opened: rule.algorithm.opened(&bucket),
            locked: bucket.is_locked(),
        }
    }

    /// A bucket that is kept elsewhere as `level`, slots too.
    pub fn of_level(rule: &Rule, level: &Level, now: Nanos) -> Self {
        Self::new(rule, level.key, level.bucket(), now)
    }

    /// A key whose bucket was swept.
    fn of_past(rule: &Rule, key: Key, past: &Past) -> Self {
        let idle = Self::new(rule, key, Bucket::default(), 0);
        Self { highest: past.highest, refused: past.refused, ..idle }
    }

    /// Adds the past of the key, from before its bucket was swept.
    fn with_past(self, past: Option<&Past>) -> Self {
        let Some(past) = past else { return self };
        Self {
            highest: self.highest.max(past.highest),
            refused: self.refused.saturating_add(past.refused),
            ..self
        }
    }

    /// Nearest to refusing first. The key makes the order total.
    fn rank(&self) -> impl Ord + use<> {
        let least = [self.used, self.refused, self.highest].map(|number| u32::MAX - number);
        (!self.locked, least, self.key)
    }
}

impl Partition {
    pub(crate) fn table(&self, id: RuleId) -> Option<&Table> {
        self.tables.get(index(id))?.as_deref()
    }

    fn table_mut(&mut self, id: RuleId) -> Option<&mut Table> {
        self.tables.get_mut(index(id))?.as_deref_mut()
    }

    /// The table of `rule`. Makes it if there is none yet.
    pub(crate) fn table_of(&mut self, rule: &Rule) -> &mut Table {
        let index = index(rule.id);
        if index >= self.tables.len() {
            self.tables.resize_with(index + 1, || None);
        }
        self.tables[index].get_or_insert_with(|| {
            self.epochs += 1;
            Box::new(Table::new(rule, self.epochs))
        })
    }

    /// Frees slots, unless their table was removed.
    pub(crate) fn release(&mut self, rule: RuleId, epoch: u64, key: Key, slots: u32) {
        if let Some(table) = self.table_mut(rule).filter(|table| table.epoch == epoch) {
            table.release(key, slots);
        }
    }
}

impl Buckets {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Partition> {
        self.0.lock()
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The totals of the requests that `rule` covered.
    pub fn totals(&self, rule: RuleId) -> Totals {
        self.lock().table(rule).map(|table| table.totals).unwrap_or_default()
    }

    /// When `rule` first covered and first refused a request, and the highest level of a key.
    pub fn history(&self, rule: RuleId) -> History {
        self.lock().table(rule).map(|table| table.history).unwrap_or_default()
    }

    /// The most units of `rule` that one key had in use since the last call, after the decisions in between. 0 without a
    /// decision. Call it once a second, and a level over time costs a comparison for each request.
    pub fn take_recent(&self, rule: RuleId) -> u32 {
        self.lock().table_mut(rule).map_or(0, Table::take_recent)
    }

    /// The `limit` buckets of `rule` that are nearest to refusing, the nearest first. Keys whose buckets are full
    /// again follow, with their highest level.
    pub fn nearest(&self, rule: &Rule, limit: usize, now: Nanos) -> Vec<BucketView> {
        let mut views = Vec::new();
        if self.lock().table(rule.id).is_none() {
            return views;
        }
        for shard in 0..SHARDS {
            if let Some(table) = self.lock().table(rule.id) {
                let view =
                    |(key, bucket)| BucketView::new(rule, key, bucket, now).with_past(table.pasts.get(key));
                views.extend(table.shard(shard).map(view));
            }
            keep_nearest(&mut views, limit);
        }
        if let Some(table) = self.lock().table(rule.id) {
            // A bucket may have been swept since its map was looked at.
            let listed: HashSet<Key> = views.iter().map(|view| view.key).collect();
            let idle =
                table.pasts.iter().filter(|(key, _)| !listed.contains(key) && table.find(*key).1.is_none());
            views.extend(idle.map(|(key, past)| BucketView::of_past(rule, key, past)));
        }
        keep_nearest(&mut views, limit);
        views.sort_unstable_by_key(BucketView::rank);
        views
    }

    /// Removes the buckets of `rule`. Held slots and totals stay.
    pub fn refill(&self, rule: RuleId) {
        if let Some(table) = self.lock().table_mut(rule) {
            table.refill();
        }
    }

    /// Removes the bucket of one key of `rule`. Held slots and totals stay.
    pub fn refill_key(&self, rule: RuleId, key: Key) {
        if let Some(table) = self.lock().table_mut(rule) {
            table.refill_key(key);
        }
    }

    /// Removes all buckets, slots and totals. A permit from before frees nothing.
    pub fn reset(&self) {
        let tables = std::mem::take(&mut self.lock().tables);
        drop(tables);
    }

    /// Removes the buckets and totals of the rules that `keep` refuses, after a reload.
    pub fn retain_rules(&self, keep: &dyn Fn(RuleId) -> bool) {
        for (id, slot) in (0..).map(RuleId).zip(&mut self.lock().tables) {
            if !keep(id) {
                *slot = None;
            }
        }
    }

    /// Lets everything accrue until `now` by the numbers of `old`. Call it for a rule whose numbers change,
    /// just before they do: without it the new rate would also hold for the time since a key's last charge.
    pub fn settle(&self, old: &Rule, now: Nanos) {
        for shard in 0..SHARDS {
            if let Some(table) = self.lock().table_mut(old.id) {
                table.settle(shard, old, now);
            }
        }
    }

    /// Removes idle buckets from a sixteenth of every rule's buckets, so that no request waits for long.
    ///
    /// A full token bucket, a window that is over, and a slot that is not held are idle, unless they are locked.
    /// All buckets of a rule that `rule` does not find are removed.
    pub fn sweep<'r>(&self, rule: &dyn Fn(RuleId) -> Option<&'r Rule>, now: Nanos) {
        let tables = self.lock().tables.len();
        for (id, index) in (0..).map(RuleId).zip(0..tables) {
            let mut partition = self.lock();
            let Some(slot) = partition.tables.get_mut(index) else { return };
            match (slot.as_deref_mut(), rule(id)) {
                (Some(table), Some(rule)) => table.sweep(rule, now),
                _ => *slot = None,
            }
        }
    }

    /// The number of buckets.
    pub fn len(&self) -> usize {
        self.lock().tables.iter().flatten().map(|table| table.len()).sum()
    }

    /// Whether there is no bucket.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl std::fmt::Debug for Buckets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Buckets").finish_non_exhaustive()
    }
}

/// Keeps the `limit` views that are nearest to refusing, in any order.
fn keep_nearest(views: &mut Vec<BucketView>, limit: usize) {
    if views.len() > limit {
        views.select_nth_unstable_by_key(limit, BucketView::rank);
        views.truncate(limit);
    }
}

/// An id as an index: every supported platform has at least 32 bits.
fn index(id: RuleId) -> usize {
    usize::try_from(id.0).unwrap_or(usize::MAX)
}
