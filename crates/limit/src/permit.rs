//! A place of a concurrency limit, held for as long as the [`Permit`] lives.

use crate::{Buckets, Hold, Key, Rule, RuleId};

/// Holds the places that one admitted request took, and frees them when dropped.
///
/// After [`Buckets::reset`], or once its rule is gone, there is nothing left to free, and it does
/// nothing.
#[derive(Debug)]
#[must_use = "a dropped permit has already freed its place"]
pub struct Permit {
    buckets: Buckets,
    key: Key,
    epoch: u64,
    rule: RuleId,
    places: u32,
    hold: Hold,
}

impl Permit {
    pub(super) fn new(buckets: &Buckets, epoch: u64, rule: &Rule, key: Key, places: u32, hold: Hold) -> Self {
        Self { buckets: buckets.clone(), key, epoch, rule: rule.id, places, hold }
    }

    /// The limit it is a place of.
    pub const fn rule(&self) -> RuleId {
        self.rule
    }

    /// The bucket it is a place of.
    pub const fn key(&self) -> Key {
        self.key
    }

    /// What it should be kept with.
    pub const fn hold(&self) -> Hold {
        self.hold
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.buckets.lock().release(self.rule, self.epoch, self.key, self.places);
    }
}
