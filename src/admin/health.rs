//! The probes: health and readiness.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use super::ControlPlane;
use super::answer::Answer;
use super::route::{Resource, get};
use super::schema::one_of;
use crate::observe::scenario_check::GCMOCK_SCENARIO;
use crate::rules::Scenario;
use crate::wire::error::ApiError;

pub(super) fn resource() -> Resource {
    let (lives, takes) =
        ("200 while the process runs", "200 while the server accepts requests; 503 during the drain");
    Resource::new()
        .with(get("/__admin/health", lives, health).open().answers::<Health>())
        .with(get("/__admin/ready", takes, ready).open().answers::<Health>().refuses(&[503]))
}

#[derive(Serialize, ToSchema)]
struct Health {
    #[schema(schema_with = ok)]
    status: &'static str,
    version: &'static str,
    pid: u32,
    /// The scenarios whose limits are in force.
    scenarios: Vec<&'static str>,
}

fn ok() -> RefOr<Schema> {
    one_of(["ok"])
}

/// Also names the process and its scenarios, for the operator of a port in use. A plan asks here first, to check
/// whether its scenario is served.
async fn health(State(state): State<ControlPlane>, request: HeaderMap) -> impl IntoResponse {
    let config = state.platform.config.current();
    let health = Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
        pid: std::process::id(),
        scenarios: Scenario::served_by(&config),
    };
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
