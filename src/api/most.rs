//! Refuses requests that name more ids, or have more items, than an operation takes: 400.
//!
//! The numbers and the codes are documented. Where the document has no code, it is that of any constraint.

use http::StatusCode;
use serde_json::Value;

use super::call::Call;
use crate::wire::error::ApiError;

/// A method, the template of a path below `/api/v2`, the parameter or the property that has a list, the most items, and
/// the code of the refusal. An empty property is a body that is a list.
type Most = (&'static str, &'static str, &'static str, usize, &'static str);

const CONSTRAINT: &str = "constraint.validation";

const OF_QUERIES: [Most; 22] = [
    ("GET", "/authorization/roles", "id", 100, "max.role.ids"),
    ("GET", "/authorization/subjects/rolecounts", "id", 100, "max.subject.ids"),
    ("GET", "/externalcontacts/contacts", "divisionIds", 50, CONSTRAINT),
    ("GET", "/externalcontacts/organizations", "divisionIds", 50, CONSTRAINT),
    ("GET", "/externalcontacts/organizations", "trustorId", 25, CONSTRAINT),
    ("GET", "/integrations", "ids", 100, CONSTRAINT),
    ("GET", "/journey/actionmaps", "actionMapIds", 100, CONSTRAINT),
    ("GET", "/journey/outcomes", "outcomeIds", 20, CONSTRAINT),
    ("GET", "/journey/segments", "segmentIds", 100, CONSTRAINT),
    ("GET", "/learning/assignments", "userId", 100, CONSTRAINT),
    ("GET", "/outbound/campaigns", "id", 100, "too.many.bulk.retrieves"),
    ("GET", "/outbound/contactlists", "id", 100, "too.many.bulk.retrieves"),
    ("GET", "/outbound/contactlists/divisionviews", "id", 100, "too.many.bulk.retrieves"),
    ("GET", "/outbound/dnclists/divisionviews", "id", 100, "too.many.bulk.retrieves"),
    (
        "GET",
        "/quality/forms/evaluations/bulk/contexts",
        "contextId",
        100,
        "evaluation.too.many.ids.bulk.fetch",
    ),
    ("GET", "/speechandtextanalytics/categories", "ids", 25, CONSTRAINT),
    ("GET", "/speechandtextanalytics/programs", "ids", 50, CONSTRAINT),
    ("GET", "/speechandtextanalytics/topics", "ids", 50, CONSTRAINT),
    ("DELETE", "/teams/{teamId}/members", "id", 25, "max.user.ids"),
    ("GET", "/users", "id", 100, "max.user.ids"),
    ("GET", "/users/presences/purecloud/bulk", "id", 50, "max.user.presences"),
    ("GET", "/users/presences/{sourceId}/bulk", "id", 50, "max.user.presences"),
];

const OF_BODIES: [Most; 2] = [
    (
        "POST",
        "/responsemanagement/responseassets/bulk",
        "assetIds",
        50,
        "rms.exceeds.maximum.asset.bulk.size",
    ),
    ("PUT", "/users/presences/bulk", "", 50, "max.user.presences"),
];

/// Refuses a query that names too many ids.
pub(super) fn check_query(call: &Call<'_>, template: &str) -> Result<(), ApiError> {
    if call.query.is_empty() {
        return Ok(());
    }
    of(&OF_QUERIES, call, template).try_for_each(|most| check(most, call.query_list(most.2).len()))
}

/// Refuses a body with too many items.
pub(super) fn check_body(call: &Call<'_>, template: &str, body: &Value) -> Result<(), ApiError> {
    of(&OF_BODIES, call, template).try_for_each(|most| {
        let list = if most.2.is_empty() { Some(body) } else { body.get(most.2) };
        check(most, list.and_then(Value::as_array).map_or(0, Vec::len))
    })
}

fn of<'m>(all: &'m [Most], call: &Call<'_>, template: &str) -> impl Iterator<Item = &'m Most> {
    let (method, path) = (call.method.as_str(), template.strip_prefix("/api/v2").unwrap_or_default());
    all.iter().filter(move |most| most.1 == path && most.0 == method)
}

fn check((_, _, list, most, code): &Most, count: usize) -> Result<(), ApiError> {
    if count <= *most {
        return Ok(());
    }
    let list = if list.is_empty() { "the body" } else { list };
    let why = format!("At most {most} items are taken in {list} at a time; there are {count}.");
    Err(ApiError::new(StatusCode::BAD_REQUEST, *code, why))
}
