//! The tables *Errors* and *Top 5 Errors by sampler* of JMeter's dashboard, in its words.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::kind::Kind;
use super::number::{index, percent, rounded};
use super::statistics::TOTAL;
use crate::results::{Outcome, Results, Sample};

/// The most types of errors that are listed. A type can be a text of the plan, so there may be as many as samples.
const TYPES: usize = 1000;
/// The errors that are listed of each sampler.
const TOP: usize = 5;

/// A row of *Errors*.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorType {
    /// JMeter's *Type of error*: `429/Too Many Requests`.
    pub error: String,
    /// JMeter's *Number of errors*.
    pub count: u64,
    /// JMeter's *% in errors*.
    pub percent_in_errors: f64,
    /// JMeter's *% in all samples*.
    pub percent_in_all: f64,
}

/// A row of *Top 5 Errors by sampler*.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TopErrors {
    /// The sampler, or `Total`.
    pub sample: String,
    /// Its samples.
    pub samples: u64,
    /// Its errors.
    pub errors: u64,
    /// Its most frequent errors with their numbers, the most frequent one first, at most five.
    pub top: Vec<(String, u64)>,
}

/// How many answers are errors and no refusals, and their most frequent status.
pub(super) fn statuses(results: &Results) -> (u64, Option<u16>) {
    let mut counts: BTreeMap<u16, u64> = BTreeMap::new();
    for sample in results.samples.iter().filter(|sample| results.kind(sample) == Kind::Admitted) {
        if let Outcome::Status(status @ 400..) = sample.outcome {
            *counts.entry(status).or_default() += 1;
        }
    }
    let most = counts.iter().max_by_key(|(_, count)| **count).map(|(status, _)| *status);
    (counts.values().sum(), most)
}

/// How many requests failed in a source that has no status codes.
pub(super) fn without_status(results: &Results) -> u64 {
    let is_unknown = |sample: &&Sample| {
        let kind = results.kind(sample);
        kind == Kind::Failed && matches!(&sample.outcome, Outcome::Failed(why) if why.is_empty())
    };
    results.samples.iter().filter(is_unknown).count() as u64
}

#[derive(Clone, Default)]
struct Counted {
    samples: u64,
    errors: BTreeMap<String, u64>,
}

impl Counted {
    fn add(&mut self, sample: &Sample) {
        self.samples += 1;
        if !sample.success {
            let name = name(&sample.outcome);
            let full = self.errors.len() >= TYPES && !self.errors.contains_key(&name);
            let name = if full { "other errors".to_owned() } else { name };
            *self.errors.entry(name).or_default() += 1;
        }
    }

    fn count(&self) -> u64 {
        self.errors.values().sum()
    }

    fn most_first(&self) -> Vec<(String, u64)> {
        let mut all: Vec<_> = self.errors.iter().map(|(name, count)| (name.clone(), *count)).collect();
        all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        all
    }

    fn top(&self, sample: &str) -> TopErrors {
        let mut top = self.most_first();
        top.truncate(TOP);
        TopErrors { sample: sample.to_owned(), samples: self.samples, errors: self.count(), top }
    }
}

/// Both tables. As in JMeter, a transaction is not counted: its parts are.
pub(super) fn tables(results: &Results) -> (Vec<ErrorType>, Vec<TopErrors>) {
    let (mut total, mut rows) = (Counted::default(), vec![Counted::default(); results.labels.len()]);
    for sample in results.samples.iter().filter(|sample| results.kind(sample) != Kind::Transaction) {
        total.add(sample);
        if let Some(row) = rows.get_mut(index(sample.label.into())) {
            row.add(sample);
        }
    }
    let all = total.count();
    let of = |(error, count): (String, u64)| ErrorType {
        error,
        count,
        percent_in_errors: rounded(percent(count, all)),
        percent_in_all: rounded(percent(count, total.samples)),
    };
    let errors = total.most_first().into_iter().map(of).collect();
    let mut named: Vec<_> =
        results.labels.iter().zip(&rows).filter(|(_, row)| !row.errors.is_empty()).collect();
    named.sort_by_key(|(label, _)| Arc::clone(label));
    let top = std::iter::once(total.top(TOTAL)).chain(named.iter().map(|(label, row)| row.top(label)));
    (errors, top.filter(|row| row.errors > 0).collect())
}

/// The type of an error, as JMeter names it: the code and the reason phrase. A success that an assertion refuses is
/// `Assertion failed`.
fn name(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Status(100..=399) | Outcome::Silent => "Assertion failed".to_owned(),
        Outcome::Status(status) => match reason(*status) {
            "" => status.to_string(),
            reason => format!("{status}/{reason}"),
        },
        Outcome::Failed(text) => text.chars().take(200).collect(),
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}
