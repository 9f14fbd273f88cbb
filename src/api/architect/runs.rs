//! Executions of flows and jobs, whose state follows the clock.
//!
//! Only the start is stored; each request computes the state from the clock. A job is registered for a second, runs for
//! a second, and then has succeeded, with or without an upload. Files are ignored on upload and never written.

use std::borrow::Cow;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::flows::{FLOW, PUBLISHED};
use super::resource::pick;
use super::scripts::url;
use super::tables::{TABLE, with_table_code};
use crate::api::call::Call;
use crate::api::downloads;
use crate::api::entity;
use crate::api::route::Route;
use crate::catalog::Checks;
use crate::time::Nanos;
use crate::time::clock::{parse_rfc3339, rfc3339};
use crate::wire::csv;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::architect::{DATA_TABLES, FLOWS, rows_of};
use crate::world::collection::Entity;

/// The collection of executions.
const EXECUTIONS: &str = "/api/v2/flows/executions";
/// The key of the start of a run.
const BEGAN: &str = "dateLaunched";
/// The key of the id of an export's file.
const FILE: &str = "file";
/// The duration of each of the two steps of a run.
const STEP: Nanos = 1_000_000_000;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v2/flows/executions", create_execution),
        Route::get("/api/v2/flows/executions/{flowExecutionId}", get_execution),
        Route::post("/api/v2/flows/jobs", create_job),
        Route::get("/api/v2/flows/jobs/{jobId}", get_job),
        Route::put("/api/v2/flows/jobs/{jobId}/upload", upload).unpublished(),
        Route::post("/api/v2/flows/export/jobs", create_export),
        Route::get("/api/v2/flows/export/jobs/{jobId}", get_export),
        Route::post("/api/v2/flows/datatables/{datatableId}/export/jobs", create_rows_export),
        Route::get("/api/v2/flows/datatables/{datatableId}/export/jobs/{exportJobId}", get_rows_export),
        Route::post("/api/v2/flows/datatables/{datatableId}/import/jobs", create_rows_import)
            .checks(Checks::Inside),
        Route::post("/api/v2/flows/datatables/{datatableId}/import/csv/jobs", create_rows_import)
            .checks(Checks::Inside),
        Route::get("/api/v2/flows/datatables/{datatableId}/import/jobs", list_rows_imports),
        Route::get("/api/v2/flows/datatables/{datatableId}/import/jobs/{importJobId}", get_rows_import),
    ]
}

fn start_of(run: &Map<String, Value>) -> Nanos {
    parse_rfc3339(entity::text(run, BEGAN)).unwrap_or_default()
}

