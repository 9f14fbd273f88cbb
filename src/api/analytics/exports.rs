//! Exports of reports: a job that ends in a CSV file, which its address gives without a token.

use std::borrow::Cow;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::aggregates;
use super::bounds::check_predicates;
use super::report::{View, filter_of};
use crate::api::announce::{TopicEvent, own_topic, pick};
use crate::api::call::Call;
use crate::api::downloads;
use crate::api::entity;
use crate::api::route::Route;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::wire::csv;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;

type Body = Map<String, Value>;

const SECOND: Nanos = 1_000_000_000;
/// From here on an export runs.
const RUNNING_AFTER: Nanos = SECOND;
/// From here on its file is there.
const COMPLETED_AFTER: Nanos = 3 * SECOND;
/// The name of the file.
const FILE: &str = "export.csv";
/// The key under which a job keeps the id of its file.
const FILE_ID: &str = "file";
/// The path of the exports.
const EXPORTS: &str = "/api/v2/analytics/reporting/exports";
/// The fields of a request that the job shows.
const SHOWN: [&str; 23] = [
    "name",
    "timeZone",
    "exportFormat",
    "interval",
    "period",
    "viewType",
    "filter",
    "read",
    "locale",
    "hasFormatDurations",
    "hasSplitFilters",
    "excludeEmptyRows",
    "hasSplitByMedia",
    "hasSummaryRow",
    "csvDelimiter",
    "selectedColumns",
    "hasCustomParticipantAttributes",
    "recipientEmails",
    "includeDurationFormatInHeader",
    "durationFormat",
    "exportAllowedToRerun",
    "chartColumns",
    "enabled",
];
const REQUIRED: [&str; 7] = ["name", "timeZone", "exportFormat", "interval", "period", "viewType", "locale"];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(EXPORTS, list),
        Route::post(EXPORTS, create).publishes_later(events),
        Route::get(&format!("{EXPORTS}/metadata"), list_metadata),
    ]
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    for key in REQUIRED {
        entity::required_text(&body, key)?;
    }
    let rows = csv(call, &body)?;
    let mut kept: Body = SHOWN
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), body.get(*key).filter(|value| !value.is_null())?.clone())))
        .collect();
    kept.entry("read").or_insert(json!(false));
    kept.entry("filter").or_insert(json!({}));
    kept.insert("submitted".to_owned(), json!(call.now));
    kept.insert("runId".to_owned(), json!(Uuid::new_v4()));
    kept.insert(FILE_ID.to_owned(), json!(downloads::store(call, FILE, &rows)));
    let job = entity::create(call, EXPORTS, kept);
    Reply::ok(&to_json(call, &job, call.now))
}

/// The fields of a job that its topic has. Their names are those of the vendor's SDKs (August 2026).
const PUBLISHED: [&str; 11] = [
    "id",
    "runId",
    "name",
    "status",
    "exportFormat",
    "viewType",
    "downloadUrl",
    "read",
    "createdDateTime",
    "modifiedDateTime",
    "percentageComplete",
];

/// `v2.users.{id}.analytics.reporting.exports`: the export runs, and it is complete.
fn events(call: &Call<'_>, answered: &Value) -> Vec<TopicEvent> {
    let id = answered["id"].as_str().unwrap_or_default();
    let (Ok(job), Some(topic)) =
        (entity::get(call, EXPORTS, "export", id), own_topic(call, "analytics.reporting.exports"))
    else {
        return Vec::new();
    };
    let event = |after: Nanos| {
        let job = Value::Object(to_json(call, &job, call.now.saturating_add(after)));
        TopicEvent::later(after, topic.clone(), pick(&job, &PUBLISHED))
    };
    [RUNNING_AFTER, COMPLETED_AFTER].map(event).into()
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&entity::map_page(entity::list(call, EXPORTS)?, |job| to_json(call, job, call.now)))
}

/// `GET …/exports/metadata`: no view has limits here.
fn list_metadata(call: &Call<'_>) -> Result<Reply, ApiError> {
    let none: Vec<Value> = Vec::new();
    Reply::ok(&crate::wire::paging::Page::new(none, 0, call.page()?, call.path, call.query))
}

/// The job as it is at `now`.
fn to_json(call: &Call<'_>, job: &Body, now: Nanos) -> Body {
    let submitted = job.get("submitted").and_then(Value::as_u64).unwrap_or_default();
    let (status, percent, changed) = match now.saturating_sub(submitted) {
        age if age < RUNNING_AFTER => ("SUBMITTED", 0.0, 0),
        age if age < COMPLETED_AFTER => ("RUNNING", 0.5, RUNNING_AFTER),
        _ => ("COMPLETED", 1.0, COMPLETED_AFTER),
    };
    let mut shown = job.clone();
    shown.retain(|key, _| key != "submitted" && key != FILE_ID);
    if status == "COMPLETED" {
        let uri = downloads::file_uri(call, entity::text(job, FILE_ID), FILE);
        shown.insert("downloadUrl".to_owned(), json!(uri));
    }
    shown.insert("status".to_owned(), json!(status));
    shown.insert("percentageComplete".to_owned(), json!(percent));
    shown.insert("createdDateTime".to_owned(), json!(rfc3339(submitted)));
    shown.insert("modifiedDateTime".to_owned(), json!(rfc3339(submitted + changed)));
    shown
}

/// The file: a line for each user, queue or other group, with the metrics of the conversations that the filter finds.
fn csv(call: &Call<'_>, body: &Body) -> Result<String, ApiError> {
    let view = View::of(entity::required_text(body, "viewType")?);
    let metrics: Vec<_> = view.columns.iter().map(|column| column.metric).collect();
    let query = json!({ "interval": body.get("interval"), "groupBy": [view.group], "metrics": metrics,
        "filter": body.get("filter").and_then(filter_of) });
    let query = query.as_object().cloned().unwrap_or_default();
    check_predicates(&query)?;
    let results = aggregates::results(call, &query)?;
    let separator =
        if body.get("csvDelimiter").and_then(Value::as_str) == Some("SEMICOLON") { b';' } else { b',' };
    let organization = call.tenant().read();
    let rows = results.as_array().into_iter().flatten().filter_map(|result| {
        let id = result["group"][view.group].as_str()?;
        let head = [id.into()].into_iter().chain(view.name_of(&organization, id).map(Cow::from));
        let values = view.columns.iter().map(|column| column.value(&result["data"][0]["metrics"]).into());
        Some(head.chain(values).collect())
    });
    let titles = view.columns.iter().map(|column| column.title);
    let header: Vec<_> = view.titles.iter().copied().chain(titles).collect();
    csv::file(separator, &header, rows)
}
