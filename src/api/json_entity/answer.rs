//! Answers in the documented shape: what is stored, without what the documented answer lacks and with what it requires.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::Body;
use crate::api::call::Call;
use crate::catalog::schema::{Example, Kind, Object, SchemaId, Schemas};
use crate::wire::error::ApiError;
use crate::wire::paging::{CursorPage, Page, PageRequest};
use crate::wire::reply::Reply;

/// The properties under which the platform lists entities.
const LISTS: [&str; 4] = ["entities", "results", "items", "values"];
/// Fields with one content that the platform names differently from kind to kind.
const SECOND_NAMES: [(&str, &str); 4] = [
    ("dateCreated", "createdDate"),
    ("dateModified", "modifiedDate"),
    ("dateModified", "dateLastModified"),
    ("dateModified", "lastModifiedDate"),
];

/// The documented answer with the documented status. An operation that answers without a body has none.
pub(crate) fn reply(call: &Call<'_>, value: impl Into<Value>) -> Result<Reply, ApiError> {
    let facts = call.operation.and_then(|operation| operation.facts.as_ref());
    let Some(facts) = facts else { return Reply::ok(&value.into()) };
    match facts.answer {
        None => Ok(Reply::empty(facts.status)),
        Some(schema) => Reply::json(facts.status, &shape(call, schema, value.into())),
    }
}

/// The answer without a body, with the documented status.
pub(crate) fn done(call: &Call<'_>) -> Result<Reply, ApiError> {
    reply(call, Map::new())
}

fn shape(call: &Call<'_>, schema: SchemaId, value: Value) -> Value {
    let value = match value {
        Value::Object(mut entity) => {
            add_second_names(&mut entity);
            Value::Object(entity)
        }
        Value::Array(items) => return shape_items(call, schema, items),
        other => other,
    };
    let id = value.get("id").and_then(Value::as_str).map(str::to_owned);
    let example =
        Example { seed: id.as_deref().unwrap_or(call.path), self_uri: Some(call.path), whole: false };
    call.platform.catalog.schemas.complete(schema, value, example)
}

fn shape_items(call: &Call<'_>, schema: SchemaId, items: Vec<Value>) -> Value {
    match call.platform.catalog.schemas.kind(schema) {
        Kind::Array { items: one, .. } => items.into_iter().map(|item| shape(call, one, item)).collect(),
        _ => items.into(),
    }
}

fn add_second_names(entity: &mut Body) {
    for (name, second) in SECOND_NAMES {
        if let Some(value) = entity.get(name).cloned() {
            entity.entry(second).or_insert(value);
        }
    }
}

/// The documented listing of `all`, of which the query may ask for a page.
pub(crate) fn list(call: &Call<'_>, all: Vec<Body>) -> Result<Reply, ApiError> {
    let facts = call.operation.and_then(|operation| operation.facts.as_ref());
    let schemas = &call.platform.catalog.schemas;
    let Some((answer, object)) =
        facts.and_then(|facts| facts.answer).and_then(|answer| Some((answer, schemas.object(answer)?)))
    else {
        return reply(call, all.into_iter().map(Value::Object).collect::<Vec<_>>());
    };
    let (name, item) = listed(schemas, object);
    let shown =
        |entity: Body| item.map_or(json!(entity), |item| shape(call, item, Value::Object(entity.clone())));
    let mut envelope = page(call, object, all)?;
    let entities = envelope.shift_remove("entities").and_then(|entities| match entities {
        Value::Array(entities) => Some(entities),
        _ => None,
    });
    let entities = entities.unwrap_or_default().into_iter().filter_map(|entity| match entity {
        Value::Object(entity) => Some(shown(entity)),
        _ => None,
    });
    envelope.insert(name.to_owned(), entities.collect());
    reply(call, schemas.complete(answer, Value::Object(envelope), example_of(call)))
}

fn example_of<'c>(call: &Call<'c>) -> Example<'c> {
    Example { seed: call.path, self_uri: Some(call.path), whole: false }
}

/// The property of a listing that has the entities, and their schema.
fn listed<'s>(schemas: &'s Schemas, object: Object<'s>) -> (&'s str, Option<SchemaId>) {
    let items = |name: &str| match schemas.kind(object.find(name)?.schema) {
        Kind::Array { items, .. } => Some(items),
        _ => None,
    };
    let known = LISTS.iter().find_map(|name| Some((*name, Some(items(name)?))));
    let other = || object.properties().find_map(|of| Some((of.name, Some(items(of.name)?))));
    known.or_else(other).unwrap_or(("entities", None))
}

/// The page that the query asks for. A listing whose operation has no page size has everything.
fn page(call: &Call<'_>, object: Object<'_>, all: Vec<Body>) -> Result<Body, ApiError> {
    let operation = call.operation.and_then(|operation| operation.facts.as_ref());
    let has = |name: &str| operation.is_some_and(|facts| facts.query.iter().any(|of| *of.name == *name));
    let total = all.len();
    let is_counted = object.find("total").is_some() || object.find("pageNumber").is_some();
    let page = if !has("pageSize") && !has("limit") {
        let wanted = PageRequest { size: (total as u64).max(1), number: 1 };
        serde_json::to_value(Page::of(all, wanted, call.path, call.query))
    } else if is_counted && !has("after") && !has("cursor") && !has("nextPage") || has("pageNumber") {
        serde_json::to_value(Page::of(all, call.page()?, call.path, call.query))
    } else {
        serde_json::to_value(CursorPage::of(all, |name| cursor(call, name), (call.path, call.query))?)
    };
    let Ok(Value::Object(mut page)) = page else { return Ok(Map::new()) };
    for name in ["total", "totalHits", "totalCount"] {
        page.entry(name).or_insert(json!(total));
    }
    Ok(page)
}

/// The parameter of a page that is asked for by a cursor, under each of the names that it has.
fn cursor<'c>(call: &Call<'c>, name: &str) -> Option<Cow<'c, str>> {
    let others: &[&str] = match name {
        "after" => &["nextPage", "cursor"],
        "pageSize" => &["limit"],
        _ => &[],
    };
    call.query(name).or_else(|| others.iter().find_map(|other| call.query(other)))
}
