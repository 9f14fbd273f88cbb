//! Presence definitions: the names of statuses. The vendor has them under two paths, in two shapes. Both show one
//! collection, so a definition that is created under one path is listed under both.

use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::entity;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::workforce::AgentStatus;
use crate::world::workforce::seed::PRESENCE_DEFINITIONS;

const KIND: &str = "presence definition";
const NEWER: &str = "/api/v2/presence/definitions";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/systempresences", list_system_presences).or_scope("presence"),
        Route::get("/api/v2/presencedefinitions", list).or_scope("presence"),
        Route::post("/api/v2/presencedefinitions", create).or_scope("presence"),
        Route::get("/api/v2/presencedefinitions/{presenceId}", get).or_scope("presence"),
        Route::put("/api/v2/presencedefinitions/{presenceId}", update).or_scope("presence"),
        Route::delete("/api/v2/presencedefinitions/{presenceId}", delete).or_scope("presence"),
        Route::get("/api/v2/presence/definitions", list_newer),
        Route::post("/api/v2/presence/definitions", create_newer),
        Route::get("/api/v2/presence/definitions/{presenceId}", get_newer),
        Route::put("/api/v2/presence/definitions/{presenceId}", update_newer),
        Route::delete("/api/v2/presence/definitions/{presenceId}", delete),
    ]
}

fn list_system_presences(_: &Call<'_>) -> Result<Reply, ApiError> {
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
    let wanted = flag_filter(call, "deleted")?;
    let page = entity::list_where(call, PRESENCE_DEFINITIONS, |entity| is_wanted(entity, wanted))?;
    Reply::ok(&entity::map_page(page, to_older_json))
}

/// Whether the listing has the definitions that are deactivated, or the others. `None` for all.
fn flag_filter(call: &Call<'_>, parameter: &'static str) -> Result<Option<bool>, ApiError> {
    let Some(word) = call.query_text(parameter) else { return Ok(Some(false)) };
    match &*word.to_ascii_lowercase() {
        "all" => Ok(None),
        "true" => Ok(Some(true)),
        "false" => Ok(Some(false)),
        _ => Err(ApiError::invalid_value(parameter, &word, "TRUE, FALSE, ALL")),
    }
}

fn is_wanted(entity: &Map<String, Value>, wanted: Option<bool>) -> bool {
    let is_deactivated = entity.get("deactivated") == Some(&Value::Bool(true));
    wanted.is_none_or(|wanted| wanted == is_deactivated)
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let found = entity::get(call, PRESENCE_DEFINITIONS, KIND, &call.param("presenceId")?)?;
    Reply::ok(&to_older_json(&found))
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let created = entity::create(call, PRESENCE_DEFINITIONS, read_new(call.json_object()?)?);
    Reply::ok(&to_older_json(&created))
}

fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let changed = update_entity(call)?;
    Reply::ok(&to_older_json(&changed))
}

/// The definition in the shape of `/api/v2/presencedefinitions`, which has no type and no division.
fn to_older_json(entity: &Map<String, Value>) -> Map<String, Value> {
    const SHOWN: [&str; 11] = [
        "id",
        "name",
        "languageLabels",
        "systemPresence",
        "deactivated",
        "primary",
        "createdBy",
        "createdDate",
        "modifiedBy",
        "modifiedDate",
        "selfUri",
    ];
    let shown = SHOWN.iter().filter_map(|key| Some(((*key).to_owned(), entity.get(*key)?.clone())));
    shown.collect()
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    entity::delete(call, PRESENCE_DEFINITIONS, KIND, &call.param("presenceId")?)
}

fn list_newer(call: &Call<'_>) -> Result<Reply, ApiError> {
    let wanted = flag_filter(call, "deactivated")?;
    let divisions = call.query_list("divisionId");
    let organization = call.tenant().read();
    let all = organization.collections.list(PRESENCE_DEFINITIONS);
    let all = all.filter(|entity| is_wanted(entity, wanted)).map(|entity| to_newer_json(entity));
    let entities: Vec<Value> = all.filter(|shown| is_of_division(shown, &divisions)).collect();
    Reply::ok(&json!({ "total": entities.len(), "entities": entities, "selfUri": NEWER }))
}

/// Whether a definition is for one of the divisions that are asked for. One for `*` is for each.
fn is_of_division(shown: &Value, wanted: &[String]) -> bool {
    let division = shown["divisionId"].as_str().unwrap_or("*");
    let is_named = |id: &String| id == "*" || id.eq_ignore_ascii_case(division);
    wanted.is_empty() || division == "*" || wanted.iter().any(is_named)
}

fn get_newer(call: &Call<'_>) -> Result<Reply, ApiError> {
    let found = entity::get(call, PRESENCE_DEFINITIONS, KIND, &call.param("presenceId")?)?;
    Reply::ok(&to_newer_json(&found))
}

fn create_newer(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::created(&to_newer_json(&entity::create(
        call,
        PRESENCE_DEFINITIONS,
        read_new(call.json_object()?)?,
    )))
}

fn update_newer(call: &Call<'_>) -> Result<Reply, ApiError> {
    let changed = update_entity(call)?;
    Reply::ok(&to_newer_json(&changed))
}

/// The definition in the shape of `/api/v2/presence/definitions`.
fn to_newer_json(entity: &Map<String, Value>) -> Value {
    let field = |key: &str| entity.get(key).cloned().unwrap_or_default();
    let id = field("id").as_str().unwrap_or_default().to_owned();
    let status =
        field("systemPresence").as_str().and_then(AgentStatus::from_name).unwrap_or(AgentStatus::Offline);
    let primary = field("primary") == json!(true);
    let kind = if primary { "System" } else { "User" };
    json!({
        "id": id,
        "name": entity.get("name").cloned().unwrap_or_else(|| json!(status.name())),
        "type": entity.get("type").cloned().unwrap_or_else(|| json!(kind)),
        "languageLabels": field("languageLabels"),
        "systemPresence": status.system_presence(),
        "divisionId": entity.get("divisionId").cloned().unwrap_or_else(|| json!("*")),
        "deactivated": field("deactivated"),
        "selfUri": format!("{NEWER}/{id}"),
    })
}

/// Reads a new definition: a name for one of the system presences.
fn read_new(mut body: Map<String, Value>) -> Result<Map<String, Value>, ApiError> {
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

fn update_entity(call: &Call<'_>) -> Result<crate::world::collection::Entity, ApiError> {
    let mut body = call.json_object()?;
    check_presence(&mut body)?;
    body.remove("primary");
    entity::merge(call, PRESENCE_DEFINITIONS, KIND, &call.param("presenceId")?, body)
}

/// Checks the system presence and writes it in the usual spelling.
fn check_presence(body: &mut Map<String, Value>) -> Result<(), ApiError> {
    let Some(value) = body.get("systemPresence") else { return Ok(()) };
    let name = value.as_str().unwrap_or_default();
    let unknown = || ApiError::invalid_value("systemPresence", name, &AgentStatus::names());
    let status = AgentStatus::from_name(name).ok_or_else(unknown)?;
    body.insert("systemPresence".to_owned(), json!(status.spaced_presence()));
    Ok(())
}
