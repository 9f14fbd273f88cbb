//! Imports of rows of data tables: a job waits for its file, and ends with the counts of what was in it.
//!
//! The rows are stored when the file arrives; the state of the job follows by the clock.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::resource::pick;
use super::rows::find_table;
use super::runs::{STEP, job_to_json, jobs_path, start};
use super::schema::{self, KEY};
use crate::api::call::Call;
use crate::api::entity::{self, text};
use crate::api::route::Route;
use crate::api::uploads;
use crate::catalog::Checks;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::wire::csv::reader;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::architect::rows_of;

type Row = Map<String, Value>;

/// The keys of a job: the instant at which its file arrived, in nanoseconds, and why the file was not read.
const ARRIVED: &str = "arrived";
const FAILURE: &str = "failure";
/// The counts of a job.
const COUNTS: [&str; 3] = ["countRecordsUpdated", "countRecordsDeleted", "countRecordsFailed"];
/// The name of the file in the address of an upload.
const FILE: &str = "rows.csv";

pub(super) fn routes() -> Vec<Route> {
    let of = |more: &str| format!("/api/v2/flows/datatables/{{datatableId}}/import/{more}");
    vec![
        Route::post(&of("jobs"), create).checks(Checks::Inside),
        Route::post(&of("csv/jobs"), create).checks(Checks::Inside),
        Route::get(&of("jobs"), list),
        Route::get(&of("jobs/{importJobId}"), get),
    ]
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let path = jobs_path(call, "import")?;
    let body = call.json_object()?;
    let mode = match text(&body, "importMode") {
        "" => "ReplaceAll",
        mode @ ("ReplaceAll" | "Append") => mode,
        other => return Err(ApiError::invalid_value("importMode", other, "ReplaceAll, Append")),
    };
    let name = if text(&body, "name").is_empty() { "import" } else { text(&body, "name") };
    let fields = [("name", json!(name)), ("importMode", json!(mode))];
    let job = start(call, &path, fields.map(|(key, value)| (key.to_owned(), value)).into_iter().collect());
    let id = text(&job, "id");
    let table = call.param("datatableId")?;
    let more = [("jobs", json!(path)), ("job", json!(id)), ("table", json!(table)), ("mode", json!(mode))];
    let more = Row::from_iter(more.map(|(key, value)| (key.to_owned(), value)));
    let job = call.change(|organization| {
        let upload = uploads::expect(organization, "rows", more);
        let uri = uploads::address(call, &upload, FILE);
        let changed = organization.collections.update(&path, id, |job| {
            job.insert("uploadURI".to_owned(), json!(uri));
            Ok::<(), ApiError>(())
        });
        changed.ok_or_else(ApiError::internal)?
    })?;
    Reply::accepted(&to_json(&job, call.now))
}

fn to_json(job: &Row, now: Nanos) -> Row {
    let mut shown = job_to_json(job, now, ["WaitingForUpload"; 3]);
    shown.shift_remove("dateCompleted");
    let Some(arrived) = job.get(ARRIVED).and_then(Value::as_u64) else { return shown };
    let (done, failure) = (arrived.saturating_add(STEP), text(job, FAILURE));
    let status = match (now < done, failure) {
        (true, _) => "Processing",
        (false, "") => "Succeeded",
        (false, _) => "Failed",
    };
    shown.insert("status".to_owned(), json!(status));
    if now >= done {
        shown.insert("dateCompleted".to_owned(), json!(rfc3339(done)));
        shown.extend(pick(job, &COUNTS));
    }
    if status == "Failed" {
        let error = json!({ "message": failure, "code": "flows.datatables.import.failed", "status": 400 });
        shown.insert("errorInformation".to_owned(), error);
    }
    shown
}

