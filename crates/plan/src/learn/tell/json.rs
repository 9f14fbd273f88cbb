//! The answer as JSON.

use serde_json::{Value, json};

use super::text::sentence;
use crate::Nanos;
use crate::learn::answer::Limit;
use crate::learn::number::seconds;
use crate::learn::{Alternative, By, Learned, Question, Scope, Shape};
use crate::results::Results;

/// The answer as one JSON object. Times are in seconds.
pub fn to_json(learned: &Learned, results: &Results) -> Value {
    json!({
        "answer": sentence(learned, results),
        "samples": learned.rows,
        "refused": learned.refused,
        "spanSeconds": seconds(learned.span),
        "noiseSeconds": seconds(learned.noise),
        "fits": learned.fits,
        "contradictions": learned.contradictions,
        "limits": learned.limits.iter().map(|limit| of_limit(limit, results)).collect::<Vec<_>>(),
        "secondBest": learned.second_best.as_ref().map(|other| of_alternative(other, results)),
        "ties": learned.ties.iter().map(|other| of_alternative(other, results)).collect::<Vec<_>>(),
        "questions": learned.questions.iter().map(of_question).collect::<Vec<_>>(),
        "bounds": learned.bounds.iter().map(|bound| {
            json!({ "periodSeconds": bound.period.map(seconds), "admitted": bound.admitted })
        }).collect::<Vec<_>>(),
        "warnings": learned.warnings,
    })
}

fn of_limit(limit: &Limit, results: &Results) -> Value {
    let mut value = of_shape(limit.shape);
    value["capacity"] = limit.capacity.into();
    value["capacityRange"] = json!([limit.capacities.0, limit.capacities.1]);
    let is_rate = matches!(limit.shape, Shape::TokenBucket { .. });
    let (unit, key) = if is_rate { (1.0, "rateRange") } else { (1e9, "periodSecondsRange") };
    if limit.numbers.1 > 0.0 {
        value[key] = json!([limit.numbers.0 / unit, limit.numbers.1 / unit]);
    }
    value["scope"] = of_scope(&limit.scope, results);
    value["explained"] = limit.explained.into();
    value["explainedAlone"] = limit.alone.into();
    value
}

fn of_alternative(other: &Alternative, results: &Results) -> Value {
    let mut value = of_shape(other.shape);
    value["capacity"] = other.capacity.into();
    value["scope"] = of_scope(&other.scope, results);
    value["contradictions"] = other.contradictions.into();
    value
}

fn of_shape(shape: Shape) -> Value {
    let lockout: Option<Nanos> = if let Shape::FixedWindow { lockout, .. } = shape { lockout } else { None };
    let mut value = json!({ "kind": shape.name(), "countsRefused": shape.counts_refused() });
    if let Shape::TokenBucket { rate } = shape {
        value["ratePerSecond"] = rate.into();
    }
    if let Some(period) = shape.period() {
        value["periodSeconds"] = seconds(period).into();
    }
    if let Some(lockout) = lockout {
        value["lockoutSeconds"] = seconds(lockout).into();
    }
    value
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
