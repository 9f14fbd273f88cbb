//! Asynchronous queries: a job is queued, pending, then fulfilled, by the clock. Its results are those of the query that
//! answers at once, computed when they are read.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::bounds::read_query;
use super::time::read_interval;
use super::user_records::RecordFilters;
use super::{aggregates, details, samples, users};
use crate::api::call::Call;
use crate::api::entity;
use crate::api::route::Route;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::view::conversation::{ConversationView, MESSAGES};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;

type Body = Map<String, Value>;

const SECOND: Nanos = 1_000_000_000;
/// From here on a job is pending.
const PENDING_AFTER: Nanos = SECOND;
/// From here on its results are there.
const FULFILLED_AFTER: Nanos = 2 * SECOND;
/// The results are kept for this time. Documented: a week.
const EXPIRES_AFTER: Nanos = 7 * 24 * 3600 * SECOND;
/// The default and the greatest number of results of a page.
const PAGE: (usize, usize) = (1000, 10_000);

/// The bodies of the query and the answers of jobs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    ConversationDetails,
    ConversationAggregates,
    UserDetails,
    UserAggregates,
    /// Aggregates of what happens once each.
    Samples,
}

const DETAILS: [&str; 2] = ["/api/v2/analytics/conversations/details", "/api/v2/analytics/users/details"];

impl Kind {
    /// The kind of the job at a path.
    fn at(path: &str) -> Self {
        let below = path.strip_prefix("/api/v2/analytics/").unwrap_or_default();
        match below.split_once("/jobs").map_or(below, |(family, _)| family) {
            "conversations/details" => Self::ConversationDetails,
            "conversations/aggregates" => Self::ConversationAggregates,
            "users/details" => Self::UserDetails,
            "users/aggregates" => Self::UserAggregates,
            _ => Self::Samples,
        }
    }
}

pub(super) fn routes() -> Vec<Route> {
    let aggregates = ["conversations", "users"].into_iter().chain(samples::FAMILIES_WITH_JOBS);
    let aggregates = aggregates.map(|family| format!("/api/v2/analytics/{family}/aggregates"));
    let all = DETAILS.into_iter().map(str::to_owned).chain(aggregates);
    let mut routes: Vec<_> = all
        .flat_map(|base| {
            let one = format!("{base}/jobs/{{jobId}}");
            [
                Route::post(&format!("{base}/jobs"), create),
                Route::get(&one, get),
                Route::delete(&one, delete),
                Route::get(&format!("{one}/results"), get_results),
            ]
        })
        .collect();
    routes.extend(DETAILS.map(|base| Route::get(&format!("{base}/jobs/availability"), get_availability)));
    routes
}

/// The key of a job's instant of submission, in nanoseconds.
const SUBMITTED: &str = "submitted";

/// `POST …/jobs`: checks the query and starts a job.
fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = read_query(call)?;
    check(call, &body)?;
    let job = Body::from_iter([("query".to_owned(), body.into()), (SUBMITTED.to_owned(), json!(call.now))]);
    let job = entity::create(call, call.path, job);
    Reply::accepted(&json!({ "jobId": job.get("id") }))
}

fn check(call: &Call<'_>, body: &Body) -> Result<(), ApiError> {
    match Kind::at(call.path) {
        Kind::ConversationDetails => details::Question::read(body, &call.tenant().read()).map(drop),
        Kind::ConversationAggregates => aggregates::Query::read(body).map(drop),
        Kind::UserAggregates => users::check_aggregates(body),
        Kind::UserDetails => read_interval(body).and_then(|_| RecordFilters::read(body)).map(drop),
        Kind::Samples => samples::check(body),
    }
}

/// The job in the call's path.
fn find(call: &Call<'_>) -> Result<(Body, Nanos), ApiError> {
    let id = call.param("jobId")?;
    let (collection, _) = call.path.split_once("/jobs").unwrap_or_default();
    let job = entity::get(call, &format!("{collection}/jobs"), "job", &id)?;
    let query = job.get("query").and_then(Value::as_object).cloned().unwrap_or_default();
    Ok((query, job.get(SUBMITTED).and_then(Value::as_u64).unwrap_or_default()))
}

