//! Conversions between times, counts and floating point, each with its reason.

use crate::Nanos;

/// A second, for rates.
pub(super) const SECOND: f64 = 1e9;

/// A count or a time as a floating point number.
#[expect(
    clippy::cast_precision_loss,
    reason = "runs have fewer than 2^53 rows and last less than 2^53 ns, a hundred days"
)]
#[inline]
pub(super) fn float(number: u64) -> f64 {
    number as f64
}

/// A length of time in seconds.
#[inline]
pub(super) fn seconds(time: Nanos) -> f64 {
    float(time) / SECOND
}

/// A time from seconds, rounded to a nanosecond.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast from float saturates")]
pub(super) fn nanos(seconds: f64) -> Nanos {
    (seconds * SECOND).round() as Nanos
}

/// The least whole number of units that is not below `units`. The small term takes the error of sums of floats.
#[expect(clippy::cast_possible_truncation, reason = "a cast from float saturates")]
#[expect(clippy::cast_precision_loss, reason = "a number that a float had has a float")]
#[inline]
pub(super) fn whole(units: f64) -> i64 {
    let units = units - 1e-6;
    // f64::ceil is a call on processors without SSE 4.1, and this runs for every row of every candidate.
    let down = units as i64;
    down + i64::from(units > down as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn whole_units_are_those_of_ceil(units in -1e6..1e6_f64) {
            #[expect(clippy::cast_possible_truncation, reason = "a small number")]
            let expected = (units - 1e-6).ceil() as i64;
            proptest::prop_assert_eq!(whole(units), expected);
        }
    }
}
