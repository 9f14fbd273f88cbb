//! What clients created or changed, kept under the path that they used.

use serde_json::{Map, Value, json};

use super::kind::Kind;
use super::{GenericCall, job, listing, parent};
use crate::api::entity;
use crate::catalog::schema::{self, Example, SchemaId};
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::collection::Entity;

/// The id, and the only key, of what is kept at a path that ends with a word and has no id.
pub(super) const WHOLE: &str = "";

/// Answers a GET of one entity.
pub(super) fn get(generic: &GenericCall<'_, '_>, id: &str) -> Result<Reply, ApiError> {
    match generic.kind {
        Kind::Listing(_) | Kind::Array => return listing::list_or_read(&generic.below()),
        Kind::Nothing => return Ok(Reply::empty(generic.facts.status)),
        _ => {}
    }
    let stored = generic.call.tenant().read().collections.get(generic.collection, id).cloned();
    let entity = match stored {
        Some(entity) => Map::clone(&entity),
        None if generic.is_creatable() => return Err(ApiError::no_such("entity", id)),
        None => Map::from_iter([("id".to_owned(), json!(id))]),
    };
    generic.reply_one(entity)
}

/// Answers a POST of a path that ends with a word: it creates, searches, or does something.
pub(super) fn post(generic: &GenericCall<'_, '_>, body: Option<Value>) -> Result<Reply, ApiError> {
    match (&generic.kind, body) {
        (Kind::Listing(property), Some(Value::Array(items))) => {
            let created = create_many(generic, items)?;
            let found =
                created.iter().map(|entity| Value::Object(to_item(generic, property, entity))).collect();
            let envelope = Map::from_iter([((*property).to_owned(), Value::Array(found))]);
            generic.reply(&Value::Object(fill(generic, envelope)))
        }
        (Kind::Listing(property), body) => listing::search(generic, property, body.as_ref()),
        (Kind::Array, Some(Value::Array(items))) => {
            let created = create_many(generic, items)?;
            generic.reply(&created.into_iter().map(|entity| Map::clone(&entity)).collect())
        }
        (Kind::Array, _) => array(generic),
        (Kind::Nothing, Some(Value::Array(items))) => {
            create_many(generic, items)?;
            generic.reply(&Value::Null)
        }
        (_, Some(Value::Object(body))) => create(generic, body),
        (_, _) => create(generic, Map::new()),
    }
}

/// Creates an entity, where the platform keeps such; else the answer of an action.
fn create(generic: &GenericCall<'_, '_>, body: Map<String, Value>) -> Result<Reply, ApiError> {
    if !matches!(generic.kind, Kind::Entity | Kind::Nothing) || !keeps(generic) {
        return act_on_parent(generic, body);
    }
    let entity = store_new(generic, body);
    generic.reply_one(Map::clone(&entity))
}

/// Whether the entities that a POST of this path creates can be listed or read again.
fn keeps(generic: &GenericCall<'_, '_>) -> bool {
    let by_id = generic.catalog.reads_below(generic.template);
    by_id || generic.kind == Kind::Entity && generic.catalog.lists(generic.template)
}

fn store_new(generic: &GenericCall<'_, '_>, body: Map<String, Value>) -> Entity {
    let mut body = generic.without_request_only(body);
    job::start(generic, &mut body);
    for stamp in ["dateCreated", "dateModified"] {
        if generic.has(stamp) {
            body.insert(stamp.to_owned(), json!(rfc3339(generic.call.now)));
        }
    }
    if generic.has("version") {
        body.insert("version".to_owned(), json!(1));
    }
    entity::create(generic.call, generic.collection, body)
}

/// Creates several entities; if one is wrong, none. An id that a client sends refers to something, and stays.
fn create_many(generic: &GenericCall<'_, '_>, items: Vec<Value>) -> Result<Vec<Entity>, ApiError> {
    const MOST: usize = 1000;
    if items.len() > MOST {
        return Err(ApiError::bad_request(format!("At most {MOST} entities can be created at once.")));
    }
    let objects = items.into_iter().map(|item| match item {
        Value::Object(body) => body,
        other => Map::from_iter([("id".to_owned(), other)]),
    });
    Ok(objects.map(|body| store_with_id(generic, body)).collect())
}

fn store_with_id(generic: &GenericCall<'_, '_>, mut body: Map<String, Value>) -> Entity {
    let Some(id) = body.get("id").and_then(Value::as_str).map(str::to_owned) else {
        return store_new(generic, body);
    };
    body.insert("selfUri".to_owned(), json!(format!("{}/{id}", generic.collection)));
    generic.call.platform.change(generic.call.tenant(), generic.call.now, |organization| {
        organization.collections.insert_chosen(generic.collection, &id, body)
    })
}

