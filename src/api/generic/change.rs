//! What a PUT or a PATCH changes in a stored entity.

use serde_json::{Map, Value, json};

use super::{GenericCall, history, job};
use crate::api::version;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;

/// Sets the properties of the body. A PUT takes away what clients can set and the body leaves out. The version goes
/// up.
///
/// # Errors
/// 409 if the body names another version than the stored one. That every kind with a version refuses so is assumed.
pub(super) fn apply(
    generic: &GenericCall<'_, '_>,
    entity: &mut Map<String, Value>,
    mut changes: Map<String, Value>,
) -> Result<(), ApiError> {
    if let Some(current) = entity.get("version").and_then(Value::as_u64) {
        version::check(current, &changes)?;
        changes.shift_remove("version");
    }
    if generic.call.method == "PUT" {
        entity.retain(|key, _| is_of_server(generic, key));
    }
    job::set(generic, entity, &changes);
    changes.retain(|key, _| !matches!(key.as_str(), "id" | "selfUri"));
    entity.extend(changes);
    stamp(generic, entity);
    Ok(())
}

/// Counts the version up, and notes when the entity was changed.
pub(super) fn stamp(generic: &GenericCall<'_, '_>, entity: &mut Map<String, Value>) {
    if let Some(version) = entity.get("version").and_then(Value::as_u64) {
        entity.insert("version".to_owned(), json!(version.saturating_add(1)));
    } else if history::keeps(generic) {
        entity.insert("version".to_owned(), json!(1));
    }
    if entity.contains_key("dateModified") {
        entity.insert("dateModified".to_owned(), json!(rfc3339(generic.call.now)));
    }
}

/// Whether a PUT leaves the property as it is: the server sets it, or no body has it.
fn is_of_server(generic: &GenericCall<'_, '_>, key: &str) -> bool {
    const NAMES: [&str; 5] = ["id", "selfUri", "version", "division", job::STARTED];
    let is_stamp = ["created", "modified"].iter().any(|word| key.to_ascii_lowercase().contains(word));
    if NAMES.contains(&key) || is_stamp {
        return true;
    }
    let body = generic.facts.body.filter(|_| generic.facts.detailed);
    let object = body.and_then(|body| generic.catalog.schemas.object(body.schema));
    object.is_some_and(|object| object.find(key).is_none_or(|property| property.read_only))
}
