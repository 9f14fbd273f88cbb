//! Files of lists: a file is sent to an address, and its rows become contacts of a contact list, or entries of a do not
//! contact list.

use csv::StringRecord;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::dnc::with_seconds;
use super::template_imports::{self, DIVISION, PREFIX, TEMPLATE};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::record::referred;
use crate::api::route::Route;
use crate::api::uploads;
use crate::time::Nanos;
use crate::time::clock::parse_rfc3339;
use crate::view;
use crate::wire::csv::reader;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::authorization::Division;
use crate::world::id::Id;
use crate::world::outbound::contact::DialerContact;
use crate::world::outbound::dnc::EntryKind;
use crate::world::outbound::{ContactList, DncList, ImportTemplate, LIST_IMPORTS, column_names};
use crate::world::table::{Kind, Record, Stored};

type Body = Map<String, Value>;

/// The names of the files in the addresses of uploads.
const CONTACTS: &str = "contacts.csv";
const BLOCKED: &str = "dnc.csv";
/// The fields of an upload that name the columns of a file with entries, and what the entries are.
const COLUMNS: [(&str, EntryKind); 4] = [
    ("phoneColumns", EntryKind::Phone),
    ("emailColumns", EntryKind::Email),
    ("whatsAppColumns", EntryKind::WhatsApp),
    ("customExclusionColumns", EntryKind::Custom),
];
/// The field of an upload that names the column with the times at which entries expire.
const EXPIRY: &str = "expirationDateTimeColumn";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v2/outbound/contactlists/uploads", create),
        Route::post("/api/v2/outbound/dnclists/uploads", create_blocked),
    ]
}

/// Gives the address to which the contacts of a list are sent, or those of the lists that an import template makes.
fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let given = |field| Some(text(&body, field)).filter(|id| !id.is_empty());
    let id = call.change(|organization| {
        let list = given("id").map(|id| referred::<ContactList>(organization, "id", id)).transpose()?;
        let template = given(TEMPLATE).map(|id| referred::<ImportTemplate>(organization, TEMPLATE, id));
        let division = given(DIVISION).map(|id| referred::<Division>(organization, DIVISION, id));
        let more = [
            ("list", json!(list)),
            ("column", json!(text(&body, "contactIdName"))),
            (TEMPLATE, json!(template.transpose()?)),
            (PREFIX, json!(text(&body, PREFIX))),
            (DIVISION, json!(division.transpose()?)),
        ];
        let more = Body::from_iter(more.map(|(key, value)| (key.to_owned(), value)));
        Ok(uploads::expect(organization, "contacts", more))
    })?;
    Reply::ok(&uploads::to_json(call, &id, CONTACTS))
}

/// Gives the address to which the entries of a list are sent.
fn create_blocked(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let id = call.change(|organization| {
        let list = referred::<DncList>(organization, "id", text(&body, "id"))?;
        let mut more = Body::from_iter([("list".to_owned(), json!(list))]);
        let fields = COLUMNS.into_iter().map(|(field, _)| field).chain([EXPIRY]);
        more.extend(fields.map(|field| (field.to_owned(), json!(text(&body, field)))));
        Ok(uploads::expect(organization, "blocked", more))
    })?;
    Reply::ok(&uploads::to_json(call, &id, BLOCKED))
}

/// Adds the rows of a file to the list of its upload. Columns that the list lacks are left out.
pub(in crate::api) fn take_contacts(
    organization: &mut Organization,
    upload: &Body,
    content: &str,
    now: Nanos,
) {
    if !text(upload, TEMPLATE).is_empty() {
        return template_imports::take(organization, upload, content, now);
    }
    let Some(list) = ContactList::table(organization).find(text(upload, "list")) else { return };
    let contacts = read(list, text(upload, "column"), content, now);
    let (id, count) = (list.id(), contacts.len());
    let added = organization.outbound_mut().contacts.put_all(id.uuid(), contacts).is_ok();
    organization.note_entity(id);
    note_import(organization, (id, rows(content)), if added { Ok(count) } else { Err(FULL) }, Body::new());
}

/// Adds the entries of a file to the list of its upload.
pub(in crate::api) fn take_blocked(organization: &mut Organization, upload: &Body, content: &str) {
    let Some(list) = DncList::table(organization).find(text(upload, "list")) else { return };
    let id = list.id();
    let entries = read_entries(upload, content);
    let count = entries.len();
    let dnc = &mut organization.outbound_mut().dnc;
    let added =
        entries.iter().try_for_each(|(kind, entry, expires)| dnc.add(id.uuid(), *kind, entry, *expires));
    organization.note_entity(id);
    let imported = if added.is_ok() { Ok(count) } else { Err(FULL) };
    note_import(organization, (id, rows(content)), imported, Body::new());
}