/// The answer of an action on the thing before it, as `…/{id}/publish`: that thing, or an example.
fn act_on_parent(generic: &GenericCall<'_, '_>, body: Map<String, Value>) -> Result<Reply, ApiError> {
    let body = generic.without_request_only(body);
    let owner = parent(generic.call.path);
    let id = owner.rsplit('/').next().unwrap_or_default();
    let stored = generic.call.tenant().read().collections.get(parent(owner), id).cloned();
    let mut answer =
        stored.filter(|_| generic.kind == Kind::Entity).map(|entity| Map::clone(&entity)).unwrap_or_default();
    answer.extend(body);
    job::start(generic, &mut answer);
    generic.reply_one(answer)
}

/// Answers a POST of a path that ends with an id.
pub(super) fn act(generic: &GenericCall<'_, '_>, id: &str, body: Option<Value>) -> Result<Reply, ApiError> {
    match body {
        Some(Value::Object(body)) => update(generic, id, Some(Value::Object(body))),
        body => post(&generic.below(), body),
    }
}

/// Changes an entity: PUT and PATCH both set the properties of the body. One that could have been created, and was
/// not, is a 404; another is kept from then on.
pub(super) fn update(
    generic: &GenericCall<'_, '_>,
    id: &str,
    body: Option<Value>,
) -> Result<Reply, ApiError> {
    let changes = match body {
        Some(Value::Object(changes)) => generic.without_request_only(changes),
        Some(body) => return keep_whole(&generic.below(), &body),
        None => Map::new(),
    };
    let entity = generic.call.change(|organization| {
        let mut entity = match organization.collections.get(generic.collection, id) {
            Some(entity) => Map::clone(entity),
            None if generic.is_creatable() => return Err(ApiError::no_such("entity", id)),
            None => Map::from_iter([
                ("id".to_owned(), json!(id)),
                ("selfUri".to_owned(), json!(generic.call.path)),
            ]),
        };
        entity::merge_fields(&mut entity, changes);
        if let Some(version) = entity.get("version").and_then(Value::as_u64) {
            entity.insert("version".to_owned(), json!(version.saturating_add(1)));
        }
        Ok(organization.collections.insert_chosen(generic.collection, id, entity))
    })?;
    generic.reply_one(Map::clone(&entity))
}

/// Keeps what a PUT or a PATCH says of a path that ends with a word.
pub(super) fn put_whole(generic: &GenericCall<'_, '_>, body: Option<Value>) -> Result<Reply, ApiError> {
    let body = body.unwrap_or_else(|| json!({}));
    let Value::Object(changes) = body else { return keep_whole(generic, &body) };
    let changes = generic.without_request_only(changes);
    if let Kind::Listing(property) = generic.kind {
        return listing::search(generic, property, None);
    }
    let path = generic.call.path;
    let whole = generic.call.change(|organization| {
        let kept = organization.collections.get(path, WHOLE).and_then(|kept| kept.get(WHOLE));
        let mut whole = kept
            .and_then(Value::as_object)
            .filter(|_| generic.call.method == "PATCH")
            .cloned()
            .unwrap_or_default();
        whole.extend(changes);
        let stored = Map::from_iter([(WHOLE.to_owned(), Value::Object(whole.clone()))]);
        organization.collections.insert(path, WHOLE, stored);
        Ok(whole)
    })?;
    generic.reply_one(whole)
}

/// Keeps an array or a string that a PUT gives.
fn keep_whole(generic: &GenericCall<'_, '_>, body: &Value) -> Result<Reply, ApiError> {
    let stored = Map::from_iter([(WHOLE.to_owned(), body.clone())]);
    generic.call.change(|organization| {
        organization.collections.insert(generic.call.path, WHOLE, stored);
        Ok(())
    })?;
    match &generic.kind {
        Kind::Array if body.is_array() => generic.reply(body),
        Kind::Listing(property) => listing::search(generic, property, None),
        Kind::Entity | Kind::Object => generic.reply_one(Map::new()),
        _ => generic.reply(&scalar(generic)),
    }
}

/// Answers a GET of a path that ends with a word, with what was put there or an example.
pub(super) fn read_whole(generic: &GenericCall<'_, '_>) -> Result<Reply, ApiError> {
    let kept = generic.call.tenant().read().collections.get(generic.call.path, WHOLE).cloned();
    let kept = kept.and_then(|kept| kept.get(WHOLE).cloned());
    match (&generic.kind, kept) {
        (Kind::Nothing, _) => Ok(Reply::empty(generic.facts.status)),
        (_, Some(Value::Object(kept))) => generic.reply_one(kept),
        _ => generic.reply_one(Map::new()),
    }
}

