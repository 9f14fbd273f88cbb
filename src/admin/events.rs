//! Any event, published by hand.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Resource;
use super::answer::{Answer, Refusal};
use super::input::{Content, Params};
use crate::platform::Platform;
use crate::push::topic::LONGEST;

pub(super) fn resource() -> Resource {
    let does = "publishes an event: {\"topic\":\"v2.users.….presence\",\"eventBody\":{…}} (?tenant=)";
    Resource::new().post("/__admin/events", does, publish)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Event {
    topic: String,
    #[serde(default)]
    event_body: Value,
}

/// Publishes an event under any topic, so that topics which gcmock does not publish can be rehearsed.
async fn publish(
    State(platform): State<Arc<Platform>>,
    params: Params,
    content: Content,
) -> Answer<Json<Value>> {
    let tenant = params.only(&["tenant"])?.tenant(&platform)?;
    let event: Event = content.json()?;
    if event.topic.is_empty() || event.topic.chars().count() > LONGEST {
        return Err(Refusal::bad(format!("topic: expected a string of 1 to {LONGEST} characters")));
    }
    let delivered = platform.notifications.hub.publish(tenant.index, &event.topic, &event.event_body);
    Ok(Json(json!({ "delivered": delivered })))
}
