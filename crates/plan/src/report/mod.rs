//! The report after a run: what was refused, by which limit, and what to set.
//!
//! [`Material`] is what a report is made of: the samples of a run, what the limits did, and what was predicted.
//! [`Report::of`] counts it. A report is written by [`Report::html`], [`Report::text`], [`Report::markdown`] and
//! [`Report::json`]. The words and the order of the statistics are those of JMeter's dashboard.
//!
//! A file holds one part of the report. To add a part, add its file, its field of [`Report`], and its section or table in
//! the writers: `tables` for what is a table, `html/sections` for what is a chart.

mod advice;
mod back_off;
mod comparison;
mod errors;
pub(crate) mod html;
mod kind;
mod latency;
mod limits;
mod markdown;
mod material;
mod number;
mod predicted;
mod quantile;
mod sentence;
mod statistics;
mod tables;
mod text;
mod timeline;
mod traffic;

use serde::Serialize;

pub use self::advice::Advice;
pub(crate) use self::advice::quota;
pub use self::back_off::{BackOff, Bar, HerdRow};
pub use self::comparison::{Compared, Comparison, Unit};
pub use self::errors::{ErrorType, TopErrors};
pub use self::html::CONTENT_SECURITY_POLICY;
use self::kind::Kind;
pub use self::latency::{Latency, PERCENTILES, Percentiles};
pub use self::limits::{Key, LimitRow, State};
pub use self::material::{
    Conduct, Herd, KeyRun, LimitMoment, LimitRun, Material, Moment, PredictedLimit, Prediction,
};
pub(crate) use self::number::{duration, float, grouped, share, short, whole};
use self::number::{rounded, seconds, utc};
pub use self::statistics::{Apdex, Statistics};
use self::timeline::Timeline;
pub use self::timeline::{Axis, POINTS, Series};
pub use self::traffic::{CURVE, Charts, Curve, Traffic};
use crate::Nanos;

/// A report, counted and not yet written.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The title.
    pub title: String,
    /// Where the samples are from.
    pub source: String,
    /// The first request, RFC 3339; `None` without a request.
    pub started: Option<String>,
    /// The time from the first request to the last answer, in seconds.
    pub duration_seconds: f64,
    /// The result in one sentence.
    pub sentence: String,
    /// The statuses that are counted as refusals.
    pub refused_statuses: Vec<u16>,
    /// The counts of all requests.
    pub totals: Totals,
    /// Predicted beside observed.
    pub comparison: Option<Comparison>,
    /// Knobs and the values under which nothing would be refused.
    pub advice: Vec<Advice>,
    /// The time axis of every series.
    pub axis: Axis,
    /// Requests per second by their fate.
    pub traffic: Traffic,
    /// The limits, the governing one first.
    pub limits: Vec<LimitRow>,
    /// Response times over time.
    pub latency: Latency,
    /// What callers did after a refusal.
    pub back_off: Option<BackOff>,
    /// JMeter's *Statistics*, the total first.
    pub statistics: Vec<Statistics>,
    /// JMeter's *Errors*.
    pub errors: Vec<ErrorType>,
    /// JMeter's *Top 5 Errors by sampler*, the total first.
    pub top_errors: Vec<TopErrors>,
    /// JMeter's *APDEX*, the total first.
    pub apdex: Vec<Apdex>,
    /// Charts of JMeter's dashboard.
    pub charts: Charts,
    /// Remarks that a reader needs to judge the numbers.
    pub notes: Vec<String>,
}

/// The counts of all requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Requests that were sent.
    pub offered: u64,
    /// Those that were answered and not refused.
    pub admitted: u64,
    /// Those that a limit refused.
    pub refused: u64,
    /// Those without an answer.
    pub failed: u64,
    /// Those of them that the source says nothing of but that they failed: it has no status codes.
    pub without_status: u64,
    /// Answers with a status of 400 or more that are no refusals.
    pub errors: u64,
    /// The most frequent status of these.
    pub most_frequent_error: Option<u16>,
    /// The first refusal, in seconds since the first request.
    pub first_refusal_seconds: Option<f64>,
}

/// What came of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing was sent.
    Empty,
    /// No request was refused, and none failed.
    Clean,
    /// No request was refused, and some failed.
    Doubtful,
    /// Requests were refused, or most of them failed.
    Bad,
}

impl Totals {
    /// Whether most requests were neither refused nor served.
    pub(crate) const fn are_mostly_failures(&self) -> bool {
        2 * (self.errors + self.failed) > self.offered
    }

    pub(crate) const fn verdict(&self) -> Verdict {
        match (self.offered, self.refused, self.errors + self.failed) {
            (0, ..) => Verdict::Empty,
            (_, 0, 0) => Verdict::Clean,
            (_, 0, _) if !self.are_mostly_failures() => Verdict::Doubtful,
            _ => Verdict::Bad,
        }
    }
}

