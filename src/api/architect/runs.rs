//! What takes a while and moves with the clock: executions of flows, and jobs.
//!
//! Each is stored as it began; how far it is, is read off the clock when somebody asks. A job is
//! registered for a second, runs for another, and then has succeeded, whether or not anything was
//! uploaded: files are neither taken nor made.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::flows::{FLOW, PUBLISHED};
use super::resource::only;
use super::scripts::address;
use super::tables::{TABLE, no_table};
use crate::api::call::Call;
use crate::api::entity;
use crate::api::route::{Route, get, post, put};
use crate::time::Nanos;
use crate::time::clock::{parse_rfc3339, rfc3339};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::architect::{DATA_TABLES, FLOWS, rows_of};
use crate::world::collection::Entity;

/// Where executions are kept.
const EXECUTIONS: &str = "/api/v2/flows/executions";
/// When something began.
const BEGAN: &str = "dateLaunched";
/// How long it is registered, and how long it then runs.
const STEP: Nanos = 1_000_000_000;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/api/v2/flows/executions", launch),
        get("/api/v2/flows/executions/{flowExecutionId}", execution),
        post("/api/v2/flows/jobs", register),
        get("/api/v2/flows/jobs/{jobId}", job),
        put("/api/v2/flows/jobs/{jobId}/upload", upload).unpublished(),
        post("/api/v2/flows/export/jobs", register_export),
        get("/api/v2/flows/export/jobs/{jobId}", export_job),
        post("/api/v2/flows/datatables/{datatableId}/export/jobs", export_rows),
        get("/api/v2/flows/datatables/{datatableId}/export/jobs/{exportJobId}", rows_export),
        post("/api/v2/flows/datatables/{datatableId}/import/jobs", import_rows),
        post("/api/v2/flows/datatables/{datatableId}/import/csv/jobs", import_rows),
        get("/api/v2/flows/datatables/{datatableId}/import/jobs", rows_imports),
        get("/api/v2/flows/datatables/{datatableId}/import/jobs/{importJobId}", rows_import),
    ]
}

fn began(run: &Map<String, Value>) -> Nanos {
    parse_rfc3339(entity::text(run, BEGAN)).unwrap_or_default()
}

