//! Entities that clients created or changed, kept under the path of their collection.

use serde_json::{Map, Value, json};

use super::kind::Kind;
use super::{GenericCall, acts, address, change, history, job, listing, refer, whole, written};
use crate::api::entity;
use crate::catalog::schema::{self, Example, Format, SchemaId};
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::collection::Entity;

/// Answers a GET of one entity.
pub(super) fn get(generic: &GenericCall<'_, '_>, id: &str) -> Result<Reply, ApiError> {
    match generic.kind {
        Kind::Listing(_) | Kind::Array => return listing::list_or_read(&generic.below()),
        Kind::Nothing => return Ok(Reply::empty(generic.facts.status)),
        _ => {}
    }
    let path = format!("{}/{id}", generic.collection);
    if let Some(found) =
        written::read(generic.call, generic.routes, &path).filter(|_| *path != *generic.call.path)
    {
        return generic.reply_one(object(Some(found?)));
    }
    let stored = generic.call.tenant().read().collections.get(&generic.collection, id).cloned();
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
        (Kind::Array, body) if generic.collection != generic.call.path => {
            listing::search(generic, "", body.as_ref())
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

/// The object of a body; empty for another one.
pub(super) fn object(body: Option<Value>) -> Map<String, Value> {
    match body {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

/// Creates an entity, where the platform keeps such; else sets what the path has, or does something.
fn create(generic: &GenericCall<'_, '_>, mut body: Map<String, Value>) -> Result<Reply, ApiError> {
    address::add(generic, &mut body)?;
    let is_entity = generic.kind == Kind::Entity;
    if (is_entity || generic.kind == Kind::Nothing) && keeps(generic) {
        let entity = store_new(generic, body);
        return generic.reply_one(Map::clone(&entity));
    }
    if generic.is_read_whole() {
        return whole::set(generic, body, true);
    }
    acts::of_owner(generic, body, is_entity)
}

/// Whether the entities that a POST of this path creates can be listed or read again.
fn keeps(generic: &GenericCall<'_, '_>) -> bool {
    let is_own = generic.collection == generic.call.path;
    let is_read = generic.catalog.reads_below(generic.template);
    !is_own || is_read || generic.kind == Kind::Entity && generic.lists_own()
}

fn store_new(generic: &GenericCall<'_, '_>, body: Map<String, Value>) -> Entity {
    let mut body = refer::with_references(generic, body);
    job::start(generic, &mut body);
    for stamp in ["dateCreated", "dateModified"] {
        if generic.has(stamp) {
            body.insert(stamp.to_owned(), json!(rfc3339(generic.call.now)));
        }
    }
    if generic.has("version") || history::keeps(generic) {
        body.insert("version".to_owned(), json!(1));
    }
    let chosen = key(generic).filter(|_| !generic.has("id"));
    let entity = match chosen.and_then(|key| body.get(key)?.as_str().map(str::to_owned)) {
        Some(id) => keep_chosen(generic, &id, body),
        None => entity::create(generic.call, &generic.collection, body),
    };
    if history::keeps(generic) {
        let id = entity::text(&entity, "id").to_owned();
        generic.call.platform.change(generic.call.tenant(), generic.call.now, |organization| {
            history::note(generic, organization, &id, &entity);
        });
    }
    entity
}

/// Creates several entities; if one is wrong, none. An id that a client sends refers to something, and stays.
pub(super) fn create_many(generic: &GenericCall<'_, '_>, items: Vec<Value>) -> Result<Vec<Entity>, ApiError> {
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
    insert_chosen(generic, &id, body)
}

/// Keeps a new entity under the key that the client chose for it.
fn keep_chosen(generic: &GenericCall<'_, '_>, id: &str, mut body: Map<String, Value>) -> Entity {
    body.insert("id".to_owned(), json!(id));
    insert_chosen(generic, id, body)
}

fn insert_chosen(generic: &GenericCall<'_, '_>, id: &str, body: Map<String, Value>) -> Entity {
    generic.call.platform.change(generic.call.tenant(), generic.call.now, |organization| {
        organization.collections.insert_chosen(&generic.collection, id, body)
    })
}

/// The name of the id in the path of an entity, where it is not called an id alone: `fileId`. Answers without `id` have
/// it under that name.
fn key<'c>(generic: &GenericCall<'c, '_>) -> Option<&'c str> {
    let collection = if generic.id.is_some() { super::parent(generic.template) } else { generic.template };
    generic.catalog.key(collection).filter(|name| *name != "id")
}

/// Sets the id of an entity under the name of its path, where the schema has that name and no `id`.
fn name_id(generic: &GenericCall<'_, '_>, schema: Option<SchemaId>, entity: &mut Map<String, Value>) {
    let Some(object) = schema.and_then(|schema| generic.catalog.schemas.object(schema)) else { return };
    let (id, key) = (entity.get("id").cloned(), key(generic));
    if let (Some(id), Some(key)) = (id, key)
        && object.find("id").is_none()
        && object.find(key).is_some()
    {
        entity.insert(key.to_owned(), id);
    }
}

/// Answers a POST of a path that ends with an id.
pub(super) fn act(generic: &GenericCall<'_, '_>, id: &str, body: Option<Value>) -> Result<Reply, ApiError> {
    match body {
        Some(Value::Object(body)) => update(generic, id, Some(Value::Object(body))),
        body => post(&generic.below(), body),
    }
}

/// Changes an entity. One that could have been created, and was not, is a 404; another is kept from then on.
pub(super) fn update(
    generic: &GenericCall<'_, '_>,
    id: &str,
    body: Option<Value>,
) -> Result<Reply, ApiError> {
    let changes = match body {
        Some(Value::Object(changes)) => refer::with_references(generic, changes),
        Some(body) => return whole::keep(&generic.below(), &body),
        None => Map::new(),
    };
    let entity = generic.call.change(|organization| {
        let mut entity = match organization.collections.get(&generic.collection, id) {
            Some(entity) => Map::clone(entity),
            None if generic.is_creatable() => return Err(ApiError::no_such("entity", id)),
            None => Map::from_iter([
                ("id".to_owned(), json!(id)),
                ("selfUri".to_owned(), json!(generic.call.path)),
            ]),
        };
        change::apply(generic, &mut entity, changes)?;
        history::note(generic, organization, id, &entity);
        Ok(organization.collections.insert_chosen(&generic.collection, id, entity))
    })?;
    generic.reply_one(Map::clone(&entity))
}

/// The bare array of what is kept at the path.
pub(super) fn array(generic: &GenericCall<'_, '_>) -> Result<Reply, ApiError> {
    let array = whole::array(generic)
        .unwrap_or_else(|| listing::entities(generic).iter().map(|entity| json!(entity)).collect());
    generic.reply(&Value::Array(array))
}

/// The answer that is a string, a number or a boolean. A string without an enumeration says what the status says.
pub(super) fn scalar(generic: &GenericCall<'_, '_>) -> Value {
    let Some(answer) = generic.facts.answer else { return Value::Null };
    let schemas = &generic.catalog.schemas;
    match schemas.kind(answer) {
        schema::Kind::Text(rule) if rule.words().len() == 0 && rule.format() == Format::Plain => {
            json!(generic.facts.status.canonical_reason().unwrap_or_default())
        }
        _ => schemas.example(answer, generic.example(true)),
    }
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
    name_id(generic, generic.facts.answer, &mut entity);
    address::drop_from(generic, &mut entity);
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
    job::advance_item(generic, &mut item);
    let schema = item_schema(generic, property);
    name_id(generic, schema, &mut item);
    match schema.filter(|_| generic.facts.detailed) {
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
    for (key, value) in complete(generic, answer, found) {
        // The schema has a few words of an enumeration only: the word of the client stays.
        if !(value.is_string() && whole.get(&key).is_some_and(Value::is_string)) {
            whole.insert(key, value);
        }
    }
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
