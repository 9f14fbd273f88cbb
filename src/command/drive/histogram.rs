//! Counts of times in buckets that are 1.6 % wide, for percentiles of any number of samples in 20 KB.

use crate::time::Nanos;

/// Buckets of each power of two.
const STEPS: usize = 64;
/// Powers of two of microseconds: up to 2^38 us, three days.
const POWERS: usize = 38;

/// Times, as counts of buckets.
#[derive(Clone, Debug)]
pub(super) struct Histogram {
    counts: Vec<u32>,
    total: u64,
    longest: Nanos,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; STEPS * POWERS], total: 0, longest: 0 }
    }
}

impl Histogram {
    /// Adds a time.
    pub(super) fn add(&mut self, time: Nanos) {
        self.total += 1;
        self.longest = self.longest.max(time);
        if let Some(count) = self.counts.get_mut(bucket(time / 1000)) {
            *count = count.saturating_add(1);
        }
    }

    /// The time that a share of the times does not exceed: `percent` of 99 is p99. 0 without any time.
    pub(super) fn percentile(&self, percent: u64) -> Nanos {
        let rank = (self.total * percent).div_ceil(100);
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += u64::from(*count);
            if seen >= rank && seen > 0 {
                return (upper(bucket) * 1000).min(self.longest);
            }
        }
        self.longest
    }

    /// The number of times.
    pub(super) const fn total(&self) -> u64 {
        self.total
    }

    /// The longest time.
    pub(super) const fn longest(&self) -> Nanos {
        self.longest
    }
}

/// The bucket of a number of microseconds: exact below [`STEPS`], then [`STEPS`] for each power of two.
fn bucket(micros: u64) -> usize {
    let micros = usize::try_from(micros).unwrap_or(usize::MAX);
    let power = micros.checked_ilog2().map_or(0, |power| (power as usize).saturating_sub(6));
    if power == 0 {
        return micros.min(2 * STEPS - 1);
    }
    ((power + 1) * STEPS + (micros >> power) - STEPS).min(STEPS * POWERS - 1)
}

/// The largest number of microseconds of a bucket.
fn upper(bucket: usize) -> u64 {
    if bucket < 2 * STEPS {
        return bucket as u64;
    }
    let (power, step) = (bucket / STEPS - 1, bucket % STEPS);
    (((step + STEPS + 1) as u64) << power) - 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_bucket_has_its_times_and_is_narrow(micros in 0_u64..1 << 37) {
            let upper = upper(bucket(micros));
            prop_assert!(upper >= micros);
            prop_assert!(upper - micros <= micros / STEPS as u64);
            prop_assert!(bucket(micros + 1) >= bucket(micros));
        }

        #[test]
        fn a_percentile_is_that_of_the_sorted_times_within_a_bucket(mut times in prop::collection::vec(0_u64..10_000_000, 1..200), percent in 1_u64..=100) {
            let mut histogram = Histogram::default();
            for time in &times {
                histogram.add(time * 1000);
            }
            times.sort_unstable();
            let rank = (times.len() * usize::try_from(percent).expect("small")).div_ceil(100);
            let exact = times[rank - 1];
            let found = histogram.percentile(percent) / 1000;
            prop_assert!(found >= exact && found - exact <= exact / STEPS as u64, "{found} {exact}");
        }
    }

    #[test]
    fn a_histogram_without_times_has_percentiles_of_zero() {
        assert_eq!(Histogram::default().percentile(99), 0);
    }
}
