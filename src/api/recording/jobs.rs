//! Recordings of many conversations: batch downloads, and jobs that archive, delete or export.

use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::api::analytics::details;
use crate::api::call::Call;
use crate::api::conversations::recordings::{audio_uri, change_dates};
use crate::api::entity;
use crate::api::interval::interval;
use crate::api::record::check_references_of;
use crate::api::refusal;
use crate::api::route::Route;
use crate::time::Nanos;
use crate::time::clock::{parse_rfc3339, rfc3339};
use crate::view::conversation::{ConversationView, recording::Recording};
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::collection::Entity;
use crate::world::integration::Integration;
use crate::world::json::object;
use crate::world::reference::Reference;

type Body = Map<String, Value>;

const BATCHES: &str = "/api/v2/recording/batchrequests";
const JOBS: &str = "/api/v2/recording/jobs";
/// The most requests of one batch. Documented.
const MAX_BATCH: usize = 100;
const SECOND: Nanos = 1_000_000_000;
const DAY: Nanos = 24 * 3600 * SECOND;
/// From here on a batch is completed, and a started job is fulfilled.
const DONE_AFTER: Nanos = 2 * SECOND;
/// The keys under which a job keeps its instants, in nanoseconds.
const SUBMITTED: &str = "submitted";
const STARTED: &str = "started";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post(BATCHES, create_batch),
        Route::get(&format!("{BATCHES}/{{jobId}}"), get_batch),
        Route::get(JOBS, list_jobs),
        Route::post(JOBS, create_job),
        Route::get(&format!("{JOBS}/{{jobId}}"), get_job),
        Route::put(&format!("{JOBS}/{{jobId}}"), start_job),
        Route::delete(&format!("{JOBS}/{{jobId}}"), delete_job),
        Route::get(&format!("{JOBS}/{{jobId}}/failedrecordings"), list_failed),
    ]
}

/// `POST …/batchrequests`.
fn create_batch(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let asked = body.get("batchDownloadRequestList").and_then(Value::as_array);
    let asked = asked.filter(|asked| (1..=MAX_BATCH).contains(&asked.len())).ok_or_else(|| {
        ApiError::bad_request(format!(
            "The property batchDownloadRequestList is required and must be an array of 1 to {MAX_BATCH} requests."
        ))
    })?;
    let kept = [("asked".to_owned(), json!(asked)), (SUBMITTED.to_owned(), json!(call.now))];
    let batch = entity::create(call, BATCHES, Body::from_iter(kept));
    Reply::ok(&json!({ "id": batch.get("id"), "selfUri": batch.get("selfUri") }))
}

/// `GET …/batchrequests/{jobId}`.
fn get_batch(call: &Call<'_>) -> Result<Reply, ApiError> {
    let batch = entity::get(call, BATCHES, "batch request", &call.param("jobId")?)?;
    let asked = batch.get("asked").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let done = call.now >= instant(&batch, SUBMITTED).unwrap_or_default() + DONE_AFTER;
    let results: Vec<_> = asked.iter().filter(|_| done).flat_map(|one| results_of(call, one)).collect();
    let errors = results.iter().filter(|result| result.get("errorMsg").is_some()).count();
    Reply::ok(&json!({
        "id": batch.get("id"),
        "jobId": batch.get("id"),
        "expectedResultCount": if done { results.len() } else { asked.len() },
        "resultCount": results.len(),
        "errorCount": errors,
        "status": if done { "Completed" } else { "InProgress" },
        "results": results,
        "selfUri": batch.get("selfUri"),
    }))
}

/// The results of one request: the recording that it names, or all of its conversation.
fn results_of(call: &Call<'_>, asked: &Value) -> Vec<Value> {
    let text = |key: &str| asked.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let (conversation, wanted) = (text("conversationId").unwrap_or_default(), text("recordingId"));
    let mut found = recordings_of(call, conversation);
    found.retain(|one| wanted.is_none_or(|wanted| Uuid::try_parse(wanted) == Ok(one.id)));
    if found.is_empty() {
        let mut shown = json!({ "conversationId": conversation, "errorMsg": "There is no such recording." });
        if let Some(wanted) = wanted {
            shown["recordingId"] = json!(wanted);
        }
        return vec![shown];
    }
    let shown = found.iter().map(|one| {
        json!({
            "conversationId": conversation,
            "recordingId": one.id,
            "resultUrl": audio_uri(call, one.id),
            "contentType": "audio/wav",
        })
    });
    shown.collect()
}

