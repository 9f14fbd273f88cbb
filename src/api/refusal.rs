//! What is wrong with a request, as the vendor's 400: by its schema, or without a user of its own.

use http::StatusCode;

use crate::catalog::schema::{Violation, Wrong};
use crate::wire::error::ApiError;
use crate::wire::quoted::quoted;

impl From<Violation> for ApiError {
    /// The refusal of a body. It names the field by its path.
    fn from(violation: Violation) -> Self {
        match (violation.path(), violation.wrong) {
            (path, Wrong::Missing) => of_missing(&path),
            (path, wrong) if path.is_empty() => in_field("body", wrong),
            (path, wrong) => in_field(&path, wrong),
        }
    }
}

fn in_field(field: &str, wrong: Wrong) -> ApiError {
    match wrong {
        Wrong::Type { expected, value } => ApiError::invalid_value(field, &value, expected),
        Wrong::Word { value, allowed } => ApiError::invalid_value(field, &value, &allowed),
        wrong => in_either(field, wrong),
    }
}

/// The refusal of a request about its own user, by a token of a client.
pub(crate) fn without_user() -> ApiError {
    const WHY: &str = "This request requires a user context.";
    ApiError::new(StatusCode::BAD_REQUEST, "not.a.user", WHY)
}

/// The refusal of a body without a required field.
pub(crate) fn of_missing(field: &str) -> ApiError {
    ApiError::constraint(field, format!("The field [{}] is required and can not be null.", quoted(field)))
}

/// The refusal of a query or path parameter.
pub(crate) fn of_parameter(name: &str, wrong: Wrong) -> ApiError {
    match wrong {
        Wrong::Type { expected, value } => ApiError::invalid_parameter(name, &value, expected),
        Wrong::Word { value, allowed } => ApiError::invalid_parameter(name, &value, &allowed),
        Wrong::Missing => ApiError::constraint(name, format!("The parameter [{name}] is required.")),
        wrong => in_either(name, wrong),
    }
}

/// The refusals that read the same for a field and for a parameter.
fn in_either(name: &str, wrong: Wrong) -> ApiError {
    match wrong {
        Wrong::Format { expected: "date" | "date-time" | "interval", value } => {
            ApiError::invalid_date_in(name, &value)
        }
        Wrong::Format { expected, value } => ApiError::invalid_value(name, &value, &format!("a {expected}")),
        Wrong::Range { expected, value } => ApiError::constraint(
            name,
            format!("The value [{}] of [{}] must have {expected}.", quoted(&value), quoted(name)),
        ),
        Wrong::TooDeep => {
            ApiError::constraint(name, format!("The value of [{}] is nested too deeply.", quoted(name)))
        }
        Wrong::Type { .. } | Wrong::Word { .. } | Wrong::Missing => {
            ApiError::constraint(name, format!("The value of [{}] is not valid.", quoted(name)))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::catalog::schema::{Builder, Mode};
    use crate::wire::error::Dialect;

    fn refusal(schema: &str, value: &Value) -> (String, String, Value) {
        let mut builder = Builder::default();
        let schema = builder.parse_type(schema).expect("a type");
        let schemas = builder.finish().expect("nothing undefined");
        let violation = schemas.check(schema, value, Mode::Request).expect_err("a violation");
        let body = ApiError::from(violation).body(Dialect::Platform, uuid::Uuid::nil(), None);
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        (
            body["code"].as_str().unwrap_or_default().to_owned(),
            body["message"].as_str().unwrap_or_default().to_owned(),
            body["messageParams"]["field"].clone(),
        )
    }

    #[test]
    fn each_refusal_names_the_field() {
        let schema = "{name:s! list:[{on:b}] kind:(A|B) when:t}";
        let cases = [
            (json!({ "name": "x", "list": [{ "on": "maybe" }] }), "invalid.value", "list[0].on"),
            (json!({ "name": "x", "kind": "C" }), "invalid.value", "kind"),
            (json!({ "name": "x", "when": "soon" }), "invalid.date", "when"),
            (json!({}), "constraint.validation", "name"),
            (json!([]), "invalid.value", "body"),
        ];
        for (value, code, field) in cases {
            let (found, _, named) = refusal(schema, &value);
            assert_eq!((found.as_str(), &named), (code, &json!(field)), "{value}");
        }
        let (_, message, _) = refusal(schema, &json!({ "name": "x", "kind": "C" }));
        assert_eq!(message, "Value [C] is not valid for field type [kind]. Allowable values are: A, B");
    }

    #[test]
    fn a_parameter_has_the_words_of_parameters() {
        let word = Wrong::Word { value: "NO_SUCH".to_owned(), allowed: "asc, desc".to_owned() };
        let error = of_parameter("sortOrder", word);
        assert_eq!(error.code, "invalid.query.param.value");
        assert_eq!(
            error.message,
            "Value [NO_SUCH] is not valid for parameter [sortOrder]. Allowable values are: asc, desc"
        );
    }
}
