//! Presences: the status of a user, for each source. A user has one status, so a change through one source shows in
//! all of them, and in workforce management.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::api::call::Call;
use crate::api::entity::required_text;
use crate::api::route::Route;
use crate::time::clock::rfc3339;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::collection::Collections;
use crate::world::people::{PresenceChange, User};
use crate::world::workforce::AgentStatus;
use crate::world::workforce::seed::PRESENCE_DEFINITIONS;

/// The most characters of a message.
const MAX_MESSAGE: usize = 1000;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/users/{userId}/presences/purecloud", get).or_scope("presence"),
        Route::patch("/api/v2/users/{userId}/presences/purecloud", update).or_scope("presence"),
        Route::get("/api/v2/users/{userId}/presences/{sourceId}", get).or_scope("presence"),
        Route::patch("/api/v2/users/{userId}/presences/{sourceId}", update).or_scope("presence"),
        Route::put("/api/v2/users/presences/bulk", update_many).or_scope("presence"),
        Route::get("/api/v2/users/presences/purecloud/bulk", list).or_scope("presence"),
        Route::get("/api/v2/users/presences/{sourceId}/bulk", list).or_scope("presence"),
    ]
}

/// The source in the call's path, in the spelling of presences.
fn source_in_path(call: &Call<'_>) -> Result<String, ApiError> {
    let source = call.param("sourceId")?;
    let own = source.is_empty() || source.eq_ignore_ascii_case("purecloud");
    Ok(if own { "PURECLOUD".to_owned() } else { source.into_owned() })
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&user::presence(&super::user_in_path(call)?, &source_in_path(call)?))
}

fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("userId")?;
    let body = call.json_object()?;
    let user = call.change(|organization| {
        let presence = read_change(&body, &organization.collections)?;
        let user = super::find_index(organization.people(), &id)?;
        organization.set_presence(user, presence, call.now).ok_or_else(ApiError::internal)
    })?;
    Reply::ok(&user::presence(&user, &source_in_path(call)?))
}

/// Changes several presences; if one is wrong, none.
fn update_many(call: &Call<'_>) -> Result<Reply, ApiError> {
    let bodies: Vec<Map<String, Value>> = call.json()?;
    let changed = call.change(|organization| {
        let read = bodies.iter().map(|body| {
            let user = super::find_index(organization.people(), required_text(body, "id")?)?;
            Ok((user, read_change(body, &organization.collections)?))
        });
        let presences = read.collect::<Result<Vec<_>, ApiError>>()?;
        let changed = presences
            .into_iter()
            .filter_map(|(user, presence)| organization.set_presence(user, presence, call.now));
        Ok(changed.collect::<Vec<_>>())
    })?;
    let shown: Vec<Value> = changed.iter().map(|user| user::presence(user, "PURECLOUD")).collect();
    Reply::ok(&shown)
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let source = source_in_path(call)?;
    let organization = call.tenant().read();
    let ids = call.query_list("id");
    let users = ids.iter().filter_map(|id| super::find_user(organization.people(), id).ok());
    let shown: Vec<Value> = users.map(|user| to_json(user, &source)).collect();
    Reply::ok(&shown)
}

fn to_json(user: &User, source: &str) -> Value {
    json!({
        "id": user.id,
        "userId": user.id,
        "source": source,
        "presenceDefinition": user::presence_definition(user),
        "message": user.presence_message,
        "modifiedDate": rfc3339(user.status_since),
        "selfUri": format!("{}/presences/{source}", user::address(user)),
    })
}

/// Reads a presence from a body.
fn read_change(body: &Map<String, Value>, collections: &Collections) -> Result<PresenceChange, ApiError> {
    let message = read_message(body)?;
    let change = match body.get("presenceDefinition") {
        None | Some(Value::Null) => PresenceChange::default(),
        Some(Value::Object(definition)) => read_definition(definition, collections)?,
        Some(_) => {
            return Err(ApiError::bad_request("The property presenceDefinition must be an object."));
        }
    };
    let has_change = change.status.is_some() || message.is_some();
    if has_change || body.get("primary").is_some_and(Value::is_boolean) {
        return Ok(PresenceChange { message, ..change });
    }
    Err(ApiError::bad_request("One of presenceDefinition, message and primary is required."))
}

/// Reads a presence definition: by its id, or without one by its system presence.
fn read_definition(
    definition: &Map<String, Value>,
    collections: &Collections,
) -> Result<PresenceChange, ApiError> {
    let text = |key: &str| definition.get(key).and_then(Value::as_str);
    match (text("id"), text("systemPresence")) {
        (Some(id), _) => {
            let unknown = || ApiError::invalid_value("presenceDefinition.id", id, PRESENCE_DEFINITIONS);
            let stored = collections.get(PRESENCE_DEFINITIONS, &id.to_lowercase()).ok_or_else(unknown)?;
            let named = stored.get("systemPresence").and_then(Value::as_str).unwrap_or_default();
            let seeded = Uuid::try_parse(id).ok().and_then(AgentStatus::from_definition);
            let status = seeded.or_else(|| AgentStatus::from_name(named)).ok_or_else(unknown)?;
            let definition = seeded.is_none().then(|| id.to_lowercase().into());
            Ok(PresenceChange { status: Some(status), definition, message: None })
        }
        (None, Some(name)) => {
            Ok(PresenceChange { status: Some(find_status(name)?), ..PresenceChange::default() })
        }
        (None, None) => {
            const WHY: &str = "The property presenceDefinition needs an id or a systemPresence.";
            Err(ApiError::bad_request(WHY))
        }
    }
}

fn find_status(name: &str) -> Result<AgentStatus, ApiError> {
    let unknown =
        || ApiError::invalid_value("presenceDefinition.systemPresence", name, &AgentStatus::names());
    AgentStatus::from_name(name).ok_or_else(unknown)
}

fn read_message(body: &Map<String, Value>) -> Result<Option<String>, ApiError> {
    match body.get("message") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.chars().count() <= MAX_MESSAGE => Ok(Some(text.clone())),
        Some(_) => {
            let why = format!("The property message must be a string of at most {MAX_MESSAGE} characters.");
            Err(ApiError::bad_request(why))
        }
    }
}
