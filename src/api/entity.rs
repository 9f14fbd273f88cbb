//! Shared handlers of stored entities: list, create, read, change, delete.
//!
//! An entity is a JSON object in a collection that its path names (`world::collection`). Families add what is special
//! about theirs. Generic answers use the same functions.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::call::Call;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::collection::Entity;

/// The page of `collection` that the call asks for, picked by [`Filter`] and ordered by [`Order`].
pub(crate) fn page(call: &Call<'_>, collection: &str) -> Result<Page<Entity>, ApiError> {
    page_where(call, collection, |_| true)
}

/// A page of the entities that `wanted` picks.
pub(crate) fn page_where(
    call: &Call<'_>,
    collection: &str,
    wanted: impl Fn(&Map<String, Value>) -> bool,
) -> Result<Page<Entity>, ApiError> {
    let page = call.page()?;
    let (filter, order) = (Filter::of(call), Order::of(call));
    let organization = call.tenant().read();
    let all =
        organization.collections.list(collection).filter(|entity| filter.passes(entity) && wanted(entity));
    let all = order.arrange(all.collect());
    Ok(Page::of(all.into_iter().cloned(), page, call.path, call.query))
}

/// The page with each entity as `show` writes it.
pub(crate) fn shown(
    mut page: Page<Entity>,
    show: impl Fn(&Map<String, Value>) -> Map<String, Value>,
) -> Page<Entity> {
    for entity in &mut page.entities {
        *entity = Entity::new(show(entity));
    }
    page
}

/// The parameters by which every listing is narrowed.
struct Filter {
    name: Option<String>,
    description: Option<String>,
    either: Option<String>,
    ids: HashSet<String>,
    divisions: HashSet<String>,
}

impl Filter {
    fn of(call: &Call<'_>) -> Self {
        let lower = |parameter: &str| call.query(parameter).map(|wanted| wanted.to_lowercase());
        let mut divisions = call.query_list("divisionId");
        divisions.extend(call.query_list("divisionIds"));
        Self {
            name: lower("name"),
            description: lower("description"),
            either: lower("nameOrDescription"),
            ids: call.query_list("id").into_iter().collect(),
            divisions: divisions.into_iter().collect(),
        }
    }

    fn passes(&self, entity: &Map<String, Value>) -> bool {
        let told = |key: &str, wanted: &str| matches_name(wanted, &text(entity, key).to_lowercase());
        let one_of = |wanted: &HashSet<String>, id: &str| wanted.is_empty() || wanted.contains(id);
        let division = entity.get("division").and_then(Value::as_object);
        self.name.as_ref().is_none_or(|wanted| told("name", wanted))
            && self.description.as_ref().is_none_or(|wanted| told("description", wanted))
            && self.either.as_ref().is_none_or(|wanted| told("name", wanted) || told("description", wanted))
            && one_of(&self.ids, text(entity, "id"))
            && one_of(&self.divisions, division.map_or("", |division| text(division, "id")))
    }
}

/// `sortBy` and `sortOrder`; without them a listing is in the order of creation.
struct Order {
    key: Option<String>,
    descending: bool,
}

impl Order {
    fn of(call: &Call<'_>) -> Self {
        Self { key: call.query("sortBy").map(Cow::into_owned), descending: descends(call) }
    }

    fn arrange<'e>(&self, mut all: Vec<&'e Entity>) -> Vec<&'e Entity> {
        if let Some(key) = &self.key {
            all.sort_by_cached_key(|entity| sort_key(entity.get(key)));
        }
        if self.descending {
            all.reverse();
        }
        all
    }
}

/// Whether `sortOrder` asks for the last first; the vendor's endpoints know it by two names.
pub(crate) fn descends(call: &Call<'_>) -> bool {
    call.query("sortOrder").is_some_and(|order| order.to_lowercase().starts_with("desc"))
}

/// Numbers by size, before texts without regard to case.
fn sort_key(value: Option<&Value>) -> (Option<i64>, String) {
    let number = value.and_then(Value::as_i64);
    (number, value.and_then(Value::as_str).unwrap_or_default().to_lowercase())
}

/// The text under `key`, empty where there is none.
pub(crate) fn text<'v>(entity: &'v Map<String, Value>, key: &str) -> &'v str {
    entity.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// A name is found by a part of it; with `*` at an end, by its beginning or end.
pub(crate) fn matches_name(wanted: &str, name: &str) -> bool {
    match (wanted.strip_prefix('*'), wanted.strip_suffix('*')) {
        (Some(end), None) => name.ends_with(end),
        (None, Some(start)) => name.starts_with(start),
        (Some(_), Some(_)) => name.contains(wanted.trim_matches('*')),
        (None, None) => name.contains(wanted),
    }
}

/// One entity.
pub(crate) fn get(
    call: &Call<'_>,
    collection: &str,
    kind: &'static str,
    id: &str,
) -> Result<Entity, ApiError> {
    let organization = call.tenant().read();
    organization.collections.get(collection, id).cloned().ok_or_else(|| ApiError::no_such(kind, id))
}

/// Stores `entity` under a new id, which stands first in it, and returns it as stored.
pub(crate) fn create(call: &Call<'_>, collection: &str, entity: Map<String, Value>) -> Entity {
    let id = Uuid::new_v4().to_string();
    let mut stored = Map::from_iter([("id".to_owned(), json!(id))]);
    stored.extend(entity.into_iter().filter(|(key, _)| key != "id" && key != "selfUri"));
    stored.insert("selfUri".to_owned(), json!(format!("{collection}/{id}")));
    call.platform.change(call.tenant(), call.now, |organization| {
        organization.collections.insert(collection, &id, stored)
    })
}

/// Changes an entity under the lock, so that two writers of it lose nothing.
pub(crate) fn change(
    call: &Call<'_>,
    collection: &str,
    kind: &'static str,
    id: &str,
    change: impl FnOnce(&mut Map<String, Value>) -> Result<(), ApiError>,
) -> Result<Entity, ApiError> {
    call.change(|organization| {
        organization.collections.update(collection, id, change).ok_or_else(|| ApiError::no_such(kind, id))?
    })
}

/// Lays `changes` over an entity; its id and address stay.
pub(crate) fn merge(
    call: &Call<'_>,
    collection: &str,
    kind: &'static str,
    id: &str,
    changes: Map<String, Value>,
) -> Result<Entity, ApiError> {
    change(call, collection, kind, id, |entity| {
        lay_over(entity, changes);
        Ok(())
    })
}

/// Whether an update replaces the entity or merges into it.
pub(crate) fn lay_over(entity: &mut Map<String, Value>, changes: Map<String, Value>) {
    entity.extend(changes.into_iter().filter(|(key, _)| key != "id" && key != "selfUri"));
}

/// Removes an entity: 204.
pub(crate) fn remove(
    call: &Call<'_>,
    collection: &str,
    kind: &'static str,
    id: &str,
) -> Result<Reply, ApiError> {
    call.change(|organization| {
        let removed = organization.collections.remove(collection, id);
        removed.map(|_| Reply::no_content()).ok_or_else(|| ApiError::no_such(kind, id))
    })
}

/// The text under `key`, which has to be there.
pub(crate) fn required_text<'v>(
    body: &'v Map<String, Value>,
    key: &'static str,
) -> Result<&'v str, ApiError> {
    let text = body.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    text.ok_or_else(|| ApiError::bad_request(format!("The property {key} is required and must be a string.")))
}
