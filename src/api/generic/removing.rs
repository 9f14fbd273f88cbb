//! Removes what is stored.

use serde_json::Map;

use super::Asked;
use super::stored::WHOLE;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;

/// Removes an entity. One that could have been created, and was not, is a 404.
pub(super) fn delete(asked: &Asked<'_, '_>, id: &str) -> Result<Reply, ApiError> {
    let removed = asked.call.change(|organization| {
        let removed = organization.collections.remove(asked.collection, id);
        organization.collections.remove_all(asked.call.path);
        Ok(removed)
    })?;
    match removed {
        None if asked.is_creatable() => Err(ApiError::no_such("entity", id)),
        removed => asked.reply_one(removed.map(|entity| Map::clone(&entity)).unwrap_or_default()),
    }
}

/// Removes the entities that the query names, or what is kept at the path itself.
pub(super) fn delete_many(asked: &Asked<'_, '_>) -> Result<Reply, ApiError> {
    let ids = [asked.call.query_list("id"), asked.call.query_list("ids")].concat();
    asked.call.change(|organization| {
        if ids.is_empty() {
            organization.collections.remove(asked.call.path, WHOLE);
        }
        for id in &ids {
            organization.collections.remove(asked.collection, id);
        }
        Ok(())
    })?;
    asked.reply_one(Map::new())
}
