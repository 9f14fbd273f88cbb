//! Who has a number, an address or another identifier.

use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::route::Route;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::contact::{Identifier, identifiers_of};

const PATH: &str = "/api/v2/externalcontacts/identifierlookup";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post(PATH, find_contact),
        Route::post(&format!("{PATH}/contacts"), find_contact),
        Route::post(&format!("{PATH}/organizations"), find_organization),
        Route::get("/api/v2/externalcontacts/reversewhitepageslookup", find_all),
    ]
}

/// The identifier of the body.
fn read(body: Map<String, Value>) -> Result<Identifier, ApiError> {
    let missing = || ApiError::constraint("value", "The identifier needs a type and a value.");
    Identifier::read(&Value::Object(body)).ok_or_else(missing)
}

/// The first contact that has the identifier, or a 404.
fn find_contact(call: &Call<'_>) -> Result<Reply, ApiError> {
    let identifier = read(call.json_object()?)?;
    let organization = call.tenant().read();
    let found = organization.external().identified(&identifier).next();
    let found = found.ok_or_else(|| ApiError::no_such("contact with the identifier", &identifier.value))?;
    Reply::ok(&view::contact::contact(&organization, found, &call.query_list("expand")))
}

/// The first organization that has the identifier, or a 404.
fn find_organization(call: &Call<'_>) -> Result<Reply, ApiError> {
    let identifier = read(call.json_object()?)?;
    let organization = call.tenant().read();
    let mut all = organization.external().organizations.iter();
    let found = all.find(|one| identifiers_of(&one.extra).contains(&identifier));
    let found =
        found.ok_or_else(|| ApiError::no_such("organization with the identifier", &identifier.value))?;
    Reply::ok(&view::contact::external_organization(&organization, found, &call.query_list("expand")))
}

/// The contacts that have a phone number or an address.
fn find_all(call: &Call<'_>) -> Result<Reply, ApiError> {
    let wanted = call.query("lookupVal").unwrap_or_default();
    let organization = call.tenant().read();
    let expand = call.query_list("expand");
    let expand = expand.iter().map(|name| name.trim_start_matches("contacts.").to_owned());
    let expand: Vec<String> = expand.collect();
    let identifiers = ["Phone", "Email"].map(|kind| Identifier::new(kind, &wanted));
    let found = identifiers.iter().flat_map(|identifier| organization.external().identified(identifier));
    let found = found.map(|contact| view::contact::contact(&organization, contact, &expand));
    Reply::ok(&json!({ "contacts": found.collect::<Vec<_>>() }))
}
