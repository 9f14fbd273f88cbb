//! Schedules that clients upload: the address of a file, the import of a new schedule, the update of one.
//!
//! The key of an upload is good for the operation for which it was given, once its file has arrived. A schedule that is
//! published takes the place of the published ones of its week.

use serde_json::{Map, Value, json};

use super::events::schedule_events;
use super::week_agents::{agent_schedules, agents_of, is_published, merge, read_agents, republish};
use super::week_schedules::{WEEKS, WeekSchedule, complete};
use crate::api::call::Call;
use crate::api::entity::{id_in, required_text, text};
use crate::api::json_entity::{self, Body, add_to, answer, author_reference, path_of};
use crate::api::route::Route;
use crate::api::uploads::{self, KEPT};
use crate::wire::error::ApiError;
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::collection::{Entity, UPLOADS};

/// The operation that an upload is for.
const FOR: &str = "for";
const FILE: &str = "schedule.json.gz";

pub(super) fn routes() -> Vec<Route> {
    let one = format!("{WEEKS}/{{scheduleId}}");
    vec![
        Route::post(&format!("{one}/update/uploadurl"), expect_update),
        Route::post(&format!("{one}/update"), update).publishes(schedule_events),
        Route::post(&format!("{WEEKS}/import/uploadurl"), expect_import),
        Route::post(&format!("{WEEKS}/import"), import).publishes(schedule_events),
    ]
}

fn expect_update(call: &Call<'_>) -> Result<Reply, ApiError> {
    json_entity::find::<WeekSchedule>(call, &call.tenant().read())?;
    expect(call)
}

fn expect_import(call: &Call<'_>) -> Result<Reply, ApiError> {
    json_entity::select::<WeekSchedule>(call, &call.tenant().read())?;
    expect(call)
}

fn expect(call: &Call<'_>) -> Result<Reply, ApiError> {
    let path = call.path.strip_suffix("/uploadurl").unwrap_or(call.path);
    let more = Body::from_iter([(FOR.to_owned(), json!(path))]);
    let id = call.change(|organization| Ok(uploads::expect(organization, KEPT, more)))?;
    answer::reply(call, uploads::to_json(call, &id, FILE))
}

/// The file of the upload that the body names.
fn uploaded(call: &Call<'_>) -> Result<Body, ApiError> {
    let body = call.json_object()?;
    let key = required_text(&body, "uploadKey")?;
    let organization = call.tenant().read();
    let upload = organization.collections.get(UPLOADS, key.split('/').next().unwrap_or_default());
    let upload = upload.filter(|upload| text(upload, FOR) == call.path);
    let Some(upload) = upload else {
        let why = format!("The uploadKey [{}] is not one that this operation has given out.", quoted(key));
        return Err(ApiError::bad_request(why));
    };
    match uploads::content(upload) {
        Some(Value::Object(file)) => Ok(file.clone()),
        Some(_) => Err(ApiError::bad_request("The uploaded file must be a JSON object, plain or gzip.")),
        None => Err(ApiError::bad_request("No file has been sent to the address of the upload yet.")),
    }
}

/// `POST …/update`: the fields and the agents of the file change the schedule.
fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    json_entity::find::<WeekSchedule>(call, &call.tenant().read())?;
    let mut file = uploaded(call)?;
    let agents = {
        let organization = call.tenant().read();
        read_agents(&organization, &call.param("businessUnitId")?, &file)?
    };
    let publishes = publishes(&file);
    file.retain(|key, _| matches!(key.as_str(), "description" | "shortTermForecast"));
    let edited = json_entity::edit::<WeekSchedule>(call, file, false)?;
    let changed = call.change(|organization| change(call, organization, &edited, (agents, publishes)))?;
    answer::reply(call, complete(Some(changed)))
}

/// Whether a file asks for the publication of its schedule.
fn publishes(file: &Body) -> bool {
    file.get("published") == Some(&Value::Bool(true))
}

