//! Real-time adherence: a `UserScheduleAdherence` for each agent.

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::units;
use crate::api::call::Call;
use crate::api::route::Route;
use crate::catalog::Checks;
use crate::time::clock::rfc3339;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::people::User;
use crate::world::workforce::Standing;

/// The most users that one request may name.
const MAX_USERS: usize = 100;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/workforcemanagement/adherence", list_by_users).checks(Checks::Inside),
        Route::get("/api/v2/workforcemanagement/managementunits/{managementUnitId}/adherence", list_by_unit),
    ]
}

fn list_by_users(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = call.query_list("userId");
    let refused = |code: &'static str, why: &'static str| ApiError::new(StatusCode::BAD_REQUEST, code, why);
    if ids.is_empty() {
        return Err(refused("no.user.ids.specified", "You must specify at least one userId"));
    }
    if ids.len() > MAX_USERS {
        return Err(refused("max.user.ids", "Only 100 users can be requested at a time"));
    }
    let known = |id: &String| call.tenant().read().people().find(id).is_some();
    if !ids.iter().all(|id| Uuid::try_parse(id).is_ok() || known(id)) {
        return Err(refused("invalid.id", "All requested user IDs must be valid UUIDs"));
    }
    let agents = super::find_agents(call, &ids)?;
    let shown: Vec<Value> = agents.iter().map(|agent| to_json(call, agent)).collect();
    Reply::ok(&shown)
}

fn list_by_unit(call: &Call<'_>) -> Result<Reply, ApiError> {
    let agents = units::agents_of_unit(call)?;
    let shown: Vec<Value> = agents.iter().map(|agent| to_json(call, agent)).collect();
    Reply::ok(&json!({ "entities": shown }))
}

fn to_json(call: &Call<'_>, agent: &User) -> Value {
    let tenant = call.tenant();
    let known = {
        let organization = tenant.read();
        organization.people().index_of(agent.id).and_then(|index| organization.standing(index, call.now))
    };
    let (standing, since) = known.unwrap_or((Standing::new(None, agent.status), agent.status_since));
    let mut shown = json!({
        "id": agent.id,
        "name": agent.name,
        "user": user::reference(&agent.id.to_string()),
        "scheduledActivityCategory": standing.scheduled_name(),
        "systemPresence": agent.status.system_presence(),
        "routingStatus": agent.routing.name(),
        "actualActivityCategory": standing.actual.name(),
        "isOutOfOffice": false,
        "adherenceState": standing.state(),
        "impact": standing.impact(),
        "timeOfAdherenceChange": rfc3339(since),
        "presenceUpdateTime": rfc3339(agent.status_since),
        "activeQueues": [],
        "activeQueuesModifiedTime": rfc3339(agent.routing_since),
        "removedFromManagementUnit": false,
        "nextActivityReminders": [],
        "suppressOnTimeReminder": false,
        "selfUri": user::address(agent),
    });
    if agent.presence_definition.is_some() || !agent.status.is_primary() {
        shown["organizationSecondaryPresenceId"] = json!(user::definition_id(agent));
    }
    if let Some(unit) = tenant.unit_of(agent) {
        shown["businessUnit"] = units::business_unit_reference(unit);
        shown["managementUnit"] = units::unit_reference(unit);
    }
    shown
}
