//! Generic answers: the answers to paths without a handler.
//!
//! A path of a resource family is read segment by segment: a word is a collection or an action, all else is an id. A
//! collection lists the entities that clients created in it. `…/query` and `…/search` answer an empty result in the
//! usual shape. `…/jobs` creates a job whose state follows the clock. Such answers carry `Gcmock-Note: generic`. A path
//! outside of all families is a 404 with a hint. A path through an entity that was deleted, or belongs to another
//! organization, is a 404 as well.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::call::Call;
use super::entity;
use crate::catalog::allow_value;
use crate::catalog::family::is_family;
use crate::catalog::path::is_misplaced_login;
use crate::identity::bearer;
use crate::time::Nanos;
use crate::time::clock::{parse_rfc3339, rfc3339};
use crate::wire::error::ApiError;
use crate::wire::paging;
use crate::wire::redact::redacted;
use crate::wire::reply::Reply;
use crate::world::Trace;

/// The duration of a job, in model time.
const JOB_TIME: Nanos = 2_000_000_000;

/// Answers a path below `/api/v2` without an operation.
pub(crate) fn answer(call: &Call<'_>) -> Result<Reply, ApiError> {
    let methods = call.platform.catalog.methods(call.path);
    if !methods.is_empty() {
        return Err(ApiError::method_not_allowed(allow_value(&methods)));
    }
    let below = call.path.strip_prefix("/api/v2/").unwrap_or_default();
    let family = below.split('/').next().unwrap_or_default();
    if !is_family(family) || call.platform.options.strict_paths || below.split('/').any(is_hostile) {
        return Err(not_a_path(call));
    }
    let last = below.rsplit('/').next().unwrap_or_default();
    let last = percent_decode_str(last).decode_utf8();
    let last = last.map_err(|_| ApiError::bad_request("The path is not UTF-8."))?;
    refuse_missing(call)?;
    dispatch(call, &last).map(Reply::generic)
}

/// Refuses a path through an entity that was deleted, that belongs to another organization, or that is not in a
/// seeded collection: 404.
fn refuse_missing(call: &Call<'_>) -> Result<(), ApiError> {
    // No path of the platform is deeper. Each step hashes the path up to its slash, so the depth bounds the work.
    const DEEPEST: usize = 32;
    for (slash, _) in call.path.match_indices('/').skip(3).take(DEEPEST) {
        let (collection, rest) = call.path.split_at(slash);
        let segment = rest[1..].split('/').next().unwrap_or_default();
        let Ok(id) = percent_decode_str(segment).decode_utf8() else { continue };
        if is_missing(call, collection, &id, rest.len() == segment.len() + 1) {
            return Err(ApiError::no_such("entity", &id));
        }
    }
    Ok(())
}

/// Whether the entity is missing. An unknown uuid is missing only in a seeded collection and as the last segment;
/// elsewhere a generic answer is plausible.
fn is_missing(call: &Call<'_>, collection: &str, id: &str, is_last: bool) -> bool {
    let (trace, seeded) = {
        let organization = call.tenant().read();
        (organization.trace(collection, id), organization.collections.is_seeded(collection))
    };
    match trace {
        Trace::Here { .. } => false,
        Trace::Removed { .. } => true,
        Trace::Unknown if is_last && seeded && Uuid::try_parse(id).is_ok() => true,
        Trace::Unknown => call.platform.tenants.is_of_another(call.tenant(), collection, id),
    }
}

/// Whether no path of the platform has such a segment: the client built its path wrongly.
fn is_hostile(segment: &str) -> bool {
    const LONGEST: usize = 1000;
    matches!(segment, "" | "." | "..") || segment.len() > LONGEST
}

fn not_a_path(call: &Call<'_>) -> ApiError {
    if is_misplaced_login(call.path) {
        return super::outside(call.platform, call.method, call.path);
    }
    let nearest = call.platform.catalog.nearest(call.path);
    let hint = nearest.map_or_else(String::new, |template| format!(" Did you mean {template}?"));
    let path: String = redacted(call.path, bearer(call.headers)).chars().take(200).collect();
    ApiError::no_such_path(&format!("{path} is not in the Genesys Cloud platform API.{hint}"))
}

fn dispatch(call: &Call<'_>, last: &str) -> Result<Reply, ApiError> {
    match (call.method.as_str(), is_id(call, last)) {
        ("GET" | "HEAD", false) => list(call),
        ("GET" | "HEAD", true) => get(call, last),
        ("POST", _) if matches!(last, "query" | "search") => search(call),
        ("POST", _) if last == "jobs" => start_job(call),
        ("POST", _) => create(call),
        ("PUT" | "PATCH", true) => update(call, last),
        ("PUT" | "PATCH", false) => put_whole(call),
        ("DELETE", true) => delete(call, last),
        ("DELETE", false) => delete_many(call),
        _ => Err(ApiError::method_not_allowed("DELETE, GET, HEAD, PATCH, POST, PUT".to_owned())),
    }
}

