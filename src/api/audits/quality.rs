//! Queries of the audits of conversations: who played or changed a recording or an evaluation. Nobody plays recordings
//! here, so the results are the changes of evaluations and calibrations.

use http::StatusCode;
use serde_json::json;

use crate::api::call::Call;
use crate::api::entity::{self, text};
use crate::api::interval::interval;
use crate::api::json_entity::{Body, job};
use crate::api::route::Route;
use crate::time::clock::rfc3339;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::audit::{AuditEntry, Author};

const QUERIES: &str = "/api/v2/quality/conversations/audits/query";
/// The types of entities that these audits are about.
const TYPES: [&str; 2] = ["Evaluation", "Calibration"];

pub(super) fn routes() -> Vec<Route> {
    let one = format!("{QUERIES}/{{transactionId}}");
    vec![
        Route::post(QUERIES, create),
        Route::get(&one, get),
        Route::get(&format!("{one}/results"), get_results),
    ]
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut body = call.json_object()?;
    interval("interval", text(&body, "interval"))?;
    job::start(call, &mut body);
    body.insert("dateStart".to_owned(), json!(rfc3339(call.now)));
    let query = entity::create(call, QUERIES, body);
    Reply::accepted(&status(call, &query))
}

fn status(call: &Call<'_>, query: &Body) -> Body {
    let mut shown: Body = ["id", "dateStart", "interval", "filters", "sort"]
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), query.get(*key)?.clone())))
        .collect();
    shown.insert("state".to_owned(), json!(job::state(call, query, ["Queued", "Running", "Succeeded"])));
    shown
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let query = entity::get(call, QUERIES, "audit query", &call.param("transactionId")?)?;
    Reply::ok(&status(call, &query))
}

fn get_results(call: &Call<'_>) -> Result<Reply, ApiError> {
    let query = entity::get(call, QUERIES, "audit query", &call.param("transactionId")?)?;
    if !job::is_done(call, &query) {
        let why = "The query has not succeeded yet. Ask for its state first.";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "bad.request", why));
    }
    let (start, end) = interval("interval", text(&query, "interval"))?;
    let organization = call.tenant().read();
    let all = organization
        .audit
        .iter()
        .filter(|entry| TYPES.contains(&&*entry.entity_type) && (start..end).contains(&entry.at));
    let shown: Vec<_> = all.map(|entry| to_json(call, entry)).collect();
    drop(organization);
    Reply::ok(&json!({ "id": text(&query, "id"), "pageSize": shown.len(), "entities": shown }))
}

fn to_json(call: &Call<'_>, entry: &AuditEntry) -> serde_json::Value {
    let mut shown = json!({
        "id": entry.id,
        "userHomeOrgId": call.tenant().id,
        "serviceName": "QualityService",
        "level": "User",
        "status": "Success",
        "eventDate": rfc3339(entry.at),
        "action": entry.action.name(),
        "entity": { "id": entry.entity },
        "entityType": entry.entity_type,
        "propertyChanges": [],
    });
    match entry.author {
        Author::User(id) => shown["user"] = user::reference(&id.to_string()),
        Author::Client(id) => shown["client"] = json!({ "id": id }),
    }
    shown
}
