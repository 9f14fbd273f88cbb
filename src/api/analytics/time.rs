//! Intervals and granularities of queries.

use jiff::{Span, SpanRelativeTo};
use serde_json::{Map, Value};

use crate::api::interval::interval;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;

/// The most parts of one interval.
const MAX_PARTS: u64 = 100_000;

/// From `start` on, and before `end`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interval {
    pub(super) start: Nanos,
    pub(super) end: Nanos,
}

impl Interval {
    /// Whether an instant is in it.
    pub(super) const fn has(self, at: Nanos) -> bool {
        self.start <= at && at < self.end
    }

    /// The number of the part of length `step` that has an instant.
    pub(super) fn number(self, at: Nanos, step: Nanos) -> Option<u64> {
        self.has(at).then(|| (at - self.start) / step)
    }

    /// That part as text.
    pub(super) fn part(self, number: u64, step: Nanos) -> String {
        let from = self.start + number * step;
        format!("{}/{}", rfc3339(from), rfc3339(self.end.min(from.saturating_add(step))))
    }
}

/// Reads the required interval of a query.
pub(super) fn read_interval(body: &Map<String, Value>) -> Result<Interval, ApiError> {
    let text = body.get("interval").and_then(Value::as_str);
    let text = text.ok_or_else(|| ApiError::bad_request("The property interval is required."))?;
    let (start, end) = interval("interval", text)?;
    Ok(Interval { start, end })
}

/// Reads the length of the parts of an interval, such as `PT30M`; without it, the whole. A day has 24 hours.
pub(super) fn read_step(body: &Map<String, Value>, interval: Interval) -> Result<Nanos, ApiError> {
    let whole = interval.end.saturating_sub(interval.start).max(1);
    let Some(text) = body.get("granularity").and_then(Value::as_str) else { return Ok(whole) };
    let span: Option<Span> = text.parse().ok();
    let length = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    let step = length.and_then(|length| u64::try_from(length.as_nanos()).ok()).filter(|step| *step > 0);
    let expected = "ISO-8601 durations such as PT30M or P1D";
    let step = step.ok_or_else(|| ApiError::invalid_value("granularity", text, expected))?;
    if whole / step > MAX_PARTS {
        let why = format!("The granularity [{text}] parts the interval more than {MAX_PARTS} times.");
        return Err(ApiError::constraint("granularity", why));
    }
    Ok(step)
}
