//! The version that a change names, and the refusal of a change of another version than the current one.

use http::StatusCode;
use serde_json::{Map, Value};

use crate::wire::error::ApiError;

/// The number under `version`. What is not a whole number from 0 is a 400: it would else pass for no version, and the
/// change would overwrite that of another client.
pub(crate) fn read(body: &Map<String, Value>) -> Result<Option<u64>, ApiError> {
    let Some(value) = body.get("version").filter(|value| !value.is_null()) else { return Ok(None) };
    let number = whole(value);
    number
        .map(Some)
        .ok_or_else(|| ApiError::invalid_value("version", &value_in_words(value), "whole numbers from 0"))
}

/// The whole number that a value is. It may be written with a fraction of zero, as in every request.
fn whole(value: &Value) -> Option<u64> {
    const MOST: f64 = 9_007_199_254_740_992.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the bounds are checked first"
    )]
    let exact =
        |number: f64| ((0.0..MOST).contains(&number) && number.fract() == 0.0).then_some(number as u64);
    value.as_u64().or_else(|| value.as_f64().filter(|_| value.is_f64()).and_then(exact))
}

fn value_in_words(value: &Value) -> String {
    match value {
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        scalar => scalar.as_str().map_or_else(|| scalar.to_string(), str::to_owned),
    }
}

/// Refuses a body that names another version than the current one: 409.
pub(crate) fn check(current: u64, body: &Map<String, Value>) -> Result<(), ApiError> {
    if read(body)?.is_some_and(|version| version != current) {
        let why = format!("The version supplied does not match the current version ({current}).");
        return Err(ApiError::new(StatusCode::CONFLICT, "general.conflict", why));
    }
    Ok(())
}

/// [`check`] of the version in the `metadata` of an object.
pub(crate) fn check_metadata(current: u64, body: &Map<String, Value>) -> Result<(), ApiError> {
    let metadata = body.get("metadata").and_then(Value::as_object);
    metadata.map_or(Ok(()), |metadata| check(current, metadata))
}
