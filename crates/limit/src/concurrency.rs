//! Places that are held: what is in use falls when a [`Permit`](crate::Permit) is dropped, not with
//! time.

use crate::Nanos;
use crate::bucket::Bucket;

/// Nobody knows when a place becomes free, so a refused client is told to come back after a second.
pub(super) const WAIT: Nanos = 1_000_000_000;

/// Gives `places` back.
pub(super) const fn release(bucket: &mut Bucket, places: u32) {
    bucket.used = bucket.used.saturating_sub(places);
}

/// A second while every place is taken.
pub(super) const fn resets_in(bucket: &Bucket, capacity: u32) -> Nanos {
    if bucket.used >= capacity { WAIT } else { 0 }
}
