//! What clients created or changed, kept under the path that they used.

use serde_json::{Map, Value, json};

use super::kind::Kind;
use super::{Asked, job, listing, parent};
use crate::api::entity;
use crate::catalog::schema::{self, Example, SchemaId};
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::collection::Entity;

/// The id, and the only key, of what is kept at a path that ends with a word and has no id.
pub(super) const WHOLE: &str = "";

/// Answers a GET of one entity.
pub(super) fn get(asked: &Asked<'_, '_>, id: &str) -> Result<Reply, ApiError> {
    match asked.kind {
        Kind::Listing(_) | Kind::Array => return listing::list_or_read(&asked.below()),
        Kind::Nothing => return Ok(Reply::empty(asked.facts.status)),
        _ => {}
    }
    let stored = asked.call.tenant().read().collections.get(asked.collection, id).cloned();
    let entity = match stored {
        Some(entity) => Map::clone(&entity),
        None if asked.is_creatable() => return Err(ApiError::no_such("entity", id)),
        None => Map::from_iter([("id".to_owned(), json!(id))]),
    };
    asked.reply_one(entity)
}

/// Answers a POST of a path that ends with a word: it creates, searches, or does something.
pub(super) fn post(asked: &Asked<'_, '_>, body: Option<Value>) -> Result<Reply, ApiError> {
    match (&asked.kind, body) {
        (Kind::Listing(property), Some(Value::Array(items))) => {
            let created = create_many(asked, items)?;
            let found =
                created.iter().map(|entity| Value::Object(to_item(asked, property, entity))).collect();
            let envelope = Map::from_iter([((*property).to_owned(), Value::Array(found))]);
            asked.reply(&Value::Object(fill(asked, envelope)))
        }
        (Kind::Listing(property), body) => listing::search(asked, property, body.as_ref()),
        (Kind::Array, Some(Value::Array(items))) => {
            let created = create_many(asked, items)?;
            asked.reply(&created.into_iter().map(|entity| Map::clone(&entity)).collect())
        }
        (Kind::Array, _) => array(asked),
        (Kind::Nothing, Some(Value::Array(items))) => {
            create_many(asked, items)?;
            asked.reply(&Value::Null)
        }
        (_, Some(Value::Object(body))) => create(asked, body),
        (_, _) => create(asked, Map::new()),
    }
}

/// Creates an entity, where the platform keeps such; else the answer of an action.
fn create(asked: &Asked<'_, '_>, body: Map<String, Value>) -> Result<Reply, ApiError> {
    if !matches!(asked.kind, Kind::Entity | Kind::Nothing) || !keeps(asked) {
        return act_on_parent(asked, body);
    }
    let entity = store_new(asked, body);
    asked.reply_one(Map::clone(&entity))
}

/// Whether the entities that a POST of this path creates can be listed or read again.
fn keeps(asked: &Asked<'_, '_>) -> bool {
    let by_id = asked.catalog.reads_below(asked.template);
    by_id || asked.kind == Kind::Entity && asked.catalog.lists(asked.template)
}

fn store_new(asked: &Asked<'_, '_>, body: Map<String, Value>) -> Entity {
    let mut body = asked.without_request_only(body);
    job::start(asked, &mut body);
    for stamp in ["dateCreated", "dateModified"] {
        if asked.has(stamp) {
            body.insert(stamp.to_owned(), json!(rfc3339(asked.call.now)));
        }
    }
    if asked.has("version") {
        body.insert("version".to_owned(), json!(1));
    }
    entity::create(asked.call, asked.collection, body)
}

/// Creates several entities; if one is wrong, none. An id that a client sends refers to something, and stays.
fn create_many(asked: &Asked<'_, '_>, items: Vec<Value>) -> Result<Vec<Entity>, ApiError> {
    const MOST: usize = 1000;
    if items.len() > MOST {
        return Err(ApiError::bad_request(format!("At most {MOST} entities can be created at once.")));
    }
    let objects = items.into_iter().map(|item| match item {
        Value::Object(body) => body,
        other => Map::from_iter([("id".to_owned(), other)]),
    });
    Ok(objects.map(|body| store_with_id(asked, body)).collect())
}

fn store_with_id(asked: &Asked<'_, '_>, mut body: Map<String, Value>) -> Entity {
    let Some(id) = body.get("id").and_then(Value::as_str).map(str::to_owned) else {
        return store_new(asked, body);
    };
    body.insert("selfUri".to_owned(), json!(format!("{}/{id}", asked.collection)));
    asked.call.platform.change(asked.call.tenant(), asked.call.now, |organization| {
        organization.collections.insert_chosen(asked.collection, &id, body)
    })
}