/// The bare array of what is kept at the path.
pub(super) fn array(generic: &GenericCall<'_, '_>) -> Result<Reply, ApiError> {
    let organization = generic.call.tenant().read();
    let kept =
        organization.collections.get(generic.call.path, WHOLE).and_then(|kept| kept.get(WHOLE).cloned());
    let listed = || {
        Value::Array(organization.collections.list(generic.collection).map(|entity| json!(entity)).collect())
    };
    let array = kept.filter(Value::is_array).unwrap_or_else(listed);
    drop(organization);
    generic.reply(&array)
}

pub(super) fn scalar(generic: &GenericCall<'_, '_>) -> Value {
    generic
        .facts
        .answer
        .map_or(Value::Null, |answer| generic.catalog.schemas.example(answer, generic.example(true)))
}

/// The stored entity as the operation answers it.
pub(super) fn to_answer(generic: &GenericCall<'_, '_>, mut entity: Map<String, Value>) -> Map<String, Value> {
    job::advance(generic, &mut entity);
    if !entity.contains_key("selfUri") && generic.has("selfUri") {
        entity.insert("selfUri".to_owned(), json!(generic.call.path));
    }
    if let Some(id) = entity.get("id").cloned().filter(|_| generic.has("jobId")) {
        entity.insert("jobId".to_owned(), id);
    }
    entity.retain(|key, _| !matches!(key.as_str(), "id" | "selfUri") || generic.has(key));
    fill(generic, entity)
}

/// The stored entity as an item of a listing. Without a detailed schema it is as it was stored.
pub(super) fn to_item(
    generic: &GenericCall<'_, '_>,
    property: &str,
    entity: &Map<String, Value>,
) -> Map<String, Value> {
    let mut item = entity.clone();
    item.retain(|key, _| key != job::STARTED);
    match item_schema(generic, property).filter(|_| generic.facts.detailed) {
        Some(schema) => complete(generic, schema, item),
        None => item,
    }
}

/// The items of a bare array as the operation answers them. Without a detailed schema they are as they were stored.
pub(super) fn to_array(generic: &GenericCall<'_, '_>, items: &[Value]) -> Value {
    let answer = generic.facts.answer.filter(|_| generic.facts.detailed);
    let schemas = &generic.catalog.schemas;
    let Some(schema::Kind::Array { items: schema, .. }) = answer.map(|answer| schemas.kind(answer)) else {
        return items.into();
    };
    let completed = items.iter().filter_map(|item| match item {
        Value::Object(entity) if schemas.object(schema).is_some() => {
            Some(Value::Object(complete(generic, schema, entity.clone())))
        }
        Value::Object(_) if !matches!(schemas.kind(schema), schema::Kind::Any | schema::Kind::Map(_)) => None,
        other => Some(other.clone()),
    });
    completed.collect()
}

fn item_schema(generic: &GenericCall<'_, '_>, property: &str) -> Option<SchemaId> {
    let schemas = &generic.catalog.schemas;
    match schemas.kind(schemas.object(generic.facts.answer?)?.find(property)?.schema) {
        schema::Kind::Array { items, .. } => Some(items),
        _ => None,
    }
}

/// What the documented answer has of `found`, with what it needs and `found` lacks. Without a detailed schema, the
/// properties that the client sent stay.
pub(super) fn fill(generic: &GenericCall<'_, '_>, found: Map<String, Value>) -> Map<String, Value> {
    let Some(answer) = generic.facts.answer else { return found };
    let is_listing = matches!(generic.kind, Kind::Listing(_));
    if is_listing || generic.facts.detailed {
        return complete(generic, answer, found);
    }
    let mut whole = found.clone();
    whole.extend(complete(generic, answer, found));
    whole
}

fn complete(
    generic: &GenericCall<'_, '_>,
    schema: SchemaId,
    found: Map<String, Value>,
) -> Map<String, Value> {
    let whole = !matches!(generic.kind, Kind::Listing(_));
    // What is made up belongs to the entity, so that each operation shows it alike.
    let id = found.get("id").and_then(Value::as_str).map(str::to_owned);
    let example = generic.example(whole);
    let example = Example { seed: id.as_deref().unwrap_or(example.seed), ..example };
    match generic.catalog.schemas.complete(schema, Value::Object(found), example) {
        Value::Object(whole) => whole,
        _ => Map::new(),
    }
}
