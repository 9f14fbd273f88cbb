//! The body of a call without a handler: the container that the document names, or nothing.

use serde_json::{Map, Value};

use super::GenericCall;
use super::kind::Kind as Answer;
use crate::catalog::schema::{Kind, Mode, Wrong};
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
        _ => {
            check_echoed(generic, &body)?;
            return Ok(Some(body));
        }
    };
    Err(ApiError::bad_request(format!("The body must be {expected}.")))
}

/// Refuses a value that the answer would give back with a type that it does not have. What the catalog knows of the
/// answer holds for the body: in the API document the two differ only where the body has an object.
fn check_echoed(generic: &GenericCall<'_, '_>, body: &Value) -> Result<(), ApiError> {
    let schemas = &generic.catalog.schemas;
    let Some(answer) = generic.facts.answer.filter(|_| !generic.facts.detailed) else { return Ok(()) };
    let (Kind::Object(known), Some(body)) = (schemas.kind(answer), body.as_object()) else { return Ok(()) };
    if matches!(generic.kind, Answer::Listing(_)) {
        return Ok(());
    }
    let is_scalar =
        |name: &str| known.find(name).is_some_and(|property| has_no_parts(schemas.kind(property.schema)));
    let is_simple = |value: &Value| !value.is_null() && !value.is_array() && !value.is_object();
    let mut echoed = body.iter().filter(|(name, value)| is_simple(value) && is_scalar(name));
    echoed.try_for_each(|(name, value)| {
        let one = Map::from_iter([(name.clone(), value.clone())]);
        match schemas.check_object(answer, &one, Mode::Types) {
            Err(violation) if matches!(violation.wrong, Wrong::Type { .. }) => Err(violation.into()),
            _ => Ok(()),
        }
    })
}

const fn has_no_parts(kind: Kind<'_>) -> bool {
    matches!(kind, Kind::Boolean | Kind::Integer { .. } | Kind::Number(_) | Kind::Text(_))
}
