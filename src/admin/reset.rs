//! Everything back to the start.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;

use super::answer::Answer;
use super::route::{Resource, post};
use crate::platform::Platform;
use crate::wire::error::ApiError;

pub(super) fn resource() -> Resource {
    let does = "resets limits, faults, buckets, journal, tokens and data, or goes back to the loaded snapshot; created tenants stay";
    Resource::new().with(post("/__admin/reset", does, reset))
}

/// Resets the platform in a blocking task, because it reads the limits files again. What a client creates after the answer, at
/// whichever node, stays.
async fn reset(State(platform): State<Arc<Platform>>) -> Answer<StatusCode> {
    let here = Arc::clone(&platform);
    tokio::task::spawn_blocking(move || here.reset()).await.map_err(|_| ApiError::internal())?;
    platform.followed().await;
    Ok(StatusCode::NO_CONTENT)
}
