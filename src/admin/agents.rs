//! The agents of an organization with their statuses, and all users.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, Schema};
use uuid::Uuid;

use super::answer::{Answer, Refusal};
use super::input::{Content, Named, Params};
use super::route::{LIMIT, NAME, Query, Resource, TENANT, get, put};
use super::schema::one_of;
use crate::platform::Platform;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::world::people::User;
use crate::world::workforce::AgentStatus;
use crate::world::{Organization, Tenant};

const LISTING: [Query; 3] = [LIMIT, TENANT, NAME];

pub(super) fn resource() -> Resource {
    let list = "the agents and their statuses (?limit=100&tenant=&name=)";
    let set = "changes an agent, by id or name: {\"status\":\"On Break\"}";
    let all = "the users, including agents (?limit=100&tenant=&name=)";
    Resource::new()
        .with(get("/__admin/agents", list, agents).query(&LISTING).answers::<Agents>())
        .with(put("/__admin/agents/{id}", set, change).query(&[TENANT]).reads::<Change>().answers::<Agent>())
        .with(get("/__admin/users", all, users).query(&LISTING).answers::<Users>())
}

#[derive(Serialize, ToSchema)]
struct Agents {
    agents: Vec<Agent>,
    /// The statuses that an agent can have.
    #[schema(schema_with = status_list)]
    statuses: [&'static str; AgentStatus::ALL.len()],
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Agent {
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    name: String,
    #[schema(required)]
    skill_group: Option<String>,
    #[schema(schema_with = statuses)]
    status: &'static str,
    #[schema(format = DateTime)]
    status_since: String,
    #[schema(required)]
    management_unit: Option<String>,
}

fn status_list() -> RefOr<Schema> {
    ArrayBuilder::new().items(statuses()).into()
}

fn statuses() -> RefOr<Schema> {
    one_of(AgentStatus::ALL.map(|(status, ..)| status.name()))
}

impl Agent {
    fn of(tenant: &Tenant, organization: &Organization, user: &User) -> Self {
        let unit = tenant.unit_of(user);
        Self {
            id: user.id.uuid(),
            name: user.name.clone(),
            skill_group: skill_group(organization, user),
            status: user.status.name(),
            status_since: rfc3339(user.status_since),
            management_unit: unit.map(|unit| unit.name.clone()),
        }
    }
}

fn skill_group(organization: &Organization, user: &User) -> Option<String> {
    organization.workforce().group_of(user).map(|group| group.name.clone())
}

async fn agents(State(platform): State<Arc<Platform>>, params: Params) -> Answer<Json<Agents>> {
    let params = params.only(&LISTING)?;
    let (tenant, limit, is_named) = (params.tenant(&platform)?, params.limit()?, params.names());
    let organization = tenant.read();
    let agents = organization.people().agents().filter(|user| is_named(&user.name)).take(limit);
    let agents = agents.map(|user| Agent::of(&tenant, &organization, user)).collect();
    Ok(Json(Agents { agents, statuses: AgentStatus::ALL.map(|(status, ..)| status.name()) }))
}

#[derive(Serialize, ToSchema)]
struct Users {
    users: Vec<Listed>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = User)]
struct Listed {
    #[schema(value_type = String, format = "uuid")]
    id: Uuid,
    name: String,
    email: String,
    #[schema(required)]
    skill_group: Option<String>,
    #[schema(schema_with = statuses)]
    status: &'static str,
}

impl Listed {
    fn of(organization: &Organization, user: &User) -> Self {
        Self {
            id: user.id.uuid(),
            name: user.name.clone(),
            email: user.email.clone(),
            skill_group: skill_group(organization, user),
            status: user.status.name(),
        }
    }
}

async fn users(State(platform): State<Arc<Platform>>, params: Params) -> Answer<Json<Users>> {
    let params = params.only(&LISTING)?;
    let (tenant, limit, is_named) = (params.tenant(&platform)?, params.limit()?, params.names());
    let organization = tenant.read();
    let users = organization.people().iter().filter(|user| user.exists() && is_named(&user.name)).take(limit);
    Ok(Json(Users { users: users.map(|user| Listed::of(&organization, user)).collect() }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AgentChange)]
struct Change {
    #[schema(schema_with = statuses)]
    status: String,
}

async fn change(
    State(platform): State<Arc<Platform>>,
    Named(id): Named,
    params: Params,
    content: Content,
) -> Answer<Json<Agent>> {
    let tenant = params.only(&[TENANT])?.tenant(&platform)?;
    let Change { status } = content.json()?;
    let invalid = || Refusal::from(ApiError::invalid_value("status", &status, &AgentStatus::names()));
    let status = AgentStatus::from_name(&status).ok_or_else(invalid)?;
    let now = platform.clock.now();
    let changed = platform.change(&tenant, now, |organization| {
        let agent = organization.people().agent(&id)?;
        organization.set_status(agent, status, now)
    });
    let changed = changed.ok_or_else(|| ApiError::no_such("agent", &id))?;
    Ok(Json(Agent::of(&tenant, &tenant.read(), &changed)))
}
