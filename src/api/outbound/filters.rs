//! Contact list filters.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::contacts::contacts_to_json;
use super::dialed::{self, Dialed, retrieve_many};
use super::refusal;
use crate::api::call::Call;
use crate::api::record::{self, check_references};
use crate::api::route::Route;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::outbound::{ContactList, ContactListFilter, column_names, filter};
use crate::world::table::{Kind, Record};

/// The contacts that a preview shows.
const PREVIEWED: usize = 10;

pub(super) fn routes() -> Vec<Route> {
    let path = ContactListFilter::PATH;
    let one = format!("{path}/{{contactListFilterId}}");
    vec![
        Route::get(path, record::list::<ContactListFilter>),
        Route::post(path, record::create::<ContactListFilter>),
        Route::post(&format!("{path}/bulk/retrieve"), retrieve_many::<ContactListFilter>),
        Route::post(&format!("{path}/preview"), preview),
        Route::get(&one, record::get::<ContactListFilter>),
        Route::put(&one, record::replace::<ContactListFilter>),
        Route::delete(&one, record::delete::<ContactListFilter>),
    ]
}

impl Dialed for ContactListFilter {
    /// Its operations have no code for a long name.
    const LONGEST_NAME: (usize, &'static str) = (256, "bad.request");
    const PARAM: &'static str = "contactListFilterId";
    const DELETED: StatusCode = StatusCode::NO_CONTENT;

    fn write(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::outbound::entity(organization, record).or("sourceType", || json!("ContactList")).end()
    }

    fn passes(call: &Call<'_>, record: &Record<Self>) -> bool {
        dialed::refers(call, record, "contactListId", "contactList")
    }

    /// A filter of a contact list names columns of the list.
    fn check(organization: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        let Some(list) = list_of(organization, body) else { return Ok(()) };
        let known = column_names(&list.extra, "columnNames");
        let clauses = body.get("clauses").and_then(Value::as_array).into_iter().flatten();
        let predicates = clauses.filter_map(|clause| clause["predicates"].as_array()).flatten();
        // Columns of the platform itself, such as the last result, have names of their own.
        let mut columns = predicates.filter_map(|predicate| predicate["column"].as_str());
        match columns.find(|column| !known.contains(column) && !column.contains(['.', ':', '-'])) {
            Some(column) => {
                let why = format!(
                    "The column {column} of clauses is not in the contact list.",
                    column = quoted(column)
                );
                Err(refusal("column.does.not.match.contact.list", why))
            }
            None => Ok(()),
        }
    }
}

/// The contact list that a filter is for.
fn list_of<'o>(organization: &'o Organization, body: &Map<String, Value>) -> Option<&'o Record<ContactList>> {
    let id = body.get("contactList").and_then(|list| list.get("id")?.as_str())?;
    organization.outbound().contact_lists.find(id)
}

/// Counts the contacts that a filter would let pass, and shows the first.
fn preview(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let organization = call.tenant().read();
    check_references::<ContactListFilter>(&organization, &body)?;
    <ContactListFilter as Dialed>::check(&organization, &body)?;
    let Some(list) = list_of(&organization, &body) else {
        return Reply::ok(&json!({ "filteredContacts": 0, "totalContacts": 0, "preview": [] }));
    };
    let contacts = &organization.outbound().contacts;
    let found: Vec<_> = contacts.iter(list.uuid).filter(|contact| filter::matches(&body, contact)).collect();
    let shown = &found[..found.len().min(PREVIEWED)];
    Reply::ok(&json!({
        "filteredContacts": found.len(), "totalContacts": contacts.len(list.uuid),
        "preview": contacts_to_json(call, &organization, list, shown),
    }))
}
