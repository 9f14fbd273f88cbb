//! The state of one bucket: 24 bytes, and the operations that all algorithms use.
//!
//! A bucket stores the use, never the quota, so new numbers of a rule need no migration. `algorithm` moves the
//! state with time.

use crate::Nanos;

/// Marks a locked bucket in [`Bucket::part`], where a remainder is always below `refill`.
const LOCKED: u32 = u32::MAX;

/// The use of one rule by one key.
///
/// `at` is bytes, because a `u64` would bring its alignment, and with it padding, into every entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bucket {
    at: [u8; 8],
    /// Units in use; more than the capacity after a reload that lowered it.
    pub(crate) used: u32,
    /// Token bucket: the remainder of `at`, in `1 / refill` nanoseconds.
    pub(crate) part: u32,
    /// Requests of this key that the rule refused.
    pub(crate) refused: u32,
    /// Most units that were in use.
    pub(crate) highest: u32,
}

impl Bucket {
    /// A stored bucket. `part` means nothing in a lockout.
    pub(crate) const fn restored(at: Nanos, used: u32, part: u32, locked: bool) -> Self {
        let part = match (locked, part) {
            (true, _) => LOCKED,
            // No remainder is so large.
            (false, LOCKED) => 0,
            (false, part) => part,
        };
        Self { at: at.to_ne_bytes(), used, part, refused: 0, highest: used }
    }

    /// The bucket with these counts. The highest level is at least the present one.
    pub(crate) const fn with_counts(self, refused: u32, highest: u32) -> Self {
        Self { refused, highest: if highest > self.used { highest } else { self.used }, ..self }
    }

    /// Token bucket: when the last token accrued. Fixed window: when it was opened. Both mean nothing
    /// while nothing is in use. Locked: when the lockout ends.
    pub(crate) const fn at(&self) -> Nanos {
        Nanos::from_ne_bytes(self.at)
    }

    pub(crate) const fn set_at(&mut self, at: Nanos) {
        self.at = at.to_ne_bytes();
    }

    pub(crate) const fn is_locked(&self) -> bool {
        self.part == LOCKED
    }

    /// Ends a lockout. Everything is free again, except where `keeps_used`.
    pub(crate) const fn unlock(&mut self, keeps_used: bool) {
        self.part = 0;
        self.set_at(0);
        if !keeps_used {
            self.used = 0;
        }
    }

    /// The bucket with its held slots only.
    pub(crate) fn refilled(&self) -> Self {
        Self { used: self.used, highest: self.used, ..Self::default() }
    }

    /// Whether a rolled bucket has room for `cost`.
    pub(crate) fn admits(&self, capacity: u32, cost: u32) -> bool {
        !self.is_locked() && u64::from(self.used) + u64::from(cost) <= u64::from(capacity)
    }

    /// Takes `cost`. Whatever counts time starts with the charge that finds nothing in use.
    pub(crate) const fn charge(&mut self, cost: u32, now: Nanos) {
        if self.used == 0 {
            self.set_at(now);
            self.part = 0;
        }
        self.used = self.used.saturating_add(cost);
        if self.used > self.highest {
            self.highest = self.used;
        }
    }

    /// Charges as much of `cost` as is free, for a refused request.
    pub(crate) fn charge_refused(&mut self, capacity: u32, cost: u32, now: Nanos) {
        let room = capacity.saturating_sub(self.used);
        if room > 0 {
            self.charge(cost.min(room), now);
        }
    }

    /// Counts a refusal, and locks the key where the rule has a lockout. A lockout is never extended.
    pub(crate) fn refuse(&mut self, lockout: Option<Nanos>, now: Nanos) {
        self.refused = self.refused.saturating_add(1);
        if let Some(lockout) = lockout.filter(|length| *length > 0 && !self.is_locked()) {
            self.set_at(now.saturating_add(lockout));
            self.part = LOCKED;
        }
    }

    /// Whether a rolled bucket equals a new one, apart from its count of refusals.
    pub(crate) const fn is_idle(&self) -> bool {
        self.used == 0 && !self.is_locked()
    }
}
