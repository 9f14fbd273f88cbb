//! Intervals of two instants, in queries and bodies.

use super::call::Call;
use super::refusal;
use crate::catalog::schema::Wrong;
use crate::time::Nanos;
use crate::time::clock::parse_rfc3339;
use crate::wire::error::ApiError;

/// Reads `2026-01-01T00:00:00Z/2026-01-02T00:00:00Z` of a field, with the start and without the end.
pub(super) fn interval(field: &str, text: &str) -> Result<(Nanos, Nanos), ApiError> {
    let times = instants(text).ok_or_else(|| ApiError::invalid_date_in(field, text))?;
    check(field, text, times).map(|()| times)
}

/// The interval of a query parameter, where the call has it.
pub(super) fn query_interval(call: &Call<'_>, parameter: &str) -> Result<Option<(Nanos, Nanos)>, ApiError> {
    call.query_text(parameter).map(|text| interval(parameter, &text)).transpose()
}

/// Refuses an interval of two instants that ends before it starts.
pub(super) fn check_order(field: &str, text: &str) -> Result<(), ApiError> {
    instants(text).map_or(Ok(()), |times| check(field, text, times))
}

fn check(field: &str, text: &str, (start, end): (Nanos, Nanos)) -> Result<(), ApiError> {
    if start <= end {
        return Ok(());
    }
    let expected = "an end that is not before its start".into();
    Err(refusal::of_parameter(field, Wrong::Range { expected, value: text.to_owned() }))
}

fn instants(text: &str) -> Option<(Nanos, Nanos)> {
    let (start, end) = text.split_once('/')?;
    Some((parse_rfc3339(start)?, parse_rfc3339(end)?))
}
