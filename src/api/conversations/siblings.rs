//! Paths with a word at the position of an id.
//!
//! These entities have no behaviour: gcmock stores what clients create, and shows it. Each path has a route because
//! `/conversations/{conversationId}` would otherwise read its last word as an id. Web chat has none: the vendor removed
//! it in 2026.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::entity;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v2/conversations/faxes", create),
        Route::get("/api/v2/conversations/cobrowsesessions", list),
        Route::get("/api/v2/conversations/internalmessages", list),
        Route::get("/api/v2/conversations/keyconfigurations", list),
        Route::post("/api/v2/conversations/keyconfigurations", create),
        Route::get("/api/v2/conversations/settings", get_settings),
        Route::patch("/api/v2/conversations/settings", update_settings),
        Route::get("/api/v2/conversations/messages/cachedmedia", list),
    ]
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&entity::list(call, call.path)?).map(Reply::generic)
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&entity::create(call, call.path, call.json_object()?)).map(Reply::generic)
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
