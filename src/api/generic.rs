//! Generic answers: the answers to paths without a handler.
//!
//! Below the platform's resource families a path is read word by word: a word names a collection or
//! an action, anything else an id. A collection lists what was created in it; `…/query` and
//! `…/search` find nothing, in the usual shape; `…/jobs` makes a job whose state moves with the
//! clock. Such answers carry `Gcmock-Note: generic`. A path outside of all families is a 404 with a hint. A path
//! through an entity that was deleted, or belongs to another organization, is a 404 as well.

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

/// How long a job runs, in model time.
const JOB_TIME: Nanos = 2_000_000_000;

/// Answers a path below `/api/v2` that no operation stands for.
pub fn answer(call: &Call<'_>) -> Result<Reply, ApiError> {
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

/// 404 for a path through an entity that was deleted, that another organization made, or that is not in a
/// collection that is known in full.
fn refuse_missing(call: &Call<'_>) -> Result<(), ApiError> {
    // No path of the platform is deeper; each step hashes the path up to there.
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

/// A uuid that nobody made is only missing where the seed says what there is, and where it is asked for itself.
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

/// No path of the platform has such segments: a sign of a path that was put together wrongly.
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
        ("GET" | "HEAD", true) => read(call, last),
        ("POST", _) if matches!(last, "query" | "search") => search(call),
        ("POST", _) if last == "jobs" => start_job(call),
        ("POST", _) => create(call),
        ("PUT" | "PATCH", true) => write(call, last),
        ("PUT" | "PATCH", false) => write_whole(call),
        ("DELETE", true) => delete(call, last),
        ("DELETE", false) => clear(call),
        _ => Err(ApiError::method_not_allowed("DELETE, GET, HEAD, PATCH, POST, PUT".to_owned())),
    }
}

/// A segment is an id when it has a digit or is known as one; else it is a word of the path.
fn is_id(call: &Call<'_>, segment: &str) -> bool {
    segment.bytes().any(|byte| byte.is_ascii_digit())
        || segment == "me"
        || call.tenant().read().collections.get(parent(call.path), segment).is_some()
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(parent, _)| parent)
}

/// Where a whole collection that was written at once is kept: the entity, and its only key.
const WHOLE: &str = "";

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let whole = call.tenant().read().collections.get(call.path, WHOLE).cloned();
    match whole {
        Some(whole) => Reply::ok(&whole.get(WHOLE)),
        None => Reply::ok(&entity::page(call, call.path)?),
    }
}

fn read(call: &Call<'_>, id: &str) -> Result<Reply, ApiError> {
    let stored = call.tenant().read().collections.get(parent(call.path), id).cloned();
    match stored {
        Some(entity) if parent(call.path).ends_with("/jobs") => Reply::ok(&job_now(&entity, call.now)),
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
        Some(Value::Array(items)) => create_all(call, items),
        Some(_) => Err(no_objects()),
    }
}

fn no_objects() -> ApiError {
    ApiError::bad_request("The body must be a JSON object or an array of objects.")
}

/// All of them or none.
fn create_all(call: &Call<'_>, items: Vec<Value>) -> Result<Reply, ApiError> {
    const MOST: usize = 1000;
    if items.len() > MOST {
        return Err(ApiError::bad_request(format!("At most {MOST} entities can be created at once.")));
    }
    let objects = items.into_iter().map(|item| match item {
        Value::Object(body) => Ok(body),
        _ => Err(no_objects()),
    });
    let objects: Vec<_> = objects.collect::<Result<_, _>>()?;
    let created = objects.into_iter().map(|body| entity::create(call, call.path, body));
    Reply::ok(&json!({ "entities": created.collect::<Vec<_>>() }))
}

fn write(call: &Call<'_>, id: &str) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let collection = parent(call.path);
    call.change(|organization| {
        let mut entity = match organization.collections.get(collection, id) {
            Some(entity) => Map::clone(entity),
            None => Map::from_iter([("id".to_owned(), json!(id)), ("selfUri".to_owned(), json!(call.path))]),
        };
        entity::lay_over(&mut entity, body);
        Reply::ok(&organization.collections.insert_chosen(collection, id, entity))
    })
}

/// PUT of something that is no entity in a list: kept and given back as it is.
fn write_whole(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json::<Value>()?;
    let stored = Map::from_iter([(WHOLE.to_owned(), body.clone())]);
    call.change(|organization| {
        organization.collections.insert(call.path, WHOLE, stored);
        Reply::ok(&body)
    })
}

fn delete(call: &Call<'_>, id: &str) -> Result<Reply, ApiError> {
    entity::remove(call, parent(call.path), "entity", id)
}

fn clear(call: &Call<'_>) -> Result<Reply, ApiError> {
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
    Reply::accepted(&job_now(&job, call.now))
}

/// When a job was started.
const SUBMITTED: &str = "submissionDate";

/// A job as it stands at `now`.
fn job_now(job: &Map<String, Value>, now: Nanos) -> Map<String, Value> {
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
