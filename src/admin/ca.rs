//! The certificate of the local CA, for clients that can not read the server's folder.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;

use super::answer::Answer;
use super::{ControlPlane, Resource};
use crate::wire::error::ApiError;

pub(super) fn resource() -> Resource {
    Resource::new().get("/__admin/ca.pem", "the local CA's certificate, for clients to trust", show)
}

async fn show(State(state): State<ControlPlane>) -> Answer<Response> {
    const WHY: &str = "The certificates come from files (--tls-cert), so the server has no local CA.";
    let ends = state.tls.get().await.map_err(|error| {
        tracing::error!(error = format!("{error:#}"), "no certificates");
        ApiError::internal()
    })?;
    let ca = ends.ca.ok_or_else(|| ApiError::no_such_path(WHY))?;
    Ok(([(CONTENT_TYPE, "application/x-pem-file")], ca.to_string()).into_response())
}
