//! Bulk jobs: they create or terminate many work items. The work is done before the answer; the state of the job
//! follows with the clock.

use serde_json::{Value, json};

use super::items::{self, ITEMS, Item};
use super::versions::newest_first;
use crate::api::call::Call;
use crate::api::entity::{self, text};
use crate::api::json_entity::{self, Body, answer, job};
use crate::api::record::author;
use crate::api::refusal;
use crate::api::route::Route;
use crate::time::clock::{parse_rfc3339, rfc3339};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::collection::Entity;
use crate::world::json::object;

const ADDING: &str = "/api/v2/taskmanagement/workitems/bulk/add/jobs";
const TERMINATING: &str = "/api/v2/taskmanagement/workitems/bulk/terminate/jobs";
/// The most work items of one job. Assumed.
const MOST: usize = 1000;

pub(super) fn routes() -> Vec<Route> {
    let of = |path: &str| {
        let one = format!("{path}/{{bulkJobId}}");
        vec![
            Route::get(&one, get),
            Route::patch(&one, set_state),
            Route::delete(&one, delete),
            Route::get(&format!("{one}/results"), results),
        ]
    };
    let mut routes = [of(ADDING), of(TERMINATING)].concat();
    routes.extend([
        Route::post(ADDING, add),
        Route::post(TERMINATING, terminate),
        Route::get("/api/v2/taskmanagement/workitems/bulk/jobs/users/me", list_own),
    ]);
    routes
}

/// The path of the jobs of the call.
fn path_of(call: &Call<'_>) -> &'static str {
    if call.path.starts_with(ADDING) { ADDING } else { TERMINATING }
}

/// `POST …/add/jobs`.
fn add(call: &Call<'_>) -> Result<Reply, ApiError> {
    start(call, "AddWorkitems", |item| {
        let made = json_entity::add::<Item>(call, item)?;
        let shown = ["id", "name", "workbin", "type", "selfUri"];
        Ok(made.into_iter().filter(|(key, _)| shown.contains(&key.as_str())).collect())
    })
}

/// `POST …/terminate/jobs`.
fn terminate(call: &Call<'_>) -> Result<Reply, ApiError> {
    start(call, "TerminateWorkitems", |item| {
        let id = text(&item, "id");
        items::terminate_by_id(call, id, None)?;
        Ok(object(json!({ "id": id, "selfUri": format!("{ITEMS}/{id}") })))
    })
}

/// Does `act` for each entity of the body, and keeps what came of it.
fn start(
    call: &Call<'_>,
    action: &str,
    act: impl Fn(Body) -> Result<Body, ApiError>,
) -> Result<Reply, ApiError> {
    let mut body = call.json_object()?;
    let Some(Value::Array(asked)) = body.shift_remove("entities") else {
        return Err(refusal::of_missing("entities"));
    };
    if asked.len() > MOST {
        return Err(ApiError::constraint("entities", format!("A job has at most {MOST} workitems.")));
    }
    let results = asked.into_iter().map(|one| match one {
        Value::Object(item) => result(act(item)),
        _ => result(Err(ApiError::bad_request("A workitem must be an object."))),
    });
    let results: Vec<Value> = results.collect();
    let kept = json!({ "action": action, "results": results, "owner": author(call), "dateStarted": rfc3339(call.now) });
    let mut kept = object(kept);
    job::start(call, &mut kept);
    let kept = entity::create(call, path_of(call), kept);
    answer::reply(call, to_json(call, &kept))
}

fn result(done: Result<Body, ApiError>) -> Value {
    match done {
        Ok(entity) => json!({ "entity": entity }),
        Err(error) => json!({ "error": { "code": error.code, "message": error.message } }),
    }
}

fn failures(kept: &Body) -> Vec<usize> {
    let all = kept.get("results").and_then(Value::as_array).into_iter().flatten().enumerate();
    all.filter(|(_, result)| result.get("error").is_some()).map(|(at, _)| at).collect()
}

fn count(kept: &Body) -> usize {
    kept.get("results").and_then(Value::as_array).map_or(0, Vec::len)
}

/// The state of a job. One of which nothing succeeded has failed.
fn state<'j>(call: &Call<'_>, kept: &'j Body) -> &'j str {
    let is_failed = count(kept) > 0 && failures(kept).len() == count(kept);
    match text(kept, "state") {
        "" => job::state(call, kept, ["Queued", "Running", if is_failed { "Failed" } else { "Succeeded" }]),
        set => set,
    }
}

fn to_json(call: &Call<'_>, kept: &Body) -> Body {
    let (failed, all, is_done) = (failures(kept).len(), count(kept), is_done(call, kept));
    let mut shown = kept.clone();
    let mut put = |key: &str, value: Value| drop(shown.insert(key.to_owned(), value));
    put("state", json!(state(call, kept)));
    put("totalCount", json!(all));
    put("failedCount", json!(if is_done { failed } else { 0 }));
    put("successfulCount", json!(if is_done { all - failed } else { 0 }));
    if let Some(started) = parse_rfc3339(text(kept, "dateStarted")).filter(|_| is_done) {
        put("dateFinished", json!(rfc3339(started.saturating_add(job::DONE_AFTER))));
    }
    let modified = shown.get("dateFinished").or(kept.get("dateStarted")).cloned();
    shown.insert("dateModified".to_owned(), modified.unwrap_or_default());
    shown
}

/// A job that was ended has done its work as well.
fn is_done(call: &Call<'_>, kept: &Body) -> bool {
    job::is_done(call, kept) || !text(kept, "state").is_empty()
}

fn find(call: &Call<'_>, organization: &Organization) -> Result<Entity, ApiError> {
    let id = call.param("bulkJobId")?;
    let found = organization.collections.get(path_of(call), &id).cloned();
    found.ok_or_else(|| ApiError::no_such("bulk job", &id))
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let kept = find(call, &call.tenant().read())?;
    answer::reply(call, to_json(call, &kept))
}

/// `PATCH …/{bulkJobId}`: ends a job that is not done. One that is done stays so.
fn set_state(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let kept = call.change(|organization| {
        let kept = find(call, organization)?;
        if text(&body, "state") != "Terminated" || is_done(call, &kept) {
            return Ok(kept);
        }
        let mut ended = Body::clone(&kept);
        ended.insert("state".to_owned(), json!("Terminated"));
        Ok(organization.collections.insert(path_of(call), text(&kept, "id"), ended))
    })?;
    answer::reply(call, to_json(call, &kept))
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    entity::delete(call, path_of(call), "bulk job", &call.param("bulkJobId")?)
}

/// `GET …/results`. A job that is not done has none yet.
fn results(call: &Call<'_>) -> Result<Reply, ApiError> {
    let kept = find(call, &call.tenant().read())?;
    if !is_done(call, &kept) {
        return answer::reply(call, json!({ "results": [], "errorCount": 0, "errorIndexes": [] }));
    }
    let failed = failures(&kept);
    answer::reply(
        call,
        json!({ "results": kept.get("results"), "errorCount": failed.len(), "errorIndexes": failed }),
    )
}

/// The jobs of the caller, the newest first.
fn list_own(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (own, action) = (json!(author(call)), call.query_text("action"));
    let all = {
        let organization = call.tenant().read();
        let all = [ADDING, TERMINATING].into_iter().flat_map(|path| organization.collections.list(path));
        let is_wanted = |kept: &&Entity| {
            kept.get("owner") == Some(&own)
                && action.as_deref().is_none_or(|action| text(kept, "action") == action)
        };
        all.filter(is_wanted).map(|kept| to_json(call, kept)).collect()
    };
    answer::list(call, newest_first(call, all))
}
