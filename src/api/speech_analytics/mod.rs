//! Speech and text analytics: programs, topics and categories, feedback, and the metrics of conversations.

mod categories;
mod conversations;
mod dialects;
mod feedback;
mod programs;
mod publishing;
mod settings;
mod topics;
mod words;

use serde_json::{Value, json};

use super::json_entity::Body;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::world::Organization;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    [
        categories::routes(),
        conversations::routes(),
        dialects::routes(),
        feedback::routes(),
        programs::routes(),
        publishing::routes(),
        settings::routes(),
        topics::routes(),
    ]
    .concat()
}

/// The strings of an array of a body.
fn strings<'b>(body: &'b Body, key: &str) -> impl Iterator<Item = &'b str> {
    body.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Refuses ids that a collection does not have: 400 with the field named.
fn check_ids(
    organization: &Organization,
    collection: &str,
    (field, kind): (&'static str, &'static str),
    body: &Body,
) -> Result<(), ApiError> {
    let mut ids = strings(body, field);
    ids.try_for_each(|id| {
        let is_known = organization.has_entity(collection, id);
        if is_known { Ok(()) } else { Err(ApiError::no_reference(field, kind, id)) }
    })
}

/// The references to entities of a collection, with their names.
fn references<'i>(
    organization: &Organization,
    collection: &str,
    ids: impl Iterator<Item = &'i str>,
) -> Vec<Value> {
    let known = ids.filter_map(|id| organization.collections.get(collection, id));
    let reference = |entity: &crate::world::collection::Entity| json!({ "id": entity.get("id"), "name": entity.get("name"), "selfUri": entity.get("selfUri") });
    known.map(reference).collect()
}

/// Marks an entity as changed since it was published.
fn unpublish(entity: &mut Body) {
    entity.insert("published".to_owned(), json!(false));
}
