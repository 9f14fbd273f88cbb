//! Everything back to the start.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;

use super::Resource;
use super::answer::Answer;
use crate::platform::Platform;
use crate::wire::error::ApiError;

pub(super) fn resource() -> Resource {
    Resource::new().post(
        "/__admin/reset",
        "resets limits, buckets, journal, tokens and data; the clock and created tenants stay",
        reset,
    )
}

/// The limits files are read again, which may take its time.
async fn reset(State(platform): State<Arc<Platform>>) -> Answer<StatusCode> {
    let done = tokio::task::spawn_blocking(move || platform.reset()).await;
    done.map(|()| StatusCode::NO_CONTENT).map_err(|_| ApiError::internal().into())
}
