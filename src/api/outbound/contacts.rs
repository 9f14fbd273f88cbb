//! The contacts of a contact list.

use std::collections::HashSet;

use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::refusal;
use crate::api::call::Call;
use crate::api::record::{self, find};
use crate::api::route::Route;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::{Page, PageRequest};
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::outbound::contact::DialerContact;
use crate::world::outbound::{CALL_RECORDS, ContactList, ContactListFilter, column_names, filter};
use crate::world::table::{Kind, Record};

/// The most contacts of one request (assumed).
const MAX_CONTACTS: usize = 1000;
/// The most characters of an id.
const MAX_ID: usize = 128;
/// The fields of a contact that are stored as they are sent.
const FIELDS: [&str; 3] = ["phoneNumberStatus", "contactableStatus", "latestWhatsAppEvaluations"];

pub(super) fn routes() -> Vec<Route> {
    let path = format!("{}/{{contactListId}}/contacts", ContactList::PATH);
    let one = format!("{path}/{{contactId}}");
    vec![
        Route::post(&path, add),
        Route::delete(&path, delete_many),
        Route::post(&format!("{path}/bulk"), get_many),
        Route::post(&format!("{path}/search"), search),
        Route::get(&one, get),
        Route::put(&one, replace),
        Route::delete(&one, delete),
    ]
}

/// The list in the call's path.
pub(super) fn list_in_path<'o>(
    call: &Call<'_>,
    organization: &'o Organization,
) -> Result<&'o Record<ContactList>, ApiError> {
    find::<ContactList>(organization, &call.param("contactListId")?)
}

/// The contact of a list, or a 404.
fn find_contact<'o>(
    organization: &'o Organization,
    list: &Record<ContactList>,
    id: &str,
) -> Result<&'o DialerContact, ApiError> {
    let contact = organization.outbound().contacts.get(list.uuid, id);
    contact.ok_or_else(|| ApiError::no_such("contact", id))
}

/// Reads a contact of a list. A contact that exists keeps the time of its creation.
fn read(
    call: &Call<'_>,
    list: &Record<ContactList>,
    id: String,
    body: &Map<String, Value>,
) -> Result<DialerContact, ApiError> {
    let named = body.get("contactListId").filter(|named| !named.is_null() && *named != "");
    if named.is_some_and(|named| *named != json!(list.id())) {
        return Err(ApiError::constraint(
            "contactListId",
            "The contact belongs to the contact list of the path.",
        ));
    }
    let data = body.get("data").and_then(Value::as_object).filter(|data| !data.is_empty());
    let data = data.ok_or_else(|| refusal("contact.missing.data", "The property data has no column."))?;
    let columns = column_names(&list.extra, "columnNames");
    if let Some(column) = data.keys().find(|column| !columns.contains(&column.as_str())) {
        let why = format!(
            "The property data has the column {column}, which the contact list lacks.",
            column = quoted(column)
        );
        return Err(refusal("invalid.contact.columns", why));
    }
    let extra = FIELDS.iter().filter_map(|field| Some(((*field).to_owned(), body.get(*field)?.clone())));
    Ok(DialerContact {
        id,
        data: data.clone(),
        callable: body.get("callable").and_then(Value::as_bool).unwrap_or(true),
        extra: extra.filter(|(_, value)| !value.is_null()).collect(),
        created: call.now,
    })
}

/// The id that a contact was sent with, or a new one.
fn read_id(body: &Map<String, Value>) -> Result<String, ApiError> {
    let id = body.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
    let id = id.map_or_else(|| Uuid::new_v4().simple().to_string(), str::to_owned);
    if id.chars().count() > MAX_ID {
        let why = format!("The property id has at most {MAX_ID} characters.");
        return Err(refusal("contact.id.length.limit.exceeded", why));
    }
    Ok(id)
}

