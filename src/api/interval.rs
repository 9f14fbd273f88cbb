//! Intervals of two instants, in queries and bodies.

use super::refusal;
use crate::catalog::schema::Wrong;
use crate::time::Nanos;
use crate::time::clock::parse_rfc3339;
use crate::wire::error::ApiError;

/// Reads `2026-01-01T00:00:00Z/2026-01-02T00:00:00Z`, with the start and without the end.
pub(super) fn interval(text: &str) -> Result<(Nanos, Nanos), ApiError> {
    check_order(text)?;
    instants(text).ok_or_else(|| ApiError::invalid_date_in("interval", text))
}

/// Refuses an interval of two instants that ends before it starts.
pub(super) fn check_order(text: &str) -> Result<(), ApiError> {
    let is_reversed = instants(text).is_some_and(|(start, end)| end < start);
    let wrong =
        || Wrong::Range { expected: "an end that is not before its start".into(), value: text.to_owned() };
    if is_reversed { Err(refusal::of_parameter("interval", wrong())) } else { Ok(()) }
}

fn instants(text: &str) -> Option<(Nanos, Nanos)> {
    let (start, end) = text.split_once('/')?;
    Some((parse_rfc3339(start)?, parse_rfc3339(end)?))
}
