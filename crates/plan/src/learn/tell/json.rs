//! The answer as JSON.

use serde_json::{Value, json};

use super::text::sentence;
use crate::Nanos;
use crate::learn::number::{SECOND, seconds};
use crate::learn::{Alternative, By, Learned, Lengths, Limit, Question, Scope, Shape};
use crate::results::Results;

/// The answer as one JSON object. Times are in seconds.
pub fn to_json(learned: &Learned, results: &Results) -> Value {
    json!({
        "answer": sentence(learned, results),
        "samples": learned.rows,
        "refused": learned.refused,
        "spanSeconds": seconds(learned.span),
        "noiseSeconds": seconds(learned.noise),
        "fits": learned.has_limits(),
        "contradictions": learned.contradictions,
        "limits": learned.limits.iter().map(|limit| of_limit(limit, results)).collect::<Vec<_>>(),
        "secondBest": learned.second_best.as_ref().map(|other| of_alternative(other, results)),
        "ties": learned.ties.iter().map(|other| of_alternative(other, results)).collect::<Vec<_>>(),
        "pairTies": learned.pairs.iter().map(|pair| {
            pair.iter().map(|other| of_alternative(other, results)).collect::<Vec<_>>()
        }).collect::<Vec<_>>(),
        "randomShare": learned.random,
        "questions": learned.questions.iter().map(of_question).collect::<Vec<_>>(),
        "bounds": learned.bounds.iter().map(|bound| {
            json!({ "periodSeconds": bound.period.map(seconds), "admitted": bound.admitted })
        }).collect::<Vec<_>>(),
        "warnings": learned.warnings,
    })
}

fn of_limit(limit: &Limit, results: &Results) -> Value {
    let mut value = of_shape(limit.shape, limit.lengths);
    value["capacity"] = limit.capacity.into();
    value["capacityRange"] =
        json!([limit.capacities.0, Some(limit.capacities.1).filter(|most| *most < u64::MAX)]);
    if let (Shape::TokenBucket { .. }, (low, high)) = (limit.shape, limit.lengths.numbers) {
        value["rateRange"] = json!([low, high]);
    }
    value["scope"] = of_scope(&limit.scope, results);
    value["explained"] = limit.explained.into();
    value["explainedAlone"] = limit.alone.into();
    value
}

fn of_alternative(other: &Alternative, results: &Results) -> Value {
    let mut value = of_shape(other.shape, other.lengths);
    value["capacity"] = other.capacity.into();
    value["scope"] = of_scope(&other.scope, results);
    value["contradictions"] = other.contradictions.into();
    value
}

/// A kind with its numbers in time. A length that was seen once is null, and has a range. The end of a range is null where the
/// run shows none.
fn of_shape(shape: Shape, lengths: Lengths) -> Value {
    let mut value = json!({ "kind": shape.name(), "countsRefused": shape.counts_refused() });
    if let Shape::TokenBucket { rate } = shape {
        value["ratePerSecond"] = rate.into();
    }
    if let Some(period) = shape.period() {
        let names = ["periodSeconds", "periodSecondsRange"];
        add_length(&mut value, names, period, lengths.numbers, lengths);
    }
    if let Shape::FixedWindow { lockout: Some(lockout), .. } = shape {
        let names = ["lockoutSeconds", "lockoutSecondsRange"];
        add_length(&mut value, names, lockout, lengths.lockouts, lengths);
    }
    if shape == Shape::Ban {
        value["lastsSecondsRange"] = range(lengths.numbers);
    }
    value
}

fn add_length(value: &mut Value, names: [&str; 2], told: Nanos, ends: (f64, f64), lengths: Lengths) {
    value[names[0]] = if lengths.is_open(ends) { Value::Null } else { seconds(told).into() };
    if ends.1 > 0.0 {
        value[names[1]] = range(ends);
    }
}

/// A range of nanoseconds in seconds. JSON has no infinity.
fn range((low, high): (f64, f64)) -> Value {
    let high = if high.is_finite() { Value::from(high / SECOND) } else { Value::Null };
    json!([low / SECOND, high])
}

fn of_scope(scope: &Scope, results: &Results) -> Value {
    let by = match &scope.by {
        By::All => "all",
        By::Label => "label",
        By::Thread => "thread",
        By::Column(name) => name,
    };
    let labels: Vec<&str> = scope
        .labels
        .iter()
        .filter_map(|label| results.labels.get(*label as usize))
        .map(|label| &**label)
        .collect();
    json!({ "by": by, "labels": if labels.is_empty() { Value::Null } else { json!(labels) } })
}

fn of_question(question: &Question) -> Value {
    let steps = question.probe.steps.iter();
    json!({
        "question": question.question,
        "because": question.because,
        "probe": question.probe.words,
        "steps": steps.map(|step| json!({ "ratePerSecond": step.rate, "seconds": step.seconds })).collect::<Vec<_>>(),
    })
}
