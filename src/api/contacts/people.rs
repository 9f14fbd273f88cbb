//! Contacts, their identifiers and merges.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::external::{self, External};
use crate::api::call::Call;
use crate::api::data_schemas::check_named_schema;
use crate::api::record::{self, Resource, Starred, find};
use crate::api::route::Route;
use crate::api::search::{Search, texts_at};
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::contact::{CLAIMED, ExternalContact, Identifier, Merge, identifiers_of};
use crate::world::id::Id;
use crate::world::table::{Kind, Record};

/// The fields that hold phone numbers.
const PHONES: [&str; 4] = ["workPhone", "cellPhone", "homePhone", "otherPhone"];
const SCHEMAS: &str = "/api/v2/externalcontacts/contacts/schemas";
/// The most contacts that one request merges.
const MAX_MERGED: usize = 25;

pub(super) fn routes() -> Vec<Route> {
    let path = ExternalContact::PATH;
    let one = format!("{path}/{{contactId}}");
    let bulk = "/api/v2/externalcontacts/bulk/contacts";
    let scan = "/api/v2/externalcontacts/scan/contacts";
    vec![
        Route::get(path, external::list::<ExternalContact>),
        Route::post(path, record::create::<ExternalContact>),
        Route::post(&format!("{path}/search"), search),
        Route::post(&format!("{path}/merge"), merge_many),
        Route::post("/api/v2/externalcontacts/merge/contacts", merge_two),
        Route::get(&one, get),
        Route::put(&one, record::replace::<ExternalContact>),
        Route::patch(&one, external::patch::<ExternalContact>),
        Route::delete(&one, external::delete::<ExternalContact>),
        Route::get(&format!("{one}/unresolved"), external::get::<ExternalContact>),
        Route::post(&format!("{one}/promotion"), promote),
        Route::get(&format!("{one}/identifiers"), list_identifiers),
        Route::patch(&format!("{one}/identifiers"), claim),
        Route::post(bulk, external::bulk_get::<ExternalContact>),
        Route::post(&format!("{bulk}/divisionviews"), external::bulk_get::<ExternalContact>),
        Route::post(&format!("{bulk}/unresolved"), external::bulk_get::<ExternalContact>),
        Route::post(&format!("{bulk}/add"), external::bulk_add::<ExternalContact>),
        Route::post(&format!("{bulk}/update"), external::bulk_update::<ExternalContact>),
        Route::post(&format!("{bulk}/remove"), external::bulk_remove::<ExternalContact>),
        Route::get(scan, external::scan::<ExternalContact>),
        Route::get(&format!("{scan}/divisionviews/all"), external::scan::<ExternalContact>),
    ]
}

impl Resource for ExternalContact {
    const PARAM: &'static str = "contactId";
    const STARRED: Starred = Starred::Named;
    const KEPT: &'static [&'static str] = &[CLAIMED];

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::contact::contact(organization, record, &[])
    }

    /// Gives phone numbers that were written in the international form their `e164`.
    fn normalize(fields: &mut Map<String, Value>) {
        for phone in PHONES {
            let Some(phone) = fields.get_mut(phone).and_then(Value::as_object_mut) else { continue };
            let written = phone.get("userInput").or_else(|| phone.get("display")).and_then(Value::as_str);
            let number = written.filter(|text| text.starts_with('+'));
            let number = number.map(|text| Identifier::new("Phone", text).value);
            if let Some(number) = number.filter(|_| !phone.contains_key("e164")) {
                phone.insert("e164".to_owned(), json!(number));
            }
        }
    }

    fn check(organization: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        check_named_schema(organization, SCHEMAS, body)
    }

    fn note(organization: &mut Organization, id: Id<Self>, before: Option<&Record<Self>>) {
        let before = before.map(|before| identifiers_of(&before.extra)).unwrap_or_default();
        organization.index_contact(id, &before);
        organization.note_entity(id);
    }
}

impl External for ExternalContact {
    fn write(organization: &Organization, record: &Record<Self>, expand: &[String]) -> Map<String, Value> {
        view::contact::contact(organization, record, expand)
    }

    fn is_listed(organization: &Organization, record: &Record<Self>) -> bool {
        !organization.external().is_merged(record.id())
    }
}

/// The contact in the path; for a merged one, the contact that it became.
fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let contact = find::<ExternalContact>(&organization, &call.param("contactId")?)?;
    let canonical = organization.external().canonical(contact.id());
    let contact = organization.external().people.get(canonical).unwrap_or(contact);
    Reply::ok(&view::contact::contact(&organization, contact, &call.query_list("expand")))
}

/// The contacts that the criteria of the body select, in the vendor's search language.
fn search(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object_or_none()?.unwrap_or_default();
    let search = Search::read_any(&body.into())?;
    let page = search.page;
    let organization: &Organization = &call.tenant().read();
    let all =
        organization.external().people.iter().filter(|one| ExternalContact::is_listed(organization, one));
    let found = search.select(all, &|contact, field| texts(organization, contact, field));
    let on_page = found.iter().skip(page.offset()).take(page.most());
    let entities = on_page.map(|contact| view::contact::contact(organization, contact, &search.expand));
    Reply::ok(&Page::new(entities.collect::<Vec<_>>(), found.len(), page, call.path, call.query))
}

