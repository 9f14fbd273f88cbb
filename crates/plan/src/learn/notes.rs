//! Doubts about the data and about the answer, one sentence each.

use std::collections::BTreeMap;

use super::Options;
use super::answer::ENOUGH;
use super::learned::Learned;
use super::rows::Rows;
use super::solve::MOST;
use super::tell::time;
use crate::Nanos;
use crate::results::{Outcome, Results, Sample};

/// Why a limit with few contradictions is not the answer.
pub(super) fn by_chance(learned: &Learned) -> Option<String> {
    let sentence =
        "the nearest limit explains the refusals in another order nearly as well, so it says nothing";
    (learned.contradictions <= MOST && !learned.fits).then(|| sentence.to_owned())
}

pub(super) fn left_out(beginning: Nanos) -> String {
    format!(
        "the first {} are left out: a part of the limit was in use before the run, or it was another one then",
        time(beginning)
    )
}

pub(super) fn of_results(results: &Results, rows: &Rows, options: &Options) -> Vec<String> {
    let mut warnings = results.warnings.clone();
    if rows.refused < ENOUGH {
        warnings.extend(other_refusals(results, options));
        warnings.extend(without_status(results));
    }
    if rows.has_whole_seconds() {
        let sentence = "the times are whole seconds, so that only slow limits show; k6 writes milliseconds with K6_CSV_TIME_FORMAT=unix_milli";
        warnings.push(sentence.to_owned());
    }
    warnings
}

/// Failures that may be refusals, because the file does not say what they are.
fn without_status(results: &Results) -> Option<String> {
    let failed = |sample: &&Sample| !sample.transaction && matches!(sample.outcome, Outcome::Failed(_));
    let count = results.samples.iter().filter(failed).count() as u64;
    (count >= ENOUGH).then(|| {
        format!("{count} requests failed without an HTTP status; if some were refused, the file has to have their status codes")
    })
}

/// The status that may be a refusal although the options do not say so: the most frequent one of a failure.
fn other_refusals(results: &Results, options: &Options) -> Option<String> {
    let mut counts: BTreeMap<u16, u64> = BTreeMap::new();
    for sample in results.samples.iter().filter(|sample| !sample.transaction) {
        match sample.outcome {
            Outcome::Status(status @ 400..) if !options.refused.contains(&status) => {
                *counts.entry(status).or_default() += 1;
            }
            _ => {}
        }
    }
    let (status, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    (count >= ENOUGH).then(|| {
        format!("{count} answers have the status {status}; --refused {status} counts them as refusals")
    })
}
