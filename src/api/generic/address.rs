//! Addresses for files in generic answers. They take a file, as those of the hand-written operations do.

use serde_json::{Map, Value, json};

use super::GenericCall;
use crate::api::entity::text;
use crate::api::uploads;
use crate::wire::error::ApiError;

/// The names of an address to which a file is sent.
const ADDRESSES: [&str; 3] = ["uploadUrl", "uploadUri", "uploadDestinationUri"];
/// What the file is for: nothing reads it.
const USE: &str = "file";

/// Adds an address for a file, where the documented answer of a POST has one.
pub(super) fn add(generic: &GenericCall<'_, '_>, body: &mut Map<String, Value>) -> Result<(), ApiError> {
    let Some(property) = property(generic).filter(|_| generic.call.method == "POST") else { return Ok(()) };
    let named = ["fileName", "name"].map(|key| text(body, key));
    let name = named.into_iter().find(|name| !name.is_empty()).unwrap_or("file").to_owned();
    let id = generic.call.change(|organization| Ok(uploads::expect(organization, USE, Map::new())))?;
    let url = uploads::address(generic.call, &id, &name);
    let key = format!("{id}/{name}");
    let given = [
        (property, json!(url)),
        ("uploadKey", json!(key)),
        ("headers", json!({})),
        ("uploadHeaders", json!({})),
    ];
    body.extend(given.into_iter().filter(|(key, _)| generic.has(key)).map(|(key, of)| (key.to_owned(), of)));
    Ok(())
}

/// Takes away the address of a file that is kept of an entity, where the documented answer has none.
pub(super) fn drop_from(generic: &GenericCall<'_, '_>, entity: &mut Map<String, Value>) {
    let is_address = |key: &str| ADDRESSES.contains(&key) || matches!(key, "uploadKey" | "uploadHeaders");
    entity.retain(|key, _| !is_address(key) || generic.has(key));
}

fn property(generic: &GenericCall<'_, '_>) -> Option<&'static str> {
    let named = ADDRESSES.into_iter().find(|name| generic.has(name));
    named.or_else(|| (generic.has("url") && generic.has("headers")).then_some("url"))
}
