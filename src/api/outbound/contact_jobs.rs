//! Jobs that change or remove many contacts of a list.
//!
//! The change is made when the job is created. The job is complete two seconds of model time later.

use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::contacts::{list_in_path, select};
use super::exports;
use crate::api::call::Call;
use crate::api::record;
use crate::api::route::Route;
use crate::time::Nanos;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::outbound::ContactList;
use crate::world::outbound::contact::DialerContact;
use crate::world::table::{Kind, Record};

/// The fields of a body that select contacts. Without any of them, a job selects none (assumed).
const SELECTING: [&str; 3] = ["contactIds", "contactListFilterId", "criteria"];
/// The duration of a job in model time (assumed).
const DURATION: Nanos = 2_000_000_000;

pub(super) fn routes() -> Vec<Route> {
    let path = format!("{}/{{contactListId}}/contacts/bulk", ContactList::PATH);
    vec![
        Route::post(&format!("{path}/remove"), remove),
        Route::post(&format!("{path}/update"), update),
        Route::get(&format!("{path}/jobs"), list),
        Route::get(&format!("{path}/jobs/{{jobId}}"), get),
    ]
}

/// The path of the jobs of a list.
fn jobs_of(list: &Record<ContactList>) -> String {
    format!("{}/contacts/bulk/jobs", list.uri())
}

fn remove(call: &Call<'_>) -> Result<Reply, ApiError> {
    run(call, "BulkDelete", |organization, list, _, contacts| {
        for contact in contacts {
            organization.outbound_mut().contacts.remove(list.uuid, &contact.id);
        }
        Ok(())
    })
}

/// Sets the columns and the state of `contact` in each contact that the body selects.
fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    run(call, "BulkEdit", |organization, list, body, contacts| {
        let change = body.get("contact").and_then(Value::as_object);
        let data = change.and_then(|change| change.get("data")?.as_object());
        let callable = change.and_then(|change| change.get("callable")?.as_bool());
        for mut contact in contacts {
            for (column, value) in data.into_iter().flatten() {
                contact.data.insert(column.clone(), value.clone());
            }
            contact.callable = callable.unwrap_or(contact.callable);
            organization.outbound_mut().contacts.put(list.uuid, contact).map_err(|_| record::full())?;
        }
        Ok(())
    })
}

/// Changes the contacts that the body selects, and keeps a job of that type.
fn run(
    call: &Call<'_>,
    kind: &str,
    change: impl Fn(
        &mut Organization,
        &Record<ContactList>,
        &Map<String, Value>,
        Vec<DialerContact>,
    ) -> Result<(), ApiError>,
) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let wants_file = body.get("generateDownloadURI") == Some(&json!(true));
    let file = wants_file.then(|| exports::keep_contacts(call, &body)).transpose()?;
    call.change(|organization| {
        let list = list_in_path(call, organization)?.clone();
        let selects = |field: &&str| body.get(*field).is_some_and(|value| !value.is_null());
        let mut contacts: Vec<DialerContact> = Vec::new();
        if SELECTING.iter().any(selects) {
            contacts.extend(select(organization, &list, &body)?.into_iter().cloned());
        }
        let id = Uuid::new_v4().to_string();
        let mut job = Map::from_iter([
            ("type".to_owned(), json!(kind)),
            ("totalRecords".to_owned(), json!(contacts.len())),
            ("created".to_owned(), json!(call.now)),
        ]);
        job.extend(file.map(|uri| ("downloadURI".to_owned(), json!(uri))));
        change(organization, &list, &body, contacts)?;
        let written = to_json(call, &list, &id, &job);
        organization.collections.insert(&jobs_of(&list), &id, job);
        organization.note_entity(list.id());
        Reply::json(StatusCode::ACCEPTED, &written)
    })
}

/// The job as it is now.
fn to_json(call: &Call<'_>, list: &Record<ContactList>, id: &str, job: &Map<String, Value>) -> Value {
    let created = job.get("created").and_then(Value::as_u64).unwrap_or_default();
    let is_done = call.now >= created + DURATION;
    let total = job.get("totalRecords").and_then(Value::as_u64).unwrap_or_default();
    let mut written = json!({
        "id": id, "type": job.get("type"), "totalRecords": total,
        "state": if is_done { "Complete" } else { "InProgress" },
        "completedRecords": if is_done { total } else { 0 },
        "percentComplete": if is_done { 100 } else { 0 },
        "selfUri": format!("{}/{id}", jobs_of(list)),
    });
    if let Some(uri) = job.get("downloadURI").filter(|_| is_done) {
        written["downloadURI"] = uri.clone();
    }
    written
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let list = list_in_path(call, &organization)?;
    let path = jobs_of(list);
    let jobs = organization.collections.entries(&path);
    let entities: Vec<Value> = jobs.map(|(id, job)| to_json(call, list, id, job)).collect();
    Reply::ok(&json!({ "total": entities.len(), "entities": entities, "selfUri": call.path }))
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let list = list_in_path(call, &organization)?;
    let id = call.param("jobId")?;
    let job = organization.collections.get(&jobs_of(list), &id);
    let job = job.ok_or_else(|| ApiError::no_such("job", &id))?;
    Reply::ok(&to_json(call, list, &id, job))
}