/// The answer of an action on the thing before it, as `…/{id}/publish`: that thing, or an example.
fn act_on_parent(asked: &Asked<'_, '_>, body: Map<String, Value>) -> Result<Reply, ApiError> {
    let body = asked.without_request_only(body);
    let owner = parent(asked.call.path);
    let id = owner.rsplit('/').next().unwrap_or_default();
    let stored = asked.call.tenant().read().collections.get(parent(owner), id).cloned();
    let mut answer =
        stored.filter(|_| asked.kind == Kind::Entity).map(|entity| Map::clone(&entity)).unwrap_or_default();
    answer.extend(body);
    job::start(asked, &mut answer);
    asked.reply_one(answer)
}

/// Answers a POST of a path that ends with an id.
pub(super) fn act(asked: &Asked<'_, '_>, id: &str, body: Option<Value>) -> Result<Reply, ApiError> {
    match body {
        Some(Value::Object(body)) => update(asked, id, Some(Value::Object(body))),
        body => post(&asked.below(), body),
    }
}

/// Changes an entity: PUT and PATCH both set the properties of the body. One that could have been created, and was
/// not, is a 404; another is kept from then on.
pub(super) fn update(asked: &Asked<'_, '_>, id: &str, body: Option<Value>) -> Result<Reply, ApiError> {
    let changes = match body {
        Some(Value::Object(changes)) => asked.without_request_only(changes),
        Some(body) => return keep_whole(&asked.below(), &body),
        None => Map::new(),
    };
    let entity = asked.call.change(|organization| {
        let mut entity = match organization.collections.get(asked.collection, id) {
            Some(entity) => Map::clone(entity),
            None if asked.is_creatable() => return Err(ApiError::no_such("entity", id)),
            None => {
                Map::from_iter([("id".to_owned(), json!(id)), ("selfUri".to_owned(), json!(asked.call.path))])
            }
        };
        entity::merge_fields(&mut entity, changes);
        if let Some(version) = entity.get("version").and_then(Value::as_u64) {
            entity.insert("version".to_owned(), json!(version.saturating_add(1)));
        }
        Ok(organization.collections.insert_chosen(asked.collection, id, entity))
    })?;
    asked.reply_one(Map::clone(&entity))
}

/// Keeps what a PUT or a PATCH says of a path that ends with a word.
pub(super) fn put_whole(asked: &Asked<'_, '_>, body: Option<Value>) -> Result<Reply, ApiError> {
    let body = body.unwrap_or_else(|| json!({}));
    let Value::Object(changes) = body else { return keep_whole(asked, &body) };
    let changes = asked.without_request_only(changes);
    if let Kind::Listing(property) = asked.kind {
        return listing::search(asked, property, None);
    }
    let path = asked.call.path;
    let whole = asked.call.change(|organization| {
        let kept = organization.collections.get(path, WHOLE).and_then(|kept| kept.get(WHOLE));
        let mut whole = kept
            .and_then(Value::as_object)
            .filter(|_| asked.call.method == "PATCH")
            .cloned()
            .unwrap_or_default();
        whole.extend(changes);
        let stored = Map::from_iter([(WHOLE.to_owned(), Value::Object(whole.clone()))]);
        organization.collections.insert(path, WHOLE, stored);
        Ok(whole)
    })?;
    asked.reply_one(whole)
}

/// Keeps an array or a string that a PUT gives.
fn keep_whole(asked: &Asked<'_, '_>, body: &Value) -> Result<Reply, ApiError> {
    let stored = Map::from_iter([(WHOLE.to_owned(), body.clone())]);
    asked.call.change(|organization| {
        organization.collections.insert(asked.call.path, WHOLE, stored);
        Ok(())
    })?;
    match &asked.kind {
        Kind::Array if body.is_array() => asked.reply(body),
        Kind::Listing(property) => listing::search(asked, property, None),
        Kind::Entity | Kind::Object => asked.reply_one(Map::new()),
        _ => asked.reply(&scalar(asked)),
    }
}

/// Answers a GET of a path that ends with a word, with what was put there or an example.
pub(super) fn read_whole(asked: &Asked<'_, '_>) -> Result<Reply, ApiError> {
    let kept = asked.call.tenant().read().collections.get(asked.call.path, WHOLE).cloned();
    let kept = kept.and_then(|kept| kept.get(WHOLE).cloned());
    match (&asked.kind, kept) {
        (Kind::Nothing, _) => Ok(Reply::empty(asked.facts.status)),
        (_, Some(Value::Object(kept))) => asked.reply_one(kept),
        _ => asked.reply_one(Map::new()),
    }
}