/// Adds the contacts of the body, all or none. A contact with a known id replaces it; with `clearSystemData` as a new
/// contact, else it keeps the time of its creation and whether it is callable. `priority` and `doNotQueue` are read:
/// this server calls no single contact.
fn add(call: &Call<'_>) -> Result<Reply, ApiError> {
    let bodies: Vec<Map<String, Value>> = call.json()?;
    if bodies.len() > MAX_CONTACTS {
        let why = format!("At most {MAX_CONTACTS} contacts can be added at once.");
        return Err(refusal("too.many.contacts.added", why));
    }
    let forgets = call.query_flag("clearSystemData");
    // A large body is read and copied outside of the lock, so that other requests wait for the insertions alone.
    let list = list_in_path(call, &call.tenant().read())?.clone();
    let contacts = bodies.iter().map(|body| Ok((read(call, &list, read_id(body)?, body)?, body)));
    let mut contacts: Vec<_> = contacts.collect::<Result<_, ApiError>>()?;
    let mut stored: Vec<_> = contacts.iter().map(|(contact, _)| contact.clone()).collect();
    call.change(|organization| {
        list_in_path(call, organization)?;
        if !forgets {
            for ((contact, body), stored) in contacts.iter_mut().zip(&mut stored) {
                keep_system_data(organization, list.uuid, contact, body.contains_key("callable"));
                *stored = contact.clone();
            }
        }
        let put = organization.outbound_mut().contacts.put_all(list.uuid, stored);
        put.map_err(|_| record::full())?;
        organization.note_entity(list.id());
        Ok(())
    })?;
    let added: Vec<_> = contacts.iter().map(|(contact, _)| contact).collect();
    Reply::ok(&contacts_to_json(call, &call.tenant().read(), &list, &added))
}

/// Contacts of a list with their calls. The calls of the whole list would take too long for a few contacts.
pub(super) fn contacts_to_json(
    call: &Call<'_>,
    organization: &Organization,
    list: &Record<ContactList>,
    contacts: &[&DialerContact],
) -> Vec<Value> {
    let ids: HashSet<&str> = contacts.iter().map(|contact| contact.id.as_str()).collect();
    let calls = organization.calls_of(list.uuid, |id| ids.contains(id), call.now);
    contacts.iter().map(|contact| view::outbound::contact(list, contact, &calls)).collect()
}

/// Gives a contact what the server knows of the one with its id.
fn keep_system_data(organization: &Organization, list: Uuid, contact: &mut DialerContact, is_said: bool) {
    if let Some(known) = organization.outbound().contacts.get(list, &contact.id) {
        contact.created = known.created;
        contact.callable &= known.callable || is_said;
        let called = known.extra.get(CALL_RECORDS).cloned();
        contact.extra.extend(called.map(|called| (CALL_RECORDS.to_owned(), called)));
    }
}

/// Removes the contacts that the query names.
fn delete_many(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = call.query_list("contactIds");
    if ids.is_empty() {
        return Err(refusal("no.contacts.specified", "The parameter contactIds is required."));
    }
    call.change(|organization| {
        let list = list_in_path(call, organization)?.id();
        for id in &ids {
            organization.outbound_mut().contacts.remove(list.uuid(), id);
        }
        organization.note_entity(list);
        Ok(Reply::empty(StatusCode::OK))
    })
}

/// The contacts whose ids the body has. Ids of nothing are left out.
fn get_many(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = call.json_ids()?;
    if ids.len() > MAX_CONTACTS {
        let why = format!("At most {MAX_CONTACTS} contacts can be asked for at once.");
        return Err(refusal("too.many.contacts.requested", why));
    }
    let organization = call.tenant().read();
    let list = list_in_path(call, &organization)?;
    let contacts = &organization.outbound().contacts;
    let found: Vec<_> = ids.iter().filter_map(|id| contacts.get(list.uuid, id)).collect();
    Reply::ok(&contacts_to_json(call, &organization, list, &found))
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let list = list_in_path(call, &organization)?;
    let contact = find_contact(&organization, list, &call.param("contactId")?)?;
    Reply::ok(&contacts_to_json(call, &organization, list, &[contact]).pop())
}

