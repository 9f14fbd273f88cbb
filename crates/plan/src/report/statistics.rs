//! The statistics table and the APDEX table of JMeter's dashboard, in its order and words.

use std::sync::Arc;

use serde::Serialize;

use super::kind::Kind;
use super::number::{SECOND, float, index, length, millis, percent, rounded, seconds};
use super::quantile::percentile;
use crate::Nanos;
use crate::results::{Results, Sample};

/// JMeter's name of the row over all samplers.
pub(super) const TOTAL: &str = "Total";
/// JMeter's `jmeter.reportgenerator.apdex_satisfied_threshold`.
const SATISFIED: Nanos = 500_000_000;
/// JMeter's `jmeter.reportgenerator.apdex_tolerated_threshold`.
const TOLERATED: Nanos = 1_500_000_000;

/// A row of JMeter's *Statistics*. Times are in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Statistics {
    /// The sampler, or `Total`.
    pub label: String,
    /// The number of samples.
    pub samples: u64,
    /// Samples that failed.
    pub fail: u64,
    /// Their share in percent.
    pub error_percent: f64,
    /// The mean time.
    pub average: f64,
    /// The least time.
    pub min: f64,
    /// The greatest time.
    pub max: f64,
    /// The median time.
    pub median: f64,
    /// The 90th percentile.
    pub pct90: f64,
    /// The 95th percentile.
    pub pct95: f64,
    /// The 99th percentile.
    pub pct99: f64,
    /// Samples per second, from the first start to the last end.
    pub transactions_per_second: f64,
    /// KB received per second.
    pub received_kb_per_second: f64,
    /// KB sent per second.
    pub sent_kb_per_second: f64,
}

/// A row of JMeter's *APDEX*.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Apdex {
    /// The sampler, or `Total`.
    pub label: String,
    /// The index: 1 if every user is satisfied, 0 if every user is frustrated.
    pub apdex: f64,
    /// The toleration threshold in milliseconds.
    pub toleration_millis: f64,
    /// The frustration threshold in milliseconds.
    pub frustration_millis: f64,
}

/// The samples of one row.
#[derive(Clone, Debug, Default)]
struct Gathered {
    elapsed: Vec<u64>,
    fail: u64,
    received: u64,
    sent: u64,
    satisfied: u64,
    tolerated: u64,
    first: Option<Nanos>,
    last: Nanos,
}

impl Gathered {
    fn add(&mut self, sample: &Sample) {
        self.elapsed.push(sample.elapsed);
        self.received = self.received.saturating_add(sample.received);
        self.sent = self.sent.saturating_add(sample.sent);
        self.first = Some(self.first.map_or(sample.start, |first| first.min(sample.start)));
        self.last = self.last.max(sample.start.saturating_add(sample.elapsed));
        match (sample.success, sample.elapsed) {
            (false, _) => self.fail += 1,
            (true, ..=SATISFIED) => self.satisfied += 1,
            (true, ..=TOLERATED) => self.tolerated += 1,
            (true, _) => {}
        }
    }

    fn statistics(&mut self, label: &str) -> Statistics {
        self.elapsed.sort_unstable();
        let samples = self.elapsed.len() as u64;
        let at = |percent: f64| rounded(percentile(&self.elapsed, percent) / 1e6);
        let sum: u128 = self.elapsed.iter().map(|elapsed| u128::from(*elapsed)).sum();
        let mean = u64::try_from(sum / u128::from(samples.max(1))).unwrap_or(u64::MAX);
        // A single sample of no length has no rate; JMeter shows the greatest number in its place.
        let length = seconds(self.last.saturating_sub(self.first.unwrap_or_default())).max(0.001);
        let per_second = |count: u64| rounded(float(count) / length);
        Statistics {
            label: label.to_owned(),
            samples,
            fail: self.fail,
            error_percent: rounded(percent(self.fail, samples)),
            average: rounded(millis(mean)),
            min: at(0.0),
            max: at(100.0),
            median: at(50.0),
            pct90: at(90.0),
            pct95: at(95.0),
            pct99: at(99.0),
            transactions_per_second: per_second(samples),
            received_kb_per_second: rounded(float(self.received) / 1024.0 / length),
            sent_kb_per_second: rounded(float(self.sent) / 1024.0 / length),
        }
    }

    fn apdex(&self, label: &str) -> Apdex {
        let index = (float(self.satisfied) + float(self.tolerated) / 2.0) / length(self.elapsed.len().max(1));
        Apdex {
            label: label.to_owned(),
            apdex: rounded(index),
            toleration_millis: millis(SATISFIED),
            frustration_millis: millis(TOLERATED),
        }
    }
}

/// Both tables: the total first, then each sampler by its name. Transactions have a row and are not in the total, as the
/// total would count their parts twice.
pub(super) fn tables(results: &Results) -> (Vec<Statistics>, Vec<Apdex>) {
    let (mut total, mut rows) = (Gathered::default(), vec![Gathered::default(); results.labels.len()]);
    for sample in &results.samples {
        if let Some(row) = rows.get_mut(index(sample.label.into())) {
            row.add(sample);
        }
        if results.kind(sample) != Kind::Transaction {
            total.add(sample);
        }
    }
    let mut named: Vec<_> =
        results.labels.iter().zip(rows).filter(|(_, row)| !row.elapsed.is_empty()).collect();
    named.sort_by_key(|(label, _)| Arc::clone(label));
    if results.samples.is_empty() {
        return Default::default();
    }
    let mut statistics = vec![total.statistics(TOTAL)];
    let mut apdex = vec![total.apdex(TOTAL)];
    for (label, mut row) in named {
        statistics.push(row.statistics(label));
        apdex.push(row.apdex(label));
    }
    (statistics, apdex)
}

/// The time from the first start to the last end of the samples.
pub(super) fn span(results: &Results) -> Option<(Nanos, Nanos)> {
    let first = results.samples.iter().map(|sample| sample.start).min()?;
    let last = results.samples.iter().map(|sample| sample.start.saturating_add(sample.elapsed)).max()?;
    // A clock step or a broken row must not make the axis endless: ten years are enough for any run.
    Some((first, last.min(first.saturating_add(3650 * 86_400 * SECOND))))
}
