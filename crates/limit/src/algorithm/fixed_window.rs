//! The fixed window `[start, start + period)`, opened by the first charge of a key.
//!
//! A window with nothing in use is not open: the next charge opens one at its own instant.

use super::until;
use crate::Nanos;
use crate::state::Bucket;

/// Closes the window if it is over.
pub(super) fn roll(bucket: &mut Bucket, period: Nanos, now: Nanos) {
    if bucket.used > 0 && now.saturating_sub(bucket.at()) >= period {
        bucket.used = 0;
    }
}

/// How long the window stays open.
pub(super) fn rest(bucket: &Bucket, period: Nanos, now: Nanos) -> Nanos {
    if bucket.used == 0 { 0 } else { until(bucket.at(), period, now) }
}
