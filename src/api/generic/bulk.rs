//! Operations on several entities of a collection at once, as `…/bulk/add` and `…/bulk/retrieve`.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::kind::Kind;
use super::{GenericCall, change, listing, stored};
use crate::wire::error::ApiError;
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;

/// What is done to each entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Add,
    Update,
    Remove,
    /// Listed, as far as they exist.
    Get,
}

/// Whether the last words of a path name an operation on several entities of its target.
pub(super) fn is_bulk(template: &str) -> bool {
    template.contains("/bulk") && !template.ends_with("/jobs")
}

/// Answers an operation on several entities.
pub(super) fn answer(generic: &GenericCall<'_, '_>, body: Option<Value>) -> Result<Reply, ApiError> {
    let verb = verb(generic);
    let items = items(body.unwrap_or_default());
    let ids = || items.iter().filter_map(id_of).map(str::to_owned).collect::<Vec<_>>();
    match verb {
        Verb::Get => listing::of_ids(generic, &ids().into_iter().collect::<HashSet<_>>()),
        Verb::Add => results(generic, add(generic, items)?),
        Verb::Remove => results(generic, remove(generic, &ids())),
        Verb::Update => results(generic, update(generic, items)),
    }
}

fn verb(generic: &GenericCall<'_, '_>) -> Verb {
    match generic.template.rsplit('/').next().unwrap_or_default() {
        "add" | "bulkadd" => Verb::Add,
        "remove" | "bulkremove" | "delete" => Verb::Remove,
        "update" => Verb::Update,
        _ if generic.call.method == "DELETE" => Verb::Remove,
        _ if generic.call.method == "PATCH" => Verb::Update,
        _ => Verb::Get,
    }
}

/// The items of a body: the array that it is, or its first array of objects or ids.
fn items(body: Value) -> Vec<Value> {
    match body {
        Value::Array(items) => items,
        Value::Object(body) => {
            let mut arrays = body.into_iter().filter_map(|(name, value)| match value {
                Value::Array(items) => {
                    Some((name.to_lowercase().ends_with("ids") || name == "entities", items))
                }
                _ => None,
            });
            let first = arrays.next();
            let named = first.iter().find(|(is_named, _)| *is_named).cloned();
            named
                .or_else(|| arrays.find(|(is_named, _)| *is_named))
                .or(first)
                .map_or_else(Vec::new, |(_, items)| items)
        }
        _ => Vec::new(),
    }
}

fn id_of(item: &Value) -> Option<&str> {
    item.as_str().or_else(|| item.get("id")?.as_str())
}

/// What became of an item: its id, and the entity, or `None` where none has that id.
struct Outcome {
    id: String,
    entity: Option<Map<String, Value>>,
}

fn add(generic: &GenericCall<'_, '_>, items: Vec<Value>) -> Result<Vec<Outcome>, ApiError> {
    let created = stored::create_many(generic, items)?;
    let outcomes = created.into_iter().map(|entity| Outcome {
        id: entity.get("id").and_then(Value::as_str).unwrap_or_default().to_owned(),
        entity: Some(Map::clone(&entity)),
    });
    Ok(outcomes.collect())
}

fn remove(generic: &GenericCall<'_, '_>, ids: &[String]) -> Vec<Outcome> {
    generic.call.platform.change(generic.call.tenant(), generic.call.now, |organization| {
        let removed = ids.iter().map(|id| {
            let entity = organization.collections.remove(&generic.collection, id);
            Outcome { id: id.clone(), entity: entity.map(|entity| Map::clone(&entity)) }
        });
        removed.collect()
    })
}

fn update(generic: &GenericCall<'_, '_>, items: Vec<Value>) -> Vec<Outcome> {
    generic.call.platform.change(generic.call.tenant(), generic.call.now, |organization| {
        let changed = items.into_iter().filter_map(|item| {
            let id = id_of(&item)?.to_owned();
            let found = organization.collections.get(&generic.collection, &id);
            let entity = found.map(|found| Map::clone(found)).and_then(|mut entity| {
                change::apply(generic, &mut entity, stored::object(Some(item))).ok()?;
                organization.collections.insert_chosen(&generic.collection, &id, entity.clone());
                Some(entity)
            });
            Some(Outcome { id, entity })
        });
        changed.collect()
    })
}

/// The answer: a result for each item, or the entities.
fn results(generic: &GenericCall<'_, '_>, outcomes: Vec<Outcome>) -> Result<Reply, ApiError> {
    let failed: Vec<_> =
        outcomes.iter().enumerate().filter(|(_, one)| one.entity.is_none()).map(|(at, _)| at).collect();
    let listed: Vec<_> = match generic.kind {
        Kind::Listing("results") => outcomes.into_iter().map(|one| Value::Object(result(one))).collect(),
        _ => outcomes.into_iter().filter_map(|one| one.entity.map(Value::Object)).collect(),
    };
    let property = match generic.kind {
        Kind::Listing(property) => property,
        Kind::Array => return generic.reply(&Value::Array(listed)),
        _ => generic.list_of_answer().unwrap_or("entities"),
    };
    let counts = [
        ("errorCount", json!(failed.len())),
        ("errorIndexes", json!(failed)),
        ("total", json!(listed.len())),
        ("totalCreated", json!(listed.len())),
        ("totalUpdated", json!(listed.len())),
    ];
    // The short schema of an answer with results does not name its counts of errors.
    let has = |key: &str| generic.has(key) || property == "results" && key.starts_with("error");
    let counts = counts.into_iter().filter(|(key, _)| has(key));
    let mut envelope: Map<_, _> = counts.map(|(key, count)| (key.to_owned(), count)).collect();
    envelope.insert(property.to_owned(), Value::Array(listed));
    match generic.kind {
        Kind::Nothing => generic.reply(&Value::Null),
        _ => generic.reply(&Value::Object(stored::fill(generic, envelope))),
    }
}

fn result(one: Outcome) -> Map<String, Value> {
    let is_done = one.entity.is_some();
    let mut entity = one.entity.unwrap_or_default();
    entity.insert("id".to_owned(), json!(one.id));
    let mut result = Map::from_iter([
        ("id".to_owned(), json!(one.id)),
        ("success".to_owned(), json!(is_done)),
        ("status".to_owned(), json!(if is_done { 200 } else { 404 })),
    ]);
    if is_done {
        result.insert("entity".to_owned(), Value::Object(entity));
    } else {
        let message = format!("There is no entity {}.", quoted(&one.id));
        result.insert("error".to_owned(), json!({ "code": "not.found", "status": 404, "message": message }));
    }
    result
}
