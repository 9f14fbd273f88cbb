//! The queues of an organization.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::Answer;
use super::input::Params;
use super::route::{LIMIT, Resource, TENANT, get};
use crate::platform::Platform;
use crate::world;
use crate::world::id::Id;

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
    #[schema(value_type = String)]
    id: Id<world::routing::Queue>,
    name: String,
}

async fn queues(State(platform): State<Arc<Platform>>, params: Params) -> Answer<Json<Queues>> {
    let params = params.only(&[LIMIT, TENANT])?;
    let (tenant, limit) = (params.tenant(&platform)?, params.limit()?);
    let organization = tenant.read();
    let queues = organization.acd().queues.iter().take(limit);
    let queues = queues.map(|queue| Queue { id: queue.id, name: queue.name.clone() }).collect();
    Ok(Json(Queues { queues }))
}
