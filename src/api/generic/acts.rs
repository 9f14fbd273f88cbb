//! Actions on an entity, as `…/{id}/publish`: what they set is kept in the entity.

use serde_json::{Map, Value, json};

use super::{GenericCall, change, history, job, parent, refer, stored};
use crate::api::entity;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::collection::Entity;

/// Answers an action on the entity `id` of `collection`, with that entity. Of one that is not stored, and that no POST
/// makes, nothing is kept.
pub(super) fn on(
    generic: &GenericCall<'_, '_>,
    (collection, id): (&str, &str),
    body: Option<Value>,
) -> Result<Reply, ApiError> {
    let changes = refer::with_references(generic, stored::object(body));
    let entity = generic.call.change(|organization| {
        let Some(found) = organization.collections.get(collection, id) else {
            let named = Map::from_iter([("id".to_owned(), json!(id))]);
            return Ok(Entity::new(named.into_iter().chain(changes).collect()));
        };
        let mut entity = Map::clone(found);
        job::keep_state(&mut entity, &changes);
        merge(&mut entity, changes);
        change::stamp(generic, &mut entity);
        history::note(generic, organization, id, &entity);
        Ok(organization.collections.insert_chosen(collection, id, entity))
    })?;
    generic.reply_one(Map::clone(&entity))
}

/// Sets the properties of an action's body. What identifies the entity stays.
fn merge(entity: &mut Map<String, Value>, changes: Map<String, Value>) {
    entity
        .extend(changes.into_iter().filter(|(key, _)| !matches!(key.as_str(), "id" | "selfUri" | "version")));
}

/// Creates a copy of the entity before the last word of the path, with the properties of the body.
pub(super) fn copy(generic: &GenericCall<'_, '_>, body: Option<Value>) -> Result<Reply, ApiError> {
    let owner = parent(generic.call.path);
    let id = owner.rsplit('/').next().unwrap_or_default();
    let source = generic.call.tenant().read().collections.get(parent(owner), id).cloned();
    let mut copied = source.map(|source| Map::clone(&source)).unwrap_or_default();
    copied.extend(refer::with_references(generic, stored::object(body)));
    copied.retain(|key, _| key != job::STARTED);
    if copied.contains_key("version") {
        copied.insert("version".to_owned(), json!(1));
    }
    let entity = entity::create(generic.call, &generic.collection, copied);
    generic.reply_one(Map::clone(&entity))
}

/// The answer of an action on the thing before it, of which nothing is known: that thing, or an example.
pub(super) fn of_owner(
    generic: &GenericCall<'_, '_>,
    body: Map<String, Value>,
    is_entity: bool,
) -> Result<Reply, ApiError> {
    let owner = parent(generic.call.path);
    let id = owner.rsplit('/').next().unwrap_or_default();
    let stored = generic.call.tenant().read().collections.get(parent(owner), id).cloned();
    let mut answer = stored.filter(|_| is_entity).map(|entity| Map::clone(&entity)).unwrap_or_default();
    answer.extend(refer::with_references(generic, body));
    job::finish(generic, &mut answer);
    generic.reply_one(answer)
}
