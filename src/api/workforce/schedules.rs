//! Agents' published schedules, in the vendor's shape: who is due when, over the time asked about.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::units::{Unit, agents_of, unit_in_path};
use crate::api::call::Call;
use crate::api::entity::required_text;
use crate::api::route::{Route, post};
use crate::time::Nanos;
use crate::time::clock::{parse_rfc3339, rfc3339};
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::people::User;
use crate::world::workforce::Shift;

pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/api/v2/workforcemanagement/managementunits/{managementUnitId}/agentschedules/search", search),
        post("/api/v2/workforcemanagement/agentschedules/mine", mine),
    ]
}

fn search(call: &Call<'_>) -> Result<Reply, ApiError> {
    let unit = unit_in_path(call)?;
    let body = call.json_object()?;
    let time = range(&body)?;
    let agents = match ids(&body)? {
        None => agents_of(call)?,
        Some(ids) => super::agents_named(call, &ids)?,
    };
    Reply::ok(&json!({
        "status": "Complete",
        "operationId": Uuid::new_v4(),
        "result": {
            "agentSchedules": agents.iter().map(|agent| schedule(call, agent, time)).collect::<Vec<_>>(),
            "businessUnitTimeZone": unit.get("timeZone"),
            "publishedSchedules": [],
        },
        "progress": 100,
    }))
}

/// The caller's own; a caller who is no agent has none.
fn mine(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (start, end) = range(&call.json_object()?)?;
    let index = call.caller.token.user;
    let user = index.and_then(|index| call.tenant().read().people().at(index).cloned());
    let agent = user.filter(User::is_agent);
    let unit = agent.as_ref().and_then(|agent| Unit::of(call.tenant(), agent));
    Reply::ok(&json!({
        "agentSchedules": agent.iter().map(|agent| schedule(call, agent, (start, end))).collect::<Vec<_>>(),
        "businessUnitTimeZone": unit.map_or("UTC", |unit| unit.seed.time_zone.as_str()),
        "publishedSchedules": [],
        "startDate": rfc3339(start),
        "endDate": rfc3339(end),
        "updates": [],
    }))
}

/// The longest time that is shown of one schedule: 6 weeks.
const LONGEST: Nanos = 42 * 24 * 3600 * 1_000_000_000;

fn schedule(call: &Call<'_>, agent: &User, (start, end): (Nanos, Nanos)) -> Value {
    let end = end.min(start.saturating_add(LONGEST));
    let organization = call.tenant().read();
    let known =
        organization.people().index_of(agent.id).and_then(|index| organization.workforce().schedule(index));
    let shifts = known.map(|known| known.shifts(start, end, call.now)).unwrap_or_default();
    let user = user::reference(&agent.id.to_string());
    json!({ "user": user, "shifts": whole(&shifts), "fullDayTimeOffMarkers": [] })
}

/// A shift of the vendor's has activities; those that touch each other are of one shift.
fn whole(activities: &[Shift]) -> Vec<Value> {
    let shifts = activities.chunk_by(|one, next| one.end == next.start);
    let minutes = |from: Nanos, to: Nanos| (to - from) / 60_000_000_000;
    let activity = |one: &Shift| {
        json!({
            "activityCodeId": one.activity.name(),
            "activityCategory": one.activity.name(),
            "startDate": rfc3339(one.start),
            "lengthInMinutes": minutes(one.start, one.end),
            "countsAsPaidTime": true,
            "isDstFallback": false,
        })
    };
    let shift = |activities: &[Shift]| {
        let (first, last) = (activities.first()?, activities.last()?);
        Some(json!({
            "startDate": rfc3339(first.start),
            "lengthInMinutes": minutes(first.start, last.end),
            "activities": activities.iter().map(activity).collect::<Vec<_>>(),
            "manuallyEdited": false,
        }))
    };
    shifts.filter_map(shift).collect()
}

/// `startDate` and `endDate`, in this order.
pub(super) fn range(body: &Map<String, Value>) -> Result<(Nanos, Nanos), ApiError> {
    let date = |key| parse_rfc3339(required_text(body, key)?).ok_or_else(ApiError::invalid_date);
    let (start, end) = (date("startDate")?, date("endDate")?);
    if start < end {
        return Ok((start, end));
    }
    Err(ApiError::bad_request("The property endDate must be after startDate."))
}

fn ids(body: &Map<String, Value>) -> Result<Option<Vec<String>>, ApiError> {
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
