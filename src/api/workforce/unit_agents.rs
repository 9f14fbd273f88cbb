//! The agents of management units: read, changed, moved, and the users of a business unit.

use serde_json::{Map, Value, json};

use super::planning::values;
use super::units::{check_business_unit, refer_to_unit, unit_in_path};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{Body, answer};
use crate::api::route::Route;
use crate::api::setting;
use crate::time::clock::rfc3339;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::people::User;
use crate::world::routing::{Language, Queue, Skill};
use crate::world::table::Kind;
use crate::world::workforce::seed::MANAGEMENT_UNITS;

const AGENTS: &str = "/api/v2/workforcemanagement/managementunits/{managementUnitId}/agents";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(&format!("{AGENTS}/{{agentId}}"), get),
        Route::patch(AGENTS, update),
        Route::get("/api/v2/workforcemanagement/businessunits/{businessUnitId}/users", list_users),
    ]
}

/// Finds an agent of the unit in the call's path.
fn find<'o>(call: &Call<'_>, organization: &'o Organization, id: &str) -> Result<&'o User, ApiError> {
    let unit = call.param("managementUnitId")?;
    refer_to_unit(organization, Some(&json!(unit)))
        .map_err(|_| ApiError::no_such("management unit", &unit))?;
    let user = organization.people().get(id).filter(|user| user.is_agent());
    let its = user.filter(|user| user.management_unit.is_some_and(|of| of.to_string() == *unit));
    its.ok_or_else(|| ApiError::no_such("agent", id))
}

/// The path of what is kept of an agent.
fn kept_at(call: &Call<'_>, agent: &User) -> Result<String, ApiError> {
    Ok(format!("{MANAGEMENT_UNITS}/{}/agents/{}", call.param("managementUnitId")?, agent.id))
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let agent = find(call, &organization, &call.param("agentId")?)?;
    let kept = setting::stored(&organization, &kept_at(call, agent)?).unwrap_or_default();
    let shown = to_json(&organization, agent, &kept, &rfc3339(call.now));
    drop(organization);
    answer::reply(call, shown)
}

fn to_json(organization: &Organization, agent: &User, kept: &Body, now: &str) -> Value {
    let acd = organization.acd();
    let index = organization.people().index_of(agent.id);
    let reference = |path: &str, id: String| json!({ "id": id, "selfUri": format!("{path}/{id}") });
    let queues = index.into_iter().flat_map(|index| organization.queues_of(index));
    let skills = index.map(|index| acd.skills_of_user.members(index)).unwrap_or_default().iter();
    let languages = index.map(|index| acd.languages_of_user.members(index)).unwrap_or_default().iter();
    json!({
        "id": agent.id,
        "user": user::reference(&agent.id.to_string()),
        "acceptDirectShiftTrades": false,
        "queues": queues.map(|(id, _)| reference(Queue::PATH, id.to_string())).collect::<Vec<_>>(),
        "skills": skills.map(|(id, _)| reference(Skill::PATH, id.to_string())).collect::<Vec<_>>(),
        "languages": languages.map(|(id, _)| reference(Language::PATH, id.to_string())).collect::<Vec<_>>(),
        "schedulable": kept.get("schedulable").cloned().unwrap_or(json!(true)),
        "metadata": { "version": kept.get("version").cloned().unwrap_or(json!(1)), "dateModified": now },
        "selfUri": user::address(agent),
    })
}

/// `PATCH …/agents`: whether agents are schedulable; all or none.
fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    unit_in_path(call)?;
    let body = call.json_object()?;
    let changes = values(body.get("entities"));
    call.change(|organization| {
        let mut paths = Vec::with_capacity(changes.len());
        for change in changes.iter().filter_map(Value::as_object) {
            let id = text(change, "userId");
            let agent = find(call, organization, id);
            let agent = agent.map_err(|_| ApiError::no_reference("userId", "agent", id))?;
            paths.push((kept_at(call, agent)?, change));
        }
        for (path, change) in paths {
            let mut kept = setting::stored(organization, &path).unwrap_or_default();
            let version = kept.get("version").and_then(Value::as_u64).unwrap_or(1) + 1;
            kept.insert("version".to_owned(), json!(version));
            if let Some(schedulable) = change.get("schedulable") {
                kept.insert("schedulable".to_owned(), schedulable.clone());
            }
            setting::set(organization, &path, kept);
        }
        Ok(())
    })?;
    answer::done(call)
}

/// `GET …/businessunits/{businessUnitId}/users`: the agents of each of its management units.
fn list_users(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("businessUnitId")?;
    check_business_unit(call, &id)?;
    let wanted = call.query_list("managementUnitIds");
    let organization = call.tenant().read();
    let units = organization.collections.list(MANAGEMENT_UNITS);
    let units = units.filter(|unit| unit.get("businessUnit").is_some_and(|of| of["id"] == *id));
    let units = units.filter(|unit| wanted.is_empty() || wanted.iter().any(|one| one == text(unit, "id")));
    let shown: Vec<Value> = units.map(|unit| users_of(&organization, unit)).collect();
    drop(organization);
    answer::reply(call, json!({ "managementUnits": shown }))
}

fn users_of(organization: &Organization, unit: &Map<String, Value>) -> Value {
    let id = text(unit, "id");
    let agents = organization.people().agents();
    let agents = agents.filter(|agent| agent.management_unit.is_some_and(|of| of.to_string() == id));
    let users: Vec<_> = agents.map(|agent| user::reference(&agent.id.to_string())).collect();
    json!({ "managementUnit": { "id": id, "selfUri": unit.get("selfUri") }, "users": users })
}
