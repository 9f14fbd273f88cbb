//! The sentences of a report: what was refused, when first, by what, and what would be clean.

use std::fmt::Write;

use super::limits::LimitRow;
use super::number::{SECOND, duration, grouped, share, short, whole};
use super::{Advice, Report, Totals};

/// The most values of advice in a sentence.
const VALUES: usize = 3;

/// The sentences over everything else: the result first, then what to set, then what else is notable.
pub(super) fn sentences(report: &Report) -> Vec<String> {
    let totals = &report.totals;
    if totals.offered == 0 {
        return vec!["No requests.".to_owned()];
    }
    let mut all = if totals.refused > 0 { refused(report) } else { clean(report) };
    if let Some(shadow) = report.limits.iter().find(|row| row.would_have_refused > 0) {
        let count = grouped(shadow.would_have_refused);
        all.push(format!("{} only counts and would have refused {count}.", named(shadow)));
    }
    all.extend(failures(report));
    all
}

/// What is said of requests that were neither refused nor served.
fn failures(report: &Report) -> Vec<String> {
    let Totals { failed, without_status, errors, most_frequent_error, .. } = report.totals;
    let mut all = Vec::new();
    if let Some(status) = most_frequent_error {
        let most = if errors == 1 { "with" } else { "most often with" };
        let answers = if errors == 1 { "answer is an error" } else { "answers are errors" };
        all.push(format!("{} {answers}, {most} status {status}.", grouped(errors)));
    }
    // A server that tells its limits refuses with the status that is counted.
    if let Some(status @ (403 | 420 | 500..)) = most_frequent_error.filter(|_| report.limits.is_empty()) {
        all.push(format!("--refused {status} counts those with {status} as refusals."));
    }
    if without_status > 0 {
        let count = grouped(without_status);
        all.push(format!(
            "{count} requests failed without a status, so whether they were refused is not known."
        ));
    }
    if let Some(silent @ 1..) = failed.checked_sub(without_status) {
        all.push(format!("{} requests got no answer.", grouped(silent)));
    }
    all
}

fn refused(report: &Report) -> Vec<String> {
    let Totals { offered, refused, first_refusal_seconds, .. } = report.totals;
    let mut text =
        format!("Refused: {} of {} ({})", grouped(refused), grouped(offered), share(refused, offered));
    if let Some(first) = first_refusal_seconds {
        let _ = write!(text, ", first at {}", duration(whole(first * 1000.0) * SECOND / 1000));
    }
    let by: Vec<_> = report.limits.iter().filter(|row| row.refused > 0).collect();
    if let Some((first, others)) = by.split_first() {
        let _ = write!(text, ", by {}", named(first));
        let _ = match others {
            [] => Ok(()),
            [other] => write!(text, " and {}", named(other)),
            several => write!(text, " and {} other limits", several.len()),
        };
    }
    text.push('.');
    let values: Vec<_> = report.advice.iter().take(VALUES).map(value).collect();
    let advice = (!values.is_empty()).then(|| format!("Clean would be {}.", values.join(", or ")));
    [text].into_iter().chain(advice).collect()
}

/// A value, with the time for which it is clean if it is not always.
fn value(advice: &Advice) -> String {
    let lasts = advice.clean_for_seconds;
    let lasts = lasts.map(|seconds| format!(" for {}", duration(whole(seconds * 1000.0) * SECOND / 1000)));
    format!("{}{}", advice.value, lasts.unwrap_or_default())
}

fn clean(report: &Report) -> Vec<String> {
    let length = duration(whole(report.duration_seconds * 1000.0) * SECOND / 1000);
    let Totals { offered, failed, errors, .. } = report.totals;
    let result = if report.totals.are_mostly_failures() {
        let all = failed + errors;
        format!("Failed: {} of {} ({}) in {length}.", grouped(all), grouped(offered), share(all, offered))
    } else {
        format!("Nothing refused: {} requests in {length}.", grouped(offered))
    };
    let nearest = report.limits.iter().filter(|row| row.would_have_refused == 0);
    let nearest = nearest.filter_map(|row| Some((row, row.lowest_level_percent?)));
    let nearest = nearest.min_by(|(_, one), (_, other)| one.total_cmp(other)).map(|(row, left)| {
        format!("The nearest limit was {}, with {} % left at its lowest.", named(row), short(left))
    });
    [result].into_iter().chain(nearest).collect()
}

/// `messaging-send (tenant, 1500 + 100/s)`.
fn named(row: &LimitRow) -> String {
    let about: Vec<_> =
        [row.scope.as_str(), &row.quota].into_iter().filter(|part| !part.is_empty()).collect();
    if about.is_empty() { row.name.clone() } else { format!("{} ({})", row.name, about.join(", ")) }
}
