//! The certificate of the local CA, for clients that can not read the server's folder.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;

use super::ControlPlane;
use super::answer::Answer;
use super::route::{Resource, get};
use crate::wire::error::ApiError;

const PEM: &str = "application/x-pem-file";

pub(super) fn resource() -> Resource {
    let does = "the local CA's certificate, for clients to trust";
    Resource::new().with(get("/__admin/ca.pem", does, show).answers_text(PEM).refuses(&[404]))
}

async fn show(State(state): State<ControlPlane>) -> Answer<Response> {
    const WHY: &str = "The certificates come from files (--tls-cert), so the server has no local CA.";
    let ends = state.tls.get().await.map_err(|error| {
        tracing::error!(error = format!("{error:#}"), "no certificates");
        ApiError::internal()
    })?;
    let ca = ends.ca.ok_or_else(|| ApiError::no_such_path(WHY))?;
    Ok(([(CONTENT_TYPE, PEM)], ca.to_string()).into_response())
}
