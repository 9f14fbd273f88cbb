//! The queues of an organization.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::Resource;
use super::answer::Answer;
use super::input::Params;
use crate::platform::Platform;

/// Where the platform keeps them.
const COLLECTION: &str = "/api/v2/routing/queues";

pub(super) fn resource() -> Resource {
    Resource::new().get("/__admin/queues", "the queues (?limit=100&tenant=)", queues)
}

async fn queues(State(platform): State<Arc<Platform>>, params: Params) -> Answer<Json<Value>> {
    let params = params.only(&["limit", "tenant"])?;
    let (tenant, limit) = (params.tenant(&platform)?, params.limit()?);
    let organization = tenant.read();
    let queues = organization.collections.list(COLLECTION).take(limit);
    let queues: Vec<_> =
        queues.map(|queue| json!({ "id": queue.get("id"), "name": queue.get("name") })).collect();
    Ok(Json(json!({ "queues": queues })))
}
