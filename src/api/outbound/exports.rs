//! Exports of contacts and of blocked addresses: CSV files.

use std::borrow::Cow;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::contacts::{list_in_path, select};
use crate::api::announce::{TopicEvent, own_topic};
use crate::api::call::Call;
use crate::api::downloads;
use crate::api::record::find;
use crate::api::route::Route;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::wire::csv;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::outbound::contact::DialerContact;
use crate::world::outbound::dnc::EntryKind;
use crate::world::outbound::{ContactList, DncList, column_names};
use crate::world::table::{Kind, Record};

/// The key of an export in the collection of its path.
const KEY: &str = "";

pub(super) fn routes() -> Vec<Route> {
    let contacts = format!("{}/{{contactListId}}/export", ContactList::PATH);
    let blocked = format!("{}/{{dncListId}}/export", DncList::PATH);
    vec![
        Route::post(&contacts, export_contacts).publishes(events),
        Route::get(&contacts, get_contacts),
        Route::post(&blocked, export_blocked).publishes(events),
        Route::get(&blocked, get_blocked),
    ]
}

/// A line for each contact: its id, its columns, and whether it is callable.
fn file_of(list: &Record<ContactList>, contacts: &[&DialerContact]) -> Result<String, ApiError> {
    let columns = column_names(&list.extra, "columnNames");
    let header = [&["inin-outbound-id"], &*columns, &["ContactCallable"]].concat();
    let row = |contact: &&DialerContact| {
        let mut row = vec![Cow::from(contact.id.clone())];
        row.extend(columns.iter().map(|column| Cow::from(contact.column(column).to_owned())));
        row.push(if contact.callable { "1" } else { "0" }.into());
        row
    };
    csv::file(b',', &header, contacts.iter().map(row))
}

/// Keeps a file with the contacts that the body selects, and gives its address.
pub(super) fn keep_contacts(call: &Call<'_>, body: &Map<String, Value>) -> Result<String, ApiError> {
    let file = {
        let organization = call.tenant().read();
        let list = list_in_path(call, &organization)?;
        file_of(list, &select(&organization, list, body)?)?
    };
    Ok(keep(call, &file))
}

fn keep(call: &Call<'_>, file: &str) -> String {
    downloads::uri(call, &downloads::store(call, "list.csv", file))
}

/// Notes the export of a list under its path, and answers with a reference to it.
fn note(call: &Call<'_>, uri: &str) -> Result<Reply, ApiError> {
    let export = Map::from_iter([
        ("uri".to_owned(), json!(uri)),
        ("exportTimestamp".to_owned(), json!(rfc3339(call.now))),
    ]);
    call.change(|organization| {
        organization.collections.insert(call.path, KEY, export);
        Reply::ok(&json!({ "id": Uuid::new_v4(), "selfUri": call.path }))
    })
}

/// `v2.users.{id}.outbound.contactlists.{id}.export` and its sibling: the file is there.
fn events(call: &Call<'_>, _: &Value) -> Vec<TopicEvent> {
    let rest = call.path.trim_start_matches("/api/v2/").replace('/', ".");
    let Some(topic) = own_topic(call, &rest) else { return Vec::new() };
    let export = call.tenant().read().collections.get(call.path, KEY).cloned();
    let body = export.map(|export| Value::Object(Map::clone(&export)));
    body.map(|body| TopicEvent::now(topic, body)).into_iter().collect()
}

fn export_contacts(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object_or_none()?.unwrap_or_default();
    note(call, &keep_contacts(call, &body)?)
}

/// A line for each entry: the address, its kind, and when it expires, if ever. The vendor's Terraform provider takes the first
/// and the third column. The names of the columns are assumed.
fn export_blocked(call: &Call<'_>) -> Result<Reply, ApiError> {
    const KINDS: [(EntryKind, &str); 4] = [
        (EntryKind::Phone, "Phone"),
        (EntryKind::Email, "Email"),
        (EntryKind::WhatsApp, "WhatsApp"),
        (EntryKind::Custom, "Custom"),
    ];
    let file = {
        let organization = call.tenant().read();
        let list = find::<DncList>(&organization, &call.param("dncListId")?)?.uuid;
        let entries = &organization.outbound().dnc;
        let rows = KINDS.into_iter().flat_map(|(kind, word)| {
            let row = move |(entry, expires): (&String, Option<Nanos>)| {
                vec![Cow::from(entry.clone()), word.into(), expires.map(to_minute).unwrap_or_default().into()]
            };
            entries.iter(list, kind).map(row)
        });
        csv::file(b',', &["address", "contactMethod", "expirationDateTime"], rows)?
    };
    note(call, &keep(call, &file))
}

/// A time as the vendor's lists have it: `2026-03-08T01:00Z`.
fn to_minute(time: Nanos) -> String {
    let text = rfc3339(time);
    format!("{}Z", text.get(..16).unwrap_or(&text))
}

fn get_contacts(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    list_in_path(call, &organization)?;
    get(call, &organization)
}

fn get_blocked(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    find::<DncList>(&organization, &call.param("dncListId")?)?;
    get(call, &organization)
}

/// The newest export of a list.
fn get(call: &Call<'_>, organization: &Organization) -> Result<Reply, ApiError> {
    let export = organization.collections.get(call.path, KEY);
    Reply::ok(export.ok_or_else(|| ApiError::no_such("export", call.path))?)
}
