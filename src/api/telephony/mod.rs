//! Sites, edges, phones, trunks and pools of numbers.
//!
//! What is not here, such as SIP traces, diagnostics and software updates of edges, gets generic answers.

mod authorities;
mod did_pools;
mod dids;
mod edge_groups;
mod edge_logs;
mod edges;
mod extensions;
mod interfaces;
mod lines;
mod metrics;
mod number_plans;
mod outbound_routes;
mod phone_bases;
mod phones;
mod pool;
mod settings;
mod site_connections;
mod sites;
mod trunk_bases;
mod trunks;

use http::StatusCode;
use serde_json::{Map, Value};

use super::record::referred;
use super::route::Route;
use crate::wire::error::ApiError;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::table::Stored;
use crate::world::telephony::EDGES;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    let families = [
        sites::routes(),
        number_plans::routes(),
        outbound_routes::routes(),
        site_connections::routes(),
        edges::routes(),
        edge_groups::routes(),
        edge_logs::routes(),
        interfaces::routes(),
        phones::routes(),
        phone_bases::routes(),
        lines::routes(),
        trunks::routes(),
        trunk_bases::routes(),
        did_pools::routes(),
        dids::routes(),
        extensions::routes(),
        authorities::routes(),
        metrics::routes(),
        settings::routes(),
    ];
    families.concat()
}

/// The path of an operation below that of the edges.
fn at(rest: &str) -> String {
    format!("{EDGES}{rest}")
}

/// The code of a name or value that another entity has.
const DUPLICATE: (StatusCode, &str) = (StatusCode::BAD_REQUEST, "duplicate.value");

/// Refuses a body that lacks one of the fields.
fn require(body: &Map<String, Value>, fields: &[&str]) -> Result<(), ApiError> {
    let missing = fields.iter().find(|field| body.get(**field).is_none_or(Value::is_null));
    missing.map_or(Ok(()), |field| {
        Err(ApiError::constraint(field, format!("The field [{field}] is required and can not be null.")))
    })
}

/// The entity to which `field` of a body refers by its id. `None` where the body names none.
fn read_reference<K: Stored>(
    organization: &Organization,
    body: &Map<String, Value>,
    field: &'static str,
) -> Result<Option<Id<K>>, ApiError> {
    let id = body.get(field).and_then(|reference| reference.get("id")).and_then(Value::as_str);
    id.map(|id| referred(organization, field, id)).transpose()
}

/// The entities to which the items of `field` refer by their ids.
fn read_references<K: Stored>(
    organization: &Organization,
    body: &Map<String, Value>,
    field: &'static str,
) -> Result<Vec<Id<K>>, ApiError> {
    let items = body.get(field).and_then(Value::as_array).into_iter().flatten();
    let ids = items.map(|item| item.get("id").and_then(Value::as_str).unwrap_or_default());
    ids.map(|id| referred(organization, field, id)).collect()
}

/// 409: the entity is referred to by another.
fn in_use(why: &str) -> ApiError {
    ApiError::new(StatusCode::CONFLICT, "resource.referenced.by.another", why.to_owned())
}