/// The texts of a field of a contact; its name is that of its parts.
fn texts(organization: &Organization, contact: &Record<ExternalContact>, field: &str) -> Vec<String> {
    let shown = view::contact::contact(organization, contact, &[]);
    if field != "name" {
        return texts_at(&shown, field);
    }
    let parts = ["firstName", "middleName", "lastName"];
    let parts = parts.iter().filter_map(|part| shown.get(*part)?.as_str());
    vec![parts.collect::<Vec<_>>().join(" ")]
}

/// Every contact here is curated already: it is answered as it is (assumed).
fn promote(call: &Call<'_>) -> Result<Reply, ApiError> {
    external::get::<ExternalContact>(call)
}

fn list_identifiers(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let contact = find::<ExternalContact>(&organization, &call.param("contactId")?)?;
    Reply::ok(&json!({ "entities": view::contact::identifiers(&organization, contact) }))
}

/// Adds an identifier to the contact in the path, or takes it away.
fn claim(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (identifier, releases) = external::read_claim(&call.json_object()?)?;
    check_claim(call, &call.param("contactId")?, &identifier, releases)?;
    external::claim::<ExternalContact>(call, &identifier, releases)
}

/// An identifier of another contact can not be claimed, and one that the contact has not claimed not be released.
fn check_claim(call: &Call<'_>, id: &str, identifier: &Identifier, releases: bool) -> Result<(), ApiError> {
    let organization = call.tenant().read();
    let contact = find::<ExternalContact>(&organization, id)?;
    let claimed = contact.extra.get(CLAIMED).and_then(Value::as_array);
    let has =
        claimed.is_some_and(|all| all.iter().filter_map(Identifier::read).any(|one| one == *identifier));
    if releases && !has {
        const WHY: &str = "The contact has not claimed this identifier.";
        return Err(ApiError::new(StatusCode::NOT_FOUND, "identifier.cannot.be.released", WHY));
    }
    let mut others = organization.external().identified(identifier);
    if !releases && others.any(|other| other.id() != contact.id()) {
        const WHY: &str = "Another contact has this identifier.";
        return Err(ApiError::new(StatusCode::CONFLICT, "identifier.claim.conflict", WHY));
    }
    Ok(())
}

fn merge_two(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let id = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    merge(call, &[id("sourceContactId"), id("targetContactId")], &Map::new())
}

fn merge_many(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let ids = body.get("contactIds").and_then(Value::as_array).into_iter().flatten();
    let ids: Vec<String> = ids.filter_map(|id| id.as_str().map(str::to_owned)).collect();
    let own = body.get("valueOverride").and_then(Value::as_object).cloned().unwrap_or_default();
    merge(call, &ids, &own)
}

/// Merges contacts, one after another, into a new one. The fields of the last win, and those of `own` over them.
fn merge(call: &Call<'_>, ids: &[String], own: &Map<String, Value>) -> Result<Reply, ApiError> {
    if !(2..=MAX_MERGED).contains(&ids.len()) {
        return Err(ApiError::constraint("contactIds", format!("2 to {MAX_MERGED} contacts are expected.")));
    }
    if ids.iter().all(|id| id.eq_ignore_ascii_case(&ids[0])) {
        return Err(ApiError::constraint(
            "contactIds",
            "A contact can not be merged with itself.".to_owned(),
        ));
    }
    let author = record::author(call);
    call.change(|organization| {
        record::check_references::<ExternalContact>(organization, own)?;
        check_named_schema(organization, SCHEMAS, own)?;
        let mut all = Vec::new();
        for id in ids {
            let id = organization.external().canonical(find::<ExternalContact>(organization, id)?.id());
            if !all.contains(&id) {
                all.push(id);
            }
        }
        let mut result = all[0];
        for target in all.into_iter().skip(1) {
            let merge = Merge { source: result, target };
            let mut merged = merged_record(organization, merge, call.now);
            merged.extra.extend(
                own.iter().filter(|(key, _)| ExternalContact::FIELDS.contains(&key.as_str())).map(clone),
            );
            merged.created_by = author;
            result = merged.id();
            organization.merge_contacts(merge, merged).map_err(record::refused::<ExternalContact>)?;
        }
        let contact = find::<ExternalContact>(organization, &result.to_string())?;
        Reply::ok(&view::contact::contact(organization, contact, &[]))
    })
}

fn clone((key, value): (&String, &Value)) -> (String, Value) {
    (key.clone(), value.clone())
}

/// A contact with the fields of two; those of the target win.
fn merged_record(
    organization: &Organization,
    merge: Merge,
    now: crate::time::Nanos,
) -> Record<ExternalContact> {
    let mut merged = Record::new(Id::random(), String::new(), now);
    for id in [merge.source, merge.target] {
        if let Some(contact) = organization.external().people.get(id) {
            merged.division = contact.division.or(merged.division);
            merged.extra.extend(contact.extra.iter().filter(|(_, value)| !value.is_null()).map(clone));
        }
    }
    merged
}
