//! Imports of contacts: a file of comma-separated values, the fields that its columns go to, and the job that makes a
//! contact of each row.
//!
//! The contacts are there once the job begins, and its state follows from its age. A job that is cancelled before its end
//! takes its contacts back.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::entity::{required_text, text, texts};
use crate::api::json_entity::{self, Body, JsonEntity, answer, job};
use crate::api::record;
use crate::api::route::Route;
use crate::api::uploads;
use crate::catalog::schema::Mode;
use crate::wire::csv::reader;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::collection::{Entity, UPLOADS};
use crate::world::contact::ExternalContact;
use crate::world::table::{Kind as _, Stored as _};

const FILES: &str = "/api/v2/externalcontacts/import/csv/uploads";
const MAPPINGS: &str = "/api/v2/externalcontacts/import/csv/settings";
const SETTINGS: &str = "/api/v2/externalcontacts/import/settings";
const JOBS: &str = "/api/v2/externalcontacts/import/jobs";
/// What the files are for.
pub(in crate::api) const USE: &str = "externalcontacts";
/// The content of a file that has arrived.
const CONTENT: &str = "content";
/// The contacts that a job made.
const MADE: &str = "\u{0}made";
/// The most rows of a preview (assumed).
const PREVIEWED: usize = 10;
/// The most rows that one job imports (assumed). The others fail.
const MOST_ROWS: usize = 10_000;
/// The most steps of the path of a field.
const MOST_STEPS: usize = 4;

pub(super) fn routes() -> Vec<Route> {
    let job = format!("{JOBS}/{{jobId}}");
    let mut routes = vec![
        Route::post(FILES, announce),
        Route::get(&format!("{FILES}/{{uploadId}}/details"), get_details),
        Route::get(&format!("{FILES}/{{uploadId}}/preview"), get_preview),
        Route::post("/api/v2/externalcontacts/import/csv/jobs", start),
        Route::get(JOBS, json_entity::list::<Job>),
        Route::post(JOBS, json_entity::create::<Job>),
        Route::get(&job, json_entity::get::<Job>),
        Route::put(&job, change_status),
    ];
    routes.extend(json_entity::routes_with_put::<Mapping>());
    routes.extend(json_entity::routes_with_put::<Settings>());
    routes
}

/// Keeps the file of an upload.
pub(in crate::api) fn take_file(upload: &mut Body, content: &str) {
    upload.insert(CONTENT.to_owned(), json!(content));
}

fn announce(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let name = Some(text(&body, "fileName")).filter(|name| !name.is_empty()).unwrap_or("contacts.csv");
    let more = Map::from_iter([("fileName".to_owned(), json!(name))]);
    let id = call.change(|organization| Ok(uploads::expect(organization, USE, more)))?;
    let url = uploads::address(call, &id, name);
    answer::reply(call, json!({ "uploadId": id, "uploadUrl": url, "uploadHeaders": [] }))
}

/// The upload of that id, once its file has arrived.
fn arrived<'o>(organization: &'o Organization, id: &str) -> Option<&'o Entity> {
    organization.collections.get(UPLOADS, id).filter(|upload| upload.contains_key(CONTENT))
}

/// The header and the rows of a file.
fn rows_of(upload: &Body) -> (Vec<String>, Vec<Vec<String>>) {
    let cells = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
    let mut reader = reader(text(upload, CONTENT));
    let header = reader.headers().map(cells).unwrap_or_default();
    let rows = reader.records().filter_map(Result::ok).map(|record| cells(&record)).collect();
    (header, rows)
}

/// The upload in the call's path.
fn upload_in_path(call: &Call<'_>) -> Result<Entity, ApiError> {
    let id = call.param("uploadId")?;
    arrived(&call.tenant().read(), &id).cloned().ok_or_else(|| ApiError::no_such("upload", &id))
}

fn get_details(call: &Call<'_>) -> Result<Reply, ApiError> {
    let upload = upload_in_path(call)?;
    let (header, _) = rows_of(&upload);
    let one_column = header.len() == 1 && header.iter().any(|name| name.contains([';', '\t', '|']));
    let encoded = !text(&upload, CONTENT).contains(char::REPLACEMENT_CHARACTER);
    let result = json!({ "separatorValid": !one_column, "fileEncodingValid": encoded, "errors": [] });
    let shown = json!({ "uploadId": text(&upload, "id"), "fileName": text(&upload, "fileName"), "validationResult": result });
    answer::reply(call, shown)
}

