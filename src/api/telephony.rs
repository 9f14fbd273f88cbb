//! Edges in the vendor's shape.

use serde_json::{Value, json};

use super::call::Call;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::seed::home_division;
use crate::world::workforce::planning::{Edge, EdgeState};

const EDGES: &str = "/api/v2/telephony/providers/edges";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/telephony/providers/edges", list),
        Route::get("/api/v2/telephony/providers/edges/{edgeId}", get),
    ]
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let page = call.page()?;
    let name = call.query("name").map(|name| name.to_lowercase());
    let organization = call.tenant().read();
    let wanted = |edge: &&Edge| {
        name.as_ref().is_none_or(|name| super::entity::matches_name(name, &edge.name.to_lowercase()))
    };
    let edges: Vec<_> =
        organization.workforce().edges.iter().filter(wanted).map(|edge| to_json(call, edge)).collect();
    let total = edges.len();
    let on_page = edges.into_iter().skip(page.offset()).take(page.most()).collect();
    Reply::ok(&Page::new(on_page, total, page, call.path, call.query))
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("edgeId")?;
    let organization = call.tenant().read();
    let edge = organization.workforce().edge(&id).ok_or_else(|| ApiError::no_such("edge", &id))?;
    Reply::ok(&to_json(call, edge))
}

fn to_json(call: &Call<'_>, edge: &Edge) -> Value {
    let drains = edge.state == EdgeState::Draining;
    json!({
        "id": edge.id,
        "name": edge.name,
        "division": home_division(call.tenant().id),
        "description": format!("{} ({})", edge.host, edge.time_zone),
        "version": 1,
        "state": "active",
        "statusCode": "ACTIVE",
        "onlineStatus": "ONLINE",
        "callDrainingState": if drains { "WAIT" } else { "NONE" },
        "edgeDeploymentType": "HARDWARE",
        "physicalEdge": true,
        "managed": false,
        "selfUri": format!("{EDGES}/{}", edge.id),
    })
}
