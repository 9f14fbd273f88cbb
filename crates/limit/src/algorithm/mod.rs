//! How a limit counts: the algorithms, and the dispatch to their arithmetic.
//!
//! Each algorithm has one file with the arithmetic over a [`Bucket`]. The part of all algorithms is here:
//! a lockout is checked first. To add an algorithm: a variant of [`Algorithm`], a file beside the
//! others, and an arm in each `match` below.

mod concurrency;
mod fixed_window;
mod token_bucket;

pub(crate) use self::concurrency::release;

use crate::Nanos;
use crate::state::Bucket;

/// How a limit counts. A period is at least one nanosecond; zero is taken as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Starts full. Tokens accrue one at a time, each after `period / refill`.
    TokenBucket {
        /// Tokens that a full bucket holds.
        capacity: u32,
        /// Tokens that accrue in a period.
        refill: u32,
        /// The period of `refill`.
        period: Nanos,
    },
    /// `capacity` for each window `[start, start + period)`. The first charge of a key opens its window.
    FixedWindow {
        /// Units that a window holds.
        capacity: u32,
        /// The length of a window.
        period: Nanos,
    },
    /// `capacity` slots. Each is held until its [`Permit`](crate::Permit) is dropped.
    Concurrency {
        /// Slots in all.
        capacity: u32,
        /// What holds a slot.
        hold: Hold,
    },
}

/// What holds a slot of a concurrency limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// The request, until its answer is written.
    Request,
    /// The connection, from its first admitted request under the limit until it ends. See
    /// [`HeldSlots`](crate::HeldSlots).
    Connection,
}

impl Algorithm {
    /// The most units that a key can have in use.
    pub const fn capacity(&self) -> u32 {
        match *self {
            Self::TokenBucket { capacity, .. }
            | Self::FixedWindow { capacity, .. }
            | Self::Concurrency { capacity, .. } => capacity,
        }
    }

    /// The algorithm's name: `token-bucket`, `fixed-window` or `concurrency`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TokenBucket { .. } => "token-bucket",
            Self::FixedWindow { .. } => "fixed-window",
            Self::Concurrency { .. } => "concurrency",
        }
    }

    /// Brings `bucket` to `now`.
    pub(crate) fn roll(&self, bucket: &mut Bucket, now: Nanos) {
        if bucket.is_locked() {
            if now < bucket.at() {
                return;
            }
            // Slots that are held outlast a lockout.
            bucket.unlock(matches!(self, Self::Concurrency { .. }));
        }
        match *self {
            Self::TokenBucket { refill, period, .. } => {
                token_bucket::roll(bucket, refill.max(1), period.max(1), now);
            }
            Self::FixedWindow { period, .. } => fixed_window::roll(bucket, period, now),
            Self::Concurrency { .. } => {}
        }
    }

    /// Brings `bucket` to `now` for the last time under these numbers: the next ones must not reach back.
    pub(crate) fn settle(&self, bucket: &mut Bucket, now: Nanos) {
        self.roll(bucket, now);
        if matches!(self, Self::TokenBucket { .. }) && !bucket.is_locked() {
            bucket.set_at(now);
            bucket.part = 0;
        }
    }

    /// How long a rolled bucket refuses `cost`, if nothing else charges it.
    pub(crate) fn wait(&self, bucket: &Bucket, cost: u32, now: Nanos) -> Nanos {
        if bucket.is_locked() {
            return bucket.at().saturating_sub(now);
        }
        let missing = (u64::from(bucket.used) + u64::from(cost)).saturating_sub(self.capacity().into());
        if missing == 0 {
            return 0;
        }
        match *self {
            Self::TokenBucket { refill, period, .. } => {
                token_bucket::wait(bucket, missing, refill.max(1), period.max(1), now)
            }
            Self::FixedWindow { period, .. } => fixed_window::rest(bucket, period, now),
            Self::Concurrency { .. } => concurrency::WAIT,
        }
    }

    /// When the window of a rolled bucket was opened, if it has an open one.
    pub(crate) fn opened(&self, bucket: &Bucket) -> Option<Nanos> {
        let is_open = matches!(self, Self::FixedWindow { .. }) && bucket.used > 0 && !bucket.is_locked();
        is_open.then(|| bucket.at())
    }

    /// The time until a rolled bucket is full again.
    pub(crate) fn resets_in(&self, bucket: &Bucket, now: Nanos) -> Nanos {
        if bucket.is_locked() {
            return bucket.at().saturating_sub(now);
        }
        match *self {
            Self::TokenBucket { refill, period, .. } => {
                token_bucket::wait(bucket, bucket.used.into(), refill.max(1), period.max(1), now)
            }
            Self::FixedWindow { period, .. } => fixed_window::rest(bucket, period, now),
            Self::Concurrency { capacity, .. } => concurrency::resets_in(bucket, capacity),
        }
    }
}

/// The time from `now` to `start + length`, saturating; `now` may lie before `start`.
fn until(start: Nanos, length: Nanos, now: Nanos) -> Nanos {
    if now >= start { length.saturating_sub(now - start) } else { length.saturating_add(start - now) }
}