/// The bare array of what is kept at the path.
pub(super) fn array(asked: &Asked<'_, '_>) -> Result<Reply, ApiError> {
    let organization = asked.call.tenant().read();
    let kept = organization.collections.get(asked.call.path, WHOLE).and_then(|kept| kept.get(WHOLE).cloned());
    let listed = || {
        Value::Array(organization.collections.list(asked.collection).map(|entity| json!(entity)).collect())
    };
    let array = kept.filter(Value::is_array).unwrap_or_else(listed);
    drop(organization);
    asked.reply(&array)
}

pub(super) fn scalar(asked: &Asked<'_, '_>) -> Value {
    asked
        .facts
        .answer
        .map_or(Value::Null, |answer| asked.catalog.schemas.example(answer, asked.example(true)))
}

/// The stored entity as the operation answers it.
pub(super) fn to_answer(asked: &Asked<'_, '_>, mut entity: Map<String, Value>) -> Map<String, Value> {
    job::advance(asked, &mut entity);
    if !entity.contains_key("selfUri") && asked.has("selfUri") {
        entity.insert("selfUri".to_owned(), json!(asked.call.path));
    }
    if let Some(id) = entity.get("id").cloned().filter(|_| asked.has("jobId")) {
        entity.insert("jobId".to_owned(), id);
    }
    entity.retain(|key, _| !matches!(key.as_str(), "id" | "selfUri") || asked.has(key));
    fill(asked, entity)
}

/// The stored entity as an item of a listing. Without a detailed schema it is as it was stored.
pub(super) fn to_item(
    asked: &Asked<'_, '_>,
    property: &str,
    entity: &Map<String, Value>,
) -> Map<String, Value> {
    let mut item = entity.clone();
    item.retain(|key, _| key != job::STARTED);
    match item_schema(asked, property).filter(|_| asked.facts.detailed) {
        Some(schema) => complete(asked, schema, item),
        None => item,
    }
}

/// The items of a bare array as the operation answers them. Without a detailed schema they are as they were stored.
pub(super) fn to_array(asked: &Asked<'_, '_>, items: &[Value]) -> Value {
    let answer = asked.facts.answer.filter(|_| asked.facts.detailed);
    let schemas = &asked.catalog.schemas;
    let Some(schema::Kind::Array { items: schema, .. }) = answer.map(|answer| schemas.kind(answer)) else {
        return items.into();
    };
    let completed = items.iter().filter_map(|item| match item {
        Value::Object(entity) if schemas.object(schema).is_some() => {
            Some(Value::Object(complete(asked, schema, entity.clone())))
        }
        Value::Object(_) if !matches!(schemas.kind(schema), schema::Kind::Any | schema::Kind::Map(_)) => None,
        other => Some(other.clone()),
    });
    completed.collect()
}

fn item_schema(asked: &Asked<'_, '_>, property: &str) -> Option<SchemaId> {
    let schemas = &asked.catalog.schemas;
    match schemas.kind(schemas.object(asked.facts.answer?)?.find(property)?.schema) {
        schema::Kind::Array { items, .. } => Some(items),
        _ => None,
    }
}

/// What the documented answer has of `found`, with what it needs and `found` lacks. Without a detailed schema, the
/// properties that the client sent stay.
pub(super) fn fill(asked: &Asked<'_, '_>, found: Map<String, Value>) -> Map<String, Value> {
    let Some(answer) = asked.facts.answer else { return found };
    let is_listing = matches!(asked.kind, Kind::Listing(_));
    if is_listing || asked.facts.detailed {
        return complete(asked, answer, found);
    }
    let mut whole = found.clone();
    whole.extend(complete(asked, answer, found));
    whole
}

fn complete(asked: &Asked<'_, '_>, schema: SchemaId, found: Map<String, Value>) -> Map<String, Value> {
    let whole = !matches!(asked.kind, Kind::Listing(_));
    // What is made up belongs to the entity, so that each operation shows it alike.
    let id = found.get("id").and_then(Value::as_str).map(str::to_owned);
    let example = asked.example(whole);
    let example = Example { seed: id.as_deref().unwrap_or(example.seed), ..example };
    match asked.catalog.schemas.complete(schema, Value::Object(found), example) {
        Value::Object(whole) => whole,
        _ => Map::new(),
    }
}
