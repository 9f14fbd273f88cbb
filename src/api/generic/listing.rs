//! Answers that list what is stored.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::filter::Filters;
use super::kind::Kind;
use super::{GenericCall, stored, whole, written};
use crate::api::entity;
use crate::wire::error::ApiError;
use crate::wire::paging::{self, Page, PageRequest};
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

/// The collection that a path before an id is about.
pub(super) fn without_view(path: &str) -> &str {
    path.strip_suffix("/divisionviews").unwrap_or(path)
}

/// Answers a GET of a path that ends with a word: a listing, an array, or the thing that is kept there.
pub(super) fn list_or_read(generic: &GenericCall<'_, '_>) -> Result<Reply, ApiError> {
    match generic.kind {
        Kind::Listing(property) => list(generic, property, generic.call.page()?),
        Kind::Array => stored::array(generic),
        _ => whole::read(generic),
    }
}

/// Answers a POST that asks for a listing; the body may say which page.
pub(super) fn search(
    generic: &GenericCall<'_, '_>,
    property: &str,
    body: Option<&Value>,
) -> Result<Reply, ApiError> {
    let from_body = |key: &str| paging::written(body?.get(key));
    let page = PageRequest::parse(|name| from_body(name).or_else(|| generic.call.query(name)))?;
    let filters = Filters::of(generic).and_of_body(body);
    answer(generic, property, entities(generic), (page, filters))
}

/// The listing of the entities with one of these ids.
pub(super) fn of_ids(generic: &GenericCall<'_, '_>, ids: &HashSet<String>) -> Result<Reply, ApiError> {
    let entities = entities(generic).into_iter();
    let asked: Vec<_> =
        entities.filter(|entity| ids.is_empty() || ids.contains(entity::text(entity, "id"))).collect();
    match generic.kind {
        Kind::Listing(property) => {
            answer(generic, property, asked, (generic.call.page()?, Filters::of(generic)))
        }
        Kind::Array => generic.reply(&asked.iter().map(|entity| json!(entity)).collect()),
        _ => generic.reply_one(Map::new()),
    }
}

/// The listing under `property`, with no property that the documented answer lacks.
fn list(generic: &GenericCall<'_, '_>, property: &str, page: PageRequest) -> Result<Reply, ApiError> {
    answer(generic, property, entities(generic), (page, Filters::of(generic)))
}

fn answer(
    generic: &GenericCall<'_, '_>,
    property: &str,
    all: Vec<Entity>,
    (page, filters): (PageRequest, Filters),
) -> Result<Reply, ApiError> {
    let all = all.into_iter().filter(|entity| {
        filters.is_empty() || { filters.match_item(&stored::to_item(generic, property, entity)) }
    });
    let found = Page::of(all, page, generic.call.path, generic.call.query);
    let found = entity::map_page(found, |entity| stored::to_item(generic, property, entity));
    generic.reply(&Value::Object(envelope(generic, property, &found)))
}

/// The entities of the call's collection that pass the filters of every listing, in the order of the query.
pub(super) fn entities(generic: &GenericCall<'_, '_>) -> Vec<Entity> {
    let call = generic.call;
    if let Some(found) = written(generic) {
        return entity::select_of(call, found.iter().collect());
    }
    let organization = call.tenant().read();
    if generic.collection.contains('{') {
        return entity::select_of(call, organization.collections.list_like(&generic.collection).collect());
    }
    entity::select_of(call, organization.collections.list(&generic.collection).collect())
}

/// The entities of a collection that is emulated by hand.
fn written(generic: &GenericCall<'_, '_>) -> Option<Vec<Entity>> {
    const MOST_PAGES: usize = 20;
    let collection = &*generic.collection;
    if collection == generic.call.path || collection.contains('{') {
        return None;
    }
    let mut all = Vec::new();
    for page in 1..=MOST_PAGES {
        let query = format!("pageSize=100&pageNumber={page}");
        let (found, total) = written::list(generic.call, generic.routes, collection, &query)?;
        let is_last = found.is_empty();
        all.extend(found.into_iter().map(|entity| Entity::new(stored::object(Some(entity)))));
        if is_last || all.len() >= total {
            break;
        }
    }
    Some(all)
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
