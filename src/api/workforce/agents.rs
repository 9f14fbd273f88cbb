//! `wfm/schedules/…`: agents by id or name, and their statuses. Not in the published API; the shape
//! is ours, its words are the vendor's.

use serde_json::{Map, Value, json};

use super::units::Unit;
use crate::api::call::Call;
use crate::api::route::{Route, get, put};
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::time::duration::format_duration;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::UserIndex;
use crate::world::people::User;
use crate::world::workforce::planning::Edge;
use crate::world::workforce::{Activity, AdherenceRefusal, AgentStatus, Standing, UNSCHEDULED};

const AGENTS: &str = "/api/v2/wfm/schedules/agents";

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/api/v2/wfm/schedules/agents/{agentId}", agent).unpublished(),
        put("/api/v2/wfm/schedules/agents/{agentId}", set_status).unpublished(),
        get("/api/v2/wfm/schedules/adherence", adherence).unpublished(),
    ]
}

fn agent(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("agentId")?;
    let agent = super::agent(call.tenant().read().people(), &id)?.clone();
    Reply::ok(&shown(call, &agent))
}

fn set_status(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("agentId")?;
    let status = wanted(&call.json_object()?)?;
    let agent = call.change(|organization| {
        let agent = organization.people().agent(&id);
        let changed = agent.and_then(|agent| organization.set_status(agent, status, call.now));
        changed.ok_or_else(|| ApiError::no_such("agent", &id))
    })?;
    Reply::ok(&shown(call, &agent))
}

/// `{"status": "Busy"}`; `availability` is understood as well, for that is what people call it.
fn wanted(body: &Map<String, Value>) -> Result<AgentStatus, ApiError> {
    let given = body.get("status").or_else(|| body.get("availability"));
    let missing = || ApiError::bad_request("The property status is required and must be a string.");
    let name = given.and_then(Value::as_str).ok_or_else(missing)?;
    AgentStatus::from_name(name).ok_or_else(|| ApiError::invalid_value("status", name, &AgentStatus::names()))
}

fn adherence(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = call.query_list("agentId");
    let page = call.page()?;
    let (agents, total) = if ids.is_empty() {
        let organization = call.tenant().read();
        let on_page = organization.people().agents().skip(page.offset()).take(page.most());
        (on_page.cloned().collect(), organization.people().agents().count())
    } else {
        let named = super::agents_named(call, &ids)?;
        let total = named.len();
        (named.into_iter().skip(page.offset()).take(page.most()).collect::<Vec<_>>(), total)
    };
    let entities = agents.iter().map(|agent| shown(call, agent)).collect();
    Reply::ok(&Page::new(entities, total, page, call.path, call.query))
}

/// An agent with status and schedule side by side, and what each edge makes of it.
fn shown(call: &Call<'_>, agent: &User) -> Value {
    let tenant = call.tenant();
    let unit = Unit::of(tenant, agent);
    let organization = tenant.read();
    let index = organization.people().index_of(agent.id);
    let (standing, since) = index
        .and_then(|index| organization.standing(index, call.now))
        .unwrap_or((Standing::new(None, agent.status), agent.status_since));
    json!({
        "id": agent.id,
        "name": agent.name,
        "status": agent.status.name(),
        "statusSince": rfc3339(agent.status_since),
        "systemPresence": agent.status.system_presence(),
        "routingStatus": agent.routing.name(),
        "skillGroup": skill_group(&organization, agent),
        "managementUnit": unit.map(|unit| json!({ "id": unit.id, "name": unit.seed.name, "selfUri": unit.address() })),
        "scheduledActivityCategory": standing.scheduled_name(),
        "actualActivityCategory": standing.actual.name(),
        "adherenceState": standing.state(),
        "stateSince": rfc3339(since),
        "ageSeconds": call.now.saturating_sub(since) / 1_000_000_000,
        "impact": standing.impact(),
        "edges": index.map(|index| beliefs(&organization, index, call.now)).unwrap_or_default(),
        "version": agent.status_version,
        "selfUri": format!("{AGENTS}/{}", agent.id),
    })
}

/// What each edge believes now, and whether it would let the agent connect: a mismatch is seen here.
fn beliefs(organization: &Organization, agent: UserIndex, now: Nanos) -> Vec<Value> {
    let belief = |edge: &Edge| {
        let view = organization.workforce().view(organization.people(), agent, edge)?;
        let refused = organization.workforce().admission(organization.people(), (agent, edge), 0, now).err();
        Some(json!({
            "edge": edge.name,
            "syncLag": format_duration(edge.sync_lag),
            "status": view.status(now).name(),
            "scheduledActivityCategory": view.due(now).map_or(UNSCHEDULED, Activity::name),
            "admits": refused.is_none(),
            "reason": refused.as_ref().map(|refused| refused.why.name()),
            "retryAfter": refused.as_ref().map(AdherenceRefusal::retry_after),
        }))
    };
    organization.workforce().edges.iter().filter_map(belief).collect()
}

fn skill_group(organization: &Organization, agent: &User) -> Option<Value> {
    let group = organization.workforce().groups.get(usize::from(agent.skill_group?))?;
    let strict = group.strict_adherence;
    Some(json!({ "id": group.id, "name": group.name, "strictAdherence": strict }))
}
