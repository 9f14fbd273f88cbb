//! Response management: libraries, responses and assets.

mod assets;
mod canned;
mod libraries;

use serde_json::{Map, Value};

use super::call::Call;
use super::record::Resource;
use super::route::Route;
use crate::wire::error::ApiError;
use crate::wire::paging::{PageRequest, written};
use crate::world::Organization;
use crate::world::table::Record;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    [libraries::routes(), canned::routes(), assets::routes()].concat()
}

/// The page that a body or the query asks for.
fn page_in_body(call: &Call<'_>, body: &Map<String, Value>) -> Result<PageRequest, ApiError> {
    PageRequest::parse(|name| written(body.get(name)).or_else(|| call.query(name)))
}

/// The entities of `ids` that exist, in that order.
fn with_ids<'o, K: Resource>(organization: &'o Organization, ids: &[&str]) -> Vec<&'o Record<K>> {
    ids.iter().filter_map(|id| K::table(organization).find(id)).collect()
}
