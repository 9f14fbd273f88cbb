//! Jobs that publish a flow from a file, as Archy and Terraform do.
//!
//! A job is registered until its file arrives, runs for a second, and then has succeeded or failed. The file is Architect's
//! YAML: the type of the flow, and below it its name, its description and the name of its division. What the flow does is not
//! read: no flow runs here. A file of another form publishes nothing, and its job succeeds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::author::flow_author;
use super::flows::{editable, type_of_key};
use super::resource::pick;
use super::runs::{STEP, STEPS, start};
use crate::api::call::Call;
use crate::api::entity;
use crate::api::route::Route;
use crate::api::uploads;
use crate::time::Nanos;
use crate::time::clock::{parse_rfc3339, rfc3339};
use crate::wire::error::ApiError;
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::architect::{Flow, FlowAuthor};
use crate::world::authorization::Division;
use crate::world::id::Id;
use crate::world::table::{Record, Stored as _};

/// The collection of jobs.
const JOBS: &str = "/api/v2/flows/jobs";

/// The keys of a job: the instant at which its file arrived, the flow that it published, and why it published none.
const ARRIVED: &str = "arrived";
const PUBLISHED: &str = "flow";
const FAILED: &str = "failed";

/// The keys of its upload: the job, who asked for it, and the flow that the file has, with its type.
const JOB: &str = "job";
const AUTHOR: &str = "author";
const KIND: &str = "type";
const FLOW: &str = "flow";

pub(super) fn routes() -> Vec<Route> {
    vec![Route::post("/api/v2/flows/jobs", create_job), Route::get("/api/v2/flows/jobs/{jobId}", get_job)]
}

fn create_job(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.json_object_or_none()?;
    let job = start(call, JOBS, Map::new());
    let id = entity::text(&job, "id");
    let more = Map::from_iter([(JOB.to_owned(), json!(id)), (AUTHOR.to_owned(), json!(flow_author(call)))]);
    let upload = call.change(|organization| Ok(uploads::expect(organization, "flow", more)))?;
    Reply::accepted(&json!({
        "id": id,
        "presignedUrl": uploads::address(call, &upload, "flow.i3"),
        "headers": {},
        "selfUri": format!("{JOBS}/{id}"),
    }))
}

fn get_job(call: &Call<'_>) -> Result<Reply, ApiError> {
    let job = entity::get(call, JOBS, "flow job", &call.param("jobId")?)?;
    let mut shown = pick(&job, &["id", "selfUri"]);
    let arrived = job.get(ARRIVED).and_then(Value::as_str).and_then(parse_rfc3339);
    let is_over = arrived.is_some_and(|arrived| call.now >= arrived.saturating_add(STEP));
    let (status, flow, messages) = match (arrived, is_over, job.get(FAILED)) {
        (None, ..) => (STEPS[0], None, json!([])),
        (Some(_), false, _) => (STEPS[1], None, json!([])),
        (Some(_), true, None) => (STEPS[2], job.get(PUBLISHED).and_then(Value::as_str), json!([])),
        (Some(_), true, Some(why)) => ("Failure", None, json!([{ "type": "Error", "text": why }])),
    };
    if let Some(flow) = flow {
        shown.insert("flow".to_owned(), json!({ "id": flow, "selfUri": format!("/api/v2/flows/{flow}") }));
    }
    shown.insert("status".to_owned(), json!(status));
    shown.insert("command".to_owned(), json!("Publish"));
    shown.insert("messages".to_owned(), messages);
    Reply::ok(&shown)
}

/// Keeps the flow of a file in its upload. A file of another form has none.
pub(in crate::api) fn read_flow(upload: &mut Map<String, Value>, content: &str) {
    if let Some((kind, flow)) = read(content) {
        upload.insert(KIND.to_owned(), json!(kind));
        upload.insert(FLOW.to_owned(), json!(flow));
    }
}

/// Publishes the flow of an upload, and notes what came of it.
pub(in crate::api) fn take_flow(organization: &mut Organization, upload: &Map<String, Value>, now: Nanos) {
    let author = upload.get(AUTHOR).and_then(|author| FlowAuthor::deserialize(author).ok());
    let flow = upload.get(FLOW).and_then(|flow| FlowFile::deserialize(flow).ok());
    let published = match (type_of_key(entity::text(upload, KIND)), flow, author) {
        (Some(kind), Some(flow), Some(author)) => Some(publish(organization, kind, flow, &author, now)),
        _ => None,
    };
    let _ = organization.collections.update(JOBS, entity::text(upload, JOB), |job| {
        job.insert(ARRIVED.to_owned(), json!(rfc3339(now)));
        match published {
            Some(Ok(flow)) => drop(job.insert(PUBLISHED.to_owned(), json!(flow.to_string()))),
            Some(Err(error)) => drop(job.insert(FAILED.to_owned(), json!(error.message))),
            None => {}
        }
        Ok::<(), ApiError>(())
    });
}

/// What is read of a flow.
#[derive(Serialize, Deserialize)]
struct FlowFile {
    name: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    division: Option<String>,
}

/// The type of a flow and what its file says of it. `None`: the file has another form.
fn read(content: &str) -> Option<(&'static str, FlowFile)> {
    let mut file: BTreeMap<String, FlowFile> = serde_saphyr::from_str(content).ok()?;
    let (key, flow) = file.pop_first()?;
    Some((type_of_key(&key)?, flow))
}

/// Publishes a new version of the flow of that type and name, which is new if there is none.
fn publish(
    organization: &mut Organization,
    kind: &'static str,
    file: FlowFile,
    author: &FlowAuthor,
    now: Nanos,
) -> Result<Id<Flow>, ApiError> {
    let division = division(organization, file.division.as_deref())?;
    let known = organization.flows.named(kind, &file.name).map(|flow| flow.record.clone());
    let is_new = known.is_none();
    let mut record = match known {
        Some(record) => {
            editable(organization, &record.id().to_string(), author)?;
            record
        }
        None => Record::new(Id::random(), file.name, now),
    };
    let id = record.id();
    (record.modified, record.division) = (now, division.or(record.division));
    if let Some(description) = file.description {
        record.extra.insert("description".to_owned(), json!(description));
    }
    if is_new { organization.flows.add(record, kind) } else { organization.flows.replace(record) }
        .map_err(super::flows::refused)?;
    organization.flows.change(id, |flow| flow.publish(author, now));
    Ok(id)
}

/// The division of that name. An empty one is none.
fn division(organization: &Organization, name: Option<&str>) -> Result<Option<Id<Division>>, ApiError> {
    let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(None) };
    let division = Division::table(organization).named(name).map(Record::id);
    division.map(Some).ok_or_else(|| ApiError::bad_request(format!("There is no division {}.", quoted(name))))
}
