//! What a report is made of beside the samples: what the limits did, what callers did after a refusal, and what was
//! predicted.

use std::collections::BTreeMap;
use std::sync::Arc;

use gcmock_limit::Algorithm;

use super::advice::Advice;
use crate::Nanos;
use crate::results::Results;

/// Everything that a report is made of.
#[derive(Clone, Debug, Default)]
pub struct Material {
    /// The title, such as the name of a plan or of a result file.
    pub title: String,
    /// Where the samples are from, in words: `journal of http://127.0.0.1:8080`.
    pub source: String,
    /// The samples.
    pub results: Results,
    /// Samples that the source has dropped before the first one of [`Self::results`].
    pub dropped: u64,
    /// The counts of all requests, also of the dropped ones, in the order of time. Empty where only samples are known.
    pub history: Vec<Moment>,
    /// The limits that covered a request.
    pub limits: Vec<LimitRun>,
    /// What callers did after a refusal. Empty where it is not known.
    pub conduct: Option<Conduct>,
    /// What was predicted for the run.
    pub prediction: Option<Prediction>,
    /// Remarks of the source that a reader needs to judge the numbers, one sentence each.
    pub notes: Vec<String>,
}

impl Material {
    /// What a report on result files is made of. The limits are those that the samples name.
    pub fn of_results(results: Results, name: &str) -> Self {
        let limits = named_limits(&results);
        Self { title: name.to_owned(), source: name.to_owned(), results, limits, ..Self::default() }
    }
}

/// A limit for each name in the samples, with its refusals.
fn named_limits(results: &Results) -> Vec<LimitRun> {
    let mut limits: BTreeMap<&Arc<str>, LimitRun> = BTreeMap::new();
    for sample in &results.samples {
        let Some(name) = &sample.limit else { continue };
        let limit =
            limits.entry(name).or_insert_with(|| LimitRun { name: Arc::clone(name), ..LimitRun::default() });
        limit.hits += 1;
        limit.refused += 1;
        limit.first_refusal = Some(limit.first_refusal.map_or(sample.start, |first| first.min(sample.start)));
    }
    limits.into_values().collect()
}

/// The counts of all requests within a span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// The span's begin, since the Unix epoch.
    pub from: Nanos,
    /// The span's end.
    pub to: Nanos,
    /// Requests within it.
    pub requests: u64,
    /// Those that a limit refused.
    pub refused: u64,
}

/// What one limit did in a run.
#[derive(Clone, Debug, Default)]
pub struct LimitRun {
    /// Its name.
    pub name: Arc<str>,
    /// The scopes that it is counted by, such as `tenant` or `user+endpoint`.
    pub scope: String,
    /// How it counts; `None` where only its name is known.
    pub algorithm: Option<Algorithm>,
    /// Whether a refusal locks its key for a while.
    pub lockout: bool,
    /// Whether it only counts what it would have refused.
    pub shadow: bool,
    /// Keys that were counted.
    pub keys: u64,
    /// Requests that it covered.
    pub hits: u64,
    /// Requests that were admitted.
    pub admitted: u64,
    /// Admitted requests that left more than 80 % of it used.
    pub near: u64,
    /// Requests that it refused.
    pub refused: u64,
    /// Requests that it would have refused, if it did not only count.
    pub would_have_refused: u64,
    /// The most units that one key had in use.
    pub highest: Option<u32>,
    /// Its first refusal, since the Unix epoch.
    pub first_refusal: Option<Nanos>,
    /// The keys with the most refusals, the first one having the most.
    pub worst: Vec<KeyRun>,
    /// What it did over time, in the order of time.
    pub moments: Vec<LimitMoment>,
}

/// What one limit did within a span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LimitMoment {
    /// The span's begin, since the Unix epoch.
    pub from: Nanos,
    /// The span's end.
    pub to: Nanos,
    /// Requests that it covered.
    pub hits: u64,
    /// Admitted requests that left more than 80 % of it used.
    pub near: u64,
    /// Requests that it refused, or would have refused.
    pub refused: u64,
    /// The most units that one key had in use.
    pub used: u32,
}

/// What one key of a limit met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRun {
    /// The key, hashed: reports are passed on.
    pub key: String,
    /// Its refusals.
    pub refused: u64,
    /// The most units that it had in use.
    pub highest: u32,
}

/// What callers did after a refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conduct {
    /// Callers that were refused.
    pub callers: u64,
    /// Refusals that no retry followed.
    pub unretried: u64,
    /// For each retry, the nanoseconds from the time that `Retry-After` named to the retry. Negative: too early.
    pub delays: Vec<i64>,
    /// Gaps between retries in a row that grew.
    pub growing: u64,
    /// Gaps between retries in a row that did not grow.
    pub shrinking: u64,
    /// Instants at which many callers retried at once.
    pub herds: Vec<Herd>,
}

/// Many callers that retried within a tenth of a second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Herd {
    /// Their operation.
    pub operation: String,
    /// The time of the first of them, since the Unix epoch.
    pub at: Nanos,
    /// The number of retries.
    pub retries: u64,
}

/// What was predicted for a run.
#[derive(Clone, Debug, Default)]
pub struct Prediction {
    /// The prediction in one sentence.
    pub sentence: String,
    /// Samples of the plan.
    pub samples: u64,
    /// Samples that would be refused.
    pub refused: u64,
    /// The first refusal, since the first sample.
    pub first_refusal: Option<Nanos>,
    /// The refusals of each limit.
    pub by_limit: Vec<PredictedLimit>,
    /// Values of the plan's knobs under which nothing would be refused.
    pub advice: Vec<Advice>,
}

/// The predicted refusals of one limit.
#[derive(Clone, Debug)]
pub struct PredictedLimit {
    /// Its name.
    pub limit: Arc<str>,
    /// Samples that it would refuse.
    pub refused: u64,
    /// Its first refusal, since the first sample.
    pub first_refusal: Option<Nanos>,
}
