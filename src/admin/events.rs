//! Publishes any event.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::answer::{Answer, Refusal};
use super::input::{Content, Params};
use super::route::{Resource, TENANT, post};
use crate::platform::Platform;
use crate::push::topic::LONGEST;

pub(super) fn resource() -> Resource {
    let does = "publishes an event: {\"topic\":\"v2.users.….presence\",\"eventBody\":{…}} (?tenant=)";
    let publish = post("/__admin/events", does, publish);
    Resource::new().with(publish.query(&[TENANT]).reads::<Event>().answers::<Published>())
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Event {
    #[schema(min_length = 1, max_length = 200)]
    topic: String,
    #[serde(default)]
    event_body: Value,
}

#[derive(Serialize, ToSchema)]
struct Published {
    /// The subscribed channels of this server. With `--store` the event also reaches those of the others, which are not counted.
    delivered: usize,
}

/// Publishes an event under any topic, so that topics which gcmock does not publish can be rehearsed.
async fn publish(
    State(platform): State<Arc<Platform>>,
    params: Params,
    content: Content,
) -> Answer<Json<Published>> {
    let tenant = params.only(&[TENANT])?.tenant(&platform)?;
    let event: Event = content.json()?;
    if event.topic.is_empty() || event.topic.chars().count() > LONGEST {
        return Err(Refusal::bad(format!("topic: expected a string of 1 to {LONGEST} characters")));
    }
    let delivered = platform.notifications.hub.publish(tenant.index, &event.topic, &event.event_body);
    Ok(Json(Published { delivered }))
}
