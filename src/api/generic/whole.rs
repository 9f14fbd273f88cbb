//! What is kept at a path that ends with a word: a setting, or a list that a PUT replaces.

use serde_json::{Map, Value, json};

use super::kind::Kind;
use super::{GenericCall, listing, refer, stored};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;

/// The id, and the only key, of what is kept at a path that ends with a word and has no id.
pub(super) const WHOLE: &str = "";

/// Keeps what a PUT or a PATCH says of a path that ends with a word.
pub(super) fn put(generic: &GenericCall<'_, '_>, body: Option<Value>) -> Result<Reply, ApiError> {
    match body.unwrap_or_else(|| json!({})) {
        Value::Object(changes) => set(generic, changes, generic.call.method == "PATCH"),
        Value::Array(items) if matches!(generic.kind, Kind::Listing(_)) && has_ids(&items) => {
            if generic.call.method == "PUT" {
                generic.call.change(|organization| {
                    organization.collections.remove_all(&generic.collection);
                    Ok(())
                })?;
            }
            stored::create_many(generic, items)?;
            listing::list_or_read(generic)
        }
        body => keep(generic, &body),
    }
}

fn has_ids(items: &[Value]) -> bool {
    items.iter().all(|item| item.get("id").is_some_and(Value::is_string))
}

/// Sets the properties of `changes`. The others go where a PUT replaces what was there.
pub(super) fn set(
    generic: &GenericCall<'_, '_>,
    changes: Map<String, Value>,
    is_part: bool,
) -> Result<Reply, ApiError> {
    let changes = refer::with_references(generic, changes);
    if let Kind::Listing(property) = generic.kind {
        return listing::search(generic, property, None);
    }
    let path = generic.call.path;
    let whole = generic.call.change(|organization| {
        let kept = organization.collections.get(path, WHOLE).and_then(|kept| kept.get(WHOLE));
        let kept = kept.and_then(Value::as_object).filter(|_| is_part);
        let mut whole = kept.cloned().unwrap_or_default();
        whole.extend(changes);
        let stored = Map::from_iter([(WHOLE.to_owned(), Value::Object(whole.clone()))]);
        organization.collections.insert(path, WHOLE, stored);
        Ok(whole)
    })?;
    generic.reply_one(whole)
}

/// Keeps an array or a string that a PUT gives.
pub(super) fn keep(generic: &GenericCall<'_, '_>, body: &Value) -> Result<Reply, ApiError> {
    let stored = Map::from_iter([(WHOLE.to_owned(), body.clone())]);
    generic.call.change(|organization| {
        organization.collections.insert(generic.call.path, WHOLE, stored);
        Ok(())
    })?;
    match &generic.kind {
        Kind::Array if body.is_array() => generic.reply(body),
        Kind::Listing(property) => listing::search(generic, property, None),
        Kind::Entity | Kind::Object => generic.reply_one(Map::new()),
        _ => generic.reply(&stored::scalar(generic)),
    }
}

/// Answers a GET of a path that ends with a word, with what was put there or an example.
pub(super) fn read(generic: &GenericCall<'_, '_>) -> Result<Reply, ApiError> {
    let kept = generic.call.tenant().read().collections.get(generic.call.path, WHOLE).cloned();
    let kept = kept.and_then(|kept| kept.get(WHOLE).cloned());
    match (&generic.kind, kept) {
        (Kind::Nothing, _) => Ok(Reply::empty(generic.facts.status)),
        (_, Some(Value::Object(kept))) => generic.reply_one(kept),
        _ => generic.reply_one(Map::new()),
    }
}

/// The array that a client has put at the path.
pub(super) fn array(generic: &GenericCall<'_, '_>) -> Option<Vec<Value>> {
    let organization = generic.call.tenant().read();
    let kept = organization.collections.get(generic.call.path, WHOLE)?.get(WHOLE)?;
    kept.as_array().cloned()
}