/// Why an import fails.
pub(super) const FULL: &str = "There is no room for the records of the file.";
pub(super) const NO_RECORD: &str = "No record of the file could be read.";

/// Keeps the state of an import that has just ended, of a list or with a template, and publishes it. `more` is what else
/// it has. The last documented state of one that did not fail is `IN_PROGRESS`.
pub(super) fn note_import<K: Kind>(
    organization: &mut Organization,
    (of, total): (Id<K>, usize),
    imported: Result<usize, &str>,
    more: Body,
) {
    let imported = imported.and_then(|count| if count == 0 { Err(NO_RECORD) } else { Ok(count) });
    let done = imported.unwrap_or_default();
    let mut status = Body::new();
    status.insert("state".to_owned(), json!(if imported.is_ok() { "IN_PROGRESS" } else { "FAILED" }));
    status.insert("totalRecords".to_owned(), json!(total));
    status.insert("completedRecords".to_owned(), json!(done));
    status.insert("percentComplete".to_owned(), json!(if imported.is_ok() { 100 } else { 0 }));
    status.extend(more);
    status.extend(imported.err().map(|why| ("failureReason".to_owned(), json!(why))));
    let collection = K::PATH.trim_start_matches("/api/").replace('/', ".");
    organization
        .note_publication(format!("{collection}.{of}.importstatus"), view::outbound::import_event(&status));
    organization.collections.insert(LIST_IMPORTS, &of.to_string(), status);
}

/// The number of rows of a file, below its header.
pub(super) fn rows(content: &str) -> usize {
    reader(content).records().count()
}

/// An entry of a file, and when it expires.
type Entry = (EntryKind, String, Option<Nanos>);

fn read_entries(upload: &Body, content: &str) -> Vec<Entry> {
    let mut reader = reader(content);
    let Ok(header) = reader.headers().cloned() else { return Vec::new() };
    let kinds = kinds(upload, &header);
    let expiry = header.iter().position(|column| column == text(upload, EXPIRY));
    let mut entries = Vec::new();
    for record in reader.records().filter_map(Result::ok) {
        let expires = expiry.and_then(|column| parse_rfc3339(&with_seconds(record.get(column)?)));
        let cells = kinds.iter().zip(&record).filter(|(_, cell)| !cell.is_empty());
        entries.extend(cells.filter_map(|(kind, cell)| Some(((*kind)?, cell.to_owned(), expires))));
    }
    entries
}

/// What the entries of each column are. Without the names of columns, those of the first one are phone numbers (assumed).
fn kinds(upload: &Body, header: &StringRecord) -> Vec<Option<EntryKind>> {
    let kind_of = |column: &str| {
        let named = |field| text(upload, field).split(',').any(|name| name.trim() == column);
        COLUMNS.into_iter().find(|(field, _)| named(field)).map(|(_, kind)| kind)
    };
    if COLUMNS.iter().all(|(field, _)| text(upload, field).is_empty()) {
        return vec![Some(EntryKind::Phone)];
    }
    header.iter().map(kind_of).collect()
}

/// The contacts of a file. A row without a known column is none.
pub(super) fn read(
    list: &Record<ContactList>,
    id_column: &str,
    content: &str,
    now: Nanos,
) -> Vec<DialerContact> {
    let columns = column_names(&list.extra, "columnNames");
    let mut reader = reader(content);
    let Ok(header) = reader.headers().cloned() else { return Vec::new() };
    let contacts = reader.records().filter_map(Result::ok).filter_map(|record| {
        let cells = || header.iter().zip(&record);
        let known = cells().filter(|(column, _)| columns.contains(column));
        let data: Body = known.map(|(column, cell)| (column.to_owned(), json!(cell))).collect();
        let id = cells().find(|(column, cell)| *column == id_column && !cell.is_empty());
        let id = id.map_or_else(|| Uuid::new_v4().simple().to_string(), |(_, cell)| cell.to_owned());
        (!data.is_empty()).then(|| DialerContact {
            id,
            data,
            callable: true,
            extra: Body::new(),
            created: now,
        })
    });
    contacts.collect()
}
