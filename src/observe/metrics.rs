//! Every metric, as fields of one struct.
//!
//! Counters of the hot path are plain atomics, indexed by the operation's number. Limits have their own totals. A
//! scrape reads both. Labels are operations and limits, never a token and never a raw path.

use std::sync::atomic::{AtomicU64, Ordering};

use http::StatusCode;

use crate::catalog::OperationId;

/// Kinds of answers, as the vendor's usage reports name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Class {
    /// 200 to 299.
    Success,
    /// 300 to 399.
    Redirect,
    /// 400 to 499 but 429.
    ClientError,
    /// 429.
    Throttled,
    /// 500 and above.
    ServerError,
}

impl Class {
    /// Every class with its label.
    pub(crate) const ALL: [(Self, &'static str); 5] = [
        (Self::Success, "2xx"),
        (Self::Redirect, "3xx"),
        (Self::ClientError, "4xx"),
        (Self::Throttled, "429"),
        (Self::ServerError, "5xx"),
    ];

    /// The class of a status.
    pub(crate) fn of(status: u16) -> Self {
        match status {
            429 => Self::Throttled,
            0..=299 => Self::Success,
            300..=399 => Self::Redirect,
            400..=499 => Self::ClientError,
            _ => Self::ServerError,
        }
    }
}

/// A histogram of durations. The bounds are in microseconds; the last bucket is for everything above.
#[derive(Debug, Default)]
pub(crate) struct Durations {
    counts: [AtomicU64; Self::BOUNDS.len() + 1],
    micros: AtomicU64,
}

impl Durations {
    const BOUNDS: [u32; 10] =
        [100, 1_000, 5_000, 10_000, 50_000, 100_000, 500_000, 1_000_000, 5_000_000, 10_000_000];

    fn add(&self, micros: u32) {
        self.counts[Self::BOUNDS.partition_point(|bound| *bound < micros)].fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros.into(), Ordering::Relaxed);
    }

    /// The sum of all, in seconds.
    #[expect(clippy::cast_precision_loss, reason = "microseconds of a century are exact")]
    pub(crate) fn seconds(&self) -> f64 {
        self.micros.load(Ordering::Relaxed) as f64 / 1e6
    }

    /// Each upper bound in seconds, and how many took no longer, but longer than the one before.
    pub(crate) fn buckets(&self) -> Vec<(f64, u64)> {
        let bounds = Self::BOUNDS.iter().map(|bound| f64::from(*bound) / 1e6).chain([f64::INFINITY]);
        bounds.zip(self.counts.iter().map(|count| count.load(Ordering::Relaxed))).collect()
    }
}

/// The counters since the start.
#[derive(Debug)]
pub(crate) struct Metrics {
    /// Answers by operation (0 for unknown paths) and class.
    answers: Vec<[AtomicU64; Class::ALL.len()]>,
    /// Their durations, by class.
    durations: [Durations; Class::ALL.len()],
}

impl Metrics {
    /// Counters for that many operations.
    pub(crate) fn new(operations: usize) -> Self {
        let answers = (0..=operations).map(|_| Default::default()).collect();
        Self { answers, durations: Default::default() }
    }

    /// Counts one answer and the time that it took.
    pub(crate) fn count(&self, operation: OperationId, status: StatusCode, micros: u32) {
        let class = Class::of(status.as_u16()) as usize;
        if let Some(classes) = self.answers.get(operation.0 as usize) {
            classes[class].fetch_add(1, Ordering::Relaxed);
        }
        self.durations[class].add(micros);
    }

    /// All answers of the emulated platform.
    pub(crate) fn requests(&self) -> u64 {
        self.answers.iter().flatten().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// The durations of the answers of a class.
    pub(crate) fn durations(&self, class: Class) -> &Durations {
        &self.durations[class as usize]
    }

    /// Answers of one operation and class.
    pub(crate) fn answers(&self, operation: OperationId, class: Class) -> u64 {
        self.answers
            .get(operation.0 as usize)
            .map_or(0, |classes| classes[class as usize].load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_counted_in_the_bucket_of_its_time() {
        let metrics = Metrics::new(1);
        for micros in [0, 100, 101, u32::MAX] {
            metrics.count(OperationId(1), StatusCode::OK, micros);
        }
        let durations = metrics.durations(Class::Success);
        let counts: Vec<_> = durations.buckets().into_iter().map(|(_, count)| count).collect();
        assert_eq!(counts, [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert!((durations.seconds() - 4_294.967_496).abs() < 1e-6);
    }
}
