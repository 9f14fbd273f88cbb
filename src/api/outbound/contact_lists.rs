//! Contact lists.

use serde_json::{Map, Value, json};

use super::counted::{self, Counted};
use super::dialed::{Dialed, delete_many};
use super::refusal;
use crate::api::call::Call;
use crate::api::record::{self, find};
use crate::api::route::Route;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::outbound::{ContactList, column_names};
use crate::world::table::{Kind, Record};

/// The fields that name columns with addresses.
pub(super) const ADDRESSES: [&str; 3] = ["phoneColumns", "emailColumns", "whatsAppColumns"];
/// The most columns of a list.
const MAX_COLUMNS: usize = 200;

pub(super) fn routes() -> Vec<Route> {
    let path = ContactList::PATH;
    let one = format!("{path}/{{contactListId}}");
    vec![
        Route::get(path, counted::list::<ContactList>),
        Route::post(path, create),
        Route::delete(path, delete_many::<ContactList>),
        Route::get(&format!("{path}/divisionviews"), counted::list_views::<ContactList>),
        Route::get(&format!("{path}/divisionviews/{{contactListId}}"), counted::get_view::<ContactList>),
        Route::get(&one, counted::get::<ContactList>),
        Route::put(&one, replace),
        Route::delete(&one, record::delete::<ContactList>),
        Route::post(&format!("{one}/clear"), clear),
        Route::get(&format!("{one}/importstatus"), counted::get_import_status::<ContactList>),
        Route::get(&format!("{one}/timezonemappingpreview"), preview_time_zones),
    ]
}

impl Dialed for ContactList {
    const PARAM: &'static str = "contactListId";
    const IN_USE: &'static str = "contact.list.in.use";
    const KEPT: &'static [&'static str] = &ADDRESSES;

    fn write(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::outbound::contact_list(organization, record)
    }

    fn check(_: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        check_columns(body)
    }
}

/// Checks the columns of a list or of a template: there are some, none is there twice, and those with addresses are
/// among them.
pub(super) fn check_columns(body: &Map<String, Value>) -> Result<(), ApiError> {
    let columns = column_names(body, "columnNames");
    if columns.is_empty() {
        return Err(refusal("no.contact.columns.defined", "The property columnNames has no column."));
    }
    if columns.len() > MAX_COLUMNS {
        let why = format!("The property columnNames has at most {MAX_COLUMNS} columns.");
        return Err(refusal("contact.columns.limit.exceeded", why));
    }
    let twice = columns.iter().enumerate().find(|(index, column)| columns[..*index].contains(column));
    if let Some((_, column)) = twice {
        let why = format!("The property columnNames has the column {column} twice.", column = quoted(column));
        return Err(refusal("not.unique.contact.columns", why));
    }
    let addresses = [
        ("phoneColumns", "contact.columns.do.not.contain.phone.number.column"),
        ("emailColumns", "contact.columns.do.not.contain.email.column"),
        ("whatsAppColumns", "contact.columns.do.not.contain.whatsapp.column"),
    ];
    for (field, code) in addresses {
        if let Some(column) = column_names(body, field).iter().find(|column| !columns.contains(column)) {
            return Err(refusal(
                code,
                format!("The column {column} of {field} is not in columnNames.", column = quoted(column)),
            ));
        }
    }
    Ok(())
}

/// A new list or template has a column with addresses.
pub(super) fn check_new(body: &Map<String, Value>) -> Result<(), ApiError> {
    if ADDRESSES.iter().all(|field| column_names(body, field).is_empty()) {
        const WHY: &str = "One of phoneColumns, emailColumns and whatsAppColumns has to name a column.";
        return Err(refusal("contact.list.both.phone.email.column.empty", WHY));
    }
    Ok(())
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    check_columns(&body)?;
    check_new(&body)?;
    Reply::ok(&record::add::<ContactList>(call, &body)?)
}

/// Replaces a list. Its columns stay as they are.
fn replace(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    {
        let organization = call.tenant().read();
        let list = find::<ContactList>(&organization, &call.param("contactListId")?)?;
        check_columns(&body)?;
        keeps_columns(&list.extra, &body)?;
    }
    record::replace::<ContactList>(call)
}

/// Refuses a body with other columns than the list has. A field that the body lacks is kept.
fn keeps_columns(list: &Map<String, Value>, body: &Map<String, Value>) -> Result<(), ApiError> {
    let fields = [
        ("columnNames", "cannot.update.contact.column.names"),
        ("phoneColumns", "cannot.update.phone.columns"),
        ("emailColumns", "cannot.update.email.columns"),
        ("whatsAppColumns", "cannot.update.whatsapp.columns"),
    ];
    let sorted = |fields: &Map<String, Value>, field: &str| {
        let mut names: Vec<String> = column_names(fields, field).into_iter().map(str::to_owned).collect();
        names.sort();
        names
    };
    let is_given = |field: &str| body.get(field).is_some_and(|value| !value.is_null());
    match fields.iter().find(|(field, _)| is_given(field) && sorted(list, field) != sorted(body, field)) {
        Some((field, code)) => {
            Err(refusal(code, format!("The property {field} of a contact list can not be changed.")))
        }
        None => Ok(()),
    }
}

impl Counted for ContactList {
    const VIEW: &'static [&'static str] =
        &["id", "name", "division", "columnNames", "phoneColumns", "emailColumns", "selfUri"];

    fn size(organization: &Organization, list: Id<Self>) -> usize {
        organization.outbound().contacts.len(list.uuid())
    }
}

/// Removes every contact of a list that no running campaign uses.
fn clear(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.change(|organization| {
        let list = find::<ContactList>(organization, &call.param("contactListId")?)?.id();
        organization.settle_campaigns(call.now);
        if organization.is_dialed(list) {
            const WHY: &str = "The contact list is used by a running campaign.";
            return Err(refusal("contact.list.is.on.running.campaign", WHY));
        }
        organization.outbound_mut().contacts.clear(list.uuid());
        organization.note_entity(list);
        Ok(Reply::no_content())
    })
}

/// No number is mapped to a time zone here: every contact is in the default window.
fn preview_time_zones(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let list = find::<ContactList>(&organization, &call.param("contactListId")?)?;
    let size = organization.outbound().contacts.len(list.uuid);
    Reply::ok(&json!({
        "contactList": view::outbound::reference(list),
        "contactsPerTimeZone": {}, "contactsMappedUsingZipCode": {},
        "contactsMappedToASingleZone": 0, "contactsMappedToASingleZoneUsingZipCode": 0,
        "contactsMappedToMultipleZones": 0, "contactsMappedToMultipleZonesUsingZipCode": 0,
        "contactsInDefaultWindow": size, "contactListSize": size,
    }))
}