/// Lists imports. Unlike other listings it has no addresses of other pages.
fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    const SHOWN: [&str; 5] = ["entities", "pageSize", "pageNumber", "total", "pageCount"];
    let page = entity::list(call, &jobs_path(call, "import")?)?;
    let page = entity::map_page(page, |job| to_json(job, call.now));
    match json!(page) {
        Value::Object(page) => Reply::ok(&pick(&page, &SHOWN)),
        _ => Err(ApiError::internal()),
    }
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let path = jobs_path(call, "import")?;
    let job = entity::get(call, &path, "import job", &call.param("importJobId")?)?;
    Reply::ok(&to_json(&job, call.now))
}

/// Reads the file of an import, and notes the counts in its job.
pub(in crate::api) fn take_rows(organization: &mut Organization, upload: &Row, content: &str, now: Nanos) {
    let read = import(organization, upload, content);
    let _ = organization.collections.update(text(upload, "jobs"), text(upload, "job"), |job| {
        job.insert(ARRIVED.to_owned(), json!(now));
        match read {
            Ok(counts) => {
                let counts = COUNTS.iter().zip(counts);
                job.extend(counts.map(|(key, count)| ((*key).to_owned(), json!(count))));
            }
            Err(why) => drop(job.insert(FAILURE.to_owned(), json!(why))),
        }
        Ok::<(), ApiError>(())
    });
}

/// Stores the rows of a file. How many were stored, deleted, and not as the schema says; or why the file is none of rows.
fn import(organization: &mut Organization, upload: &Row, content: &str) -> Result<[usize; 3], &'static str> {
    let table = text(upload, "table");
    let found = find_table(&organization.collections, table).map_err(|_| "The data table was deleted.")?;
    let (rows, failed) = read(found, content)?;
    let path = rows_of(table);
    let kept: HashSet<&str> = rows.iter().map(|row| text(row, KEY)).collect();
    let replaces = text(upload, "mode") == "ReplaceAll";
    let others =
        organization.collections.list(&path).filter(|row| replaces && !kept.contains(text(row, KEY)));
    let others: Vec<String> = others.map(|row| text(row, KEY).to_owned()).collect();
    for key in &others {
        organization.collections.remove(&path, key);
    }
    let stored = rows.len();
    for row in rows {
        let key = text(&row, KEY).to_owned();
        organization.collections.insert(&path, &key, row);
    }
    Ok([stored, others.len(), failed])
}

/// The rows of a file that are as the schema of the table says, and how many are not.
fn read(table: &Row, content: &str) -> Result<(Vec<Row>, usize), &'static str> {
    let mut reader = reader(content);
    let header = reader.headers().map_err(|_| "The file is not of comma-separated values.")?.clone();
    if header.iter().all(|column| column != KEY) {
        return Err("The file has no column key.");
    }
    let (mut rows, mut failed) = (Vec::new(), 0);
    for record in reader.records() {
        let row = record.ok().and_then(|record| row_of(table, &header, &record));
        match row {
            Some(row) => rows.push(row),
            None => failed += 1,
        }
    }
    Ok((rows, failed))
}

fn row_of(table: &Row, header: &csv::StringRecord, record: &csv::StringRecord) -> Option<Row> {
    let properties = table.get("schema").and_then(|schema| schema.get("properties"));
    let kind = |column: &str| properties.and_then(|all| all.get(column)?.get("type")?.as_str());
    let cells = header.iter().zip(record).filter(|(_, cell)| !cell.is_empty());
    let mut row: Row = cells.map(|(column, cell)| (column.to_owned(), value(kind(column), cell))).collect();
    let is_sound = schema::apply(&mut row, table).is_ok() && !text(&row, KEY).is_empty();
    is_sound.then_some(row)
}

/// A cell as a value of a type of the schema. A cell of another type stays a string, which the schema refuses.
fn value(kind: Option<&str>, cell: &str) -> Value {
    let plain = || json!(cell);
    match kind {
        Some("boolean") => cell.to_lowercase().parse::<bool>().map_or_else(|_| plain(), Value::from),
        Some("integer") => cell.parse::<i64>().map_or_else(|_| plain(), Value::from),
        Some("number") => cell.parse::<f64>().map_or_else(|_| plain(), Value::from),
        _ => plain(),
    }
}
