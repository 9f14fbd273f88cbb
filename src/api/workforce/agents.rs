//! `wfm/schedules/…`: agents by id or name, and their statuses. Not in the published API; the shape
//! is ours, its words are the vendor's.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::units::Unit;
use crate::call::{Call, Reply};
use crate::clock::rfc3339;
use crate::error::ApiError;
use crate::operation::{Operation, get, put};
use crate::tenant::Tenant;
use crate::tenant::paging::Page;
use crate::tenant::people::User;
use crate::tenant::seed;
use crate::wfm::{Standing, Status, engine};

const AGENTS: &str = "/api/v2/wfm/schedules/agents";

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get("/api/v2/wfm/schedules/agents/{agentId}", agent).unpublished(),
        put("/api/v2/wfm/schedules/agents/{agentId}", set_status).unpublished(),
        get("/api/v2/wfm/schedules/adherence", adherence).unpublished(),
    ]
}

fn agent(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("agentId")?;
    let agent = super::agent(&call.tenant().data.read().people, &id)?.clone();
    Reply::ok(&shown(call.tenant(), &agent))
}

fn set_status(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("agentId")?;
    let status = wanted(&call.json_object()?)?;
    let agent = changed(call, &id, status)?;
    Reply::ok(&shown(call.tenant(), &agent))
}

/// The agent right after the change, as nobody else can have changed it again.
fn changed(call: &Call<'_>, id: &str, status: Status) -> Result<User, ApiError> {
    let changed = {
        let mut data = call.tenant().data.write();
        let agent = data.people.get_mut(id).filter(|user| user.is_agent());
        let agent = agent.ok_or_else(|| ApiError::no_such("agent", id))?;
        agent.set_status(status, call.now);
        agent.clone()
    };
    engine::changed(call.app, call.tenant(), &changed, call.now);
    Ok(changed)
}

/// `{"status": "Busy"}`; `availability` is understood as well, for that is what people call it.
fn wanted(body: &Map<String, Value>) -> Result<Status, ApiError> {
    let given = body.get("status").or_else(|| body.get("availability"));
    let missing = || ApiError::bad_request("The property status is required and must be a text.");
    let name = given.and_then(Value::as_str).ok_or_else(missing)?;
    Status::from_name(name).ok_or_else(|| ApiError::invalid_value("status", name, &Status::names()))
}

fn adherence(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = call.query_list("agentId");
    let page = call.page()?;
    let (agents, total) = if ids.is_empty() {
        let data = call.tenant().data.read();
        let on_page = data.people.agents().skip(page.offset()).take(page.most());
        (on_page.cloned().collect(), data.people.agents().count())
    } else {
        let named = super::agents_named(call, &ids)?;
        let total = named.len();
        (named.into_iter().skip(page.offset()).take(page.most()).collect::<Vec<_>>(), total)
    };
    let entities = agents.iter().map(|agent| shown(call.tenant(), agent)).collect();
    Reply::ok(&Page::new(entities, total, page, call.path, call.query))
}

/// An agent with status and schedule side by side.
fn shown(tenant: &Tenant, agent: &User) -> Value {
    let unit = Unit::of(tenant, agent);
    let standing = Standing::new(None, agent.status);
    json!({
        "id": agent.id,
        "name": agent.name,
        "status": agent.status.name(),
        "statusSince": rfc3339(agent.status_since),
        "systemPresence": agent.status.system_presence(),
        "routingStatus": agent.routing.name(),
        "skillGroup": skill_group(tenant, agent),
        "managementUnit": unit.map(|unit| json!({ "id": unit.id, "name": unit.seed.name, "selfUri": unit.address() })),
        "scheduledActivityCategory": standing.scheduled_name(),
        "actualActivityCategory": standing.actual.name(),
        "adherenceState": standing.state(),
        "impact": standing.impact(),
        "version": agent.status_version,
        "selfUri": format!("{AGENTS}/{}", agent.id),
    })
}

fn skill_group(tenant: &Tenant, agent: &User) -> Option<Value> {
    let group = tenant.seed.skill_groups.get(usize::from(agent.skill_group?))?;
    let id: Uuid = seed::id_of(tenant.id, &format!("/api/v2/routing/skills/{}", group.name));
    Some(json!({ "id": id, "name": group.name }))
}