/// The state at `now`: the second of `steps` after one [`STEP`], the third after two.
fn step(run: &Map<String, Value>, now: Nanos, steps: [&'static str; 3]) -> &'static str {
    let done = now.saturating_sub(start_of(run)) / STEP;
    steps[usize::try_from(done).unwrap_or(2).min(2)]
}

fn end_of(run: &Map<String, Value>, now: Nanos) -> Option<Value> {
    let end = start_of(run).saturating_add(2 * STEP);
    (now >= end).then(|| json!(rfc3339(end)))
}

/// Stores a new run in the collection `path`.
fn start(call: &Call<'_>, path: &str, more: Map<String, Value>) -> Entity {
    let mut run = more;
    run.insert(BEGAN.to_owned(), json!(rfc3339(call.now)));
    entity::create(call, path, run)
}

fn create_execution(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let id = entity::required_text(&body, "flowId")?;
    if let Some(input) = body.get("inputData").filter(|input| !(input.is_object() || input.is_null())) {
        return Err(ApiError::bad_request(format!("The property inputData must be an object, not {input}.")));
    }
    let flow = entity::get(call, FLOWS, FLOW.kind, id)?;
    let Some(version) = flow.get(PUBLISHED).and_then(Value::as_object) else {
        let error = ApiError::bad_request("Flow definition has not been published");
        return Err(ApiError { code: "flow.config.not.published".into(), ..error });
    };
    let name = match entity::text(&body, "name") {
        "" => entity::text(&flow, "name"),
        name => name,
    };
    let run = start(
        call,
        EXECUTIONS,
        Map::from_iter([
            ("name".to_owned(), json!(name)),
            ("flowVersion".to_owned(), json!(pick(version, &["id", "name", "selfUri"]))),
        ]),
    );
    Reply::ok(&pick(&run, &["id", "name", "flowVersion", "selfUri"]))
}

fn get_execution(call: &Call<'_>) -> Result<Reply, ApiError> {
    let run = entity::get(call, EXECUTIONS, "flow execution", &call.param("flowExecutionId")?)?;
    let mut shown = Map::clone(&run);
    shown.insert("status".to_owned(), json!(step(&run, call.now, ["RUNNING", "RUNNING", "COMPLETED"])));
    if let Some(end) = end_of(&run, call.now) {
        shown.insert("dateCompleted".to_owned(), end);
        shown.insert("outputData".to_owned(), json!({}));
    }
    Reply::ok(&shown)
}

/// The collection of jobs.
const JOBS: &str = "/api/v2/flows/jobs";
/// The collection of exports.
const EXPORTS: &str = "/api/v2/flows/export/jobs";
/// The states of a job.
const STEPS: [&str; 3] = ["Registered", "Started", "Success"];

fn create_job(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.json_or_none::<Map<String, Value>>()?;
    let job = start(call, JOBS, Map::new());
    let id = entity::text(&job, "id");
    Reply::accepted(&json!({
        "id": id,
        "presignedUrl": url(call, &format!("{JOBS}/{id}/upload")),
        "headers": {},
        "selfUri": format!("{JOBS}/{id}"),
    }))
}

fn get_job(call: &Call<'_>) -> Result<Reply, ApiError> {
    let job = entity::get(call, JOBS, "flow job", &call.param("jobId")?)?;
    let mut shown = pick(&job, &["id", "selfUri"]);
    shown.insert("status".to_owned(), json!(step(&job, call.now, STEPS)));
    shown.insert("command".to_owned(), json!("Publish"));
    shown.insert("messages".to_owned(), json!([]));
    Reply::ok(&shown)
}

/// Takes an upload to a job's `presignedUrl` and ignores its content.
fn upload(call: &Call<'_>) -> Result<Reply, ApiError> {
    entity::get(call, JOBS, "flow job", &call.param("jobId")?)?;
    Ok(Reply::empty(http::StatusCode::OK))
}

fn create_export(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let flows = body.get("flows").and_then(Value::as_array).filter(|flows| !flows.is_empty());
    let flows = flows.ok_or_else(|| {
        ApiError::bad_request("The property flows is required and must be an array of flows to export.")
    })?;
    let exported: Vec<_> = flows.iter().filter_map(|flow| exported_flow(call, flow)).collect();
    let file = downloads::store(call, "flows.json", &json!(exported).to_string());
    let fields = [("totalFlows", json!(flows.len())), (FILE, json!(file))];
    let job = start(call, EXPORTS, fields.map(|(key, value)| (key.to_owned(), value)).into_iter().collect());
    let mut shown = pick(&job, &["id", "totalFlows", "selfUri"]);
    shown.insert("status".to_owned(), json!(STEPS[0]));
    Reply::accepted(&shown)
}

/// The flow that a request for an export names, without what belongs to this server alone.
fn exported_flow(call: &Call<'_>, asked: &Value) -> Option<Map<String, Value>> {
    let id = asked.get("flow")?.get("id")?.as_str()?;
    let flow = call.tenant().read().collections.get(FLOWS, id).cloned()?;
    Some(pick(&flow, &["id", "name", "type", "description", PUBLISHED]))
}

fn get_export(call: &Call<'_>) -> Result<Reply, ApiError> {
    let job = entity::get(call, EXPORTS, "export job", &call.param("jobId")?)?;
    let mut shown = pick(&job, &["id", "selfUri"]);
    shown.insert("status".to_owned(), json!(step(&job, call.now, STEPS)));
    shown.insert("command".to_owned(), json!("Export"));
    if end_of(&job, call.now).is_some() {
        shown.insert("downloadUrl".to_owned(), json!(downloads::uri(call, entity::text(&job, FILE))));
    }
    shown.insert("messages".to_owned(), json!([]));
    Reply::ok(&shown)
}

/// The collection of a table's jobs of one kind.
fn jobs_path(call: &Call<'_>, kind: &str) -> Result<String, ApiError> {
    let table = call.param("datatableId")?;
    entity::get(call, DATA_TABLES, TABLE.kind, &table).map_err(with_table_code)?;
    Ok(format!("{DATA_TABLES}/{table}/{kind}/jobs"))
}

fn create_rows_export(call: &Call<'_>) -> Result<Reply, ApiError> {
    let path = jobs_path(call, "export")?;
    let file = downloads::store(call, "rows.csv", &rows_file(call, &call.param("datatableId")?)?);
    let fields = [("name", json!("export")), (FILE, json!(file))];
    let job = start(call, &path, fields.map(|(key, value)| (key.to_owned(), value)).into_iter().collect());
    Reply::accepted(&rows_export_to_json(&job, call))
}

fn get_rows_export(call: &Call<'_>) -> Result<Reply, ApiError> {
    let path = jobs_path(call, "export")?;
    let job = entity::get(call, &path, "export job", &call.param("exportJobId")?)?;
    Reply::ok(&rows_export_to_json(&job, call))
}

/// The rows as a file: a column for each property of the table's schema.
fn rows_file(call: &Call<'_>, table: &str) -> Result<String, ApiError> {
    let organization = call.tenant().read();
    let collections = &organization.collections;
    let schema = collections.get(DATA_TABLES, table).and_then(|table| table.get("schema")?.get("properties"));
    let columns: Vec<&str> =
        schema.and_then(Value::as_object).into_iter().flatten().map(|(name, _)| &**name).collect();
    let path = rows_of(table);
    let rows = collections.list(&path).map(|row| columns.iter().map(|name| cell(row.get(*name))).collect());
    csv::file(b',', &columns, rows)
}

fn cell(value: Option<&Value>) -> Cow<'_, str> {
    match value {
        None | Some(Value::Null) => Cow::Borrowed(""),
        Some(Value::String(text)) => Cow::Borrowed(text),
        Some(other) => Cow::Owned(other.to_string()),
    }
}

fn rows_export_to_json(job: &Map<String, Value>, call: &Call<'_>) -> Map<String, Value> {
    let mut shown = job_to_json(job, call.now, ["Processing", "Processing", "Succeeded"]);
    if shown.contains_key("dateCompleted") {
        let rows = rows_of(&call.param("datatableId").unwrap_or_default());
        let count = call.tenant().read().collections.len(&rows);
        shown.insert("downloadURI".to_owned(), json!(downloads::uri(call, entity::text(job, FILE))));
        shown.insert("countRecordsProcessed".to_owned(), json!(count));
    }
    shown
}

fn job_to_json(job: &Map<String, Value>, now: Nanos, steps: [&'static str; 3]) -> Map<String, Value> {
    let mut shown = pick(job, &["id", "name", "importMode", "uploadURI", "selfUri"]);
    shown.insert("status".to_owned(), json!(step(job, now, steps)));
    shown.insert("dateCreated".to_owned(), job.get(BEGAN).cloned().unwrap_or_default());
    if let Some(end) = end_of(job, now) {
        shown.insert("dateCompleted".to_owned(), end);
    }
    shown
}

fn create_rows_import(call: &Call<'_>) -> Result<Reply, ApiError> {
    let path = jobs_path(call, "import")?;
    let body = call.json_object()?;
    let mode = match entity::text(&body, "importMode") {
        "" => "ReplaceAll",
        mode @ ("ReplaceAll" | "Append") => mode,
        other => return Err(ApiError::invalid_value("importMode", other, "ReplaceAll, Append")),
    };
    let upload = url(call, &format!("/api/v2/uploads/datatables/{}", Uuid::new_v4()));
    let name = match entity::text(&body, "name") {
        "" => "import",
        name => name,
    };
    let fields = [("name", json!(name)), ("importMode", json!(mode)), ("uploadURI", json!(upload))];
    let job = start(call, &path, fields.map(|(key, value)| (key.to_owned(), value)).into_iter().collect());
    Reply::accepted(&rows_import_to_json(&job, call.now))
}

fn rows_import_to_json(job: &Map<String, Value>, now: Nanos) -> Map<String, Value> {
    let mut shown = job_to_json(job, now, ["WaitingForUpload", "Processing", "Succeeded"]);
    if shown.contains_key("dateCompleted") {
        for count in ["countRecordsUpdated", "countRecordsDeleted", "countRecordsFailed"] {
            shown.insert(count.to_owned(), json!(0));
        }
    }
    shown
}

/// Lists imports. Unlike other listings it has no addresses of other pages.
fn list_rows_imports(call: &Call<'_>) -> Result<Reply, ApiError> {
    const SHOWN: [&str; 5] = ["entities", "pageSize", "pageNumber", "total", "pageCount"];
    let page = entity::list(call, &jobs_path(call, "import")?)?;
    let page = entity::map_page(page, |job| rows_import_to_json(job, call.now));
    match json!(page) {
        Value::Object(page) => Reply::ok(&pick(&page, &SHOWN)),
        _ => Err(ApiError::internal()),
    }
}

fn get_rows_import(call: &Call<'_>) -> Result<Reply, ApiError> {
    let path = jobs_path(call, "import")?;
    let job = entity::get(call, &path, "import job", &call.param("importJobId")?)?;
    Reply::ok(&rows_import_to_json(&job, call.now))
}
