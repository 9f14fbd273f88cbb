//! What to set so that nothing is refused: the knob and the value.

use gcmock_limit::Algorithm;
use serde::Serialize;

use super::limits::LimitRow;
use super::material::LimitRun;
use super::number::{float, seconds, short};

/// One knob of a load plan and the value under which nothing is refused.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Advice {
    /// The knob, such as `users` or `ramp-up`.
    pub knob: String,
    /// The value with its unit: `100 users`, `6,000/min`.
    pub value: String,
    /// The least that is left of every limit under this value, in percent of its capacity. `None` if unknown.
    pub headroom_percent: Option<f64>,
    /// The time for which nothing is refused, in seconds; `None`: always.
    pub clean_for_seconds: Option<f64>,
}

/// The advice that the numbers of the governing limit give: the rate that it sustains.
pub(super) fn analytic(limits: &[LimitRun], rows: &[LimitRow]) -> Option<Advice> {
    let refusing = rows.iter().position(|row| row.refused > 0)?;
    let (limit, row) = (limits.iter().find(|limit| *limit.name == *rows[refusing].name)?, &rows[refusing]);
    let each = if row.scope.is_empty() { String::new() } else { format!(" for each {}", row.scope) };
    let (knob, value) = match limit.algorithm? {
        Algorithm::Concurrency { capacity, .. } => {
            ("requests at a time", format!("{capacity} at a time{each}"))
        }
        rated => ("throughput", format!("{}/min{each}", short(per_minute(&rated)?))),
    };
    Some(Advice { knob: knob.to_owned(), value, headroom_percent: None, clean_for_seconds: None })
}

/// The requests of cost 1 that a limit always admits in a minute; `None` of a limit without a rate.
pub(super) fn per_minute(algorithm: &Algorithm) -> Option<f64> {
    let (count, period) = match *algorithm {
        Algorithm::TokenBucket { refill, period, .. } => (refill, period),
        Algorithm::FixedWindow { capacity, period } => (capacity, period),
        Algorithm::Concurrency { .. } => return None,
    };
    Some(f64::from(count) * 60.0 / seconds(period.max(1)))
}

/// The numbers of a limit in short: `1500 + 100/s`, `300 per 60 s`, `10 at a time`.
pub(crate) fn quota(algorithm: &Algorithm) -> String {
    match *algorithm {
        Algorithm::TokenBucket { capacity, refill, period } => {
            let (per_second, per_minute) = (
                f64::from(refill) / seconds(period.max(1)),
                float(u64::from(refill)) * 60.0 / seconds(period.max(1)),
            );
            let rate = if per_second >= 1.0 {
                format!("{}/s", short(per_second))
            } else {
                format!("{}/min", short(per_minute))
            };
            format!("{capacity} + {rate}")
        }
        Algorithm::FixedWindow { capacity, period } => format!("{capacity} per {} s", short(seconds(period))),
        Algorithm::Concurrency { capacity, .. } => format!("{capacity} at a time"),
    }
}
