//! Jobs that query work items. The results are the work items that pass when they are read.

use serde_json::{Value, json};

use super::items::Item;
use super::query::{check_filters, passes, select, sorted};
use crate::api::call::Call;
use crate::api::entity::{self, text};
use crate::api::json_entity::{Body, answer, job};
use crate::api::route::Route;
use crate::time::clock::{parse_rfc3339, rfc3339};
use crate::wire::error::ApiError;
use crate::wire::paging::{Page, PageRequest};
use crate::wire::reply::Reply;
use crate::world::collection::Entity;

const JOBS: &str = "/api/v2/taskmanagement/workitems/query/jobs";

pub(super) fn routes() -> Vec<Route> {
    let one = format!("{JOBS}/{{jobId}}");
    vec![Route::post(JOBS, create), Route::get(&one, get), Route::get(&format!("{one}/results"), results)]
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut kept = call.json_object()?;
    check_filters(&kept)?;
    PageRequest::of_body(&kept)?;
    kept.insert("dateStarted".to_owned(), json!(rfc3339(call.now)));
    job::start(call, &mut kept);
    let kept = entity::create(call, JOBS, kept);
    answer::reply(call, to_json(call, &kept))
}

fn find(call: &Call<'_>) -> Result<Entity, ApiError> {
    entity::get(call, JOBS, "query job", &call.param("jobId")?)
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let kept = find(call)?;
    answer::reply(call, to_json(call, &kept))
}

fn to_json(call: &Call<'_>, kept: &Body) -> Body {
    let mut shown = kept.clone();
    let state = job::state(call, kept, ["Queued", "Running", "Succeeded"]);
    shown.insert("state".to_owned(), json!(state));
    let started = parse_rfc3339(text(kept, "dateStarted")).filter(|_| job::is_done(call, kept));
    if let Some(started) = started {
        shown.insert("dateFinished".to_owned(), json!(rfc3339(started.saturating_add(job::DONE_AFTER))));
    }
    shown
}

/// `GET …/results`. A job that is not done has none yet.
fn results(call: &Call<'_>) -> Result<Reply, ApiError> {
    let kept = find(call)?;
    let page = PageRequest::of_body(&kept)?;
    let all = if job::is_done(call, &kept) { select::<Item>(call, &kept) } else { Vec::new() };
    let wanted = all.into_iter().filter(|item| is_wanted(item, &kept)).collect();
    answer::reply(call, json!(Page::of(sorted(&kept, wanted), page, call.path, call.query)))
}

/// Whether an item was created in the interval of a job, and passes its filters of custom fields.
fn is_wanted(item: &Body, job: &Body) -> bool {
    let created = text(item, "dateCreated");
    let (start, end) = (text(job, "dateIntervalStart"), text(job, "dateIntervalEnd"));
    let mut groups = job.get("queryFilters").and_then(Value::as_array).into_iter().flatten();
    (start.is_empty() || parse_rfc3339(start) <= parse_rfc3339(created))
        && (end.is_empty() || parse_rfc3339(created) <= parse_rfc3339(end))
        && groups.all(|group| passes_group(item, group))
}

fn passes_group(item: &Body, group: &Value) -> bool {
    all_or_any(group, "criteria", |criterion| {
        all_or_any(criterion, "predicates", |predicate| passes(item, predicate))
    })
}

/// Whether the parts under `key` hold: one of them with the operator `OR`, else all of them.
fn all_or_any(whole: &Value, key: &str, holds: impl Fn(&Value) -> bool) -> bool {
    let mut parts = whole[key].as_array().map_or(&[][..], Vec::as_slice).iter();
    if whole["operator"] == "OR" { parts.any(holds) } else { parts.all(holds) }
}
