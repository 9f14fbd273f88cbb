//! The token bucket: exact for every rate, in integers.
//!
//! The k-th token after the anchor accrues at `anchor + k * period / refill`. The anchor moves with
//! every token; as it need not be a whole nanosecond, it is kept as nanoseconds (`at`) and a remainder
//! in `1 / refill` nanoseconds (`part`), and nothing is ever rounded away.
//!
//! Products of times and counts pass 64 bits for rates that are configured in practice, so each one is
//! checked, and repeated in 128 bits where it does not fit.

use super::until;
use crate::Nanos;
use crate::state::Bucket;

/// Gives back the tokens that accrued until `now`.
pub(super) fn roll(bucket: &mut Bucket, refill: u32, period: Nanos, now: Nanos) {
    if bucket.used == 0 {
        return;
    }
    if bucket.part >= refill {
        // A reload changed the denominator; less than a nanosecond is lost.
        bucket.part = 0;
    }
    let elapsed = now.saturating_sub(bucket.at());
    match elapsed.checked_mul(refill.into()) {
        Some(accrued) => roll_narrow(bucket, refill, period, accrued),
        None => roll_wide(bucket, refill, period, u128::from(elapsed) * u128::from(refill)),
    }
}

/// `accrued` is elapsed time in `1 / refill` nanoseconds: each whole `period` of it is a token.
fn roll_narrow(bucket: &mut Bucket, refill: u32, period: Nanos, accrued: u64) {
    let since = accrued.saturating_sub(bucket.part.into());
    if since < period {
        return;
    }
    let Some(left) = subtract(bucket.used, since / period) else {
        bucket.used = 0;
        return;
    };
    // At most `accrued`, so it fits.
    let moved = u64::from(bucket.part) + u64::from(bucket.used - left) * period;
    bucket.used = left;
    bucket.set_at(bucket.at() + moved / u64::from(refill));
    bucket.part = remainder(moved % u64::from(refill));
}

fn roll_wide(bucket: &mut Bucket, refill: u32, period: Nanos, accrued: u128) {
    let tokens = (accrued - u128::from(bucket.part)) / u128::from(period);
    let Some(left) = u64::try_from(tokens).ok().and_then(|tokens| subtract(bucket.used, tokens)) else {
        bucket.used = 0;
        return;
    };
    let moved = u128::from(bucket.part) + u128::from(bucket.used - left) * u128::from(period);
    bucket.used = left;
    bucket.set_at(bucket.at().saturating_add(narrow(moved / u128::from(refill))));
    bucket.part = remainder(narrow(moved % u128::from(refill)));
}

/// How long until `tokens` more have accrued.
pub(super) fn wait(bucket: &Bucket, tokens: u64, refill: u32, period: Nanos, now: Nanos) -> Nanos {
    let part = u64::from(bucket.part);
    if let Some(length) = tokens.checked_mul(period).and_then(|length| length.checked_add(part)) {
        return until(bucket.at(), length.div_ceil(refill.into()), now);
    }
    let length = (u128::from(tokens) * u128::from(period) + u128::from(part)).div_ceil(refill.into());
    narrow((u128::from(bucket.at()) + length).saturating_sub(now.into()))
}

/// The use that is left after `tokens` accrued; `None` if nothing is in use.
fn subtract(used: u32, tokens: u64) -> Option<u32> {
    used.checked_sub(u32::try_from(tokens).ok()?).filter(|left| *left > 0)
}

fn narrow(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

fn remainder(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(0)
}
