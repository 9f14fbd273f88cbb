//! The queues of an organization.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::Answer;
use super::input::Params;
use super::route::{LIMIT, NAME, Resource, TENANT, get};
use crate::platform::Platform;
use crate::world;
use crate::world::id::Id;

pub(super) fn resource() -> Resource {
    let queues = get("/__admin/queues", "the queues (?limit=100&tenant=&name=)", queues);
    Resource::new().with(queues.query(&[LIMIT, TENANT, NAME]).answers::<Queues>())
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
    let params = params.only(&[LIMIT, TENANT, NAME])?;
    let (tenant, limit, is_named) = (params.tenant(&platform)?, params.limit()?, params.names());
    let organization = tenant.read();
    let queues = organization.acd().queues.iter().filter(|queue| is_named(&queue.name)).take(limit);
    let queues = queues.map(|queue| Queue { id: queue.id(), name: queue.name.clone() }).collect();
    Ok(Json(Queues { queues }))
}
