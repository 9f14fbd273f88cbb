//! Imports and exports of knowledge bases. An import is validated, waits for its confirmation, and completes.
//!
//! The file of an import is read once, when it arrives: its upload keeps the titles.

use serde_json::{Value, json};

use super::bases::{BASES, Base};
use super::documents::Document;
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity, answer, job, path_of};
use crate::api::route::Route;
use crate::api::uploads::arrived_documents;
use crate::wire::csv::reader;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;

pub(super) fn routes() -> Vec<Route> {
    let (export, import) =
        (format!("{}/{{exportJobId}}", Export::PATH), format!("{}/{{importJobId}}", Import::PATH));
    vec![
        Route::post(Export::PATH, json_entity::create::<Export>),
        Route::get(&export, json_entity::get::<Export>),
        Route::delete(&export, json_entity::delete::<Export>),
        Route::post(Import::PATH, json_entity::create::<Import>),
        Route::get(&import, json_entity::get::<Import>),
        Route::delete(&import, json_entity::delete::<Import>),
        Route::patch(&import, confirm),
    ]
}

/// An export.
enum Export {}

impl JsonEntity for Export {
    const NAME: &'static str = "export job";
    const PATH: &'static str = "/api/v2/knowledge/knowledgebases/{knowledgeBaseId}/export/jobs";
    const PARAM: &'static str = "exportJobId";

    fn start(call: &Call<'_>, _: &Organization, entity: &mut Body) {
        job::start(call, entity);
    }

    fn show(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
        let status = job::state(call, entity, ["Created", "InProgress", "Completed"]);
        if status == "Completed" {
            let documents = path_of(call, Document::PATH).unwrap_or_default();
            let count = organization.collections.len(&documents);
            entity.insert("countDocumentProcessed".to_owned(), json!(count));
        }
        entity.insert("status".to_owned(), json!(status));
        show_base(call, organization, entity);
    }
}

/// An import.
enum Import {}

/// The field of an import that was confirmed.
const CONFIRMED: &str = "\u{0}confirmed";
/// The field of an import that had its file when it was confirmed, with the number of the documents that were created.
const IMPORTED: &str = "\u{0}imported";
/// The keys of the upload of a file: the titles of its documents, and how many documents have none.
const TITLES: &str = "titles";
const UNTITLED: &str = "untitled";

impl JsonEntity for Import {
    const NAME: &'static str = "import job";
    const PATH: &'static str = "/api/v2/knowledge/knowledgebases/{knowledgeBaseId}/import/jobs";
    const PARAM: &'static str = "importJobId";

    fn start(call: &Call<'_>, _: &Organization, entity: &mut Body) {
        job::start(call, entity);
        if entity.get("skipConfirmationStep") == Some(&Value::Bool(true)) {
            entity.insert(CONFIRMED.to_owned(), json!(true));
        }
    }

    fn relate(call: &Call<'_>, organization: &mut Organization, entity: &Body) {
        if entity.contains_key(CONFIRMED) && !entity.contains_key(IMPORTED) {
            import(call, organization, entity);
        }
    }

    fn show(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
        let file = File::of(organization, entity);
        let imported = entity.get(IMPORTED).and_then(Value::as_u64);
        let states = match (entity.contains_key(CONFIRMED), &file, imported) {
            (true, Some(file), Some(imported)) if imported == file.total() => {
                ["Started", "InProgress", "Completed"]
            }
            (true, Some(_), Some(_)) => ["Started", "InProgress", "PartialCompleted"],
            (true, ..) => ["Started", "InProgress", "Failed"],
            (false, Some(_), _) => ["Created", "ValidationInProgress", "ValidationCompleted"],
            (false, None, _) => ["Created", "ValidationInProgress", "ValidationFailed"],
        };
        entity.insert("status".to_owned(), json!(job::state(call, entity, states)));
        if let Some(file) = file.filter(|_| job::is_done(call, entity)) {
            entity.insert("report".to_owned(), file.report(imported));
        }
        show_base(call, organization, entity);
    }
}

/// What was in the file of an import.
struct File<'o> {
    titles: &'o [Value],
    untitled: u64,
}

impl<'o> File<'o> {
    /// The file of an import, once it has arrived.
    fn of(organization: &'o Organization, import: &Body) -> Option<Self> {
        let upload = arrived_documents(organization, text(import, "uploadKey"))?;
        let untitled = upload.get(UNTITLED).and_then(Value::as_u64).unwrap_or_default();
        Some(Self { titles: upload.get(TITLES)?.as_array()?, untitled })
    }

