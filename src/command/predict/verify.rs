//! The run of `gcmock predict --verify`: the plan in real time against a server of this process, beside its prediction.

use gcmock_plan::model::Plan;
use gcmock_plan::predict::Prediction;
use serde_json::{Value, json};

use crate::command::args::{Shape, World};
use crate::command::drive::{self, Observed};
use crate::command::inner;
use crate::command::{Failure, print_err};
use crate::time::Nanos;

/// Drives the plan.
///
/// # Errors
/// A plan that cannot be sent, or a run without answers.
pub(super) async fn observe(plan: &Plan, world: &World) -> Result<Observed, Failure> {
    let instance = inner::start(world, 0, None)?;
    let observed = drive::observe(plan.clone(), &instance.uri()).await;
    inner::stop(instance).await;
    observed
}

/// A prediction with what was observed. A page has no place for it: stderr tells it.
pub(super) fn beside(format: Shape, written: String, prediction: &Prediction, observed: &Observed) -> String {
    match format {
        Shape::Text => written + &text(prediction, observed),
        Shape::Json => with_observed(&written, observed),
        Shape::Html => {
            print_err(text(prediction, observed).trim());
            written
        }
    }
}

/// Adds the key `observed`.
fn with_observed(written: &str, observed: &Observed) -> String {
    let mut all: Value = serde_json::from_str(written).unwrap_or_default();
    all["observed"] = json(observed);
    format!("{all:#}\n")
}

/// Predicted beside observed, as lines.
fn text(prediction: &Prediction, observed: &Observed) -> String {
    let rows = [
        ("samples", prediction.samples.median.to_string(), observed.sent.to_string()),
        ("refused", prediction.refused.median.to_string(), observed.refused.to_string()),
        (
            "first refusal",
            at(prediction.first_refusal.as_ref().map(|first| first.median)),
            at(observed.first_refusal),
        ),
    ];
    let line =
        |(what, predicted, seen): &(&str, String, String)| format!("{what:<14} {predicted:>10} {seen:>10}\n");
    let head = line(&("", "predicted".to_owned(), "observed".to_owned()));
    let late = observed.late / 1_000_000;
    let body: String = rows.iter().map(line).collect();
    format!("\n{head}{body}Sent late: p99 {late} ms.\n")
}

/// What was observed, for programs.
fn json(observed: &Observed) -> Value {
    json!({
        "samples": observed.sent,
        "refused": observed.refused,
        "firstRefusalSeconds": observed.first_refusal.map(seconds),
    })
}

fn at(time: Option<Nanos>) -> String {
    time.map_or_else(|| "never".to_owned(), |time| format!("{:.2} s", seconds(time)))
}

#[expect(clippy::cast_precision_loss, reason = "shown with two decimals")]
fn seconds(time: Nanos) -> f64 {
    (time / 1_000_000) as f64 / 1000.0
}