/// `POST …/import`: a new schedule of the file.
fn import(call: &Call<'_>) -> Result<Reply, ApiError> {
    json_entity::select::<WeekSchedule>(call, &call.tenant().read())?;
    let (file, author) = (uploaded(call)?, author_reference(call));
    let business_unit = call.param("businessUnitId")?;
    let publishes = publishes(&file);
    let imported = call.change(|organization| {
        let agents = read_agents(organization, &business_unit, &file)?;
        let mut body = file;
        body.retain(|key, _| matches!(key.as_str(), "description" | "weekCount" | "shortTermForecast"));
        let made = add_to::<WeekSchedule>(call, organization, body, author)?;
        change(call, organization, &made, (agents, publishes))
    })?;
    answer::reply(call, complete(Some(imported)))
}

/// Takes the agents of a file into a schedule, and publishes it where the file asks for that.
fn change(
    call: &Call<'_>,
    organization: &mut Organization,
    schedule: &Body,
    (agents, publishes): (Vec<Body>, bool),
) -> Result<Body, ApiError> {
    let was_published = is_published(schedule);
    let business_unit = call.param("businessUnitId")?;
    if publishes && !was_published {
        retire_others(call, organization, schedule)?;
        set_published(call, organization, schedule, true)?;
        for agent in agent_schedules(organization, schedule).into_iter().cloned().collect::<Vec<_>>() {
            republish(organization, &business_unit, (None, Some(&agent)), call.now)?;
        }
    }
    let path = agents_of(schedule);
    for entry in agents {
        let id = text(&entry, "userId").to_owned();
        let before = organization.collections.get(&path, &id).cloned();
        let after = merge(before.as_ref(), &entry, call.now);
        match &after {
            Some(after) => drop(organization.collections.insert_chosen(&path, &id, after.clone())),
            None => drop(organization.collections.remove(&path, &id)),
        }
        if publishes || was_published {
            let change = (before.as_deref(), after.as_ref());
            republish(organization, &business_unit, change, call.now)?;
        }
    }
    let found = json_entity::find_by_id::<WeekSchedule>(call, organization, text(schedule, "id"))?;
    Ok(json_entity::to_json::<WeekSchedule>(call, organization, found))
}

/// Withdraws the other published schedules of the week.
fn retire_others(call: &Call<'_>, organization: &mut Organization, schedule: &Body) -> Result<(), ApiError> {
    let path = path_of(call, WEEKS)?;
    let is_other = |one: &&Entity| is_published(one) && one["id"] != schedule["id"];
    let others: Vec<_> = organization.collections.list(&path).filter(is_other).cloned().collect();
    others.iter().try_for_each(|other| {
        set_published(call, organization, other, false)?;
        withdraw(call, organization, other)
    })
}

fn set_published(
    call: &Call<'_>,
    organization: &mut Organization,
    schedule: &Body,
    published: bool,
) -> Result<(), ApiError> {
    let path = path_of(call, WEEKS)?;
    let changed = organization.collections.update(&path, text(schedule, "id"), |one| {
        one.insert("published".to_owned(), json!(published));
        Ok::<(), ApiError>(())
    });
    changed.transpose().map(drop)
}

/// Withdraws the shifts of a schedule that is published no longer.
pub(super) fn withdraw(
    call: &Call<'_>,
    organization: &mut Organization,
    schedule: &Body,
) -> Result<(), ApiError> {
    let business_unit = call.param("businessUnitId")?;
    let agents: Vec<_> = agent_schedules(organization, schedule).into_iter().cloned().collect();
    let mut agents = agents.iter();
    agents.try_for_each(|one| republish(organization, &business_unit, (Some(one), None), call.now))
}

/// Copies the agents of a schedule to another, which is not published.
pub(super) fn copy_agents(organization: &mut Organization, from: &Body, to: &Body) {
    let agents: Vec<_> = agent_schedules(organization, from).into_iter().cloned().collect();
    for agent in agents {
        let id = id_in(&agent, "user").to_owned();
        organization.collections.insert_chosen(&agents_of(to), &id, Map::clone(&agent));
    }
}