    const fn total(&self) -> u64 {
        self.titles.len() as u64 + self.untitled
    }

    fn report(&self, imported: Option<u64>) -> Value {
        let mut statistics = json!({
            "countDocumentValidationSuccess": self.titles.len(),
            "countDocumentValidationFailure": self.untitled,
        });
        if let Some(imported) = imported {
            statistics["countDocumentImportSuccess"] = json!(imported);
            statistics["countDocumentImportFailure"] = json!(self.total().saturating_sub(imported));
        }
        json!({ "errors": [], "statistics": statistics })
    }
}

/// Reads a file of documents into its upload. A document without a title is counted alone.
pub(in crate::api) fn take_documents(upload: &mut Body, content: &str) {
    let all = titles(content);
    let titles: Vec<&String> = all.iter().flatten().collect();
    upload.insert(UNTITLED.to_owned(), json!(all.len() - titles.len()));
    upload.insert(TITLES.to_owned(), json!(titles));
}

/// The titles of the documents of a file, of JSON or of comma-separated values. `None` stands for a document without.
fn titles(content: &str) -> Vec<Option<String>> {
    let titled = |one: &Value| {
        let inner = one.get("knowledgeDocument").unwrap_or(one);
        let of = |part: &str| inner.get(part).and_then(|part| part.get("title")).cloned();
        let title = inner.get("title").cloned().or_else(|| of("draft")).or_else(|| of("published"));
        title.and_then(|title| title.as_str().map(str::to_owned)).filter(|title| !title.trim().is_empty())
    };
    match serde_json::from_str::<Value>(content) {
        Ok(Value::Array(all)) => all.iter().map(titled).collect(),
        Ok(file) => file["documents"].as_array().into_iter().flatten().map(titled).collect(),
        Err(_) => titles_of_rows(content),
    }
}

fn titles_of_rows(content: &str) -> Vec<Option<String>> {
    let mut reader = reader(content);
    let header = reader.headers().cloned().unwrap_or_default();
    let column = header.iter().position(|column| column.eq_ignore_ascii_case("title")).unwrap_or(0);
    let cell = |row: csv::StringRecord| row.get(column).filter(|cell| !cell.is_empty()).map(str::to_owned);
    reader.records().map(|row| row.ok().and_then(cell)).collect()
}

/// Creates the documents of the file, and notes how many. Without a file the import fails.
fn import(call: &Call<'_>, organization: &mut Organization, job: &Body) {
    let Some(file) = File::of(organization, job) else { return };
    let (titles, author) = (file.titles.to_vec(), job.get("createdBy").cloned().unwrap_or_default());
    let made = titles.into_iter().filter(|title| {
        let body = Body::from_iter([("title".to_owned(), title.clone())]);
        json_entity::add_to::<Document>(call, organization, body, author.clone()).is_ok()
    });
    let count = made.count();
    let path = path_of(call, Import::PATH).unwrap_or_default();
    let _ = organization.collections.update(&path, text(job, "id"), |job| {
        job.insert(IMPORTED.to_owned(), json!(count));
        Ok::<(), ApiError>(())
    });
}

fn show_base(call: &Call<'_>, organization: &Organization, entity: &mut Body) {
    let id = call.param("knowledgeBaseId").unwrap_or_default();
    if let Some(base) = organization.collections.get(BASES, &id) {
        let base = json_entity::to_json::<Base>(call, organization, base);
        entity.insert("knowledgeBase".to_owned(), Value::Object(base));
    }
}

/// `PATCH …/import/jobs/{importJobId}`: `Started` begins a validated import, `AbortRequested` ends it.
fn confirm(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let id = call.param("importJobId")?.into_owned();
    let status = text(&body, "status");
    if !["Started", "AbortRequested"].contains(&status) {
        return Err(ApiError::invalid_value("status", status, "Started, AbortRequested"));
    }
    let shown = call.change(|organization| {
        let mut import = Body::clone(json_entity::find::<Import>(call, organization)?);
        if !import.contains_key(CONFIRMED) {
            job::start(call, &mut import);
            import.insert(CONFIRMED.to_owned(), json!(true));
        }
        let path = path_of(call, Import::PATH)?;
        let stored = organization.collections.insert(&path, &id, import);
        Import::relate(call, organization, &stored);
        let stored = organization.collections.get(&path, &id).cloned().unwrap_or(stored);
        Ok(json_entity::to_json::<Import>(call, organization, &stored))
    })?;
    answer::reply(call, shown)
}
