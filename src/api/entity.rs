//! Shared handlers of stored entities: list, create, read, change, delete.
//!
//! An entity is a JSON object in the collection of its path (`world::collection`). Families add their own rules. Generic
//! answers use these functions too.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::call::Call;
use crate::time::Nanos;
use crate::time::clock::parse_rfc3339;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::authorization::home;
use crate::world::collection::Entity;

/// The page of `collection` that the call asks for, filtered by [`Filter`] and sorted by [`Order`].
pub(crate) fn list(call: &Call<'_>, collection: &str) -> Result<Page<Entity>, ApiError> {
    list_where(call, collection, |_| true)
}

/// A page of the entities that `wanted` accepts.
pub(crate) fn list_where(
    call: &Call<'_>,
    collection: &str,
    wanted: impl Fn(&Map<String, Value>) -> bool,
) -> Result<Page<Entity>, ApiError> {
    list_in(call, &[collection], wanted)
}

/// [`list_where`] of several collections.
pub(crate) fn list_in(
    call: &Call<'_>,
    collections: &[&str],
    wanted: impl Fn(&Map<String, Value>) -> bool,
) -> Result<Page<Entity>, ApiError> {
    let (page, filter, order) = (call.page()?, Filter::of(call), Order::of(call));
    let organization = call.tenant().read();
    let all = collections.iter().flat_map(|collection| organization.collections.list(collection));
    let all = order.sort(all.filter(|entity| filter.matches(entity) && wanted(entity)).collect());
    Ok(Page::of(all.into_iter().cloned(), page, call.path, call.query))
}

/// The entities that pass [`Filter`], sorted by [`Order`].
pub(crate) fn select_of(call: &Call<'_>, all: Vec<&Entity>) -> Vec<Entity> {
    let (filter, order) = (Filter::of(call), Order::of(call));
    let selected = all.into_iter().filter(|entity| filter.matches(entity)).collect();
    order.sort(selected).into_iter().cloned().collect()
}

/// Replaces each entity of the page by `convert` of it.
pub(crate) fn map_page(
    mut page: Page<Entity>,
    convert: impl Fn(&Map<String, Value>) -> Map<String, Value>,
) -> Page<Entity> {
    for entity in &mut page.entities {
        *entity = Entity::new(convert(entity));
    }
    page
}

/// The query parameters that filter every listing.
pub(super) struct Filter {
    name: Option<String>,
    description: Option<String>,
    either: Option<String>,
    ids: HashSet<String>,
    divisions: HashSet<String>,
    /// The division of an entity that names none.
    home: String,
}

impl Filter {
    pub(super) fn of(call: &Call<'_>) -> Self {
        let lower = |parameter: &str| call.query(parameter).map(|wanted| wanted.to_lowercase());
        let mut divisions = call.query_list("divisionId");
        divisions.extend(call.query_list("divisionIds"));
        Self {
            name: lower("name"),
            description: lower("description"),
            either: lower("nameOrDescription"),
            ids: call.query_list("id").into_iter().collect(),
            divisions: divisions.into_iter().collect(),
            home: home(call.tenant().id).to_string(),
        }
    }

    pub(super) fn matches(&self, entity: &Map<String, Value>) -> bool {
        let division = entity.get("division").and_then(|division| division.get("id")?.as_str());
        let division = division.or_else(|| entity.get("divisionId")?.as_str());
        let (name, description) = (text(entity, "name"), text(entity, "description"));
        self.accepts(text(entity, "id"), name, description, division)
    }

    /// Whether an entity with these properties passes. `division` is `None` for the home division.
    pub(super) fn accepts(&self, id: &str, name: &str, description: &str, division: Option<&str>) -> bool {
        let has = |text: &str, wanted: &str| matches_name(wanted, &text.to_lowercase());
        let one_of = |wanted: &HashSet<String>, id: &str| wanted.is_empty() || wanted.contains(id);
        self.name.as_ref().is_none_or(|wanted| has(name, wanted))
            && self.description.as_ref().is_none_or(|wanted| has(description, wanted))
            && self.either.as_ref().is_none_or(|wanted| has(name, wanted) || has(description, wanted))
            && one_of(&self.ids, id)
            && one_of(&self.divisions, division.unwrap_or(&self.home))
    }
}

