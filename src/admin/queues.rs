//! The queues of an organization.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::answer::Answer;
use super::input::Params;
use super::route::{LIMIT, Resource, TENANT, get};
use crate::platform::Platform;

/// The collection of queues.
const COLLECTION: &str = "/api/v2/routing/queues";

pub(super) fn resource() -> Resource {
    let queues = get("/__admin/queues", "the queues (?limit=100&tenant=)", queues);
    Resource::new().with(queues.query(&[LIMIT, TENANT]).answers::<Queues>())
}

#[derive(Serialize, ToSchema)]
struct Queues {
    queues: Vec<Queue>,
}

#[derive(Serialize, ToSchema)]
struct Queue {
    #[schema(required, value_type = String)]
    id: Option<Value>,
    #[schema(required, value_type = String)]
    name: Option<Value>,
}

async fn queues(State(platform): State<Arc<Platform>>, params: Params) -> Answer<Json<Queues>> {
    let params = params.only(&[LIMIT, TENANT])?;
    let (tenant, limit) = (params.tenant(&platform)?, params.limit()?);
    let organization = tenant.read();
    let queues = organization.collections.list(COLLECTION).take(limit);
    let of = |queue: &Map<String, Value>, name| queue.get(name).cloned();
    let queues = queues.map(|queue| Queue { id: of(queue, "id"), name: of(queue, "name") }).collect();
    Ok(Json(Queues { queues }))
}