/// The state of a job of that age.
const fn state(age: Nanos) -> &'static str {
    match age {
        _ if age < PENDING_AFTER => "QUEUED",
        _ if age < FULFILLED_AFTER => "PENDING",
        _ if age < EXPIRES_AFTER => "FULFILLED",
        _ => "EXPIRED",
    }
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (_, submitted) = find(call)?;
    let age = call.now.saturating_sub(submitted);
    let mut shown = json!({ "state": state(age), "submissionDate": rfc3339(submitted) });
    if age >= FULFILLED_AFTER {
        shown["completionDate"] = json!(rfc3339(submitted + FULFILLED_AFTER));
        shown["expirationDate"] = json!(rfc3339(submitted + EXPIRES_AFTER));
    }
    Reply::ok(&shown)
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (collection, _) = call.path.split_once("/jobs").unwrap_or_default();
    entity::delete(call, &format!("{collection}/jobs"), "job", &call.param("jobId")?)
}

/// `GET …/jobs/{jobId}/results`.
fn get_results(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (query, submitted) = find(call)?;
    let state = state(call.now.saturating_sub(submitted));
    if state != "FULFILLED" {
        let why = format!("The job is {state}. It has results when it is FULFILLED.");
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "bad.request", why));
    }
    match Kind::at(call.path) {
        Kind::ConversationDetails => get_conversations(call, (&query, submitted)),
        Kind::UserDetails => get_users(call, &query),
        Kind::ConversationAggregates => Reply::ok(&json!({ "results": aggregates::results(call, &query)? })),
        Kind::UserAggregates => Reply::ok(&users::aggregates(call, &query)?),
        Kind::Samples => Reply::ok(&json!({ "results": samples::results(call, &query)? })),
    }
}

/// Where a page of results begins, and its greatest length.
fn read_cursor(call: &Call<'_>) -> Result<(usize, usize), ApiError> {
    let cursor = call.query_text("cursor").map_or(Some(0), |text| text.parse().ok());
    let cursor = cursor.ok_or_else(|| ApiError::bad_request("The cursor is not one of this server."))?;
    let size = call.query_text("pageSize").map_or(Some(PAGE.0), |text| text.parse().ok());
    let size = size.filter(|size| *size > 0);
    let size = size.ok_or_else(|| {
        let size = call.query_text("pageSize").unwrap_or_default();
        ApiError::invalid_value("pageSize", &size, "whole numbers from 1")
    })?;
    Ok((cursor, size.min(PAGE.1)))
}

fn get_conversations(call: &Call<'_>, (query, submitted): (&Body, Nanos)) -> Result<Reply, ApiError> {
    let (from, size) = read_cursor(call)?;
    let (views, notes, total) = {
        let organization = call.tenant().read();
        let mut keys = details::find(call, &organization, query)?;
        // What began later would shift the pages of the cursors that were given.
        let store = organization.conversations();
        keys.retain(|key| store.glance(*key).is_some_and(|glance| glance.opened() <= submitted));
        let page = keys.iter().skip(from).take(size);
        let views: Vec<_> =
            page.filter_map(|key| ConversationView::of(&organization, *key, MESSAGES, call.now)).collect();
        let notes = details::notes(call, &organization, &views);
        (views, notes, keys.len())
    };
    let shown = views.iter().map(|view| notes.add_to(view.details_with_attributes())).collect();
    Reply::ok(&page("conversations", shown, (from.saturating_add(size), total), call))
}

fn get_users(call: &Call<'_>, query: &Body) -> Result<Reply, ApiError> {
    let (from, size) = read_cursor(call)?;
    let (shown, total) = users::details(call, query, (from, size))?;
    Reply::ok(&page("userDetails", shown, (from.saturating_add(size), total), call))
}

fn page(key: &str, shown: Vec<Value>, (next, total): (usize, usize), call: &Call<'_>) -> Value {
    let mut page = Map::from_iter([(key.to_owned(), shown.into())]);
    if next < total {
        page.insert("cursor".to_owned(), json!(next.to_string()));
    }
    page.insert("dataAvailabilityDate".to_owned(), json!(rfc3339(call.now)));
    page.into()
}

/// `GET …/jobs/availability`: everything until now is there.
fn get_availability(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&json!({ "dataAvailabilityDate": rfc3339(call.now) }))
}
