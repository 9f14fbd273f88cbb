//! Agents' published schedules in the vendor's shape.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::units::{agents_of_business_unit, agents_of_unit, business_unit_in_path, unit_in_path};
use super::week_agents::{list_published, markers_of, references, shifts_of};
use crate::api::call::Call;
use crate::api::entity::required_instant;
use crate::api::route::Route;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::people::User;
use crate::world::workforce::Shift;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post(
            "/api/v2/workforcemanagement/managementunits/{managementUnitId}/agentschedules/search",
            search,
        ),
        Route::post(
            "/api/v2/workforcemanagement/businessunits/{businessUnitId}/agentschedules/search",
            search_business_unit,
        ),
        Route::post("/api/v2/workforcemanagement/agentschedules/mine", get_own),
    ]
}

fn search(call: &Call<'_>) -> Result<Reply, ApiError> {
    let unit = unit_in_path(call)?;
    answer(call, unit.get("timeZone"), agents_of_unit)
}

fn search_business_unit(call: &Call<'_>) -> Result<Reply, ApiError> {
    let unit = business_unit_in_path(call)?;
    let zone = unit.get("settings").and_then(|settings| settings.get("timeZone"));
    answer(call, zone.or_else(|| unit.get("timeZone")), |call| Ok(agents_of_business_unit(call, &unit)))
}

/// The schedules of the agents that the body names, or of `all`.
fn answer(
    call: &Call<'_>,
    time_zone: Option<&Value>,
    all: impl FnOnce(&Call<'_>) -> Result<Vec<User>, ApiError>,
) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let time = read_range(&body)?;
    let agents = match read_user_ids(&body)? {
        None => all(call)?,
        Some(ids) => super::find_agents(call, &ids)?,
    };
    let (schedules, published) = write(call, &agents, time);
    Reply::ok(&json!({
        "status": "Complete",
        "operationId": Uuid::new_v4(),
        "result": {
            "agentSchedules": schedules,
            "businessUnitTimeZone": time_zone,
            "publishedSchedules": published,
        },
        "progress": 100,
    }))
}

/// The schedule of the token's user; empty if the user is not an agent.
fn get_own(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (start, end) = read_range(&call.json_object()?)?;
    let index = call.caller.token.user;
    let user = index.and_then(|index| call.tenant().read().people().at(index).cloned());
    let agent: Vec<User> = user.filter(User::is_agent).into_iter().collect();
    let unit = agent.first().and_then(|agent| call.tenant().unit_of(agent));
    let (schedules, published) = write(call, &agent, (start, end));
    Reply::ok(&json!({
        "agentSchedules": schedules,
        "businessUnitTimeZone": unit.map_or("UTC", |unit| unit.time_zone.as_str()),
        "publishedSchedules": published,
        "startDate": rfc3339(start),
        "endDate": rfc3339(end),
        "updates": [],
    }))
}

/// The longest part of a schedule in one answer: 6 weeks.
const LONGEST: Nanos = 42 * 24 * 3600 * 1_000_000_000;

/// The schedules of agents, and the references to the published schedules that they are in.
fn write(call: &Call<'_>, agents: &[User], time: (Nanos, Nanos)) -> (Vec<Value>, Value) {
    let organization = call.tenant().read();
    let all = list_published(&organization);
    let schedules = agents.iter().map(|agent| {
        json!({
            "user": user::reference(&agent.id.to_string()),
            "shifts": shifts_of(&organization, &all, agent, (time, call.now)),
            "fullDayTimeOffMarkers": markers_of(&organization, &all, agent, time),
        })
    });
    (schedules.collect(), references(&organization, &all, agents, time))
}

/// What the workforce has for an agent in a time.
pub(super) fn activities_of(
    organization: &Organization,
    agent: &User,
    (start, end): (Nanos, Nanos),
    now: Nanos,
) -> Vec<Shift> {
    let end = end.min(start.saturating_add(LONGEST));
    let known =
        organization.people().index_of(agent.id).and_then(|index| organization.workforce().schedule(index));
    known.map(|known| known.shifts(start, end, now)).unwrap_or_default()
}

/// Groups activities into shifts: activities that touch each other are one shift.
pub(super) fn shifts_to_json(activities: &[Shift]) -> Vec<Value> {
    let shifts = activities.chunk_by(|one, next| one.end == next.start);
    let minutes = |from: Nanos, to: Nanos| (to - from) / 60_000_000_000;
    let activity = |one: &Shift| {
        json!({
            "activityCodeId": one.activity.name(),
            "description": one.activity.name(),
            "startDate": rfc3339(one.start),
            "lengthMinutes": minutes(one.start, one.end),
            "paid": true,
            "payableMinutes": minutes(one.start, one.end),
        })
    };
    let shift = |activities: &[Shift]| {
        let (first, last) = (activities.first()?, activities.last()?);
        Some(json!({
            "startDate": rfc3339(first.start),
            "lengthMinutes": minutes(first.start, last.end),
            "activities": activities.iter().map(activity).collect::<Vec<_>>(),
            "manuallyEdited": false,
        }))
    };
    shifts.filter_map(shift).collect()
}

/// Reads `startDate` and `endDate`; the end must be after the start.
pub(super) fn read_range(body: &Map<String, Value>) -> Result<(Nanos, Nanos), ApiError> {
    let (start, end) = (required_instant(body, "startDate")?, required_instant(body, "endDate")?);
    if start < end {
        return Ok((start, end));
    }
    Err(ApiError::bad_request("The property endDate must be after startDate."))
}

fn read_user_ids(body: &Map<String, Value>) -> Result<Option<Vec<String>>, ApiError> {
    let wrong = || ApiError::bad_request("The property userIds must be an array of strings.");
    match body.get("userIds") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(ids)) => {
            let texts = ids.iter().map(|id| id.as_str().map(str::to_owned).ok_or_else(wrong));
            texts.collect::<Result<_, _>>().map(Some)
        }
        Some(_) => Err(wrong()),
    }
}
