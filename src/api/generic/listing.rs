//! Answers that list what is stored.

use serde_json::{Map, Value, json};

use super::kind::Kind;
use super::{GenericCall, stored};
use crate::api::entity;
use crate::wire::error::ApiError;
use crate::wire::paging::{Page, PageRequest};
use crate::wire::reply::Reply;
use crate::world::collection::Entity;

/// The last segments of paths that list what is kept under the path before them.
const VIEWS: [&str; 4] = ["/divisionviews/all", "/divisionviews", "/query", "/search"];

/// The collection that a path without an id is about.
pub(super) fn base<'p>(path: &'p str, kind: &Kind) -> &'p str {
    if !matches!(kind, Kind::Listing(_)) {
        return path;
    }
    VIEWS.iter().find_map(|view| path.strip_suffix(view)).unwrap_or(path)
}

/// Answers a GET of a path that ends with a word: a listing, an array, or the thing that is kept there.
pub(super) fn list_or_read(generic: &GenericCall<'_, '_>) -> Result<Reply, ApiError> {
    match generic.kind {
        Kind::Listing(property) => list(generic, property, generic.call.page()?),
        Kind::Array => stored::array(generic),
        _ => stored::read_whole(generic),
    }
}

/// Answers a POST that asks for a listing; the body may say which page.
pub(super) fn search(
    generic: &GenericCall<'_, '_>,
    property: &str,
    body: Option<&Value>,
) -> Result<Reply, ApiError> {
    let from_body = |key: &str| body?.get(key)?.as_u64().map(|number| number.to_string().into());
    let page = PageRequest::parse(|name| from_body(name).or_else(|| generic.call.query(name)))?;
    list(generic, property, page)
}

/// The listing under `property`, with no property that the documented answer lacks.
fn list(generic: &GenericCall<'_, '_>, property: &str, page: PageRequest) -> Result<Reply, ApiError> {
    let found = entity::list_page(generic.call, generic.collection, page);
    let found = entity::map_page(found, |entity| stored::to_item(generic, property, entity));
    generic.reply(&Value::Object(envelope(generic, property, &found)))
}

/// The listing in the documented envelope: the counts and addresses of a page, as far as the schema has them.
fn envelope(generic: &GenericCall<'_, '_>, property: &str, page: &Page<Entity>) -> Map<String, Value> {
    let Ok(Value::Object(mut full)) = serde_json::to_value(page) else { return Map::new() };
    let entities = full.shift_remove("entities").unwrap_or_default();
    let total = full.get("total").cloned().unwrap_or_default();
    for name in ["totalHits", "totalNumberOfEntities", "totalResults", "count"] {
        full.insert(name.to_owned(), total.clone());
    }
    full.insert("startIndex".to_owned(), json!(1));
    full.insert("itemsPerPage".to_owned(), full.get("pageSize").cloned().unwrap_or_default());
    full.insert(property.to_owned(), entities);
    full.insert("errorCount".to_owned(), json!(0));
    stored::fill(generic, full)
}
