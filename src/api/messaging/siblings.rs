//! The other media below `/conversations`, and words that stand where an id could.
//!
//! Nothing here has behaviour: what clients create is kept and shown. Each path is named because
//! `/conversations/{conversationId}` would otherwise take its name for an id.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::entity;
use crate::api::route::{Route, get, patch, post};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::collection::Entity;

/// Where clients create conversations that are no messages.
const CREATED: [&str; 5] = [
    "/api/v2/conversations/calls",
    "/api/v2/conversations/callbacks",
    "/api/v2/conversations/chats",
    "/api/v2/conversations/emails",
    "/api/v2/conversations/faxes",
];

pub(super) fn routes() -> Vec<Route> {
    let created = CREATED.into_iter().flat_map(|path| [get(path, list), post(path, create)]);
    let others = [
        patch("/api/v2/conversations/callbacks", accept),
        get("/api/v2/conversations/cobrowsesessions", list),
        get("/api/v2/conversations/internalmessages", list),
        get("/api/v2/conversations/keyconfigurations", list),
        post("/api/v2/conversations/keyconfigurations", create),
        get("/api/v2/conversations/settings", settings),
        patch("/api/v2/conversations/settings", set),
        get("/api/v2/conversations/messages/cachedmedia", list),
    ];
    created.chain(others).collect()
}

/// The call, callback, … whose id stands in the call's path.
pub(super) fn find(call: &Call<'_>) -> Result<Option<Entity>, ApiError> {
    let id = call.param("conversationId")?;
    let organization = call.tenant().read();
    Ok(CREATED.iter().find_map(|path| organization.collections.get(path, &id)).cloned())
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&entity::page(call, call.path)?).map(Reply::generic)
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&entity::create(call, call.path, call.json_object()?)).map(Reply::generic)
}

fn accept(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.json_object()?;
    Ok(Reply::empty(StatusCode::ACCEPTED).generic())
}

/// The id under which the settings are kept.
const SETTINGS: &str = "settings";

fn settings(call: &Call<'_>) -> Result<Reply, ApiError> {
    let kept = call.tenant().read().collections.get(call.path, SETTINGS).cloned();
    Reply::ok(&kept.map_or_else(|| json!({}), |kept| Value::Object(Map::clone(&kept)))).map(Reply::generic)
}

fn set(call: &Call<'_>) -> Result<Reply, ApiError> {
    let changes = call.json_object()?;
    call.change(|organization| {
        let mut kept = organization
            .collections
            .get(call.path, SETTINGS)
            .map(|kept| Map::clone(kept))
            .unwrap_or_default();
        entity::lay_over(&mut kept, changes);
        organization.collections.insert(call.path, SETTINGS, kept);
        Ok(Reply::empty(StatusCode::ACCEPTED).generic())
    })
}
