//! Trunks, and what is measured of them.

use serde_json::json;

use super::{at, page_of};
use crate::api::call::Call;
use crate::api::entity::is_descending;
use crate::api::record::find;
use crate::api::route::Route;
use crate::view::telephony::trunk::{edge_of, is_recorded, kind, metrics, trunk};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::table::Record;
use crate::world::telephony::edge::TelephonyEdge;
use crate::world::telephony::trunk::TrunkBase;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(&at("/trunks"), list),
        Route::get(&at("/trunks/metrics"), list_metrics),
        Route::get(&at("/trunks/{trunkId}"), get),
        Route::get(&at("/trunks/{trunkId}/metrics"), get_metrics),
        Route::get(&at("/trunkswithrecording"), count_recorded),
        Route::get(&at("/{edgeId}/trunks"), list_of_edge),
    ]
}

/// The base settings whose trunks the query selects.
fn select<'o>(call: &Call<'_>, organization: &'o Organization) -> Vec<&'o Record<TrunkBase>> {
    let (base, of) = (call.query_text("trunkBase.id"), call.query_text("trunkType"));
    let edge = call.query_text("edge.id");
    let on_edge = edge_of(organization).map(|edge| edge.id().to_string());
    let all = organization.telephony().trunk_bases.iter();
    let all = all
        .filter(|trunk| base.as_ref().is_none_or(|id| trunk.id().to_string() == *id))
        .filter(|trunk| of.as_ref().is_none_or(|of| kind(trunk) == of))
        .filter(|_| edge.as_ref().is_none_or(|id| on_edge.as_deref() == Some(id)));
    let mut all: Vec<_> = all.collect();
    if is_descending(call) {
        all.reverse();
    }
    all
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    page_of(call, &select(call, &organization), |base| trunk(&organization, base))
}

/// The trunks of an edge. All are on the first.
fn list_of_edge(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let edge = find::<TelephonyEdge>(&organization, &call.param("edgeId")?)?.id();
    let is_first = edge_of(&organization).is_some_and(|first| first.id() == edge);
    let all = if is_first { select(call, &organization) } else { Vec::new() };
    page_of(call, &all, |base| trunk(&organization, base))
}

fn base_of<'o>(organization: &'o Organization, id: &str) -> Result<&'o Record<TrunkBase>, ApiError> {
    organization.telephony().base_of_trunk(id).ok_or_else(|| ApiError::no_such("trunk", id))
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    Reply::ok(&trunk(&organization, base_of(&organization, &call.param("trunkId")?)?))
}

fn get_metrics(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&metrics(base_of(&call.tenant().read(), &call.param("trunkId")?)?, call.now))
}

fn list_metrics(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let ids = call.query_list("trunkIds");
    let all = ids.iter().map(|id| Ok(metrics(base_of(&organization, id)?, call.now)));
    Reply::ok(&all.collect::<Result<Vec<_>, ApiError>>()?)
}

/// How many trunks record their calls.
fn count_recorded(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let of = call.query_text("trunkType");
    let all = organization.telephony().trunk_bases.iter();
    let all = all.filter(|trunk| of.as_ref().is_none_or(|of| kind(trunk) == of));
    let (enabled, disabled): (Vec<_>, Vec<_>) = all.partition(|trunk| is_recorded(trunk));
    Reply::ok(&json!({ "enabledCount": enabled.len(), "disabledCount": disabled.len() }))
}
