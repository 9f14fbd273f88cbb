//! Executions of flows and jobs, whose state follows the clock.
//!
//! Only the start is stored; each request computes the state from the clock. `deploy` has the jobs that publish a flow, `imports`
//! the imports of rows.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::flows::{PUBLISHED, find_flow};
use super::resource::pick;
use super::tables::{TABLE, with_table_code};
use crate::api::call::Call;
use crate::api::downloads;
use crate::api::entity;
use crate::api::route::Route;
use crate::time::Nanos;
use crate::time::clock::{parse_rfc3339, rfc3339};
use crate::view;
use crate::wire::csv;
use crate::wire::error::ApiError;
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::architect::{DATA_TABLES, FlowRef, rows_of};
use crate::world::collection::Entity;

/// The collection of executions.
pub(in crate::api) const EXECUTIONS: &str = "/api/v2/flows/executions";
/// The key of the id of the flow that an execution runs.
pub(in crate::api) const FLOW_ID: &str = "flowId";
/// The key of the start of a run.
const BEGAN: &str = "dateLaunched";
/// The key of the id of an export's file.
const FILE: &str = "file";
/// The duration of each of the two steps of a run.
pub(super) const STEP: Nanos = 1_000_000_000;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v2/flows/executions", create_execution),
        Route::get("/api/v2/flows/executions/{flowExecutionId}", get_execution),
        Route::post("/api/v2/flows/export/jobs", create_export),
        Route::get("/api/v2/flows/export/jobs/{jobId}", get_export),
        Route::post("/api/v2/flows/datatables/{datatableId}/export/jobs", create_rows_export),
        Route::get("/api/v2/flows/datatables/{datatableId}/export/jobs/{exportJobId}", get_rows_export),
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

/// How long an execution took, in milliseconds. `None` while it runs.
#[expect(clippy::cast_precision_loss, reason = "times of analytics are floating point numbers")]
pub(in crate::api) fn run_time(run: &Map<String, Value>, now: Nanos) -> Option<f64> {
    end_of(run, now).map(|_| (2 * STEP / 1_000_000) as f64)
}

/// Stores a new run in the collection `path`.
pub(super) fn start(call: &Call<'_>, path: &str, more: Map<String, Value>) -> Entity {
    let mut run = more;
    run.insert(BEGAN.to_owned(), json!(rfc3339(call.now)));
    entity::create(call, path, run)
}

fn create_execution(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let id = entity::required_text(&body, "flowId")?;
    if let Some(input) = body.get("inputData").filter(|input| !(input.is_object() || input.is_null())) {
        return Err(ApiError::bad_request(format!(
            "The property inputData must be an object, not {input}.",
            input = quoted(&input.to_string())
        )));
    }
    let (flow_name, version) = published_version(&call.tenant().read(), id)?;
    let name = match entity::text(&body, "name") {
        "" => &flow_name,
        name => name,
    };
    let run = start(
        call,
        EXECUTIONS,
        Map::from_iter([
            ("name".to_owned(), json!(name)),
            (FLOW_ID.to_owned(), json!(id)),
            ("flowVersion".to_owned(), json!(pick(&version, &["id", "name", "selfUri"]))),
        ]),
    );
    Reply::ok(&pick(&run, &["id", "name", "flowVersion", "selfUri"]))
}

/// The name of a flow, and its published version.
fn published_version(
    organization: &Organization,
    id: &str,
) -> Result<(String, Map<String, Value>), ApiError> {
    let FlowRef { record, state } = find_flow(organization, id)?;
    let Some(version) = &state.published else {
        let error = ApiError::bad_request("Flow definition has not been published");
        return Err(ApiError { code: "flow.config.not.published".into(), ..error });
    };
    Ok((record.name.clone(), view::architect::flow_version(organization, record.id(), version)))
}

fn get_execution(call: &Call<'_>) -> Result<Reply, ApiError> {
    let run = entity::get(call, EXECUTIONS, "flow execution", &call.param("flowExecutionId")?)?;
    let mut shown = Map::clone(&run);
    shown.shift_remove(FLOW_ID);
    shown.insert("status".to_owned(), json!(step(&run, call.now, ["RUNNING", "RUNNING", "COMPLETED"])));
    if let Some(end) = end_of(&run, call.now) {
        shown.insert("dateCompleted".to_owned(), end);
        shown.insert("outputData".to_owned(), json!({}));
    }
    Reply::ok(&shown)
}

/// The collection of exports.
const EXPORTS: &str = "/api/v2/flows/export/jobs";
/// The states of a job.
pub(super) const STEPS: [&str; 3] = ["Registered", "Started", "Success"];

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
    let organization = call.tenant().read();
    let flow = view::architect::flow(&organization, organization.flows.find(id)?);
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
pub(super) fn jobs_path(call: &Call<'_>, kind: &str) -> Result<String, ApiError> {
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

pub(super) fn job_to_json(
    job: &Map<String, Value>,
    now: Nanos,
    steps: [&'static str; 3],
) -> Map<String, Value> {
    let mut shown = pick(job, &["id", "name", "importMode", "uploadURI", "selfUri"]);
    shown.insert("status".to_owned(), json!(step(job, now, steps)));
    shown.insert("dateCreated".to_owned(), job.get(BEGAN).cloned().unwrap_or_default());
    if let Some(end) = end_of(job, now) {
        shown.insert("dateCompleted".to_owned(), end);
    }
    shown
}
