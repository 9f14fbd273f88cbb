//! Aggregates of families in which nothing happens here: a sound query has no results.

use serde_json::{Map, Value, json};

use super::bounds::{read_names, read_query};
use super::time::{read_interval, read_step};
use crate::api::call::Call;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;

/// The families that have jobs as well.
pub(super) const FAMILIES_WITH_JOBS: [&str; 13] = [
    "actions",
    "bots",
    "casemanagement",
    "evaluations",
    "flowexecutions",
    "flows",
    "journeys",
    "knowledge",
    "resolutions",
    "summaries",
    "surveys",
    "taskmanagement",
    "transcripts",
];

pub(super) fn routes() -> Vec<Route> {
    let all = FAMILIES_WITH_JOBS.into_iter().chain(["agentcopilots"]);
    all.map(|family| Route::post(&format!("/api/v2/analytics/{family}/aggregates/query"), query)).collect()
}

/// Checks the interval, the granularity and the metrics of a query.
pub(super) fn check(body: &Map<String, Value>) -> Result<(), ApiError> {
    let interval = read_interval(body)?;
    read_step(body, interval)?;
    if read_names(body, "metrics")?.is_empty() {
        return Err(ApiError::bad_request(
            "The property metrics is required and must be an array of at least one string.",
        ));
    }
    Ok(())
}

fn query(call: &Call<'_>) -> Result<Reply, ApiError> {
    check(&read_query(call)?)?;
    Reply::ok(&json!({ "results": [] }))
}
