//! The sources of presences, and the one that counts for a user.

use serde_json::{Map, Value, json};

use super::find_user;
use crate::api::call::Call;
use crate::api::entity::{self, required_text};
use crate::api::route::Route;
use crate::api::setting::{self, Setting};
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::json::object;

const SOURCES: &str = "/api/v2/presence/sources";
const KIND: &str = "presence source";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(SOURCES, list),
        Route::post(SOURCES, create),
        Route::get("/api/v2/presence/sources/{sourceId}", get),
        Route::put("/api/v2/presence/sources/{sourceId}", update),
        Route::delete("/api/v2/presence/sources/{sourceId}", delete),
        Route::get("/api/v2/presence/users/{userId}/primarysource", setting::get::<Primary>),
        Route::put("/api/v2/presence/users/{userId}/primarysource", setting::put::<Primary>),
    ]
}

/// The source that every organization has.
const OWN: &str = "PURECLOUD";

fn own() -> Map<String, Value> {
    object(json!({ "id": OWN, "name": OWN, "type": "System", "deactivated": false,
        "selfUri": format!("{SOURCES}/{OWN}") }))
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let stored = entity::list(call, SOURCES)?.entities;
    let all: Vec<_> = std::iter::once(own()).chain(stored.iter().map(|source| Map::clone(source))).collect();
    Reply::ok(&json!({ "total": all.len(), "entities": all, "selfUri": call.path }))
}

/// The fields of a source that clients set.
fn read(call: &Call<'_>) -> Result<Map<String, Value>, ApiError> {
    let mut body = call.json_object()?;
    required_text(&body, "name")?;
    body.retain(|key, _| matches!(key.as_str(), "name" | "description" | "type" | "deactivated"));
    Ok(body)
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut source = read(call)?;
    source.entry("deactivated").or_insert(json!(false));
    source.entry("type").or_insert(json!("User"));
    Reply::ok(&entity::create(call, SOURCES, source))
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    if call.param("sourceId")?.eq_ignore_ascii_case(OWN) {
        return Reply::ok(&own());
    }
    Reply::ok(&entity::get(call, SOURCES, KIND, &call.param("sourceId")?)?)
}

/// Replaces the fields of a source.
fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = read(call)?;
    let replaced = entity::update(call, SOURCES, KIND, &call.param("sourceId")?, |source| {
        source.retain(|key, _| key != "description");
        entity::merge_fields(source, body);
        Ok(())
    });
    Reply::ok(&replaced?)
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    entity::delete(call, SOURCES, KIND, &call.param("sourceId")?)
}

/// The source whose presence is the user's.
struct Primary;

impl Setting for Primary {
    const FIELDS: &'static [&'static str] = &["name", "sourceId", "registered"];

    fn path(call: &Call<'_>, organization: &Organization) -> String {
        let user = call.param("userId").ok().and_then(|name| organization.people().get(&name));
        user.map(view::user::primary_source).unwrap_or_default()
    }

    fn default(call: &Call<'_>, organization: &Organization) -> Map<String, Value> {
        object(
            json!({ "sourceId": "PURECLOUD", "registered": true, "selfUri": Self::path(call, organization) }),
        )
    }

    fn check(call: &Call<'_>, organization: &Organization) -> Result<(), ApiError> {
        find_user(organization.people(), &call.param("userId")?).map(drop)
    }
}
