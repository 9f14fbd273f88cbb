//! What a web page tells of its visitor: pings and the events of actions. The deployment has to exist.

use serde_json::json;

use crate::api::call::Call;
use crate::api::json_entity::answer;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Trace;

const DEPLOYMENT: &str = "/api/v2/journey/deployments/{deploymentId}";
/// The time between two pings that a page is told, in milliseconds. Assumed.
const POLL_INTERVAL: u32 = 15_000;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(&format!("{DEPLOYMENT}/customers/{{customerCookieId}}/ping"), ping),
        Route::post(&format!("{DEPLOYMENT}/actionevent"), note_action),
    ]
}

fn check(call: &Call<'_>) -> Result<(), ApiError> {
    let id = call.param("deploymentId")?;
    let trace = call.tenant().read().trace("/api/v2/webdeployments/deployments", &id);
    if matches!(trace, Trace::Here { .. }) { Ok(()) } else { Err(ApiError::no_such("deployment", &id)) }
}

fn ping(call: &Call<'_>) -> Result<Reply, ApiError> {
    check(call)?;
    answer::reply(call, json!({ "actions": [], "pollIntervalMilliseconds": POLL_INTERVAL }))
}

fn note_action(call: &Call<'_>) -> Result<Reply, ApiError> {
    check(call)?;
    answer::done(call)
}