fn get_preview(call: &Call<'_>) -> Result<Reply, ApiError> {
    let upload = upload_in_path(call)?;
    let (headers, mut entries) = rows_of(&upload);
    entries.truncate(PREVIEWED);
    answer::reply(call, json!({ "uploadId": text(&upload, "id"), "headers": headers, "entries": entries }))
}

/// The fields to which the columns of a file go.
enum Mapping {}

impl JsonEntity for Mapping {
    const NAME: &'static str = "mapping of columns";
    const PATH: &'static str = MAPPINGS;
    const PARAM: &'static str = "settingsId";

    fn check(
        call: &Call<'_>,
        organization: &Organization,
        _: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        if entries(body).any(|entry| steps(target_of(entry)).is_none()) {
            return Err(ApiError::bad_request(format!("A targetField has at most {MOST_STEPS} steps.")));
        }
        let id = body.get("externalSettingsId");
        json_entity::check_reference::<Settings>(call, organization, "externalSettingsId", id)
    }

    fn matches(call: &Call<'_>, _: &Organization, entity: &Body) -> bool {
        call.query_text("externalSettingsId").is_none_or(|id| id == text(entity, "externalSettingsId"))
    }
}

/// What an import does with a contact that is known already, and which fields it takes.
enum Settings {}

impl JsonEntity for Settings {
    const NAME: &'static str = "setting of imports";
    const PATH: &'static str = SETTINGS;
    const PARAM: &'static str = "settingsId";
    const UNIQUE: bool = true;
    const DUPLICATE: (StatusCode, &'static str) = (StatusCode::CONFLICT, "name.already.exists");
}

/// An import.
enum Job {}

impl JsonEntity for Job {
    const NAME: &'static str = "import job";
    const PATH: &'static str = JOBS;
    const PARAM: &'static str = "jobId";

    fn check(
        _: &Call<'_>,
        organization: &Organization,
        _: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        let known = |path: &&str, id: &str| organization.collections.get(path, id).is_some();
        match body.get("settingsId").and_then(Value::as_str) {
            Some(id) if ![SETTINGS, MAPPINGS].iter().any(|path| known(path, id)) => {
                Err(ApiError::no_reference("settingsId", Settings::NAME, id))
            }
            _ => Ok(()),
        }
    }

    fn start(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
        let id = text(entity, "settingsId");
        let is_mapping = organization.collections.get(MAPPINGS, id).is_some();
        let path = if is_mapping { MAPPINGS } else { SETTINGS };
        let settings = json!({ "id": id, "selfUri": format!("{path}/{id}") });
        entity.insert("settings".to_owned(), settings);
        job::start(call, entity);
    }

    fn show(call: &Call<'_>, _: &Organization, entity: &mut Body) {
        let status = status(call, entity);
        let step = job::state(call, entity, ["Validating", "Importing", "Importing"]);
        entity.insert("status".to_owned(), json!(status));
        entity.insert("executionStep".to_owned(), json!(step));
        let counts = entity.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default();
        let is_known = |name: &str| status == "Completed" || !name.starts_with("import");
        let known = counts.into_iter().filter(|(name, _)| is_known(name)).collect();
        entity.insert("metadata".to_owned(), Value::Object(known));
    }

