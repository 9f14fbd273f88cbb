//! Entities that are the same in every organization, such as the languages of an engine. They are made when they are asked
//! for, so an organization stores none of them.

use serde_json::Value;

use super::call::Call;
use super::entity::{select_of, text};
use super::json_entity::{Body, answer};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::collection::Entity;

/// The listing of those that the query selects.
pub(super) fn list(call: &Call<'_>, all: impl IntoIterator<Item = Body>) -> Result<Reply, ApiError> {
    let all: Vec<Entity> = all.into_iter().map(Entity::new).collect();
    let selected = select_of(call, all.iter().collect());
    answer::list(call, selected.iter().map(|entity| Body::clone(entity)).collect())
}

/// The one that a parameter of the path names.
pub(super) fn get(
    call: &Call<'_>,
    (kind, parameter): (&'static str, &str),
    all: impl IntoIterator<Item = Body>,
) -> Result<Reply, ApiError> {
    let id = call.param(parameter)?;
    let found = all.into_iter().find(|entity| text(entity, "id") == id);
    answer::reply(call, found.ok_or_else(|| ApiError::no_such(kind, &id))?)
}

/// An entity of these fields.
pub(super) fn body<const N: usize>(fields: [(&str, Value); N]) -> Body {
    fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