fn recordings_of(call: &Call<'_>, conversation: &str) -> Vec<Recording> {
    let organization = call.tenant().read();
    let store = organization.conversations();
    let key = Uuid::try_parse(conversation).ok().and_then(|id| store.find(id));
    let view = key.and_then(|key| ConversationView::of(&organization, key, 0, call.now));
    view.map(|view| view.recordings(&organization, call.now)).unwrap_or_default()
}

/// `POST …/jobs`: counts the recordings that the query finds. The job waits to be started.
fn create_job(call: &Call<'_>) -> Result<Reply, ApiError> {
    const ACTIONS: [&str; 3] = ["ARCHIVE", "DELETE", "EXPORT"];
    let body = call.json_object()?;
    let action = entity::required_text(&body, "action")?;
    if !ACTIONS.contains(&action) {
        return Err(ApiError::invalid_value("action", action, &ACTIONS.join(", ")));
    }
    check_integration(call, action, &body)?;
    if let Some(aged) = body.get("agedConversationInterval").and_then(Value::as_str) {
        interval("agedConversationInterval", aged)?;
    }
    let query = body.get("conversationQuery").and_then(Value::as_object);
    let counted = query.map(|query| find_recordings(call, &call.tenant().read(), query)).transpose()?;
    let (conversations, recordings) = counted.map_or((0, 0), |(count, all)| (count, all.len()));
    let job = Body::from_iter([
        ("query".to_owned(), body.into()),
        ("conversations".to_owned(), json!(conversations)),
        ("recordings".to_owned(), json!(recordings)),
        ("user".to_owned(), json!(owner(call))),
        (SUBMITTED.to_owned(), json!(call.now)),
    ]);
    let mut shown = to_json(call, &entity::create(call, JOBS, job));
    // The recordings are counted by the time at which the client asks again.
    shown.insert("state".to_owned(), json!("PENDING"));
    Reply::accepted(&shown)
}

/// Refuses an export without an integration that exists.
fn check_integration(call: &Call<'_>, action: &str, body: &Body) -> Result<(), ApiError> {
    const INTEGRATION: Reference = Reference::to::<Integration>("integrationId");
    if action != "EXPORT" {
        return Ok(());
    }
    entity::required_text(body, "integrationId").map_err(|_| refusal::of_missing("integrationId"))?;
    check_references_of(&call.tenant().read(), &[INTEGRATION], body)
}

/// The id of the token's user.
fn owner(call: &Call<'_>) -> Option<String> {
    let organization = call.tenant().read();
    call.caller.token.user.and_then(|user| organization.people().at(user)).map(|user| user.id.to_string())
}

/// How many conversations a query finds, and their recordings.
fn find_recordings(
    call: &Call<'_>,
    organization: &Organization,
    query: &Body,
) -> Result<(usize, Vec<Recording>), ApiError> {
    let keys = details::find(call, organization, query)?;
    let views = keys.iter().filter_map(|key| ConversationView::of(organization, *key, 0, call.now));
    Ok((keys.len(), views.flat_map(|view| view.recordings(organization, call.now)).collect()))
}

/// The date of a recording that an action sets.
const DATES: [(&str, &str); 3] =
    [("ARCHIVE", "archiveDate"), ("DELETE", "deleteDate"), ("EXPORT", "exportDate")];

/// The recordings of a job, each with the date of its action: when the job is fulfilled, or at the date or the age that
/// its query has.
fn actions(call: &Call<'_>, job: &Body) -> Result<Vec<(Recording, Nanos)>, ApiError> {
    let query = job.get("query").and_then(Value::as_object);
    let Some(query) = query else { return Ok(Vec::new()) };
    let done = call.now + DONE_AFTER;
    let date = parse_rfc3339(entity::text(query, "actionDate"));
    let age = query.get("actionAge").and_then(Value::as_u64).map(|days| days.saturating_mul(DAY));
    let wanted = query.get("conversationQuery").and_then(Value::as_object);
    let all = wanted.map(|wanted| find_recordings(call, &call.tenant().read(), wanted)).transpose()?;
    let dated = all.into_iter().flat_map(|(_, all)| all).map(|one| {
        let of_age = age.map(|age| one.ended.saturating_add(age));
        let at = date.or(of_age).map_or(done, |at| at.max(done));
        (one, at)
    });
    Ok(dated.collect())
}

fn instant(job: &Body, key: &str) -> Option<Nanos> {
    job.get(key).and_then(Value::as_u64)
}

