//! The versions of flows: saving makes 1.1, 1.2, …, publishing the next whole number.
//!
//! A version keeps the configuration that it was saved with; the others show what the flow is.

use serde_json::{Map, Value, json};

use super::author::Author;
use super::flows::{FLOW, check_lock};
use super::resource::own_id;
use crate::api::call::Call;
use crate::api::entity;
use crate::api::route::{Route, get, post};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::architect::{FLOWS, flow_version, versions_of};
use crate::world::collection::{Collections, Entity};

/// Where a version keeps its configuration; listings leave it out.
const CONFIGURATION: &str = "configuration";

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/api/v2/flows/{flowId}/latestconfiguration", latest),
        get("/api/v2/flows/{flowId}/versions", list),
        post("/api/v2/flows/{flowId}/versions", save),
        get("/api/v2/flows/{flowId}/versions/{versionId}", read),
        get("/api/v2/flows/{flowId}/versions/{versionId}/configuration", configuration),
    ]
}

fn flow(call: &Call<'_>) -> Result<Entity, ApiError> {
    entity::get(call, FLOWS, FLOW.kind, &call.param("flowId")?)
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    flow(call)?;
    let page = entity::page(call, &versions_of(&call.param("flowId")?))?;
    Reply::ok(&entity::shown(page, shown))
}

fn shown(version: &Map<String, Value>) -> Map<String, Value> {
    let mut shown = version.clone();
    shown.shift_remove(CONFIGURATION);
    shown
}

fn version(call: &Call<'_>) -> Result<Entity, ApiError> {
    flow(call)?;
    let path = versions_of(&call.param("flowId")?);
    entity::get(call, &path, "flow version", &call.param("versionId")?)
}

fn read(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&shown(&*version(call)?))
}

fn configuration(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&configuration_of(&*flow(call)?, Some(&*version(call)?)))
}

fn latest(call: &Call<'_>) -> Result<Reply, ApiError> {
    let flow = flow(call)?;
    let path = versions_of(&own_id(call)?);
    let organization = call.tenant().read();
    let last =
        organization.collections.list(&path).filter(|one| one.contains_key(CONFIGURATION)).last().cloned();
    drop(organization);
    Reply::ok(&configuration_of(&flow, last.as_deref()))
}

/// What was saved; where nothing was, as little as a configuration can say.
fn configuration_of(flow: &Map<String, Value>, version: Option<&Map<String, Value>>) -> Value {
    let saved = version.and_then(|version| version.get(CONFIGURATION)).cloned();
    saved.unwrap_or_else(
        || json!({ "id": flow.get("id"), "name": flow.get("name"), "type": flow.get("type") }),
    )
}

fn save(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let id = call.param("flowId")?;
    let asker = Author::of(call);
    call.change(|organization| {
        let flow =
            organization.collections.get(FLOWS, &id).ok_or_else(|| ApiError::no_such(FLOW.kind, &id))?;
        let mut flow = Map::clone(flow);
        check_lock(&flow, &asker)?;
        let version = next_version(&mut organization.collections, &flow, "SAVE", &asker, call);
        let mut kept = version.clone();
        kept.insert(CONFIGURATION.to_owned(), Value::Object(body));
        organization.collections.insert(&versions_of(&id), entity::text(&version, "id"), kept);
        flow.insert("savedVersion".to_owned(), json!(version));
        organization.collections.insert(FLOWS, &id, flow);
        Reply::ok(&version)
    })
}

/// Notes the next version of a flow.
pub(super) fn next_version(
    versions: &mut Collections,
    flow: &Map<String, Value>,
    kind: &str,
    asker: &Author,
    call: &Call<'_>,
) -> Map<String, Value> {
    let id = entity::text(flow, "id");
    let path = versions_of(id);
    let last = versions.list(&path).last().and_then(|last| parse(entity::text(last, "id")));
    let number = following(last.unwrap_or_default(), kind);
    let mut version = flow_version(id, &number, kind, call.now);
    asker.sign(&mut version, "createdBy", "createdByClient");
    versions.insert(&path, &number, version.clone());
    version
}

fn parse(number: &str) -> Option<(u64, u64)> {
    let (whole, part) = number.split_once('.')?;
    Some((whole.parse().ok()?, part.parse().ok()?))
}

fn following((whole, part): (u64, u64), kind: &str) -> String {
    match kind {
        "PUBLISH" => format!("{}.0", whole + 1),
        _ => format!("{whole}.{}", part + 1),
    }
}
