//! The state of one bucket, and what is the same for every algorithm: lockout and dispatch.
//!
//! Owns the 24 bytes of a [`Bucket`]. They hold what is in use, never the quota, so that other numbers
//! for the same rule need no migration. The arithmetic is in the sibling files; an algorithm is added
//! to the `match`es here.

use crate::{Algorithm, Nanos, Rule, concurrency, fixed_window, token_bucket};

/// Marks a locked bucket in [`Bucket::part`], where a remainder is always below `refill`.
const LOCKED: u32 = u32::MAX;

/// What one key has in use of one rule.
///
/// `at` is bytes, because a `u64` would bring its alignment, and with it padding, into every entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bucket {
    at: [u8; 8],
    /// Units in use; more than the capacity after a reload that lowered it.
    pub(super) used: u32,
    /// Token bucket: the remainder of `at`, in `1 / refill` nanoseconds.
    pub(super) part: u32,
    /// Requests of this key that the rule refused.
    pub(super) refused: u32,
    /// Most units that were in use.
    pub(super) highest: u32,
}

impl Bucket {
    /// Token bucket: when the last token accrued. Fixed window: when it was opened. Both mean nothing
    /// while nothing is in use. Locked: when the lockout ends.
    pub(super) const fn at(&self) -> Nanos {
        Nanos::from_ne_bytes(self.at)
    }

    pub(super) const fn set_at(&mut self, at: Nanos) {
        self.at = at.to_ne_bytes();
    }

    pub(super) const fn is_locked(&self) -> bool {
        self.part == LOCKED
    }

    /// A bucket that has forgotten everything but what is in use.
    pub(super) fn refilled(&self) -> Self {
        Self { used: self.used, highest: self.used, ..Self::default() }
    }

    /// Brings the bucket to `now`.
    pub(super) fn roll(&mut self, algorithm: &Algorithm, now: Nanos) {
        if self.is_locked() {
            if now < self.at() {
                return;
            }
            self.free(algorithm);
        }
        match *algorithm {
            Algorithm::TokenBucket { refill, period, .. } => {
                token_bucket::roll(self, refill.max(1), period.max(1), now);
            }
            Algorithm::FixedWindow { period, .. } => fixed_window::roll(self, period, now),
            Algorithm::Concurrency { .. } => {}
        }
    }

    /// Ends a lockout: only the places somebody holds outlast it.
    fn free(&mut self, algorithm: &Algorithm) {
        self.part = 0;
        self.set_at(0);
        if !matches!(algorithm, Algorithm::Concurrency { .. }) {
            self.used = 0;
        }
    }

    /// Brings the bucket to `now` for the last time under `algorithm`: other numbers must not reach back.
    pub(super) fn settle(&mut self, algorithm: &Algorithm, now: Nanos) {
        self.roll(algorithm, now);
        if matches!(algorithm, Algorithm::TokenBucket { .. }) && !self.is_locked() {
            self.set_at(now);
            self.part = 0;
        }
    }

    /// Whether a rolled bucket has room for `cost`.
    pub(super) fn admits(&self, capacity: u32, cost: u32) -> bool {
        !self.is_locked() && u64::from(self.used) + u64::from(cost) <= u64::from(capacity)
    }

    /// Takes `cost`. Whatever counts time starts with the charge that finds nothing in use.
    pub(super) const fn charge(&mut self, cost: u32, now: Nanos) {
        if self.used == 0 {
            self.set_at(now);
            self.part = 0;
        }
        self.used = self.used.saturating_add(cost);
        if self.used > self.highest {
            self.highest = self.used;
        }
    }

    /// Takes what there is of `cost`, for a refused request.
    pub(super) fn charge_refused(&mut self, capacity: u32, cost: u32, now: Nanos) {
        let room = capacity.saturating_sub(self.used);
        if room > 0 {
            self.charge(cost.min(room), now);
        }
    }

    /// Notes a refusal by `rule`, and locks the key where the rule says so.
    pub(super) fn refuse(&mut self, rule: &Rule, now: Nanos) {
        self.refused = self.refused.saturating_add(1);
        if let Some(lockout) = rule.lockout.filter(|length| *length > 0 && !self.is_locked()) {
            self.set_at(now.saturating_add(lockout));
            self.part = LOCKED;
        }
    }

    /// How long a rolled bucket refuses `cost`, if nobody else charges it.
    pub(super) fn wait(&self, algorithm: &Algorithm, cost: u32, now: Nanos) -> Nanos {
        if self.is_locked() {
            return self.at().saturating_sub(now);
        }
        let missing = (u64::from(self.used) + u64::from(cost)).saturating_sub(algorithm.capacity().into());
        if missing == 0 {
            return 0;
        }
        match *algorithm {
            Algorithm::TokenBucket { refill, period, .. } => {
                token_bucket::wait(self, missing, refill.max(1), period.max(1), now)
            }
            Algorithm::FixedWindow { period, .. } => fixed_window::rest(self, period, now),
            Algorithm::Concurrency { .. } => concurrency::WAIT,
        }
    }

    /// How long it takes a rolled bucket to be as good as new.
    pub(super) fn resets_in(&self, algorithm: &Algorithm, now: Nanos) -> Nanos {
        if self.is_locked() {
            return self.at().saturating_sub(now);
        }
        match *algorithm {
            Algorithm::TokenBucket { refill, period, .. } => {
                token_bucket::wait(self, self.used.into(), refill.max(1), period.max(1), now)
            }
            Algorithm::FixedWindow { period, .. } => fixed_window::rest(self, period, now),
            Algorithm::Concurrency { capacity, .. } => concurrency::resets_in(self, capacity),
        }
    }

    /// Whether a rolled bucket says no more than a new one would, its count of refusals aside.
    pub(super) const fn is_idle(&self) -> bool {
        self.used == 0 && !self.is_locked()
    }
}
