//! Presence definitions: what a status can be called. The vendor has them under two paths, in two
//! shapes; here they are one collection, so what is created under either is seen under both.

use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::entity;
use crate::api::route::{Route, delete, get, post, put};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::workforce::AgentStatus;
use crate::world::workforce::seed::PRESENCE_DEFINITIONS;

const KIND: &str = "presence definition";
const NEWER: &str = "/api/v2/presence/definitions";

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/api/v2/systempresences", system).or_scope("presence"),
        get("/api/v2/presencedefinitions", list).or_scope("presence"),
        post("/api/v2/presencedefinitions", create).or_scope("presence"),
        get("/api/v2/presencedefinitions/{presenceId}", one).or_scope("presence"),
        put("/api/v2/presencedefinitions/{presenceId}", change).or_scope("presence"),
        delete("/api/v2/presencedefinitions/{presenceId}", remove).or_scope("presence"),
        get("/api/v2/presence/definitions", list_newer),
        post("/api/v2/presence/definitions", create_newer),
        get("/api/v2/presence/definitions/{presenceId}", one_newer),
        put("/api/v2/presence/definitions/{presenceId}", change_newer),
        delete("/api/v2/presence/definitions/{presenceId}", remove),
    ]
}

fn system(_: &Call<'_>) -> Result<Reply, ApiError> {
    let primary = AgentStatus::ALL.iter().map(|row| row.0).filter(|status| status.is_primary());
    let shown: Vec<Value> = primary
        .map(|status| {
            let id = status.definition();
            let uri = format!("{PRESENCE_DEFINITIONS}/{id}");
            json!({ "id": id, "name": status.spaced_presence(), "selfUri": uri })
        })
        .collect();
    Reply::ok(&shown)
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&entity::page(call, PRESENCE_DEFINITIONS)?)
}

fn one(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&entity::get(call, PRESENCE_DEFINITIONS, KIND, &call.param("presenceId")?)?)
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&entity::create(call, PRESENCE_DEFINITIONS, fresh(call.json_object()?)?))
}

fn change(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&changed(call)?)
}

fn remove(call: &Call<'_>) -> Result<Reply, ApiError> {
    entity::remove(call, PRESENCE_DEFINITIONS, KIND, &call.param("presenceId")?)
}

fn list_newer(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let entities: Vec<Value> =
        organization.collections.list(PRESENCE_DEFINITIONS).map(|entity| newer(entity)).collect();
    Reply::ok(&json!({ "total": entities.len(), "entities": entities, "selfUri": NEWER }))
}

fn one_newer(call: &Call<'_>) -> Result<Reply, ApiError> {
    let found = entity::get(call, PRESENCE_DEFINITIONS, KIND, &call.param("presenceId")?)?;
    Reply::ok(&newer(&found))
}

fn create_newer(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::created(&newer(&entity::create(call, PRESENCE_DEFINITIONS, fresh(call.json_object()?)?)))
}

fn change_newer(call: &Call<'_>) -> Result<Reply, ApiError> {
    let changed = changed(call)?;
    Reply::ok(&newer(&changed))
}

/// The same definition in the newer shape.
fn newer(entity: &Map<String, Value>) -> Value {
    let field = |key: &str| entity.get(key).cloned().unwrap_or_default();
    let id = field("id").as_str().unwrap_or_default().to_owned();
    let status =
        field("systemPresence").as_str().and_then(AgentStatus::from_name).unwrap_or(AgentStatus::Offline);
    let primary = field("primary") == json!(true);
    json!({
        "id": id,
        "name": entity.get("name").cloned().unwrap_or_else(|| json!(status.name())),
        "type": if primary { "System" } else { "User" },
        "languageLabels": field("languageLabels"),
        "systemPresence": status.system_presence(),
        "divisionId": entity.get("divisionId").cloned().unwrap_or_else(|| json!("*")),
        "deactivated": field("deactivated"),
        "selfUri": format!("{NEWER}/{id}"),
    })
}

/// A new definition: a name for one of the system presences.
fn fresh(mut body: Map<String, Value>) -> Result<Map<String, Value>, ApiError> {
    let labels = body.get("languageLabels").is_some_and(Value::is_object);
    if !labels {
        return Err(ApiError::bad_request("The property languageLabels is required and must be an object."));
    }
    entity::required_text(&body, "systemPresence")?;
    check_presence(&mut body)?;
    body.entry("deactivated").or_insert(json!(false));
    body.insert("primary".to_owned(), json!(false));
    Ok(body)
}

fn changed(call: &Call<'_>) -> Result<crate::world::collection::Entity, ApiError> {
    let mut body = call.json_object()?;
    check_presence(&mut body)?;
    body.remove("primary");
    entity::merge(call, PRESENCE_DEFINITIONS, KIND, &call.param("presenceId")?, body)
}

/// The system presence, in one spelling.
fn check_presence(body: &mut Map<String, Value>) -> Result<(), ApiError> {
    let Some(value) = body.get("systemPresence") else { return Ok(()) };
    let name = value.as_str().unwrap_or_default();
    let unknown = || ApiError::invalid_value("systemPresence", name, &AgentStatus::names());
    let status = AgentStatus::from_name(name).ok_or_else(unknown)?;
    body.insert("systemPresence".to_owned(), json!(status.spaced_presence()));
    Ok(())
}
