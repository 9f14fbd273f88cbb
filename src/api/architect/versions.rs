//! The versions of flows: saving creates 1.1, 1.2, …, publishing creates the next whole number.
//!
//! A saved version has the configuration of its body; other versions show the flow.

use serde_json::{Value, json};

use super::author::flow_author;
use super::flows::{editable, find_flow};
use crate::api::call::Call;
use crate::api::entity;
use crate::api::route::Route;
use crate::view::architect::flow_version;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::architect::{Flow, FlowRef, FlowVersion, configurations_of};
use crate::world::collection::Entity;
use crate::world::table::Kind;

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

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let page = call.page()?;
    let organization = call.tenant().read();
    let flow = find_flow(&organization, &call.param("flowId")?)?;
    let versions = flow.state.versions.iter();
    let versions = versions.map(|one| Entity::new(flow_version(&organization, flow.record.id(), one)));
    let selected = entity::select_of(call, versions.collect::<Vec<_>>().iter().collect());
    Reply::ok(&Page::of(selected, page, call.path, call.query))
}

/// The flow and the version that the path names.
fn find_version<'o>(
    call: &Call<'_>,
    organization: &'o Organization,
) -> Result<(FlowRef<'o>, &'o FlowVersion), ApiError> {
    let flow = find_flow(organization, &call.param("flowId")?)?;
    let number = call.param("versionId")?;
    let version = flow.state.version(&number);
    Ok((flow, version.ok_or_else(|| ApiError::no_such("flow version", &number))?))
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let (flow, version) = find_version(call, &organization)?;
    Reply::ok(&flow_version(&organization, flow.record.id(), version))
}

fn get_configuration(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let (flow, version) = find_version(call, &organization)?;
    let kept = configurations_of(flow.record.id());
    let saved = organization.collections.get(&kept, &version.number.to_string());
    Reply::ok(&configuration(flow, saved))
}

fn get_latest_configuration(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let flow = find_flow(&organization, &call.param("flowId")?)?;
    let kept = configurations_of(flow.record.id());
    Reply::ok(&configuration(flow, organization.collections.list(&kept).last()))
}

/// The saved configuration, or the least configuration if none was saved.
fn configuration(flow: FlowRef<'_>, saved: Option<&Entity>) -> Value {
    match saved {
        Some(saved) => json!(saved),
        None => json!({ "id": flow.record.id(), "name": flow.record.name, "type": flow.state.kind }),
    }
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let (id, author) = (call.param("flowId")?, flow_author(call));
    call.change(|organization| {
        let id = editable(organization, &id, &author)?;
        let saved = organization.flows.change(id, |flow| flow.save(&author, call.now));
        let version = saved.ok_or_else(|| ApiError::no_such(Flow::NAME, &id.to_string()))?;
        organization.collections.insert(&configurations_of(id), &version.number.to_string(), body);
        Reply::ok(&flow_version(organization, id, &version))
    })
}
