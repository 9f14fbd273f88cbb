//! Held slots: a slot becomes free when its [`Permit`](crate::Permit) is dropped, not with time.

use crate::Nanos;
use crate::state::Bucket;

/// The wait of a refusal: a second, because it is unknown when a slot becomes free.
pub(super) const WAIT: Nanos = 1_000_000_000;

/// Gives `slots` back.
pub(crate) const fn release(bucket: &mut Bucket, slots: u32) {
    bucket.used = bucket.used.saturating_sub(slots);
}

/// A second while every slot is taken.
pub(super) const fn resets_in(bucket: &Bucket, capacity: u32) -> Nanos {
    if bucket.used >= capacity { WAIT } else { 0 }
}
