//! Notes about contacts and organizations.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::external::{self, External, amend, page_of};
use crate::api::call::Call;
use crate::api::record::{self, Resource, Starred, find};
use crate::api::route::Route;
use crate::catalog::Checks;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::contact::{ExternalContact, ExternalOrganization, Note, owner_of};
use crate::world::id::Id;
use crate::world::table::{Kind, Record, Stored};

pub(super) fn routes() -> Vec<Route> {
    let of_contact = format!("{}/{{contactId}}/notes", ExternalContact::PATH);
    let of_organization = format!("{}/{{externalOrganizationId}}/notes", ExternalOrganization::PATH);
    let below = |path: &str| {
        let one = format!("{path}/{{noteId}}");
        // The document requires the author, whom the server sets.
        vec![
            Route::get(path, list),
            Route::post(path, create).checks(Checks::Inside),
            Route::get(&one, get),
            Route::put(&one, replace).checks(Checks::Inside),
            Route::patch(&one, patch),
            Route::delete(&one, delete),
        ]
    };
    let bulk = "/api/v2/externalcontacts/bulk/notes";
    let scan = "/api/v2/externalcontacts/scan/notes";
    let all = vec![
        Route::post(bulk, external::bulk_get::<Note>),
        Route::post(&format!("{bulk}/add"), external::bulk_add::<Note>).checks(Checks::Types),
        Route::post(&format!("{bulk}/update"), external::bulk_update::<Note>).checks(Checks::Types),
        Route::post(&format!("{bulk}/remove"), external::bulk_remove::<Note>),
        Route::get(scan, external::scan::<Note>),
        Route::get(&format!("{scan}/divisionviews/all"), external::scan::<Note>),
    ];
    [below(&of_contact), below(&of_organization), all].concat()
}

impl Resource for Note {
    const PARAM: &'static str = "noteId";
    const STARRED: Starred = Starred::Named;
    const KEPT: &'static [&'static str] = &["entityId", "entityType"];

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::contact::note(organization, record)
    }

    /// A note of a bulk request says what it is about.
    fn relate(
        organization: &mut Organization,
        id: Id<Self>,
        body: &Map<String, Value>,
    ) -> Result<(), ApiError> {
        let Some(mut note) = organization.external().notes.get(id).cloned() else { return Ok(()) };
        if note.extra.contains_key("entityId") {
            return Ok(());
        }
        let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default();
        let about = text("entityId");
        let (path, kind, name) = match text("entityType") {
            "organization" => (ExternalOrganization::PATH, "organization", ExternalOrganization::NAME),
            _ => (ExternalContact::PATH, "contact", ExternalContact::NAME),
        };
        if !organization.has_entity(path, about) {
            return Err(ApiError::no_reference("entityId", name, about));
        }
        note.extra.insert("entityId".to_owned(), json!(about));
        note.extra.insert("entityType".to_owned(), json!(kind));
        Self::table_mut(organization).replace(note).map(drop).map_err(record::refused::<Self>)
    }
}

impl External for Note {
    fn write(organization: &Organization, record: &Record<Self>, _: &[String]) -> Map<String, Value> {
        view::contact::note(organization, record)
    }
}

/// What the notes of the path are about: its id, and the vendor's word.
fn owner(call: &Call<'_>, organization: &Organization) -> Result<(Uuid, &'static str), ApiError> {
    let contact = call.param("contactId")?;
    if !contact.is_empty() {
        return Ok((find::<ExternalContact>(organization, &contact)?.uuid, "contact"));
    }
    let id = call.param("externalOrganizationId")?;
    Ok((find::<ExternalOrganization>(organization, &id)?.uuid, "organization"))
}

/// Checks that the note in the path is about what the path says.
fn check(call: &Call<'_>) -> Result<(), ApiError> {
    let organization = call.tenant().read();
    let (owner, _) = owner(call, &organization)?;
    let id = call.param("noteId")?;
    match owner_of(find::<Note>(&organization, &id)?) {
        Some(about) if about == owner => Ok(()),
        _ => Err(ApiError::no_such("note", &id)),
    }
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let (owner, _) = owner(call, &organization)?;
    Reply::ok(&page_of::<Note>(call, &organization, |note| owner_of(note) == Some(owner))?)
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let mut body = call.json_object()?;
    let (owner, kind) = owner(call, &call.tenant().read())?;
    body.insert("entityId".to_owned(), json!(owner));
    body.insert("entityType".to_owned(), json!(kind));
    Reply::ok(&record::add::<Note>(call, &body)?)
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    check(call)?;
    external::get::<Note>(call)
}

fn replace(call: &Call<'_>) -> Result<Reply, ApiError> {
    check(call)?;
    record::replace::<Note>(call)
}

fn patch(call: &Call<'_>) -> Result<Reply, ApiError> {
    check(call)?;
    let body = call.json_object()?;
    Reply::ok(&amend::<Note>(call, |note| external::apply(note, &body))?)
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    check(call)?;
    external::delete::<Note>(call)
}
