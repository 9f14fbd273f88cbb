//! The versions of flows: saving creates 1.1, 1.2, …, publishing creates the next whole number.
//!
//! A saved version has the configuration of its body; other versions show the flow.

use serde_json::{Map, Value, json};

use super::author::Author;
use super::flows::{FLOW, check_lock};
use super::resource::last_param;
use crate::api::call::Call;
use crate::api::entity;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::architect::{FLOWS, flow_version, versions_of};
use crate::world::collection::{Collections, Entity};

/// The key of the configuration of a version. Listings do not show it.
const CONFIGURATION: &str = "configuration";

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/flows/{flowId}/latestconfiguration", get_latest_configuration),
        Route::get("/api/v2/flows/{flowId}/versions", list),
        Route::post("/api/v2/flows/{flowId}/versions", create),
        Route::get("/api/v2/flows/{flowId}/versions/{versionId}", get),
        Route::get("/api/v2/flows/{flowId}/versions/{versionId}/configuration", get_configuration),
    ]
}

fn find_flow(call: &Call<'_>) -> Result<Entity, ApiError> {
    entity::get(call, FLOWS, FLOW.kind, &call.param("flowId")?)
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    find_flow(call)?;
    let page = entity::list(call, &versions_of(&call.param("flowId")?))?;
    Reply::ok(&entity::map_page(page, to_json))
}

fn to_json(version: &Map<String, Value>) -> Map<String, Value> {
    let mut shown = version.clone();
    shown.shift_remove(CONFIGURATION);
    shown
}

fn find_version(call: &Call<'_>) -> Result<Entity, ApiError> {
    find_flow(call)?;
    let path = versions_of(&call.param("flowId")?);
    entity::get(call, &path, "flow version", &call.param("versionId")?)
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&to_json(&*find_version(call)?))
}

fn get_configuration(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&configuration_of(&*find_flow(call)?, Some(&*find_version(call)?)))
}

fn get_latest_configuration(call: &Call<'_>) -> Result<Reply, ApiError> {
    let flow = find_flow(call)?;
    let path = versions_of(&last_param(call)?);
    let organization = call.tenant().read();
    let last =
        organization.collections.list(&path).filter(|one| one.contains_key(CONFIGURATION)).last().cloned();
    drop(organization);
    Reply::ok(&configuration_of(&flow, last.as_deref()))
}

/// The saved configuration, or the least configuration if none was saved.
fn configuration_of(flow: &Map<String, Value>, version: Option<&Map<String, Value>>) -> Value {
    let saved = version.and_then(|version| version.get(CONFIGURATION)).cloned();
    saved.unwrap_or_else(
        || json!({ "id": flow.get("id"), "name": flow.get("name"), "type": flow.get("type") }),
    )
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let id = call.param("flowId")?;
    let author = Author::of(call);
    call.change(|organization| {
        let flow =
            organization.collections.get(FLOWS, &id).ok_or_else(|| ApiError::no_such(FLOW.kind, &id))?;
        let mut flow = Map::clone(flow);
        check_lock(&flow, &author)?;
        let version = add_version(&mut organization.collections, &flow, "SAVE", &author, call);
        let mut kept = version.clone();
        kept.insert(CONFIGURATION.to_owned(), Value::Object(body));
        organization.collections.insert(&versions_of(&id), entity::text(&version, "id"), kept);
        flow.insert("savedVersion".to_owned(), json!(version));
        organization.collections.insert(FLOWS, &id, flow);
        Reply::ok(&version)
    })
}

/// Stores the next version of a flow.
pub(super) fn add_version(
    versions: &mut Collections,
    flow: &Map<String, Value>,
    kind: &str,
    author: &Author,
    call: &Call<'_>,
) -> Map<String, Value> {
    let id = entity::text(flow, "id");
    let path = versions_of(id);
    let last = versions.list(&path).last().and_then(|last| parse_number(entity::text(last, "id")));
    let number = next_number(last.unwrap_or_default(), kind);
    let mut version = flow_version(id, &number, kind, call.now);
    author.sign(&mut version, "createdBy", "createdByClient");
    versions.insert(&path, &number, version.clone());
    version
}

fn parse_number(number: &str) -> Option<(u64, u64)> {
    let (whole, part) = number.split_once('.')?;
    Some((whole.parse().ok()?, part.parse().ok()?))
}

fn next_number((whole, part): (u64, u64), kind: &str) -> String {
    match kind {
        "PUBLISH" => format!("{}.0", whole + 1),
        _ => format!("{whole}.{}", part + 1),
    }
}
