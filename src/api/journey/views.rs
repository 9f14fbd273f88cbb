//! Journey views. Each change makes a version; a job computes the results of one version.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::api::announce::{TopicEvent, pick};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::interval::interval;
use crate::api::json_entity::{self, Body, JsonEntity, answer, author_reference, job};
use crate::api::route::Route;
use crate::api::setting;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;

const VIEWS: &str = "/api/v2/journey/views";

pub(super) fn routes() -> Vec<Route> {
    let one = format!("{VIEWS}/{{viewId}}");
    let jobs = format!("{one}/versions/{{journeyVersionId}}/jobs");
    vec![
        Route::get(VIEWS, json_entity::list::<View>),
        Route::post(VIEWS, json_entity::create::<View>),
        Route::get(&one, json_entity::get::<View>),
        Route::delete(&one, json_entity::delete::<View>),
        Route::post(&format!("{one}/versions"), create_version),
        Route::get(&format!("{one}/versions/{{versionId}}"), get_version),
        Route::put(&format!("{one}/versions/{{versionId}}"), update_version),
        Route::get(&format!("{one}/schedules"), get_schedule),
        Route::post(&format!("{one}/schedules"), create_schedule),
        Route::put(&format!("{one}/schedules"), update_schedule),
        Route::delete(&format!("{one}/schedules"), delete_schedule),
        Route::post(&jobs, create_job).publishes_later(job_events),
        Route::get(&format!("{jobs}/latest"), get_latest_job),
        Route::get(&format!("{jobs}/{{jobId}}"), get_job),
        Route::patch(&format!("{jobs}/{{jobId}}"), cancel_job).publishes_later(cancel_events),
    ]
}

/// A view: its newest version. All versions are kept below it.
enum View {}

impl JsonEntity for View {
    const NAME: &'static str = "journey view";
    const PATH: &'static str = VIEWS;
    const PARAM: &'static str = "viewId";

    fn check(_: &Call<'_>, _: &Organization, _: Option<&Body>, body: &Body) -> Result<(), ApiError> {
        check_interval(body)
    }

    fn start(_: &Call<'_>, _: &Organization, entity: &mut Body) {
        entity.insert("version".to_owned(), json!(1));
        drop_empty_times(entity);
        give_chart_ids(entity);
    }

    fn relate(_: &Call<'_>, organization: &mut Organization, entity: &Body) {
        let (path, number) = (versions_of(text(entity, "id")), version(entity));
        organization.collections.insert(&path, &number.to_string(), entity.clone());
    }

    fn matches(call: &Call<'_>, _: &Organization, entity: &Body) -> bool {
        let wanted = call.query_text("nameOrCreatedBy").map(|wanted| wanted.to_lowercase());
        wanted.is_none_or(|wanted| text(entity, "name").to_lowercase().contains(&wanted))
    }
}

fn check_interval(body: &Body) -> Result<(), ApiError> {
    let given = body.get("interval").and_then(Value::as_str).filter(|text| !text.is_empty());
    given.map_or(Ok(()), |text| interval("interval", text).map(drop))
}

/// Leaves out an interval or a duration that is empty. Clients send both, and one of them has a value.
fn drop_empty_times(view: &mut Body) {
    view.retain(|key, value| !(["interval", "duration"].contains(&key.as_str()) && value == ""));
}

/// Gives the charts of a view the ids that the body lacks.
fn give_chart_ids(entity: &mut Body) {
    let charts = entity.get_mut("charts").and_then(Value::as_array_mut).into_iter().flatten();
    for chart in charts.filter_map(Value::as_object_mut) {
        chart.entry("id").or_insert(json!(Uuid::new_v4()));
        chart.entry("version").or_insert(json!(1));
    }
}

fn version(view: &Body) -> u64 {
    view.get("version").and_then(Value::as_u64).unwrap_or(1)
}

fn versions_of(view: &str) -> String {
    format!("{VIEWS}/{view}/versions")
}

/// The version of a view that the path names under `parameter`.
fn find_version<'o>(
    call: &Call<'_>,
    organization: &'o Organization,
    parameter: &str,
) -> Result<&'o Body, ApiError> {
    let (view, number) = (call.param("viewId")?, call.param(parameter)?);
    json_entity::find::<View>(call, organization)?;
    let found = organization.collections.get(&versions_of(&view), &number);
    found.map(|version| &**version).ok_or_else(|| ApiError::no_such("version", &number))
}

