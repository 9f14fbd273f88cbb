//! The agents of an organization with their statuses, and all users.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Resource;
use super::answer::{Answer, Refusal};
use super::input::{Content, Named, Params};
use crate::platform::Platform;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::world::Tenant;
use crate::world::people::User;
use crate::world::workforce::AgentStatus;

const LISTING: [&str; 2] = ["limit", "tenant"];

pub(super) fn resource() -> Resource {
    Resource::new()
        .get("/__admin/agents", "the agents and their statuses (?limit=100&tenant=)", agents)
        .put("/__admin/agents/{id}", "changes an agent, by id or name: {\"status\":\"On Break\"}", change)
        .get("/__admin/users", "the users, including agents (?limit=100&tenant=)", users)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Agent {
    id: Uuid,
    name: String,
    skill_group: Option<String>,
    status: &'static str,
    status_since: String,
    management_unit: Option<String>,
}

impl Agent {
    fn of(tenant: &Tenant, user: &User) -> Self {
        let unit = tenant.seed.management_units.get(usize::from(user.management_unit));
        Self {
            id: user.id,
            name: user.name.clone(),
            skill_group: skill_group(tenant, user).map(str::to_owned),
            status: user.status.name(),
            status_since: rfc3339(user.status_since),
            management_unit: unit.map(|unit| unit.name.clone()),
        }
    }
}

fn skill_group<'a>(tenant: &'a Tenant, user: &User) -> Option<&'a str> {
    let group = tenant.seed.skill_groups.get(usize::from(user.skill_group?))?;
    Some(&group.name)
}

async fn agents(State(platform): State<Arc<Platform>>, params: Params) -> Answer<Json<Value>> {
    let params = params.only(&LISTING)?;
    let (tenant, limit) = (params.tenant(&platform)?, params.limit()?);
    let organization = tenant.read();
    let agents: Vec<_> =
        organization.people().agents().take(limit).map(|user| Agent::of(&tenant, user)).collect();
    Ok(Json(json!({ "agents": agents })))
}

async fn users(State(platform): State<Arc<Platform>>, params: Params) -> Answer<Json<Value>> {
    let params = params.only(&LISTING)?;
    let (tenant, limit) = (params.tenant(&platform)?, params.limit()?);
    let organization = tenant.read();
    let row = |user: &User| {
        let (group, status) = (skill_group(&tenant, user), user.status.name());
        json!({ "id": user.id, "name": user.name, "email": user.email, "skillGroup": group, "status": status })
    };
    let users: Vec<_> =
        organization.people().iter().filter(|user| user.exists()).take(limit).map(row).collect();
    Ok(Json(json!({ "users": users })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    status: String,
}

async fn change(
    State(platform): State<Arc<Platform>>,
    Named(who): Named,
    params: Params,
    content: Content,
) -> Answer<Json<Agent>> {
    let tenant = params.only(&["tenant"])?.tenant(&platform)?;
    let Change { status } = content.json()?;
    let invalid = || Refusal::from(ApiError::invalid_value("status", &status, &AgentStatus::names()));
    let status = AgentStatus::from_name(&status).ok_or_else(invalid)?;
    let now = platform.clock.now();
    let changed = platform.change(&tenant, now, |organization| {
        let agent = organization.people().agent(&who)?;
        organization.set_status(agent, status, now)
    });
    let changed = changed.ok_or_else(|| ApiError::no_such("agent", &who))?;
    Ok(Json(Agent::of(&tenant, &changed)))
}
