//! Response times over time, of admitted and of refused requests apart: together they hide each other.

use serde::Serialize;

use super::kind::Kind;
use super::number::{index, rounded};
use super::quantile::percentile;
use super::timeline::Timeline;
use crate::results::Results;

/// The percentiles over time.
pub const PERCENTILES: [f64; 4] = [50.0, 90.0, 95.0, 99.0];

/// Response times over time, in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Latency {
    /// Of admitted requests.
    pub admitted: Percentiles,
    /// Of refused requests.
    pub refused: Percentiles,
}

/// Percentiles in milliseconds, over all time and for each point of the axis.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Percentiles {
    /// The number of requests.
    pub count: u64,
    /// Over the whole run, in the order of [`PERCENTILES`].
    pub overall: [f64; 4],
    /// The greatest.
    pub max: f64,
    /// The median over time; `None` without a request.
    pub p50: Vec<Option<f64>>,
    /// The 90th percentile over time.
    pub p90: Vec<Option<f64>>,
    /// The 95th percentile over time.
    pub p95: Vec<Option<f64>>,
    /// The 99th percentile over time.
    pub p99: Vec<Option<f64>>,
}

/// Response times over time.
pub(super) fn latency(results: &Results, timeline: &Timeline) -> Latency {
    Latency {
        admitted: percentiles(results, timeline, Kind::Admitted),
        refused: percentiles(results, timeline, Kind::Refused),
    }
}

fn percentiles(results: &Results, timeline: &Timeline, wanted: Kind) -> Percentiles {
    let group = timeline.group();
    // Sorted by point and then by time, each point is a sorted stretch.
    let mut times: Vec<(u32, u64)> = (results.samples.iter())
        .filter(|sample| results.kind(sample) == wanted)
        .map(|sample| (point(timeline.bin(sample.start) / group), sample.elapsed))
        .collect();
    times.sort_unstable();
    let mut over_time = [(); 4].map(|()| vec![None; timeline.axis().points]);
    for stretch in times.chunk_by(|one, other| one.0 == other.0) {
        let sorted: Vec<_> = stretch.iter().map(|(_, elapsed)| *elapsed).collect();
        let place = index(stretch.first().map_or(0, |(point, _)| (*point).into()));
        for (series, percent) in over_time.iter_mut().zip(PERCENTILES) {
            if let Some(value) = series.get_mut(place) {
                *value = Some(rounded(percentile(&sorted, percent) / 1e6));
            }
        }
    }
    let mut all: Vec<_> = times.iter().map(|(_, elapsed)| *elapsed).collect();
    all.sort_unstable();
    let at = |percent: f64| rounded(percentile(&all, percent) / 1e6);
    let [p50, p90, p95, p99] = over_time;
    Percentiles { count: all.len() as u64, overall: PERCENTILES.map(at), max: at(100.0), p50, p90, p95, p99 }
}

fn point(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