/// `sortBy` and `sortOrder`; without them a listing is in the order of creation.
pub(crate) struct Order {
    pub(crate) key: Option<String>,
    pub(crate) descending: bool,
}

impl Order {
    pub(super) fn of(call: &Call<'_>) -> Self {
        Self { key: call.query("sortBy").map(Cow::into_owned), descending: is_descending(call) }
    }

    pub(super) fn sort<'e>(&self, all: Vec<&'e Entity>) -> Vec<&'e Entity> {
        self.sort_by(all, |entity, key| entity.get(key).map(Cow::Borrowed))
    }

    /// Sorts by the property that `value` gives for a key.
    pub(super) fn sort_by<'e, T: Copy>(
        &self,
        mut all: Vec<T>,
        value: impl Fn(T, &str) -> Option<Cow<'e, Value>>,
    ) -> Vec<T> {
        if let Some(key) = &self.key {
            all.sort_by_cached_key(|one| sort_key(value(*one, key).as_deref()));
        }
        if self.descending {
            all.reverse();
        }
        all
    }
}

/// Whether `sortOrder` asks for descending order.
pub(crate) fn is_descending(call: &Call<'_>) -> bool {
    call.query("sortOrder").and_then(|word| descends(&word)) == Some(true)
}

/// Whether a word of `sortOrder` means descending order; `None` for what is no order. The API document shortens the
/// words of its own enumerations: the default of `ascending, descending` is `ASC` at some listings and `a` at others.
pub(crate) fn descends(word: &str) -> Option<bool> {
    let word = word.to_lowercase();
    let shortens = |whole: &str| !word.is_empty() && whole.starts_with(&word);
    [("ascending", false), ("descending", true)]
        .into_iter()
        .find_map(|(whole, is)| shortens(whole).then_some(is))
}

/// The key of the sort order: numbers by value, then strings without case.
fn sort_key(value: Option<&Value>) -> (Option<i64>, String) {
    let number = value.and_then(Value::as_i64);
    (number, value.and_then(Value::as_str).unwrap_or_default().to_lowercase())
}

/// The string under `key`; empty if it is missing.
pub(crate) fn text<'v>(entity: &'v Map<String, Value>, key: &str) -> &'v str {
    entity.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Whether `name` contains `wanted`. With `*` at one end, `wanted` is the start or the end of the name.
pub(crate) fn matches_name(wanted: &str, name: &str) -> bool {
    match (wanted.strip_prefix('*'), wanted.strip_suffix('*')) {
        (Some(end), None) => name.ends_with(end),
        (None, Some(start)) => name.starts_with(start),
        (Some(_), Some(_)) => name.contains(wanted.trim_matches('*')),
        (None, None) => name.contains(wanted),
    }
}

/// The entity with the id `id`, or a 404.
pub(crate) fn get(
    call: &Call<'_>,
    collection: &str,
    kind: &'static str,
    id: &str,
) -> Result<Entity, ApiError> {
    let organization = call.tenant().read();
    organization.collections.get(collection, id).cloned().ok_or_else(|| ApiError::no_such(kind, id))
}

/// Stores `entity` under a new id and returns it as stored. The id is its first key.
pub(crate) fn create(call: &Call<'_>, collection: &str, entity: Map<String, Value>) -> Entity {
    let (id, stored) = with_id(collection, entity);
    call.platform.change(call.tenant(), call.now, |organization| {
        organization.collections.insert(collection, &id, stored)
    })
}

