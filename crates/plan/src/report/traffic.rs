//! Counts over time: requests by their fate, and the charts of JMeter's dashboard.

use std::collections::BTreeMap;

use serde::Serialize;

use super::kind::Kind;
use super::material::Material;
use super::number::{index, millis, rounded};
use super::quantile::percentile;
use super::timeline::{Series, Timeline};
use crate::results::{Outcome, Results};

/// The most series of one chart. What is beyond is one series more, `other`.
const SERIES: usize = 12;

/// Requests per second, by their fate.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Traffic {
    /// Requests that were sent.
    pub offered: Series,
    /// Those that were admitted.
    pub admitted: Series,
    /// Those that a limit refused.
    pub refused: Series,
    /// Those without an answer.
    pub failed: Series,
}

/// The charts of JMeter's dashboard that a report has, in bins of a second.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Charts {
    /// *Hits Per Second*: samples by their start.
    pub hits_per_second: Series,
    /// *Codes Per Second*: answers by their end, one series a code.
    pub codes_per_second: Vec<Series>,
    /// *Transactions Per Second*: samples by their end, one series a sampler and success or failure.
    pub transactions_per_second: Vec<Series>,
    /// *Active Threads Over Time*.
    pub active_threads: Series,
    /// *Response Time Percentiles* of each sampler's successful samples: the milliseconds at [`CURVE`].
    pub percentiles: Vec<Curve>,
}

/// The percentiles of a curve.
pub const CURVE: [f64; 15] =
    [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 95.0, 98.0, 99.0, 99.9, 100.0];

/// The percentiles of one sampler's times.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Curve {
    /// The sampler.
    pub name: String,
    /// Milliseconds at each of [`CURVE`].
    pub millis: Vec<f64>,
}

/// Requests per second by their fate. Where the source has dropped samples, its counts are used.
pub(super) fn traffic(material: &Material, timeline: &Timeline) -> Traffic {
    let [mut offered, mut refused, mut failed] = [(); 3].map(|()| vec![0.0; timeline.bins]);
    if material.counts_history() {
        for moment in &material.history {
            timeline.spread(moment.from, moment.to, moment.requests, &mut offered);
            timeline.spread(moment.from, moment.to, moment.refused, &mut refused);
        }
    } else {
        for sample in &material.results.samples {
            let (kind, bin) = (material.results.kind(sample), timeline.bin(sample.start));
            let is = |wanted: Kind| f64::from(u8::from(kind == wanted));
            refused[bin] += is(Kind::Refused);
            failed[bin] += is(Kind::Failed);
            offered[bin] += is(Kind::Admitted) + is(Kind::Refused) + is(Kind::Failed);
        }
    }
    let rest = |bin: usize| (offered[bin] - refused[bin] - failed[bin]).max(0.0);
    let admitted: Vec<_> = (0..timeline.bins).map(rest).collect();
    Traffic {
        offered: Series::rates("offered", &offered, timeline),
        admitted: Series::rates("admitted", &admitted, timeline),
        refused: Series::rates("refused", &refused, timeline),
        failed: Series::rates("failed", &failed, timeline),
    }
}

/// The charts of JMeter's dashboard.
pub(super) fn charts(results: &Results, timeline: &Timeline) -> Charts {
    let mut hits = vec![0.0; timeline.bins];
    let mut threads = vec![None; timeline.bins];
    let (mut codes, mut transactions) = (Lines::new(timeline), Lines::new(timeline));
    for sample in results.samples.iter().filter(|sample| results.kind(sample) != Kind::Other) {
        let end = timeline.bin(sample.start.saturating_add(sample.elapsed));
        transactions.add((sample.label, sample.success), end);
        if sample.all_threads > 0 {
            let most: &mut Option<f64> = &mut threads[end];
            *most = Some(most.unwrap_or_default().max(sample.all_threads.into()));
        }
        if results.kind(sample) == Kind::Transaction {
            continue;
        }
        hits[timeline.bin(sample.start)] += 1.0;
        codes.add(code(&sample.outcome), end);
    }
    let label = |(label, success): &(u32, bool)| {
        let name = results.labels.get(index((*label).into())).map_or("", |label| label);
        format!("{name}-{}", if *success { "success" } else { "failure" })
    };
    Charts {
        hits_per_second: Series::rates("hits", &hits, timeline),
        codes_per_second: codes.series(|code| code_name(*code)),
        transactions_per_second: transactions.series(label),
        active_threads: Series::reduce("threads", &threads, timeline.group()),
        percentiles: curves(results),
    }
}

/// Counts over time, one line a key.
struct Lines<'t, K> {
    timeline: &'t Timeline,
    by_key: BTreeMap<K, Vec<f64>>,
    other: Option<Vec<f64>>,
}

impl<'t, K: Ord> Lines<'t, K> {
    fn new(timeline: &'t Timeline) -> Self {
        Self { timeline, by_key: BTreeMap::new(), other: None }
    }

    fn add(&mut self, key: K, bin: usize) {
        let empty = || vec![0.0; self.timeline.bins];
        let line = if self.by_key.len() < SERIES || self.by_key.contains_key(&key) {
            self.by_key.entry(key).or_insert_with(empty)
        } else {
            self.other.get_or_insert_with(empty)
        };
        line[bin] += 1.0;
    }

    fn series(&self, name: impl Fn(&K) -> String) -> Vec<Series> {
        let named = self.by_key.iter().map(|(key, counts)| (name(key), counts));
        let other = self.other.iter().map(|counts| ("other".to_owned(), counts));
        named.chain(other).map(|(name, counts)| Series::rates(&name, counts, self.timeline)).collect()
    }
}

/// The status, or 0 without an answer.
fn code(outcome: &Outcome) -> u16 {
    if let Outcome::Status(status) = outcome { *status } else { 0 }
}

fn code_name(code: u16) -> String {
    if code == 0 { "no answer".to_owned() } else { code.to_string() }
}

fn curves(results: &Results) -> Vec<Curve> {
    let mut all: Vec<Vec<u64>> = vec![Vec::new(); results.labels.len()];
    for sample in
        results.samples.iter().filter(|sample| sample.success && results.kind(sample) != Kind::Other)
    {
        if let Some(times) = all.get_mut(index(sample.label.into())) {
            times.push(sample.elapsed);
        }
    }
    let mut named: Vec<_> = results.labels.iter().zip(all).filter(|(_, times)| !times.is_empty()).collect();
    // The samplers with the most samples, where there are too many.
    named.sort_by_key(|(_, times)| std::cmp::Reverse(times.len()));
    named.truncate(SERIES);
    named.into_iter().map(|(label, times)| curve(label, times)).collect()
}

fn curve(name: &str, mut times: Vec<u64>) -> Curve {
    times.sort_unstable();
    let at = |percent: f64| rounded(percentile(&times, percent) * millis(1));
    Curve { name: name.to_owned(), millis: CURVE.map(at).to_vec() }
}
