//! Whether the server lives, and whether to send it anything.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde_json::{Value, json};

use super::Resource;
use super::answer::Answer;
use crate::platform::Platform;
use crate::rules::Scenario;
use crate::wire::error::ApiError;

pub(super) fn resource() -> Resource {
    Resource::new().get("/__admin/health", "says that the server lives", health).get(
        "/__admin/ready",
        "says whether it takes requests; 503 while it drains",
        ready,
    )
}

/// Says also what the operator of a busy port wants to know: which process it is, and what it serves.
async fn health(State(platform): State<Arc<Platform>>) -> Json<Value> {
    Json(json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "pid": std::process::id(),
        "scenarios": Scenario::served_by(&platform.config.current()),
    }))
}

async fn ready(State(platform): State<Arc<Platform>>) -> Answer<Json<Value>> {
    if platform.stop.is_cancelled() {
        const WHY: &str = "The server is draining.";
        return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "service.unavailable", WHY).into());
    }
    Ok(health(State(platform)).await)
}
