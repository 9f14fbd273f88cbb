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
use serde::Serialize;
use serde_json::{Map, Value};

use super::call::Call;
use super::record::referred;
use super::route::Route;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::table::{Record, Stored};
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

/// The page of `all` that the call asks for. Only what is on it is written.
fn page_of<T, W: Serialize>(call: &Call<'_>, all: &[T], write: impl Fn(&T) -> W) -> Result<Reply, ApiError> {
    let page = call.page()?;
    let on_page = all.iter().skip(page.offset()).take(page.most()).map(write).collect();
    Reply::ok(&Page::new(on_page, all.len(), page, call.path, call.query))
}

/// Whether an entity passes the filter `managed` of the query.
fn is_managed_as_asked<K>(call: &Call<'_>, record: &Record<K>) -> bool {
    let managed = record.extra.get("managed").and_then(Value::as_bool).unwrap_or(false);
    call.query_text("managed").is_none_or(|_| managed == call.query_flag("managed"))
}

/// 409: the entity is referred to by another.
fn in_use(why: &str) -> ApiError {
    ApiError::new(StatusCode::CONFLICT, "resource.referenced.by.another", why.to_owned())
}
