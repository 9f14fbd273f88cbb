//! The time axis of a report: bins of whole seconds from the first sample on, and series over them.
//!
//! A series is counted in fine bins and then reduced to at most [`POINTS`] points. Each point keeps the mean, the least
//! and the greatest of its bins, so that a peak of one second is still there after eight hours.

use serde::Serialize;

use super::number::{SECOND, float, index, length, rounded, seconds};
use crate::Nanos;

/// The most points of a series.
pub const POINTS: usize = 600;
/// The most fine bins: 28 hours in seconds. Longer runs have wider bins.
const FINE: u64 = 100_000;

/// The fine bins of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timeline {
    /// The begin of the first bin.
    pub(super) start: Nanos,
    /// The width of a bin, whole seconds.
    pub(super) width: Nanos,
    /// The number of bins, at least 1.
    pub(super) bins: usize,
}

impl Timeline {
    /// Bins from `first` to `last`, both included.
    pub(super) fn new(first: Nanos, last: Nanos) -> Self {
        let span = last.saturating_sub(first);
        let width = (span / (SECOND * FINE) + 1) * SECOND;
        Self { start: first, width, bins: index(span / width) + 1 }
    }

    /// The bin of an instant; the first or the last one of an instant outside.
    pub(super) fn bin(&self, at: Nanos) -> usize {
        index(at.saturating_sub(self.start) / self.width).min(self.bins - 1)
    }

    /// The number of fine bins that one point takes.
    pub(super) fn group(&self) -> usize {
        self.bins.div_ceil(POINTS)
    }

    /// The axis of the points.
    pub(super) fn axis(&self) -> Axis {
        let group = self.group();
        Axis { seconds_per_point: seconds(self.width) * length(group), points: self.bins.div_ceil(group) }
    }

    /// Adds `count`, which happened evenly between two instants, to the bins that they span.
    pub(super) fn spread(&self, from: Nanos, to: Nanos, count: u64, bins: &mut [f64]) {
        let to = to.max(from.saturating_add(1));
        let (first, last) = (self.bin(from), self.bin(to - 1));
        for (bin, place) in bins[first..=last].iter_mut().zip(first..) {
            let edge = |place: usize| self.start.saturating_add(self.width.saturating_mul(place as u64));
            // The outer bins take what lies outside of the axis.
            let begin = if place == 0 { 0 } else { edge(place) };
            let end = if place + 1 == self.bins { Nanos::MAX } else { edge(place + 1) };
            let overlap = end.min(to).saturating_sub(begin.max(from));
            *bin += float(count) * float(overlap) / float(to - from);
        }
    }
}

/// The time axis of series: `points` points of equal width from the first sample on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Axis {
    /// The seconds that one point stands for.
    pub seconds_per_point: f64,
    /// The number of points.
    pub points: usize,
}

impl Axis {
    /// The length in seconds.
    pub fn seconds(&self) -> f64 {
        self.seconds_per_point * length(self.points)
    }
}

/// Values over time, one for each point of an [`Axis`]; `None` where there is none.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Series {
    /// What the values are of, such as a status or a sampler.
    pub name: String,
    /// The means.
    pub mean: Vec<Option<f64>>,
    /// The least values of the bins of each point; empty where a point is one bin.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub low: Vec<Option<f64>>,
    /// The greatest values; empty as [`Self::low`] is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub high: Vec<Option<f64>>,
}

impl Series {
    /// Reduces values of fine bins, `group` of them to a point.
    pub(super) fn reduce(name: &str, fine: &[Option<f64>], group: usize) -> Self {
        let mut series = Self { name: name.to_owned(), ..Self::default() };
        for values in fine.chunks(group.max(1)) {
            let known = || values.iter().flatten().copied();
            let count = known().count();
            let mean = (count > 0).then(|| rounded(known().sum::<f64>() / length(count)));
            series.mean.push(mean);
            if group > 1 {
                series.low.push(known().reduce(f64::min).map(rounded));
                series.high.push(known().reduce(f64::max).map(rounded));
            }
        }
        series
    }

    /// Reduces counts of fine bins to counts per second.
    pub(super) fn rates(name: &str, counts: &[f64], timeline: &Timeline) -> Self {
        let width = seconds(timeline.width);
        let fine: Vec<_> = counts.iter().map(|count| Some(count / width)).collect();
        Self::reduce(name, &fine, timeline.group())
    }

    /// The greatest value.
    pub fn greatest(&self) -> f64 {
        self.mean.iter().chain(&self.high).flatten().copied().fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn eight_hours_are_six_hundred_points_and_a_century_has_bins_as_well() {
        let eight = Timeline::new(0, 8 * 3600 * SECOND - 1);
        assert_eq!((eight.bins, eight.group()), (28_800, 48));
        assert_eq!(eight.axis(), Axis { seconds_per_point: 48.0, points: 600 });
        let century = Timeline::new(0, 3_155_760_000 * SECOND);
        assert!(century.bins <= 100_000 && century.axis().points <= POINTS);
        assert_eq!(Timeline::new(5, 5).axis(), Axis { seconds_per_point: 1.0, points: 1 });
    }

    proptest! {
        #[test]
        fn a_reduced_series_keeps_sum_least_and_greatest(
            fine in proptest::collection::vec(0_u32..10_000, 1..5000),
        ) {
            let group = fine.len().div_ceil(POINTS);
            let values: Vec<_> = fine.iter().map(|value| Some(f64::from(*value))).collect();
            let series = Series::reduce("x", &values, group);
            prop_assert!(series.mean.len() <= POINTS);
            let sum: f64 = series.mean.iter().zip(fine.chunks(group))
                .map(|(mean, bins)| mean.expect("known") * length(bins.len())).sum();
            let naive: f64 = fine.iter().map(|value| f64::from(*value)).sum();
            prop_assert!((sum - naive).abs() <= 0.0006 * length(fine.len()));
            let low = series.low.iter().chain(&series.mean).flatten().copied().fold(f64::MAX, f64::min);
            prop_assert_eq!(Some(low), fine.iter().min().map(|least| f64::from(*least)));
            prop_assert_eq!(Some(series.greatest()), fine.iter().max().map(|most| f64::from(*most)));
        }

        #[test]
        fn what_is_spread_over_bins_is_neither_lost_nor_doubled(
            spans in proptest::collection::vec((0_u64..100, 0_u64..30, 0_u64..1000), 1..50),
            first in 0_u64..50,
            last in 50_u64..90,
        ) {
            let timeline = Timeline::new(first * SECOND / 3, last * SECOND / 3);
            let mut bins = vec![0.0; timeline.bins];
            for (from, length, count) in &spans {
                timeline.spread(from * SECOND / 3, (from + length) * SECOND / 3, *count, &mut bins);
            }
            let naive: u64 = spans.iter().map(|(_, _, count)| count).sum();
            prop_assert!((bins.iter().sum::<f64>() - float(naive)).abs() < 1e-6);
        }
    }
}
