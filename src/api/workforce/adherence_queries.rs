//! Historical adherence of one management unit or of one team: a job whose result the client downloads.

use serde_json::{Map, Value, json};

use super::events::adherence_query_events;
use super::historical::{Item, MAX_USERS, QUERY, download_uri, is_complete, starter};
use crate::api::call::Call;
use crate::api::record::find;
use crate::api::route::Route;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::{Id, UserIndex};
use crate::world::people::directory::Team;
use crate::world::table::Record;
use crate::world::workforce::explanation::Job;

type Body = Map<String, Value>;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post(
            "/api/v2/workforcemanagement/managementunits/{managementUnitId}/historicaladherencequery",
            query_unit,
        )
        .publishes_later(adherence_query_events),
        Route::post("/api/v2/workforcemanagement/teams/{teamId}/adherence/historical", query_team)
            .publishes_later(adherence_query_events),
        Route::get("/api/v2/workforcemanagement/adherence/historical/jobs/{jobId}", get_job),
    ]
}

/// The body with the time until now where it names no end.
fn read_body(call: &Call<'_>) -> Result<Body, ApiError> {
    let mut body = call.json_object()?;
    if body.get("endDate").is_none_or(Value::is_null) {
        body.insert("endDate".to_owned(), json!(rfc3339(call.now)));
    }
    if let Some(zone) = body.get("timeZone").and_then(Value::as_str) {
        crate::world::workforce::zone(zone)
            .ok_or_else(|| ApiError::invalid_value("timeZone", zone, "IANA names such as America/Chicago"))?;
    }
    Ok(body)
}

fn query_unit(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (mut body, unit) = (read_body(call)?, call.param("managementUnitId")?);
    body.insert("managementUnitId".to_owned(), json!(unit));
    start(call, |organization| {
        super::units::find_unit(organization, &unit)?;
        let mut item = Item::read(&Value::Object(body.clone()), organization)?;
        let teams = body.get("teamIds").and_then(Value::as_array).filter(|teams| !teams.is_empty());
        if let Some(teams) = teams {
            let teams: Vec<Id<Team>> = teams.iter().filter_map(|id| Id::parse(id.as_str()?)).collect();
            let team_of = |user: UserIndex| organization.directory().team_of(user).map(Record::id);
            item.users.retain(|user| team_of(*user).is_some_and(|team| teams.contains(&team)));
        }
        Ok(item)
    })
}

fn query_team(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut body = read_body(call)?;
    let team = call.param("teamId")?;
    start(call, |organization| {
        let team = find::<Team>(organization, &team)?.id();
        let members = organization.directory().team_members.members(team).keys().copied();
        let asked = body.get("userIds").and_then(Value::as_array).cloned().unwrap_or_default();
        let is_asked = |user: UserIndex| {
            let id = organization.people().at(user).map(|user| json!(user.id));
            asked.is_empty() || id.is_some_and(|id| asked.contains(&id))
        };
        let users = members.filter(|user| is_asked(*user)).take(MAX_USERS).collect();
        body.remove("userIds");
        Item::of_users(&body, users)
    })
}

/// Starts the job of the item that `read` gives.
fn start(
    call: &Call<'_>,
    read: impl FnOnce(&Organization) -> Result<Item, ApiError>,
) -> Result<Reply, ApiError> {
    let id = call.change(|organization| {
        let item = read(organization)?;
        let result = item.results(organization, call.now);
        let (asked_by, asked) = (starter(call, organization), call.now);
        let id = organization.explanations.start(Job { kind: QUERY.into(), asked_by, asked, result });
        if let Some(job) = organization.explanations.jobs.get_mut(&id) {
            job.result["entityId"] = json!(id);
        }
        Ok(id)
    })?;
    Reply::accepted(&to_json(call, &id.to_string(), "Processing"))
}

/// The address is given at once, and serves the result when the job is complete.
fn to_json(call: &Call<'_>, id: &str, state: &str) -> Value {
    let uri = download_uri(call, id);
    json!({ "id": id, "queryState": state, "downloadUrl": uri, "downloadUrls": [uri] })
}

fn get_job(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("jobId")?;
    let state = if is_complete(call, &id, QUERY)? { "Complete" } else { "Processing" };
    Reply::ok(&to_json(call, &id, state))
}
