//! Contacts of a file: it is sent to an address, and its rows become contacts of a list.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::record::referred;
use crate::api::route::Route;
use crate::api::uploads;
use crate::time::Nanos;
use crate::wire::csv::reader;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::outbound::contact::DialerContact;
use crate::world::outbound::{ContactList, column_names};
use crate::world::table::{Record, Stored};

type Body = Map<String, Value>;

/// The name of the file in the address of an upload.
const FILE: &str = "contacts.csv";

pub(super) fn routes() -> Vec<Route> {
    vec![Route::post("/api/v2/outbound/contactlists/uploads", create)]
}

/// Gives the address to which the contacts of a list are sent. Without a list, as with an import template, the file is
/// taken and not read.
fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let list = Some(text(&body, "id")).filter(|id| !id.is_empty());
    let id = call.change(|organization| {
        let list = list.map(|id| referred::<ContactList>(organization, "id", id)).transpose()?;
        let more = [("list", json!(list)), ("column", json!(text(&body, "contactIdName")))];
        let more = Body::from_iter(more.map(|(key, value)| (key.to_owned(), value)));
        Ok(uploads::expect(organization, "contacts", more))
    })?;
    Reply::ok(&uploads::to_json(call, &id, FILE))
}

/// Adds the rows of a file to the list of its upload. Columns that the list lacks are left out.
pub(in crate::api) fn take_contacts(
    organization: &mut Organization,
    upload: &Body,
    content: &str,
    now: Nanos,
) {
    let Some(list) = ContactList::table(organization).find(text(upload, "list")) else { return };
    let contacts = read(list, text(upload, "column"), content, now);
    let id = list.id();
    if organization.outbound_mut().contacts.put_all(id.uuid(), contacts).is_ok() {
        organization.note_entity(id);
    }
}

fn read(list: &Record<ContactList>, id_column: &str, content: &str, now: Nanos) -> Vec<DialerContact> {
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