/// Whether a segment is an id: it has a digit, or is the id of a stored entity. All else is a word of the path.
fn is_id(call: &Call<'_>, segment: &str) -> bool {
    segment.bytes().any(|byte| byte.is_ascii_digit())
        || segment == "me"
        || call.tenant().read().collections.get(parent(call.path), segment).is_some()
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(parent, _)| parent)
}

/// The id, and the only key, of the entity that stores a PUT to a whole collection.
const WHOLE: &str = "";

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let whole = call.tenant().read().collections.get(call.path, WHOLE).cloned();
    match whole {
        Some(whole) => Reply::ok(&whole.get(WHOLE)),
        None => Reply::ok(&entity::list(call, call.path)?),
    }
}

fn get(call: &Call<'_>, id: &str) -> Result<Reply, ApiError> {
    let stored = call.tenant().read().collections.get(parent(call.path), id).cloned();
    match stored {
        Some(entity) if parent(call.path).ends_with("/jobs") => Reply::ok(&job_to_json(&entity, call.now)),
        Some(entity) => Reply::ok(&entity),
        None => Reply::ok(&json!({ "id": id, "name": id, "selfUri": call.path })),
    }
}

fn search(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_or_none::<Value>()?;
    let wanted = |key: &str| body.as_ref()?.get(key)?.as_u64().map(|number| number.to_string().into());
    let page = paging::PageRequest::parse(|name| wanted(name).or_else(|| call.query(name)))?;
    Reply::ok(&paging::empty_results(page))
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    match call.json_or_none::<Value>()? {
        None => Reply::accepted(&json!({})),
        Some(Value::Object(body)) => Reply::ok(&entity::create(call, call.path, body)),
        Some(Value::Array(items)) => create_many(call, items),
        Some(_) => Err(not_objects()),
    }
}

fn not_objects() -> ApiError {
    ApiError::bad_request("The body must be a JSON object or an array of objects.")
}

/// Creates several entities; if one is wrong, none.
fn create_many(call: &Call<'_>, items: Vec<Value>) -> Result<Reply, ApiError> {
    const MOST: usize = 1000;
    if items.len() > MOST {
        return Err(ApiError::bad_request(format!("At most {MOST} entities can be created at once.")));
    }
    let objects = items.into_iter().map(|item| match item {
        Value::Object(body) => Ok(body),
        _ => Err(not_objects()),
    });
    let objects: Vec<_> = objects.collect::<Result<_, _>>()?;
    let created = objects.into_iter().map(|body| entity::create(call, call.path, body));
    Reply::ok(&json!({ "entities": created.collect::<Vec<_>>() }))
}

fn update(call: &Call<'_>, id: &str) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let collection = parent(call.path);
    call.change(|organization| {
        let mut entity = match organization.collections.get(collection, id) {
            Some(entity) => Map::clone(entity),
            None => Map::from_iter([("id".to_owned(), json!(id)), ("selfUri".to_owned(), json!(call.path))]),
        };
        entity::merge_fields(&mut entity, body);
        Reply::ok(&organization.collections.insert_chosen(collection, id, entity))
    })
}

/// Stores the body of a PUT to a path without an id, and answers with it.
fn put_whole(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json::<Value>()?;
    let stored = Map::from_iter([(WHOLE.to_owned(), body.clone())]);
    call.change(|organization| {
        organization.collections.insert(call.path, WHOLE, stored);
        Reply::ok(&body)
    })
}

fn delete(call: &Call<'_>, id: &str) -> Result<Reply, ApiError> {
    entity::delete(call, parent(call.path), "entity", id)
}

fn delete_many(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = call.query_list("id");
    call.change(|organization| {
        if ids.is_empty() {
            organization.collections.remove(call.path, WHOLE);
        }
        for id in &ids {
            organization.collections.remove(call.path, id);
        }
        Ok(Reply::no_content())
    })
}

fn start_job(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.json_or_none::<Value>()?;
    let job = Map::from_iter([(SUBMITTED.to_owned(), json!(rfc3339(call.now)))]);
    let job = entity::create(call, call.path, job);
    Reply::accepted(&job_to_json(&job, call.now))
}

/// The key of the start of a job.
const SUBMITTED: &str = "submissionDate";

/// The job with its state at `now`.
fn job_to_json(job: &Map<String, Value>, now: Nanos) -> Map<String, Value> {
    let started = job.get(SUBMITTED).and_then(Value::as_str).and_then(parse_rfc3339).unwrap_or_default();
    let ends = started.saturating_add(JOB_TIME);
    let mut shown = job.clone();
    shown.insert("jobId".to_owned(), job.get("id").cloned().unwrap_or_default());
    shown.insert("state".to_owned(), json!(if now >= ends { "FULFILLED" } else { "RUNNING" }));
    shown.insert("status".to_owned(), json!(if now >= ends { "Complete" } else { "Processing" }));
    if now >= ends {
        shown.insert("completionDate".to_owned(), json!(rfc3339(ends)));
    }
    shown
}