/// Creates an entity if `check` accepts it beside the others of its collection.
pub(crate) fn create_checked(
    call: &Call<'_>,
    collection: &str,
    entity: Map<String, Value>,
    check: impl FnOnce(&Organization, &Map<String, Value>) -> Result<(), ApiError>,
) -> Result<Entity, ApiError> {
    let (id, stored) = with_id(collection, entity);
    call.change(|organization| {
        check(organization, &stored)?;
        Ok(organization.collections.insert(collection, &id, stored))
    })
}

/// A new id, and the entity with it and its address.
fn with_id(collection: &str, entity: Map<String, Value>) -> (String, Map<String, Value>) {
    let id = Uuid::new_v4().to_string();
    let mut stored = Map::from_iter([("id".to_owned(), json!(id))]);
    stored.extend(entity.into_iter().filter(|(key, _)| key != "id" && key != "selfUri"));
    stored.insert("selfUri".to_owned(), json!(format!("{collection}/{id}")));
    (id, stored)
}

/// Changes an entity under the lock, so that two writers do not overwrite each other.
pub(crate) fn update(
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

/// Merges `changes` into an entity.
pub(crate) fn merge(
    call: &Call<'_>,
    collection: &str,
    kind: &'static str,
    id: &str,
    changes: Map<String, Value>,
) -> Result<Entity, ApiError> {
    update(call, collection, kind, id, |entity| {
        merge_fields(entity, changes);
        Ok(())
    })
}

/// Merges `changes` into an entity. Its id and its address stay.
pub(crate) fn merge_fields(entity: &mut Map<String, Value>, changes: Map<String, Value>) {
    entity.extend(changes.into_iter().filter(|(key, _)| key != "id" && key != "selfUri"));
}

/// Removes an entity: 204.
pub(crate) fn delete(
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

/// The strings of the array under `key`, each once.
pub(crate) fn texts<'v>(body: &'v Map<String, Value>, key: &str) -> Vec<&'v str> {
    let mut known = HashSet::new();
    let all = body.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    all.filter(|text| known.insert(*text)).collect()
}

/// [`texts`] of an array that is required.
pub(crate) fn required_texts<'v>(
    body: &'v Map<String, Value>,
    key: &'static str,
) -> Result<Vec<&'v str>, ApiError> {
    if !body.get(key).is_some_and(Value::is_array) {
        return Err(ApiError::bad_request(format!("The property {key} is required.")));
    }
    Ok(texts(body, key))
}

/// The id in a reference such as `{"evaluator": {"id": …}}`; empty without one.
pub(crate) fn id_in<'v>(body: &'v Map<String, Value>, key: &str) -> &'v str {
    body.get(key).and_then(|reference| reference.get("id")?.as_str()).unwrap_or_default()
}

/// The string under `key`, which is required.
pub(crate) fn required_text<'v>(
    body: &'v Map<String, Value>,
    key: &'static str,
) -> Result<&'v str, ApiError> {
    let text = body.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    text.ok_or_else(|| ApiError::bad_request(format!("The property {key} is required and must be a string.")))
}

/// Refuses a value that is not a date and a time; a zone may be left out.
pub(crate) fn check_date(field: &str, value: &Value) -> Result<(), ApiError> {
    let text = value.as_str().unwrap_or_default();
    match text.trim_end_matches('Z').parse::<jiff::civil::DateTime>() {
        Ok(_) => Ok(()),
        Err(_) => Err(ApiError::invalid_date_in(field, text)),
    }
}

/// The instant that `text` is, or a 400 that names the field.
pub(crate) fn instant(field: &str, text: &str) -> Result<Nanos, ApiError> {
    parse_rfc3339(text).ok_or_else(|| ApiError::invalid_date_in(field, text))
}

/// The instant under `key`, which is required.
pub(crate) fn required_instant(body: &Map<String, Value>, key: &'static str) -> Result<Nanos, ApiError> {
    instant(key, required_text(body, key)?)
}