/// The job as it is now.
fn to_json(call: &Call<'_>, job: &Body) -> Body {
    let submitted = instant(job, SUBMITTED).unwrap_or_default();
    let state = match instant(job, STARTED) {
        Some(started) if call.now >= started + DONE_AFTER => "FULFILLED",
        Some(_) => "PROCESSING",
        None => "READY",
    };
    let of = |key: &str| job.get(key).cloned().unwrap_or_default();
    let processed = if state == "FULFILLED" { of("recordings") } else { json!(0) };
    let mut shown = json!({
        "id": of("id"),
        "state": state,
        "recordingJobsQuery": of("query"),
        "dateCreated": rfc3339(submitted),
        "totalConversations": of("conversations"),
        "totalRecordings": of("recordings"),
        "totalSkippedRecordings": 0,
        "totalFailedRecordings": 0,
        "totalProcessedRecordings": processed,
        "percentProgress": if state == "FULFILLED" { 100 } else { 0 },
        "failedRecordings": format!("{}/failedrecordings", entity::text(job, "selfUri")),
        "selfUri": of("selfUri"),
    });
    if let Some(id) = job.get("user").and_then(Value::as_str) {
        shown["user"] = user::reference(id);
    }
    object(shown)
}

/// `GET …/jobs`, of one state, of one type and of the caller where the client asks for it.
fn list_jobs(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (state, kind) = (call.query_text("state"), call.query_text("jobType"));
    let own = call.query_flag("showOnlyMyJobs").then(|| owner(call));
    let is_of = |job: &Body, kind: &str| {
        let action = job.get("query").and_then(|query| query.get("action")?.as_str());
        action.is_some_and(|action| action.eq_ignore_ascii_case(kind))
    };
    let is_wanted = |job: &Body| {
        state.as_ref().is_none_or(|state| to_json(call, job).get("state") == Some(&json!(state)))
            && kind.as_ref().is_none_or(|kind| is_of(job, kind))
            && own.as_ref().is_none_or(|own| is_own(job, own.as_deref()))
    };
    let page = entity::list_where(call, JOBS, is_wanted)?;
    Reply::ok(&entity::map_page(page, |job| to_json(call, job)))
}

/// Whether a job is of that user. A token without a user has no jobs of its own (assumed).
fn is_own(job: &Body, user: Option<&str>) -> bool {
    user.is_some_and(|user| entity::text(job, "user") == user)
}

fn get_job(call: &Call<'_>) -> Result<Reply, ApiError> {
    let job = entity::get(call, JOBS, "recording job", &call.param("jobId")?)?;
    Reply::ok(&to_json(call, &job))
}

/// `PUT …/jobs/{jobId}` with `{"state":"PROCESSING"}`: starts a job that is ready.
fn start_job(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let state = entity::required_text(&body, "state")?;
    if state != "PROCESSING" {
        return Err(ApiError::invalid_value("state", state, "PROCESSING"));
    }
    let id = call.param("jobId")?;
    let job = entity::get(call, JOBS, "recording job", &id)?;
    if job.contains_key(STARTED) {
        return Reply::ok(&to_json(call, &job));
    }
    // The query may take long or be refused: it runs before the change, and without its lock.
    let actions = actions(call, &job)?;
    let job = call.change(|organization| start(call, organization, &id, actions))?;
    Reply::ok(&to_json(call, &job))
}

/// Marks a job as started and sets the dates of its action. A job that another request has started stays as it is.
fn start(
    call: &Call<'_>,
    organization: &mut Organization,
    id: &str,
    actions: Vec<(Recording, Nanos)>,
) -> Result<Entity, ApiError> {
    let mut is_started = false;
    let job = organization.collections.update(JOBS, id, |job| {
        is_started = job.contains_key(STARTED);
        job.entry(STARTED).or_insert(json!(call.now));
        Ok::<_, ApiError>(())
    });
    let job = job.ok_or_else(|| ApiError::no_such("recording job", id))??;
    let action = job.get("query").map_or("", |query| query["action"].as_str().unwrap_or_default());
    let Some((_, date)) = DATES.iter().find(|(name, _)| *name == action) else { return Ok(job) };
    for (one, at) in actions.into_iter().filter(|_| !is_started) {
        change_dates(organization, &one, |dates| {
            dates.insert((*date).to_owned(), json!(rfc3339(at)));
        });
    }
    Ok(job)
}

fn delete_job(call: &Call<'_>) -> Result<Reply, ApiError> {
    entity::delete(call, JOBS, "recording job", &call.param("jobId")?)
}

/// `GET …/failedrecordings`: no recording fails here.
fn list_failed(call: &Call<'_>) -> Result<Reply, ApiError> {
    entity::get(call, JOBS, "recording job", &call.param("jobId")?)?;
    let path = call.path;
    Reply::json(StatusCode::OK, &Page::<Value>::new(Vec::new(), 0, call.page()?, path, call.query))
}
