//! Slots that are held: what is in use falls when a [`Permit`](crate::Permit) is dropped, not with time.

use crate::Nanos;
use crate::state::Bucket;

/// Nothing tells when a slot becomes free, so a refused client is told to come back after a second.
pub(super) const WAIT: Nanos = 1_000_000_000;

/// Gives `slots` back.
pub(crate) const fn release(bucket: &mut Bucket, slots: u32) {
    bucket.used = bucket.used.saturating_sub(slots);
}

/// A second while every slot is taken.
pub(super) const fn resets_in(bucket: &Bucket, capacity: u32) -> Nanos {
    if bucket.used >= capacity { WAIT } else { 0 }
}
