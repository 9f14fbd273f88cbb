//! The jobs that collect the logs of an edge. A job is done at once, and finds one file.

use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::at;
use crate::api::call::Call;
use crate::api::record::find;
use crate::api::route::Route;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::collection::Entity;
use crate::world::id::seed_id;
use crate::world::telephony::edge::TelephonyEdge;

/// The fields in which a job is kept: when it began, and whether its file was uploaded.
const BEGAN: &str = "began";
const UPLOADED: &str = "uploaded";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post(&at("/{edgeId}/logs/jobs"), create),
        Route::get(&at("/{edgeId}/logs/jobs/{jobId}"), get),
        Route::post(&at("/{edgeId}/logs/jobs/{jobId}/upload"), upload),
    ]
}

/// The collection of the jobs of the edge in the call's path.
fn jobs_of(call: &Call<'_>, organization: &Organization) -> Result<String, ApiError> {
    let edge = find::<TelephonyEdge>(organization, &call.param("edgeId")?)?;
    Ok(format!("{}/logs/jobs", edge.uri()))
}

fn head(collection: &str, id: &str, began: Nanos) -> Map<String, Value> {
    let uri = format!("{collection}/{id}");
    Map::from_iter([
        ("id".to_owned(), json!(id)),
        ("name".to_owned(), json!("Edge logs")),
        ("version".to_owned(), json!(1)),
        ("state".to_owned(), json!("active")),
        ("dateCreated".to_owned(), json!(rfc3339(began))),
        ("selfUri".to_owned(), json!(uri)),
    ])
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.json_object()?;
    call.change(|organization| {
        let (collection, id) = (jobs_of(call, organization)?, Uuid::new_v4().to_string());
        let kept = Map::from_iter([(BEGAN.to_owned(), json!(call.now))]);
        organization.collections.insert(&collection, &id, kept);
        Reply::accepted(&head(&collection, &id, call.now))
    })
}

/// The job in the call's path, and its collection.
fn find_job(call: &Call<'_>, organization: &Organization) -> Result<(String, String, Entity), ApiError> {
    let (collection, id) = (jobs_of(call, organization)?, call.param("jobId")?.into_owned());
    let job = organization.collections.get(&collection, &id).cloned();
    let job = job.ok_or_else(|| ApiError::no_such("job", &id))?;
    Ok((collection, id, job))
}

/// A job with its files.
fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (collection, id, job) = find_job(call, &call.tenant().read())?;
    let began = job.get(BEGAN).and_then(Value::as_u64).unwrap_or_default();
    let status = if job.contains_key(UPLOADED) { "UPLOADED" } else { "NOT_UPLOADED" };
    let file = file_of(&id);
    let mut written = head(&collection, &id, began);
    written.insert(
        "files".to_owned(),
        json!([{ "id": file, "name": "edge.log", "state": "active", "timeCreated": rfc3339(began),
            "timeModified": rfc3339(began), "sizeBytes": 1024.0, "uploadStatus": status,
            "edgePath": "/logs/edge.log", "selfUri": format!("{collection}/{id}/files/{file}") }]),
    );
    Reply::ok(&written)
}

fn file_of(job: &str) -> Uuid {
    seed_id(Uuid::try_parse(job).unwrap_or_default(), "file")
}

/// Uploads files of a job. Ids that are not its files are ignored.
fn upload(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let ids = body.get("fileIds").and_then(Value::as_array).cloned().unwrap_or_default();
    call.change(|organization| {
        let (collection, id, job) = find_job(call, organization)?;
        let mut kept = Map::clone(&job);
        if ids.contains(&json!(file_of(&id))) {
            kept.insert(UPLOADED.to_owned(), json!(true));
        }
        organization.collections.insert(&collection, &id, kept);
        Ok(Reply::empty(StatusCode::ACCEPTED))
    })
}