fn replace(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (id, body) = (call.param("contactId")?, call.json_object()?);
    let (list, contact) = call.change(|organization| {
        let list = list_in_path(call, organization)?.clone();
        let known = find_contact(organization, &list, &id)?;
        let (created, called) = (known.created, known.extra.get(CALL_RECORDS).cloned());
        let mut contact = DialerContact { created, ..read(call, &list, id.into_owned(), &body)? };
        contact.extra.extend(called.map(|called| (CALL_RECORDS.to_owned(), called)));
        let stored = contact.clone();
        organization.outbound_mut().contacts.put(list.uuid, stored).map_err(|_| record::full())?;
        Ok((list, contact))
    })?;
    Reply::ok(&contacts_to_json(call, &call.tenant().read(), &list, &[&contact]).pop())
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("contactId")?;
    call.change(|organization| {
        let list = list_in_path(call, organization)?.clone();
        find_contact(organization, &list, &id)?;
        organization.outbound_mut().contacts.remove(list.uuid, &id);
        Ok(Reply::empty(StatusCode::OK))
    })
}

/// The contacts of a list that a body selects: by `contactIds`, `contactListFilterId` or `criteria`, or all.
pub(super) fn select<'o>(
    organization: &'o Organization,
    list: &Record<ContactList>,
    body: &Map<String, Value>,
) -> Result<Vec<&'o DialerContact>, ApiError> {
    let contacts = &organization.outbound().contacts;
    if let Some(ids) = body.get("contactIds").and_then(Value::as_array).filter(|ids| !ids.is_empty()) {
        let ids = ids.iter().filter_map(Value::as_str);
        return Ok(ids.filter_map(|id| contacts.get(list.uuid, id)).collect());
    }
    let filter = match body.get("contactListFilterId").and_then(Value::as_str) {
        Some(id) => {
            let id = record::referred::<ContactListFilter>(organization, "contactListFilterId", id)?;
            organization.outbound().filters.get(id).map(|filter| &filter.extra)
        }
        None => body.get("criteria").and_then(Value::as_object),
    };
    let all = contacts.iter(list.uuid);
    Ok(all.filter(|contact| filter.is_none_or(|filter| filter::matches(filter, contact))).collect())
}

/// Sorts by the columns of `contactSorts`.
fn sort(contacts: &mut [&DialerContact], body: &Map<String, Value>) {
    let sorts = body.get("contactSorts").and_then(Value::as_array).into_iter().flatten();
    // The last key first: each sort keeps the order of equals.
    for sort in sorts.collect::<Vec<_>>().into_iter().rev() {
        let column = sort["fieldName"].as_str().unwrap_or_default();
        if sort["numeric"] == json!(true) {
            let number = |contact: &DialerContact| contact.column(column).parse::<f64>().unwrap_or_default();
            contacts.sort_by(|one, other| number(one).total_cmp(&number(other)));
        } else {
            contacts.sort_by(|one, other| one.column(column).cmp(other.column(column)));
        }
        if sort["direction"] == json!("DESC") {
            contacts.reverse();
        }
    }
}

/// A page of the contacts that the body selects.
fn search(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let page = PageRequest::of_body(&body)?;
    let organization = call.tenant().read();
    let list = list_in_path(call, &organization)?;
    let mut found = select(&organization, list, &body)?;
    sort(&mut found, &body);
    let on_page: Vec<_> = found.iter().skip(page.offset()).take(page.most()).copied().collect();
    let entities = contacts_to_json(call, &organization, list, &on_page);
    let page = Page::new(entities, found.len(), page, call.path, call.query);
    let mut answer = page.without(&[]);
    answer.insert("contactsCount".to_owned(), json!(found.len()));
    Reply::ok(&answer)
}
