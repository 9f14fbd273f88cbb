//! The control plane as an `OpenAPI` document: `openapi.json`, and each route's line of the index.
//!
//! A route is not done before it is in that file: a test compares both.

use axum::{Extension, Json};
use serde_json::{Value, json};

use super::answer::Answer;
use super::{Resource, Routes};
use crate::wire::error::ApiError;

/// Parameters, bodies and answers of every route.
const DOCUMENT: &str = include_str!("openapi.json");

pub(super) fn resource() -> Resource {
    Resource::new().get("/__admin/openapi.json", "these routes as an OpenAPI document", show)
}

async fn show(Extension(routes): Extension<Routes>) -> Answer<Json<Value>> {
    let mut document: Value = serde_json::from_str(DOCUMENT).map_err(|_| ApiError::internal())?;
    document["info"]["version"] = json!(env!("CARGO_PKG_VERSION"));
    for route in routes.0.iter() {
        document["paths"][route.path][route.method.to_ascii_lowercase()]["summary"] = json!(route.does);
    }
    Ok(Json(document))
}
