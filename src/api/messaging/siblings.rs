//! The other media below `/conversations`, and paths with a word at the position of an id.
//!
//! These entities have no behaviour: gcmock stores what clients create, and shows it. Each path has a route because
//! `/conversations/{conversationId}` would otherwise read its last word as an id.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::entity;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::collection::Entity;

/// The collections of calls, callbacks, chats, emails and faxes.
const CREATED: [&str; 5] = [
    "/api/v2/conversations/calls",
    "/api/v2/conversations/callbacks",
    "/api/v2/conversations/chats",
    "/api/v2/conversations/emails",
    "/api/v2/conversations/faxes",
];

pub(super) fn routes() -> Vec<Route> {
    let created = CREATED.into_iter().flat_map(|path| [Route::get(path, list), Route::post(path, create)]);
    let others = [
        Route::patch("/api/v2/conversations/callbacks", update_callbacks),
        Route::get("/api/v2/conversations/cobrowsesessions", list),
        Route::get("/api/v2/conversations/internalmessages", list),
        Route::get("/api/v2/conversations/keyconfigurations", list),
        Route::post("/api/v2/conversations/keyconfigurations", create),
        Route::get("/api/v2/conversations/settings", get_settings),
        Route::patch("/api/v2/conversations/settings", update_settings),
        Route::get("/api/v2/conversations/messages/cachedmedia", list),
    ];
    created.chain(others).collect()
}

/// The created call, callback, … with the id in the call's path.
pub(super) fn find_created(call: &Call<'_>) -> Result<Option<Entity>, ApiError> {
    let id = call.param("conversationId")?;
    let organization = call.tenant().read();
    Ok(CREATED.iter().find_map(|path| organization.collections.get(path, &id)).cloned())
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&entity::list(call, call.path)?).map(Reply::generic)
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&entity::create(call, call.path, call.json_object()?)).map(Reply::generic)
}

fn update_callbacks(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.json_object()?;
    Ok(Reply::empty(StatusCode::ACCEPTED).generic())
}

/// The id of the stored settings.
const SETTINGS: &str = "settings";

fn get_settings(call: &Call<'_>) -> Result<Reply, ApiError> {
    let kept = call.tenant().read().collections.get(call.path, SETTINGS).cloned();
    Reply::ok(&kept.map_or_else(|| json!({}), |kept| Value::Object(Map::clone(&kept)))).map(Reply::generic)
}

fn update_settings(call: &Call<'_>) -> Result<Reply, ApiError> {
    let changes = call.json_object()?;
    call.change(|organization| {
        let mut kept = organization
            .collections
            .get(call.path, SETTINGS)
            .map(|kept| Map::clone(kept))
            .unwrap_or_default();
        entity::merge_fields(&mut kept, changes);
        organization.collections.insert(call.path, SETTINGS, kept);
        Ok(Reply::empty(StatusCode::ACCEPTED).generic())
    })
}