/// `POST …/versions`: the next version.
fn create_version(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (mut body, author) = (call.json_object()?, author_reference(call));
    check_interval(&body)?;
    body.retain(|key, _| !["id", "selfUri", "version", "createdBy", "dateCreated"].contains(&key.as_str()));
    let view = call.change(|organization| {
        let mut view = Map::clone(json_entity::find::<View>(call, organization)?);
        let number = version(&view) + 1;
        view.extend(body);
        view.insert("version".to_owned(), json!(number));
        view.insert("modifiedBy".to_owned(), author);
        view.insert("dateModified".to_owned(), json!(rfc3339(call.now)));
        drop_empty_times(&mut view);
        give_chart_ids(&mut view);
        let id = text(&view, "id").to_owned();
        let view = organization.collections.insert(VIEWS, &id, view);
        View::relate(call, organization, &view);
        Ok(Map::clone(&view))
    })?;
    answer::reply(call, view)
}

fn get_version(call: &Call<'_>) -> Result<Reply, ApiError> {
    let found = find_version(call, &call.tenant().read(), "versionId")?.clone();
    answer::reply(call, found)
}

/// `PUT …/versions/{versionId}`: the name and the description of the newest version.
fn update_version(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    check_interval(&body)?;
    let view = call.change(|organization| {
        let mut found = find_version(call, organization, "versionId")?.clone();
        let id = text(&found, "id").to_owned();
        let newest = organization.collections.get(VIEWS, &id).map_or(0, |view| version(view));
        if version(&found) != newest {
            return Err(ApiError::conflict("Only the newest version of a journey view can be changed."));
        }
        found.extend(
            body.into_iter().filter(|(key, _)| ["name", "description", "charts"].contains(&key.as_str())),
        );
        found.insert("dateModified".to_owned(), json!(rfc3339(call.now)));
        give_chart_ids(&mut found);
        let view = organization.collections.insert(VIEWS, &id, found);
        View::relate(call, organization, &view);
        Ok(Map::clone(&view))
    })?;
    answer::reply(call, view)
}

/// The path of the schedule of a view.
fn schedule_path(call: &Call<'_>, organization: &Organization) -> Result<String, ApiError> {
    let view = json_entity::find::<View>(call, organization)?;
    Ok(format!("{}/schedules", text(view, "selfUri")))
}

fn get_schedule(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let path = schedule_path(call, &organization)?;
    let schedule = setting::stored(&organization, &path);
    drop(organization);
    answer::reply(
        call,
        schedule.ok_or_else(|| ApiError::no_such("schedule", &call.param("viewId").unwrap_or_default()))?,
    )
}

fn create_schedule(call: &Call<'_>) -> Result<Reply, ApiError> {
    store_schedule(call, true)
}

fn update_schedule(call: &Call<'_>) -> Result<Reply, ApiError> {
    store_schedule(call, false)
}

fn store_schedule(call: &Call<'_>, is_new: bool) -> Result<Reply, ApiError> {
    let (mut body, author) = (call.json_object()?, author_reference(call));
    let schedule = call.change(|organization| {
        let path = schedule_path(call, organization)?;
        let view = call.param("viewId")?;
        let known = setting::stored(organization, &path).is_some();
        if is_new && known {
            return Err(ApiError::conflict("The journey view has a schedule already."));
        }
        if !is_new && !known {
            return Err(ApiError::no_such("schedule", &view));
        }
        body.insert("id".to_owned(), json!(view));
        body.insert("dateModified".to_owned(), json!(rfc3339(call.now)));
        body.insert("user".to_owned(), author);
        body.insert("selfUri".to_owned(), json!(path));
        setting::set(organization, &path, body.clone());
        Ok(body)
    })?;
    answer::reply(call, schedule)
}

fn delete_schedule(call: &Call<'_>) -> Result<Reply, ApiError> {
    let schedule = call.change(|organization| {
        let path = schedule_path(call, organization)?;
        let removed = organization.collections.remove(&path, "");
        let view = call.param("viewId")?;
        removed.map(|schedule| Map::clone(&schedule)).ok_or_else(|| ApiError::no_such("schedule", &view))
    })?;
    answer::reply(call, schedule)
}

fn jobs_of(call: &Call<'_>) -> Result<String, ApiError> {
    let (view, number) = (call.param("viewId")?, call.param("journeyVersionId")?);
    Ok(format!("{}/{number}/jobs", versions_of(&view)))
}

