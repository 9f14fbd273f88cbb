//! Telephone numbers and extensions.

use serde_json::{Map, Value, json};

use super::to_reference;
use crate::time::clock::rfc3339;
use crate::view::record;
use crate::world::Organization;
use crate::world::table::{Kind, Record};
use crate::world::telephony::EDGES;
use crate::world::telephony::number::{DidPool, ExtensionPool, NumberOf, Pool};
use crate::world::telephony::owner::{Owner, Owners};

fn owner_of<'o>(owners: &'o Owners, number: &NumberOf<'_, DidPool>) -> Option<&'o Owner> {
    owners.numbers.get(DidPool::digits(&number.text())?)
}

/// Whether a telephone number has an owner.
pub(crate) fn is_assigned(owners: &Owners, number: &NumberOf<'_, DidPool>) -> bool {
    owner_of(owners, number).is_some()
}

/// Adds the owner of a number.
fn put_owner(mut written: Value, owner: Option<&Owner>) -> Value {
    if let Some(owner) = owner {
        written["owner"] = json!({ "id": owner.id, "name": owner.name, "selfUri": owner.uri });
        written["ownerType"] = json!(owner.kind);
    }
    written
}

/// A telephone number.
pub(crate) fn did(organization: &Organization, owners: &Owners, number: &NumberOf<'_, DidPool>) -> Value {
    let (id, text) = (number.id(), number.text());
    let written = json!({
        "id": id, "name": text, "division": record::division(organization, number.pool.division),
        "version": number.pool.version, "dateCreated": rfc3339(number.pool.created), "state": "active",
        "phoneNumber": text, "didPool": to_reference(number.pool),
        "selfUri": format!("{EDGES}/dids/{id}"),
    });
    put_owner(written, owner_of(owners, number))
}

/// A telephone number in the listing of those that can be assigned.
pub(crate) fn did_number(owners: &Owners, number: &NumberOf<'_, DidPool>) -> Value {
    let (id, text) = (number.id(), number.text());
    let written = json!({
        "id": id, "name": text, "number": text, "assigned": is_assigned(owners, number),
        "didPool": { "id": number.pool.id(), "selfUri": number.pool.uri() },
        "selfUri": format!("{EDGES}/dids/{id}"),
    });
    put_owner(written, owner_of(owners, number))
}

/// The id of the owner of a telephone number.
pub(crate) fn owner_id<'o>(owners: &'o Owners, number: &NumberOf<'_, DidPool>) -> Option<&'o str> {
    owner_of(owners, number).map(|owner| owner.id.as_str())
}

/// An extension that something has.
pub(crate) fn extension(
    organization: &Organization,
    number: &NumberOf<'_, ExtensionPool>,
    owner: &Owner,
) -> Value {
    let (id, text) = (number.id(), number.text());
    let written = json!({
        "id": id, "name": text, "division": record::division(organization, number.pool.division),
        "version": number.pool.version, "dateCreated": rfc3339(number.pool.created), "state": "active",
        "number": text, "extensionPool": to_reference(number.pool),
        "selfUri": format!("{EDGES}/extensions/{id}"),
    });
    put_owner(written, Some(owner))
}

/// A pool of numbers.
pub(crate) fn pool<P: Kind>(organization: &Organization, pool: &Record<P>) -> Map<String, Value> {
    super::base(organization, pool).end()
}

/// A pool in the listing of those of a division.
pub(crate) fn pool_of_division<P: Kind>(organization: &Organization, pool: &Record<P>) -> Map<String, Value> {
    record::Properties::of(organization, pool).division().end()
}
