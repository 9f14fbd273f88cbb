//! `wfm/schedules/…`: agents by id or name, and their statuses. The published API does not have these paths. The shape
//! is gcmock's, its words are the vendor's.

use serde_json::{Map, Value, json};

use super::units::unit_address;
use crate::api::call::Call;
use crate::api::route::Route;
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
        Route::get("/api/v2/wfm/schedules/agents/{agentId}", get).unpublished(),
        Route::put("/api/v2/wfm/schedules/agents/{agentId}", update).unpublished(),
        Route::get("/api/v2/wfm/schedules/adherence", list_adherence).unpublished(),
    ]
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("agentId")?;
    let agent = super::find_agent(call.tenant().read().people(), &id)?.clone();
    Reply::ok(&to_json(call, &agent))
}

fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("agentId")?;
    let status = read_status(&call.json_object()?)?;
    let agent = call.change(|organization| {
        let agent = organization.people().agent(&id);
        let changed = agent.and_then(|agent| organization.set_status(agent, status, call.now));
        changed.ok_or_else(|| ApiError::no_such("agent", &id))
    })?;
    Reply::ok(&to_json(call, &agent))
}

/// Reads `{"status": "Busy"}`; `availability` is an accepted name of `status`.
fn read_status(body: &Map<String, Value>) -> Result<AgentStatus, ApiError> {
    let given = body.get("status").or_else(|| body.get("availability"));
    let missing = || ApiError::bad_request("The property status is required and must be a string.");
    let name = given.and_then(Value::as_str).ok_or_else(missing)?;
    AgentStatus::from_name(name).ok_or_else(|| ApiError::invalid_value("status", name, &AgentStatus::names()))
}

fn list_adherence(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = call.query_list("agentId");
    let page = call.page()?;
    let (agents, total) = if ids.is_empty() {
        let organization = call.tenant().read();
        let on_page = organization.people().agents().skip(page.offset()).take(page.most());
        (on_page.cloned().collect(), organization.people().agents().count())
    } else {
        let named = super::find_agents(call, &ids)?;
        let total = named.len();
        (named.into_iter().skip(page.offset()).take(page.most()).collect::<Vec<_>>(), total)
    };
    let entities = agents.iter().map(|agent| to_json(call, agent)).collect();
    Reply::ok(&Page::new(entities, total, page, call.path, call.query))
}

/// The agent with its status, its schedule, and the view of each edge.
fn to_json(call: &Call<'_>, agent: &User) -> Value {
    let tenant = call.tenant();
    let unit = tenant.unit_of(agent);
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
        "skillGroup": skill_group_to_json(&organization, agent),
        "managementUnit": unit.map(|unit| json!({ "id": unit.id, "name": unit.name, "selfUri": unit_address(unit) })),
        "scheduledActivityCategory": standing.scheduled_name(),
        "actualActivityCategory": standing.actual.name(),
        "adherenceState": standing.state(),
        "stateSince": rfc3339(since),
        "ageSeconds": call.now.saturating_sub(since) / 1_000_000_000,
        "impact": standing.impact(),
        "edges": index.map(|index| edge_views(&organization, index, call.now)).unwrap_or_default(),
        "version": agent.status_version,
        "selfUri": format!("{AGENTS}/{}", agent.id),
    })
}

/// The status and schedule that each edge knows now, and whether it would admit the agent.
fn edge_views(organization: &Organization, agent: UserIndex, now: Nanos) -> Vec<Value> {
    let belief = |edge: &Edge| {
        let view = organization.workforce().view(organization.people(), agent, edge)?;
        let refused = organization.workforce().admission(organization.people(), agent, edge, 0, now).err();
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

fn skill_group_to_json(organization: &Organization, agent: &User) -> Option<Value> {
    let group = organization.workforce().group_of(agent)?;
    let strict = group.strict_adherence;
    Some(json!({ "id": group.id, "name": group.name, "strictAdherence": strict }))
}