    fn matches(call: &Call<'_>, _: &Organization, entity: &Body) -> bool {
        let wanted = call.query_list("jobStatus");
        wanted.is_empty() || wanted.iter().any(|wanted| wanted == status(call, entity))
    }
}

fn status(call: &Call<'_>, entity: &Body) -> &'static str {
    match text(entity, "status") {
        "Cancelled" => "Cancelled",
        _ => job::state(call, entity, ["Created", "Running", "Completed"]),
    }
}

/// `POST …/csv/jobs`: makes a contact of each row of the file.
fn start(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let (upload, settings) = (required_text(&body, "uploadId")?, required_text(&body, "settingsId")?);
    let (upload, mapping) = {
        let organization = call.tenant().read();
        let upload = arrived(&organization, upload).cloned();
        let mapping = organization.collections.get(MAPPINGS, settings).cloned();
        (
            upload.ok_or_else(|| ApiError::no_reference("uploadId", "upload", text(&body, "uploadId")))?,
            mapping.ok_or_else(|| ApiError::no_reference("settingsId", Mapping::NAME, settings))?,
        )
    };
    let made = json_entity::add::<Job>(call, body.clone())?;
    let id = text(&made, "id").to_owned();
    let (contacts, failed) = import(call, &upload, &mapping, body.get("division"));
    call.change(|organization| {
        let counted = organization.collections.update(JOBS, &id, |job| {
            job.insert("metadata".to_owned(), counts(text(&upload, "fileName"), contacts.len(), failed));
            job.insert(MADE.to_owned(), json!(contacts));
            Ok::<(), ApiError>(())
        });
        counted.transpose().map(drop)
    })?;
    answer::reply(call, json!({ "job": { "id": id, "selfUri": format!("{JOBS}/{id}") } }))
}

fn counts(file: &str, made: usize, failed: usize) -> Value {
    json!({
        "fileName": file,
        "dryRunSuccessCount": made,
        "dryRunFailedCount": failed,
        "importSuccessCount": made,
        "importFailedCount": failed,
    })
}

/// The ids of the contacts that were made, and the number of rows that failed.
fn import(call: &Call<'_>, upload: &Body, mapping: &Body, division: Option<&Value>) -> (Vec<Value>, usize) {
    let (header, rows) = rows_of(upload);
    let (mut made, mut failed) = (Vec::new(), rows.len().saturating_sub(MOST_ROWS));
    let created = call.platform.catalog.find(&Method::POST, ExternalContact::PATH);
    let documented = created.and_then(|found| found.operation.facts.as_ref()?.body);
    let schemas = &call.platform.catalog.schemas;
    let check = |contact: &Body| {
        documented.map_or(Ok(()), |body| schemas.check_object(body.schema, contact, Mode::Request))
    };
    for row in rows.iter().take(MOST_ROWS) {
        let mut contact = contact_of(&header, row, mapping);
        contact.extend(division.map(|division| ("division".to_owned(), division.clone())));
        let added = check(&contact).map_err(ApiError::from);
        match added.and_then(|()| record::add::<ExternalContact>(call, &contact)) {
            Ok(contact) => made.extend(contact.get("id").cloned()),
            Err(_) => failed += 1,
        }
    }
    (made, failed)
}

fn entries(mapping: &Body) -> impl Iterator<Item = &Value> {
    mapping.get("mappings").and_then(Value::as_array).into_iter().flatten()
}

fn target_of(entry: &Value) -> &str {
    entry["targetField"].as_str().unwrap_or_default()
}

/// The steps of the path of a field, such as `$.cellPhone.display`. `None` for a path with too many.
fn steps(target: &str) -> Option<Vec<&str>> {
    let steps: Vec<_> = target.trim_start_matches("$.").split('.').take(MOST_STEPS + 1).collect();
    (steps.len() <= MOST_STEPS).then_some(steps)
}

/// The contact that a row describes.
fn contact_of(header: &[String], row: &[String], mapping: &Body) -> Body {
    let mut contact = Body::new();
    for entry in entries(mapping) {
        let source = entry["sourceField"].as_str().unwrap_or_default();
        let column = header.iter().position(|name| name == source);
        let cell = column.and_then(|at| row.get(at)).filter(|cell| !cell.is_empty());
        if let (Some(cell), Some(steps)) = (cell, steps(target_of(entry))) {
            set(&mut contact, &steps, cell);
        }
    }
    contact
}

fn set(contact: &mut Body, steps: &[&str], cell: &str) {
    let Some((name, parents)) = steps.split_last() else { return };
    let mut object = contact;
    for parent in parents {
        let Value::Object(inner) = object.entry(*parent).or_insert_with(|| json!({})) else { return };
        object = inner;
    }
    object.insert((*name).to_owned(), value_of(name, cell));
}

/// A cell is a text, but for the one flag that a contact has.
fn value_of(field: &str, cell: &str) -> Value {
    match cell.parse::<bool>() {
        Ok(flag) if field == "surveyOptOut" => json!(flag),
        _ => json!(cell),
    }
}

/// `PUT …/jobs/{jobId}`: cancels a job that is not at its end. It goes on by itself.
fn change_status(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let status = required_text(&body, "status")?;
    let id = call.param("jobId")?;
    call.change(|organization| {
        let found = json_entity::find::<Job>(call, organization)?.clone();
        if status != "Cancel" || job::is_done(call, &found) {
            return Ok(());
        }
        for contact in texts(&found, MADE) {
            // One that a client has deleted is gone already.
            if ExternalContact::table(organization).find(contact).is_some() {
                record::remove::<ExternalContact>(call, organization, contact)?;
            }
        }
        let cancelled = organization.collections.update(JOBS, &id, |job| {
            job.insert("status".to_owned(), json!("Cancelled"));
            Ok::<(), ApiError>(())
        });
        cancelled.transpose().map(drop)
    })?;
    answer::reply(call, json!({ "jobId": id, "status": status }))
}
