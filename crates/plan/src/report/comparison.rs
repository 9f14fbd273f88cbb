//! Predicted beside observed.

use serde::Serialize;

use super::material::Prediction;
use super::number::{float, rounded, seconds};
use super::{LimitRow, Totals};

/// Predicted beside observed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The prediction in one sentence.
    pub sentence: String,
    /// Each number.
    pub rows: Vec<Compared>,
}

/// One number, predicted and observed. `None`: it did not happen, or the source does not say it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// What it is.
    pub what: String,
    /// Whether it is a count or a time.
    pub unit: Unit,
    /// The predicted value.
    pub predicted: Option<f64>,
    /// The observed value.
    pub observed: Option<f64>,
}

/// The unit of a compared number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Unit {
    /// A number of requests.
    Requests,
    /// Seconds since the first request.
    Seconds,
}

impl Comparison {
    pub(super) fn of(prediction: &Prediction, totals: &Totals, limits: &[LimitRow]) -> Self {
        let counted = |what: &str, predicted: u64, observed: Option<u64>| Compared {
            what: what.to_owned(),
            unit: Unit::Requests,
            predicted: Some(float(predicted)),
            observed: observed.map(float),
        };
        let count = |what: &str, predicted, observed| counted(what, predicted, Some(observed));
        // A result file with refusals does not say which limit refused.
        let is_unknown = limits.is_empty() && totals.refused > 0;
        let mut rows = vec![
            count("requests", prediction.samples, totals.offered),
            count("refused", prediction.refused, totals.refused),
            Compared {
                what: "first refusal".to_owned(),
                unit: Unit::Seconds,
                predicted: prediction.first_refusal.map(|first| rounded(seconds(first))),
                observed: totals.first_refusal_seconds,
            },
        ];
        for limit in &prediction.by_limit {
            let observed = limits.iter().find(|row| *row.name == *limit.limit).map_or(0, |row| row.refused);
            let observed = (!is_unknown).then_some(observed);
            rows.push(counted(&format!("refused by {}", limit.limit), limit.refused, observed));
        }
        let predicted = |row: &LimitRow| prediction.by_limit.iter().any(|limit| *limit.limit == *row.name);
        for row in limits.iter().filter(|row| row.refused > 0 && !predicted(row)) {
            rows.push(count(&format!("refused by {}", row.name), 0, row.refused));
        }
        Self { sentence: prediction.sentence.clone(), rows }
    }
}

impl Compared {
    /// Observed less predicted, and that in percent of the predicted value. `None` where one of them is missing.
    pub fn difference(&self) -> Option<(f64, Option<f64>)> {
        let (predicted, observed) = (self.predicted?, self.observed?);
        let difference = observed - predicted;
        Some((difference, (predicted > 0.0).then(|| difference * 100.0 / predicted)))
    }
}