impl Material {
    /// Whether the counts of the history are used, as samples were dropped.
    pub(crate) fn counts_history(&self) -> bool {
        self.dropped > 0 && !self.history.is_empty()
    }

    /// The first and the last instant of the run.
    fn span(&self) -> Option<(Nanos, Nanos)> {
        let samples = statistics::span(&self.results);
        let history = self
            .history
            .first()
            .zip(self.history.last())
            .map(|(first, last)| (first.from, last.to.saturating_sub(1)));
        match (samples, history.filter(|_| self.counts_history())) {
            (Some((from, to)), Some((begin, end))) => Some((from.min(begin), to.max(end))),
            (samples, history) => samples.or(history),
        }
    }

    fn totals(&self, start: Nanos) -> Totals {
        let samples = &self.results.samples;
        let count =
            |wanted: Kind| samples.iter().filter(|sample| self.results.kind(sample) == wanted).count() as u64;
        let (admitted, refused, failed) = (count(Kind::Admitted), count(Kind::Refused), count(Kind::Failed));
        let by_samples = samples
            .iter()
            .filter(|sample| self.results.kind(sample) == Kind::Refused)
            .map(|sample| sample.start);
        let by_limits =
            self.limits.iter().filter(|limit| !limit.shadow).filter_map(|limit| limit.first_refusal);
        let first = by_samples.chain(by_limits).min();
        let first_refusal_seconds = first.map(|first| rounded(seconds(first.saturating_sub(start))));
        let (errors, most_frequent_error) = errors::statuses(&self.results);
        let all = Totals {
            offered: admitted + refused + failed,
            admitted,
            refused,
            failed,
            without_status: errors::without_status(&self.results),
            errors,
            most_frequent_error,
            first_refusal_seconds,
        };
        if !self.counts_history() {
            return all;
        }
        let sum = |of: fn(&Moment) -> u64| self.history.iter().map(of).sum::<u64>();
        let (offered, refused) = (sum(|moment| moment.requests), sum(|moment| moment.refused));
        Totals { offered, admitted: offered.saturating_sub(refused), refused, failed: 0, ..all }
    }
}

impl Report {
    /// Counts a run.
    pub fn of(material: &Material) -> Self {
        let span = material.span();
        let (first, last) = span.unwrap_or_default();
        let timeline = Timeline::new(first, last);
        let results = &material.results;
        let (statistics, apdex) = statistics::tables(results);
        let (errors, top_errors) = errors::tables(results);
        let limits = limits::rows(&material.limits, &timeline);
        let totals = material.totals(first);
        let computed = || back_off::conduct(results);
        let conduct = material.conduct.clone().or_else(computed);
        let mut report = Self {
            title: material.title.clone(),
            source: material.source.clone(),
            started: span.map(|(first, _)| utc(first)),
            duration_seconds: rounded(seconds(last - first)),
            sentence: String::new(),
            refused_statuses: results.refused.0.clone(),
            totals,
            comparison: (material.prediction.as_ref())
                .map(|prediction| Comparison::of(prediction, &totals, &limits)),
            advice: advice(material, &limits),
            axis: timeline.axis(),
            traffic: traffic::traffic(material, &timeline),
            limits,
            latency: latency::latency(results, &timeline),
            back_off: conduct.map(|conduct| BackOff::of(&conduct, &timeline)),
            statistics,
            errors,
            top_errors,
            apdex,
            charts: traffic::charts(results, &timeline),
            notes: notes(material, &timeline),
        };
        report.sentence = sentence::sentences(&report).join(" ");
        report
    }

    /// The report as JSON, in one line.
    pub fn json(&self) -> String {
        // Every key is a string and every number finite, so that writing does not fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The advice of the prediction, or else the one that the governing limit's numbers give.
fn advice(material: &Material, limits: &[LimitRow]) -> Vec<Advice> {
    let predicted = material.prediction.as_ref().map(|prediction| prediction.advice.clone());
    let predicted = predicted.filter(|advice| !advice.is_empty());
    predicted.unwrap_or_else(|| advice::analytic(&material.limits, limits).into_iter().collect())
}

fn notes(material: &Material, timeline: &Timeline) -> Vec<String> {
    let mut notes = [material.notes.as_slice(), &material.results.warnings].concat();
    if material.dropped > 0 {
        let kept = number::grouped(material.results.samples.len() as u64);
        notes.push(format!(
            "The source keeps the last {kept} requests. Statistics, errors, response times and retries are of these; the \
             counts of limits are of all."
        ));
    }
    if timeline.group() > 1 {
        let width = number::short(timeline.axis().seconds_per_point);
        notes.push(format!(
            "The run is counted by the second. A point of a chart stands for {width} s: the line is the mean, the shade \
             around it reaches from the least to the greatest second."
        ));
    }
    notes
}
