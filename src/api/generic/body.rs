//! The body of a call without a handler: the container that the document names, or nothing.

use serde_json::Value;

use super::GenericCall;
use crate::catalog::schema::Kind;
use crate::wire::error::ApiError;

/// Reads the body. `None` where none is documented, or where none was sent and none is required.
pub(super) fn read(generic: &GenericCall<'_, '_>) -> Result<Option<Value>, ApiError> {
    let Some(documented) = generic.facts.body else { return Ok(None) };
    let Some(body) = generic.call.json_value()? else {
        let missing = || ApiError::bad_request("A JSON body is required.");
        return if documented.required { Err(missing()) } else { Ok(None) };
    };
    let schemas = &generic.catalog.schemas;
    let expected = match schemas.kind(documented.schema) {
        Kind::Array { .. } if !body.is_array() => "an array",
        Kind::Object(_) | Kind::Any | Kind::Map(_) if !body.is_object() => "a JSON object",
        Kind::Text(_) if !body.is_string() => "a string",
        _ => return Ok(Some(body)),
    };
    Err(ApiError::bad_request(format!("The body must be {expected}.")))
}