/// The second of `steps` after one [`STEP`], the third after two.
fn step(run: &Map<String, Value>, now: Nanos, steps: [&'static str; 3]) -> &'static str {
    let done = now.saturating_sub(began(run)) / STEP;
    steps[usize::try_from(done).unwrap_or(2).min(2)]
}

fn ended(run: &Map<String, Value>, now: Nanos) -> Option<Value> {
    let end = began(run).saturating_add(2 * STEP);
    (now >= end).then(|| json!(rfc3339(end)))
}

/// Keeps a new run under `path`.
fn begin(call: &Call<'_>, path: &str, more: Map<String, Value>) -> Entity {
    let mut run = more;
    run.insert(BEGAN.to_owned(), json!(rfc3339(call.now)));
    entity::create(call, path, run)
}

fn launch(call: &Call<'_>) -> Result<Reply, ApiError> {
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
    let run = begin(
        call,
        EXECUTIONS,
        Map::from_iter([
            ("name".to_owned(), json!(name)),
            ("flowVersion".to_owned(), json!(only(version, &["id", "name", "selfUri"]))),
        ]),
    );
    Reply::ok(&only(&run, &["id", "name", "flowVersion", "selfUri"]))
}

fn execution(call: &Call<'_>) -> Result<Reply, ApiError> {
    let run = entity::get(call, EXECUTIONS, "flow execution", &call.param("flowExecutionId")?)?;
    let mut shown = Map::clone(&run);
    shown.insert("status".to_owned(), json!(step(&run, call.now, ["RUNNING", "RUNNING", "COMPLETED"])));
    if let Some(end) = ended(&run, call.now) {
        shown.insert("dateCompleted".to_owned(), end);
        shown.insert("outputData".to_owned(), json!({}));
    }
    Reply::ok(&shown)
}

/// Where jobs are kept.
const JOBS: &str = "/api/v2/flows/jobs";
/// Where exports are kept.
const EXPORTS: &str = "/api/v2/flows/export/jobs";
/// The steps of a job.
const STEPS: [&str; 3] = ["Registered", "Started", "Success"];

fn register(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.json_or_none::<Map<String, Value>>()?;
    let job = begin(call, JOBS, Map::new());
    let id = entity::text(&job, "id");
    Reply::accepted(&json!({
        "id": id,
        "presignedUrl": address(call, &format!("{JOBS}/{id}/upload")),
        "headers": {},
        "selfUri": format!("{JOBS}/{id}"),
    }))
}

fn job(call: &Call<'_>) -> Result<Reply, ApiError> {
    let job = entity::get(call, JOBS, "flow job", &call.param("jobId")?)?;
    let mut shown = only(&job, &["id", "selfUri"]);
    shown.insert("status".to_owned(), json!(step(&job, call.now, STEPS)));
    shown.insert("command".to_owned(), json!("Publish"));
    shown.insert("messages".to_owned(), json!([]));
    Reply::ok(&shown)
}

/// Where a job's `presignedUrl` leads; what is uploaded is passed over.
fn upload(call: &Call<'_>) -> Result<Reply, ApiError> {
    entity::get(call, JOBS, "flow job", &call.param("jobId")?)?;
    Ok(Reply::empty(http::StatusCode::OK))
}

fn register_export(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let flows = body.get("flows").and_then(Value::as_array).filter(|flows| !flows.is_empty());
    let flows = flows.ok_or_else(|| {
        ApiError::bad_request("The property flows is required and must be an array of flows to export.")
    })?;
    let job = begin(call, EXPORTS, Map::from_iter([("totalFlows".to_owned(), json!(flows.len()))]));
    let mut shown = only(&job, &["id", "totalFlows", "selfUri"]);
    shown.insert("status".to_owned(), json!(STEPS[0]));
    Reply::accepted(&shown)
}

fn export_job(call: &Call<'_>) -> Result<Reply, ApiError> {
    let job = entity::get(call, EXPORTS, "export job", &call.param("jobId")?)?;
    let mut shown = only(&job, &["id", "selfUri"]);
    shown.insert("status".to_owned(), json!(step(&job, call.now, STEPS)));
    shown.insert("command".to_owned(), json!("Export"));
    if ended(&job, call.now).is_some() {
        let file = format!("/api/v2/downloads/{}", entity::text(&job, "id"));
        shown.insert("downloadUrl".to_owned(), json!(address(call, &file)));
    }
    shown.insert("messages".to_owned(), json!([]));
    Reply::ok(&shown)
}

/// Where a table keeps its jobs of one kind.
fn jobs_of(call: &Call<'_>, kind: &str) -> Result<String, ApiError> {
    let table = call.param("datatableId")?;
    entity::get(call, DATA_TABLES, TABLE.kind, &table).map_err(no_table)?;
    Ok(format!("{DATA_TABLES}/{table}/{kind}/jobs"))
}

fn export_rows(call: &Call<'_>) -> Result<Reply, ApiError> {
    let path = jobs_of(call, "export")?;
    let job = begin(call, &path, Map::from_iter([("name".to_owned(), json!("export"))]));
    Reply::accepted(&rows_exported(&job, call))
}

fn rows_export(call: &Call<'_>) -> Result<Reply, ApiError> {
    let path = jobs_of(call, "export")?;
    let job = entity::get(call, &path, "export job", &call.param("exportJobId")?)?;
    Reply::ok(&rows_exported(&job, call))
}

fn rows_exported(job: &Map<String, Value>, call: &Call<'_>) -> Map<String, Value> {
    let mut shown = shown(job, call.now, ["Processing", "Processing", "Succeeded"]);
    if shown.contains_key("dateCompleted") {
        let file = format!("/api/v2/downloads/{}", entity::text(job, "id"));
        let rows = rows_of(&call.param("datatableId").unwrap_or_default());
        let count = call.tenant().read().collections.len(&rows);
        shown.insert("downloadURI".to_owned(), json!(address(call, &file)));
        shown.insert("countRecordsProcessed".to_owned(), json!(count));
    }
    shown
}

fn shown(job: &Map<String, Value>, now: Nanos, steps: [&'static str; 3]) -> Map<String, Value> {
    let mut shown = only(job, &["id", "name", "importMode", "uploadURI", "selfUri"]);
    shown.insert("status".to_owned(), json!(step(job, now, steps)));
    shown.insert("dateCreated".to_owned(), job.get(BEGAN).cloned().unwrap_or_default());
    if let Some(end) = ended(job, now) {
        shown.insert("dateCompleted".to_owned(), end);
    }
    shown
}

fn import_rows(call: &Call<'_>) -> Result<Reply, ApiError> {
    let path = jobs_of(call, "import")?;
    let body = call.json_object()?;
    let mode = match entity::text(&body, "importMode") {
        "" => "ReplaceAll",
        mode @ ("ReplaceAll" | "Append") => mode,
        other => return Err(ApiError::invalid_value("importMode", other, "ReplaceAll, Append")),
    };
    let upload = address(call, &format!("/api/v2/uploads/datatables/{}", Uuid::new_v4()));
    let said = [("name", json!("import")), ("importMode", json!(mode)), ("uploadURI", json!(upload))];
    let job = begin(call, &path, said.map(|(key, value)| (key.to_owned(), value)).into_iter().collect());
    Reply::accepted(&rows_imported(&job, call.now))
}

fn rows_imported(job: &Map<String, Value>, now: Nanos) -> Map<String, Value> {
    let mut shown = shown(job, now, ["WaitingForUpload", "Processing", "Succeeded"]);
    if shown.contains_key("dateCompleted") {
        for count in ["countRecordsUpdated", "countRecordsDeleted", "countRecordsFailed"] {
            shown.insert(count.to_owned(), json!(0));
        }
    }
    shown
}

/// This listing alone has no addresses of other pages.
fn rows_imports(call: &Call<'_>) -> Result<Reply, ApiError> {
    const SHOWN: [&str; 5] = ["entities", "pageSize", "pageNumber", "total", "pageCount"];
    let page = entity::page(call, &jobs_of(call, "import")?)?;
    let page = entity::shown(page, |job| rows_imported(job, call.now));
    match json!(page) {
        Value::Object(page) => Reply::ok(&only(&page, &SHOWN)),
        _ => Err(ApiError::internal()),
    }
}

fn rows_import(call: &Call<'_>) -> Result<Reply, ApiError> {
    let path = jobs_of(call, "import")?;
    let job = entity::get(call, &path, "import job", &call.param("importJobId")?)?;
    Reply::ok(&rows_imported(&job, call.now))
}
