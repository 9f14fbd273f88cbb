//! The answer for a terminal: one sentence, then what it rests on.

use std::fmt::Write;

use super::words::{kind, number, per_second, percent, ranges, scope, time};
use crate::learn::number::float;
use crate::learn::{Alternative, Bound, Learned};
use crate::results::{Outcome, Results, Sample};

/// The answer in words. The first line is the whole answer.
pub fn to_text(learned: &Learned, results: &Results) -> String {
    let mut text = sentence(learned, results) + "\n";
    for warning in &learned.warnings {
        line(&mut text, &format!("  Note: {warning}."));
    }
    if learned.limits.is_empty() {
        bounds(&mut text, &learned.bounds);
    } else {
        evidence(&mut text, learned, results);
    }
    questions(&mut text, learned);
    text
}

/// The answer in one sentence.
pub(super) fn sentence(learned: &Learned, results: &Results) -> String {
    let Learned { rows, refused, .. } = learned;
    let limits: Vec<String> = learned
        .limits
        .iter()
        .map(|limit| {
            let kind = kind(limit.shape, limit.capacity, limit.lengths);
            format!("{kind}, over {}", scope(&limit.scope, &results.labels))
        })
        .collect();
    match (limits.as_slice(), learned.fits) {
        ([], _) if *rows == 0 => "No limit shows: no row of the file has an HTTP status.".to_owned(),
        (_, false) if learned.random.is_some() => random(learned),
        ([], _) if *refused == 0 && unknown(results) > *rows => format!(
            "No limit shows: {} requests failed, and the file does not say with which status.",
            unknown(results)
        ),
        ([], _) if *refused == 0 => format!("No limit was met: none of {rows} requests was refused."),
        ([], _) if refused == rows => format!("No limit shows: all {rows} requests were refused."),
        ([], _) if learned.span == 0 => format!("No limit shows: all {rows} requests have the same time."),
        ([], _) => format!("Too few refusals to learn a limit: {refused} of {rows} requests."),
        (limits, true) if learned.has_limits() => format!("Learned: {}.", limits.join("; and ")),
        (limits, true) => format!("No kind of limit that gcmock has fits. It is {}.", limits.join("; and ")),
        (limits, false) => {
            format!("No kind of limit that is known here fits. The nearest: {}.", limits.join("; and "))
        }
    }
}

/// Requests that failed in a file without status codes.
fn unknown(results: &Results) -> u64 {
    let failed = |sample: &&Sample| {
        !sample.transaction && matches!(&sample.outcome, Outcome::Failed(why) if why.is_empty())
    };
    results.samples.iter().filter(failed).count() as u64
}

fn random(learned: &Learned) -> String {
    let part = learned.random.unwrap_or_default();
    let error = 2.0 * (part * (1.0 - part) / float(learned.rows.max(1))).sqrt();
    let (low, high) = (percent((part - error).max(0.0)), percent(part + error));
    format!(
        "No limit shows: the server refuses {} of the requests at random ({low} to {high}), whatever came before.",
        percent(part)
    )
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn evidence(text: &mut String, learned: &Learned, results: &Results) {
    let _ = writeln!(
        text,
        "  Evidence: {} of {} requests refused in {}; {} contradictions; times are exact to {}.",
        learned.refused,
        learned.rows,
        time(learned.span),
        percent(learned.contradictions),
        time(learned.noise)
    );
    if learned.random.is_some() {
        return;
    }
    for limit in &learned.limits {
        let alone =
            if learned.limits.len() > 1 { format!(", {} of them alone", limit.alone) } else { String::new() };
        let _ = writeln!(
            text,
            "  {}: explains {} refusals{alone}; {}.",
            limit.shape.name(),
            limit.explained,
            ranges(limit)
        );
    }
    if let Some(second) = learned.second_best.as_ref().filter(|second| !learned.ties.contains(second)) {
        let _ = writeln!(text, "  Second best: {}.", alternative(second, results));
    }
    for tie in &learned.ties {
        let _ = writeln!(text, "  As good: {}.", alternative(tie, results));
    }
    for [first, second] in &learned.pairs {
        let _ =
            writeln!(text, "  As good: {}; and {}.", pair_part(first, results), alternative(second, results));
    }
}

fn pair_part(other: &Alternative, results: &Results) -> String {
    let kind = kind(other.shape, other.capacity, other.lengths);
    format!("{kind}, over {}", scope(&other.scope, &results.labels))
}

pub(super) fn alternative(other: &Alternative, results: &Results) -> String {
    format!("{} ({} contradictions)", pair_part(other, results), percent(other.contradictions))
}

fn bounds(text: &mut String, bounds: &[Bound]) {
    for bound in bounds {
        let sentence = match bound.period {
            Some(period) => format!(
                "  A limit for each {} is at least {} ({}/s).",
                time(period),
                bound.admitted,
                per_second(bound.admitted, period)
            ),
            None => format!("  A limit of requests at once is at least {}.", bound.admitted),
        };
        line(text, &sentence);
    }
}

fn questions(text: &mut String, learned: &Learned) {
    if !learned.questions.is_empty() {
        line(text, "Not known from this run, the cheapest probe first:");
    }
    for question in &learned.questions {
        let _ = writeln!(
            text,
            "  {} ({}.)\n    {}{}",
            question.question,
            question.because,
            question.probe.words,
            length(question.probe.seconds())
        );
    }
}

fn length(seconds: f64) -> String {
    if seconds > 0.0 { format!(" Takes {} s.", number(seconds)) } else { String::new() }
}
