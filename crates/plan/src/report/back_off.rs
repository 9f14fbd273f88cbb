//! What callers did after a refusal: whether their retries came early, in time or late, and whether they came together.

use std::collections::HashMap;

use serde::Serialize;

use super::kind::Kind;
use super::material::Conduct;
use super::number::{SECOND, rounded, seconds};
use super::timeline::Timeline;
use crate::Nanos;
use crate::results::Results;

/// The upper bounds of the histogram's bars, in milliseconds after the time that `Retry-After` named, and their names.
const BARS: [(i64, &str); 9] = [
    (-2000, "over 2 s early"),
    (-1000, "1 to 2 s early"),
    (-500, "0.5 to 1 s early"),
    (0, "up to 0.5 s early"),
    (100, "within 0.1 s"),
    (500, "0.1 to 0.5 s"),
    (1000, "0.5 to 1 s"),
    (2000, "1 to 2 s late"),
    (i64::MAX, "over 2 s late"),
];
/// A retry up to this time after `Retry-After` is in time: the header is in whole seconds.
const IN_TIME: i64 = 1_000_000_000;

/// What callers did after a refusal.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BackOff {
    /// Callers that were refused.
    pub callers: u64,
    /// Requests that followed a refusal of the same caller and operation.
    pub retries: u64,
    /// Retries before the time that `Retry-After` named.
    pub early: u64,
    /// Retries within a second after it.
    pub in_time: u64,
    /// Later retries.
    pub late: u64,
    /// Refusals that no retry followed.
    pub unretried: u64,
    /// The time by which the earliest retry was early, in seconds.
    pub earliest_by_seconds: f64,
    /// Gaps between retries in a row that grew.
    pub growing: u64,
    /// Gaps between retries in a row that did not grow.
    pub shrinking: u64,
    /// Retries by their distance to the time that `Retry-After` named.
    pub histogram: Vec<Bar>,
    /// Instants at which many callers retried at once.
    pub herds: Vec<HerdRow>,
}

/// A bar of a histogram.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bar {
    /// Its range in words.
    pub name: String,
    /// The number of retries.
    pub count: u64,
}

/// Many callers that retried within a tenth of a second.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HerdRow {
    /// Their operation.
    pub operation: String,
    /// The time of the first of them, in seconds since the first request.
    pub at_seconds: f64,
    /// The number of retries.
    pub retries: u64,
}

impl BackOff {
    pub(super) fn of(conduct: &Conduct, timeline: &Timeline) -> Self {
        let count = |wanted: &dyn Fn(i64) -> bool| {
            conduct.delays.iter().filter(|delay| wanted(**delay)).count() as u64
        };
        let earliest = conduct.delays.iter().copied().min().filter(|delay| *delay < 0).unwrap_or(0);
        let herd = |herd: &super::material::Herd| HerdRow {
            operation: herd.operation.clone(),
            at_seconds: rounded(seconds(herd.at.saturating_sub(timeline.start))),
            retries: herd.retries,
        };
        Self {
            callers: conduct.callers,
            retries: conduct.delays.len() as u64,
            early: count(&|delay| delay < 0),
            in_time: count(&|delay| (0..=IN_TIME).contains(&delay)),
            late: count(&|delay| delay > IN_TIME),
            unretried: conduct.unretried,
            earliest_by_seconds: rounded(seconds(earliest.unsigned_abs())),
            growing: conduct.growing,
            shrinking: conduct.shrinking,
            histogram: histogram(&conduct.delays),
            herds: conduct.herds.iter().map(herd).collect(),
        }
    }
}

fn histogram(delays: &[i64]) -> Vec<Bar> {
    let mut counts = [0_u64; BARS.len()];
    for delay in delays {
        // Early ones end before their bound, late ones at it: exactly in time is in time.
        let bar = BARS.iter().position(|(bound, _)| {
            let bound = bound.saturating_mul(1_000_000);
            if bound <= 0 { *delay < bound } else { *delay <= bound }
        });
        if let Some(count) = bar.and_then(|bar| counts.get_mut(bar)) {
            *count += 1;
        }
    }
    BARS.iter().zip(counts).map(|((_, name), count)| Bar { name: (*name).to_owned(), count }).collect()
}

/// The conduct of the threads of a result file that has `Retry-After`: the next sample of the same thread and sampler is a
/// retry. `None` if no refusal has it.
pub(super) fn conduct(results: &Results) -> Option<Conduct> {
    let (mut conduct, mut known) = (Conduct::default(), false);
    let mut waiting: HashMap<(u32, u32), (Nanos, Nanos, Option<Nanos>)> = HashMap::new();
    let mut callers = std::collections::HashSet::new();
    for sample in &results.samples {
        let caller = (sample.thread, sample.label);
        let gap = waiting.remove(&caller).map(|(refused, due, before)| {
            let gap = sample.start.saturating_sub(refused);
            conduct.delays.push(signed(sample.start) - signed(due));
            if let Some(before) = before {
                *(if gap > before { &mut conduct.growing } else { &mut conduct.shrinking }) += 1;
            }
            gap
        });
        if let Some(wait) = sample.retry_after.filter(|_| results.kind(sample) == Kind::Refused) {
            known = true;
            callers.insert(caller);
            let end = sample.start.saturating_add(sample.elapsed);
            let due = end.saturating_add(Nanos::from(wait) * SECOND);
            waiting.insert(caller, (sample.start, due, gap));
        }
    }
    conduct.callers = callers.len() as u64;
    conduct.unretried = waiting.len() as u64;
    known.then_some(conduct)
}

fn signed(at: Nanos) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}
