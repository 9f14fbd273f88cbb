//! How much a query may ask for: a few bytes of a body could otherwise make an answer of any size.

use std::collections::HashSet;

use http::StatusCode;
use serde_json::{Map, Value};

use crate::api::call::Call;
use crate::wire::error::ApiError;

/// The most names of an enumeration of a query, such as its metrics (assumed).
const MAX_NAMES: usize = 200;
/// The most characters of such a name, and of the name of a view.
const MAX_NAME: usize = 256;
/// The most predicates, clauses and ranges of a query (assumed).
const MAX_PREDICATES: usize = 500;
/// The most values of an answer: those of each metric, for each group and each part of the interval (assumed).
const MAX_CELLS: usize = 200_000;

/// The body of a query.
pub(super) fn read_query(call: &Call<'_>) -> Result<Map<String, Value>, ApiError> {
    let body = call.json_object()?;
    check_predicates(&body)?;
    Ok(body)
}

/// Refuses a query with too many predicates, clauses or ranges: each is compared with each conversation or user.
pub(super) fn check_predicates(body: &Map<String, Value>) -> Result<(), ApiError> {
    if count_predicates(body) > MAX_PREDICATES {
        let why = format!("A query has at most {MAX_PREDICATES} predicates, clauses and ranges.");
        return Err(ApiError::constraint("predicates", why));
    }
    Ok(())
}

fn count_predicates(body: &Map<String, Value>) -> usize {
    let counts = body.iter().map(|(key, value)| {
        let own = match key.as_str() {
            "predicates" | "clauses" | "ranges" => value.as_array().map_or(0, Vec::len),
            _ => 0,
        };
        own + count_within(value)
    });
    counts.sum()
}

fn count_within(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(count_within).sum(),
        Value::Object(object) => count_predicates(object),
        _ => 0,
    }
}

/// Reads an optional array of strings. A name that is repeated in any case counts once.
pub(super) fn read_names<'b>(
    body: &'b Map<String, Value>,
    key: &'static str,
) -> Result<Vec<&'b str>, ApiError> {
    let wrong = || ApiError::bad_request(format!("The property {key} must be an array of strings."));
    match body.get(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => distinct(key, items.iter().map(|item| item.as_str().ok_or_else(wrong))),
        Some(_) => Err(wrong()),
    }
}

/// The names of an enumeration, each once, or a 400 for too many or too long ones.
pub(super) fn distinct<'b>(
    key: &'static str,
    names: impl Iterator<Item = Result<&'b str, ApiError>>,
) -> Result<Vec<&'b str>, ApiError> {
    let (mut known, mut all) = (HashSet::new(), Vec::new());
    for name in names {
        let name = name?;
        check_name(key, name)?;
        if known.insert(name.to_lowercase()) {
            all.push(name);
        }
        if all.len() > MAX_NAMES {
            return Err(ApiError::constraint(key, format!("A query has at most {MAX_NAMES} {key}.")));
        }
    }
    Ok(all)
}

/// Refuses a name that is too long to be repeated in each part of an answer.
pub(super) fn check_name(key: &str, name: &str) -> Result<(), ApiError> {
    if name.chars().count() > MAX_NAME {
        return Err(ApiError::constraint(key, format!("A name in {key} has at most {MAX_NAME} characters.")));
    }
    Ok(())
}

/// Refuses an answer of more than [`MAX_CELLS`] values.
pub(super) fn check_cells(cells: usize) -> Result<(), ApiError> {
    if cells <= MAX_CELLS {
        return Ok(());
    }
    let why = format!(
        "The response is over the size limit of {MAX_CELLS} values. Ask for fewer groups or metrics, or for a longer granularity."
    );
    Err(ApiError::new(StatusCode::BAD_REQUEST, "response.entity.too.large", why))
}
