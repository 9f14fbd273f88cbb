//! Removes what is stored.

use serde_json::Map;

use super::GenericCall;
use super::whole::WHOLE;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;

/// Removes an entity and what is below it. One that could have been created, and was not, is a 404.
pub(super) fn delete(generic: &GenericCall<'_, '_>, id: &str) -> Result<Reply, ApiError> {
    let removed = generic.call.change(|organization| {
        let removed = organization.collections.remove(&generic.collection, id);
        if removed.is_none() && generic.is_creatable() {
            return Err(ApiError::no_such("entity", id));
        }
        organization.collections.remove_at_and_below(generic.call.path);
        Ok(removed)
    })?;
    generic.reply_one(removed.map(|entity| Map::clone(&entity)).unwrap_or_default())
}

/// Removes the entities that the query names, or what is kept at the path itself.
pub(super) fn delete_many(generic: &GenericCall<'_, '_>) -> Result<Reply, ApiError> {
    let ids = [generic.call.query_list("id"), generic.call.query_list("ids")].concat();
    generic.call.change(|organization| {
        if ids.is_empty() {
            organization.collections.remove(generic.call.path, WHOLE);
        }
        for id in &ids {
            organization.collections.remove(&generic.collection, id);
        }
        Ok(())
    })?;
    generic.reply_one(Map::new())
}
