//! Workforce management: agents and their statuses, adherence, units, agent schedules.
//!
//! `agents` is the endpoint that load tests of status changes name. The published API does not have it. `adherence`
//! shows what each agent does, `units` the management units, `unit_agents` their agents, `schedules` and
//! `week_schedules` the schedules, `schedule_uploads` their files, `agent_entries` what these say of agents,
//! `week_agents` the agents in schedules, `time_off` requests for time off, `planning` and `work_plans` what a unit plans
//! with. `events` has what their topics publish. `historical` has historical adherence of several items,
//! `adherence_queries` that of one unit or team. `world::workforce` decides what a status means.

mod adherence;
mod adherence_queries;
mod agent_entries;
mod agents;
mod documents;
mod events;
mod explanations;
mod historical;
mod planning;
mod schedule_uploads;
mod schedules;
mod time_off;
mod time_off_limits;
mod unit_agents;
mod units;
mod week_agents;
mod week_schedules;
mod work_plans;

use super::call::Call;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::world::people::{People, User};

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    [
        agents::routes(),
        adherence::routes(),
        units::routes(),
        schedules::routes(),
        schedule_uploads::routes(),
        documents::routes(),
        explanations::routes(),
        historical::routes(),
        adherence_queries::routes(),
        planning::routes(),
        time_off::routes(),
        time_off_limits::routes(),
        unit_agents::routes(),
        week_schedules::routes(),
        work_plans::routes(),
    ]
    .concat()
}

/// Finds an agent by its id or name.
fn find_agent<'p>(people: &'p People, id: &str) -> Result<&'p User, ApiError> {
    people.get(id).filter(|user| user.is_agent()).ok_or_else(|| ApiError::no_such("agent", id))
}

/// The most agents that one request may name.
const MAX_NAMED: usize = 1000;

/// Copies of the agents that `ids` name, without duplicates.
fn find_agents(call: &Call<'_>, ids: &[String]) -> Result<Vec<User>, ApiError> {
    if ids.len() > MAX_NAMED {
        return Err(ApiError::bad_request(format!("One request names at most {MAX_NAMED} agents.")));
    }
    let organization = call.tenant().read();
    let mut found: Vec<&User> = Vec::with_capacity(ids.len());
    for id in ids {
        let named = find_agent(organization.people(), id)?;
        if !found.iter().any(|other| other.id == named.id) {
            found.push(named);
        }
    }
    Ok(found.into_iter().cloned().collect())
}
