//! Whether the server lives, and whether to send it anything.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::answer::Answer;
use super::{ControlPlane, Resource};
use crate::observe::scenario_check::GCMOCK_SCENARIO;
use crate::rules::Scenario;
use crate::wire::error::ApiError;

pub(super) fn resource() -> Resource {
    Resource::new().get("/__admin/health", "200 while the process runs", health).get(
        "/__admin/ready",
        "200 while the server accepts requests; 503 during the drain",
        ready,
    )
}

/// Says also what the operator of a busy port wants to know: which process it is, and what it serves. A plan asks
/// here first, and hears whether its scenario is served.
async fn health(State(state): State<ControlPlane>, request: HeaderMap) -> impl IntoResponse {
    let config = state.platform.config.current();
    let health = json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "pid": std::process::id(),
        "scenarios": Scenario::served_by(&config),
    });
    let mismatch = state.platform.scenario_check.compare(&request, &config);
    (mismatch.map(|mismatch| [(GCMOCK_SCENARIO, mismatch)]), Json(health))
}

async fn ready(State(state): State<ControlPlane>, request: HeaderMap) -> Answer<impl IntoResponse> {
    if state.stop.is_cancelled() {
        const WHY: &str = "The server is draining.";
        return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "service.unavailable", WHY).into());
    }
    Ok(health(State(state), request).await)
}
