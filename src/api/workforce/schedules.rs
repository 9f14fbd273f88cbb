//! Agent schedules: who is asked about, over which time. No schedule is published yet, so every
//! agent's is empty.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::units::{Unit, agents_of, unit_in_path};
use crate::api::entity::required_text;
use crate::api::users::view;
use crate::call::{Call, Reply};
use crate::clock::{parse_rfc3339, rfc3339};
use crate::error::ApiError;
use crate::limit::Nanos;
use crate::operation::{Operation, post};
use crate::tenant::people::User;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        post("/api/v2/workforcemanagement/managementunits/{managementUnitId}/agentschedules/search", search),
        post("/api/v2/workforcemanagement/agentschedules/mine", mine),
    ]
}

fn search(call: &Call<'_>) -> Result<Reply, ApiError> {
    let unit = unit_in_path(call)?;
    let body = call.json_object()?;
    range(&body)?;
    let agents = match ids(&body)? {
        None => agents_of(call)?,
        Some(ids) => super::agents_named(call, &ids)?,
    };
    Reply::ok(&json!({
        "status": "Complete",
        "operationId": Uuid::new_v4(),
        "result": {
            "agentSchedules": agents.iter().map(empty).collect::<Vec<_>>(),
            "businessUnitTimeZone": unit.get("timeZone"),
            "publishedSchedules": [],
        },
        "progress": 100,
    }))
}

/// The caller's own; a caller who is no agent has none.
fn mine(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (start, end) = range(&call.json_object()?)?;
    let place = call.caller.token.user;
    let user = place.and_then(|place| call.tenant().data.read().people.at(place).cloned());
    let agent = user.filter(User::is_agent);
    let unit = agent.as_ref().and_then(|agent| Unit::of(call.tenant(), agent));
    Reply::ok(&json!({
        "agentSchedules": agent.iter().map(empty).collect::<Vec<_>>(),
        "businessUnitTimeZone": unit.map_or("UTC", |unit| unit.seed.time_zone.as_str()),
        "publishedSchedules": [],
        "startDate": rfc3339(start),
        "endDate": rfc3339(end),
        "updates": [],
    }))
}

fn empty(agent: &User) -> Value {
    let user = view::reference(&agent.id.to_string());
    json!({ "user": user, "shifts": [], "fullDayTimeOffMarkers": [] })
}

/// `startDate` and `endDate`, in this order.
fn range(body: &Map<String, Value>) -> Result<(Nanos, Nanos), ApiError> {
    let date = |key| parse_rfc3339(required_text(body, key)?).ok_or_else(ApiError::invalid_date);
    let (start, end) = (date("startDate")?, date("endDate")?);
    if start < end {
        return Ok((start, end));
    }
    Err(ApiError::bad_request("The property endDate must be after startDate."))
}

fn ids(body: &Map<String, Value>) -> Result<Option<Vec<String>>, ApiError> {
    let wrong = || ApiError::bad_request("The property userIds must be a list of texts.");
    match body.get("userIds") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(ids)) => {
            let texts = ids.iter().map(|id| id.as_str().map(str::to_owned).ok_or_else(wrong));
            texts.collect::<Result<_, _>>().map(Some)
        }
        Some(_) => Err(wrong()),
    }
}