/// `POST …/jobs`: computes a version.
fn create_job(call: &Call<'_>) -> Result<Reply, ApiError> {
    let view = find_version(call, &call.tenant().read(), "journeyVersionId")?.clone();
    let author = author_reference(call);
    let mut stored = Map::from_iter([
        ("journeyView".to_owned(), Value::Object(view)),
        ("dateCreated".to_owned(), json!(rfc3339(call.now))),
        ("userId".to_owned(), author.get("id").cloned().unwrap_or_default()),
    ]);
    job::start(call, &mut stored);
    let stored = crate::api::entity::create(call, &jobs_of(call)?, stored);
    answer::reply(call, job_to_json(call, &stored))
}

/// `v2.journey.views.jobs.{id}.notification`: the job runs, and it is complete.
fn job_events(call: &Call<'_>, answered: &Value) -> Vec<TopicEvent> {
    let (topic, running) = job_event(answered, "Executing");
    let (_, mut complete) = job_event(answered, "Complete");
    complete["dateCompleted"] = json!(rfc3339(call.now.saturating_add(job::DONE_AFTER)));
    vec![
        TopicEvent::later(job::RUNS_AFTER, topic.clone(), running),
        TopicEvent::later(job::DONE_AFTER, topic, complete),
    ]
}

/// `v2.journey.views.jobs.{id}.notification`: the job was cancelled, so what it would have published is not.
fn cancel_events(_: &Call<'_>, answered: &Value) -> Vec<TopicEvent> {
    if answered["status"] != "Cancelled" {
        return Vec::new();
    }
    let (topic, body) = job_event(answered, "Cancelled");
    vec![TopicEvent::instead(topic, body)]
}

/// The topic of a job and the body of its event. The property names are those of the vendor's SDKs (August 2026).
fn job_event(shown: &Value, status: &str) -> (String, Value) {
    let mut body =
        pick(shown, &["id", "dateCreated", "dateCompletionEstimated", "estimatedCompletionMargin", "userId"]);
    body["status"] = json!(status);
    body["journeyView"] = pick(&shown["journeyView"], &["id", "version"]);
    let id = shown["id"].as_str().unwrap_or_default();
    (format!("v2.journey.views.jobs.{id}.notification"), body)
}

/// The field of a cancelled job.
const CANCELLED: &str = "\u{0}cancelled";

fn job_to_json(call: &Call<'_>, stored: &Body) -> Body {
    let mut shown = stored.clone();
    let state = job::state(call, stored, ["Accepted", "Executing", "Complete"]);
    let state = if stored.contains_key(CANCELLED) { "Cancelled" } else { state };
    let created = stored.get("dateCreated").cloned().unwrap_or_default();
    shown.insert("status".to_owned(), json!(state));
    for key in ["dateCompleted", "dateCompletionEstimated"] {
        shown.entry(key).or_insert(created.clone());
    }
    shown.insert("estimatedCompletionMargin".to_owned(), json!(0));
    shown
}

fn find_job(call: &Call<'_>) -> Result<Body, ApiError> {
    let id = call.param("jobId")?;
    find_version(call, &call.tenant().read(), "journeyVersionId")?;
    Ok(Map::clone(&*crate::api::entity::get(call, &jobs_of(call)?, "job", &id)?))
}

fn get_job(call: &Call<'_>) -> Result<Reply, ApiError> {
    answer::reply(call, job_to_json(call, &find_job(call)?))
}

fn get_latest_job(call: &Call<'_>) -> Result<Reply, ApiError> {
    let path = jobs_of(call)?;
    let organization = call.tenant().read();
    find_version(call, &organization, "journeyVersionId")?;
    let latest = organization.collections.list(&path).last().cloned();
    drop(organization);
    let latest = latest.ok_or_else(|| ApiError::no_such("job", "latest"))?;
    answer::reply(call, job_to_json(call, &latest))
}

/// `PATCH …/jobs/{jobId}` with `{"status":"Cancelled"}`: ends a job that is not complete.
fn cancel_job(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let mut stored = find_job(call)?;
    if text(&body, "status") == "Cancelled" && !job::is_done(call, &stored) {
        stored.insert(CANCELLED.to_owned(), json!(true));
        let (path, id) = (jobs_of(call)?, text(&stored, "id").to_owned());
        call.change(|organization| {
            organization.collections.insert(&path, &id, stored.clone());
            Ok(())
        })?;
    }
    answer::reply(call, job_to_json(call, &stored))
}
