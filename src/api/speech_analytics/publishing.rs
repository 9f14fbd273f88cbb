//! Jobs that publish programs and topics. What is published is marked at once; the job completes by the clock.

use serde_json::{Map, Value, json};

use super::programs::PROGRAMS;
use super::topics::TOPICS;
use super::{check_ids, references, strings};
use crate::api::announce::TopicEvent;
use crate::api::call::Call;
use crate::api::entity;
use crate::api::json_entity::{Body, answer, author_reference, job};
use crate::api::route::Route;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;

/// The paths of jobs, what they are about, and the field of the body with its ids; empty for jobs about nothing that is
/// stored.
const JOBS: [(&str, &str, &str); 4] = [
    ("/api/v2/speechandtextanalytics/programs/publishjobs", PROGRAMS, "programIds"),
    ("/api/v2/speechandtextanalytics/topics/publishjobs", TOPICS, "topicIds"),
    ("/api/v2/speechandtextanalytics/programs/general/jobs", "", ""),
    ("/api/v2/speechandtextanalytics/topics/testphrase/jobs", "", ""),
];

pub(super) fn routes() -> Vec<Route> {
    let both = JOBS.iter().flat_map(|(path, ..)| {
        [Route::post(path, create).publishes_later(events), Route::get(&format!("{path}/{{jobId}}"), get)]
    });
    both.collect()
}

/// The path of the job's collection, what it is about, and the field of its ids.
fn kind_of(call: &Call<'_>) -> (&'static str, &'static str, &'static str) {
    JOBS.into_iter().find(|(path, ..)| call.path.starts_with(path)).unwrap_or_default()
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ((path, collection, field), body) = (kind_of(call), call.json_object()?);
    let author = author_reference(call);
    let kind = if field == "programIds" { "program" } else { "topic" };
    if !field.is_empty() && strings(&body, field).next().is_none() {
        let code = format!("{kind}.not.provided").into();
        let why = format!("The property {field} needs the id of at least one {kind}.");
        return Err(ApiError { code, ..ApiError::bad_request(why) });
    }
    call.change(|organization| {
        check_ids(organization, collection, (field, kind), &body)?;
        for id in strings(&body, field) {
            let Some(entity) = organization.collections.get(collection, id) else { continue };
            let mut entity = Map::clone(entity);
            entity.insert("published".to_owned(), json!(true));
            entity.insert("datePublished".to_owned(), json!(rfc3339(call.now)));
            entity.insert("publishedBy".to_owned(), author.clone());
            organization.collections.insert(collection, id, entity);
        }
        Ok(())
    })?;
    let mut stored = body;
    job::start(call, &mut stored);
    for key in ["dateCreated", "dateModified"] {
        stored.insert(key.to_owned(), json!(rfc3339(call.now)));
    }
    stored.insert("createdBy".to_owned(), author);
    let stored = entity::create(call, path, stored);
    answer::reply(call, to_json(call, &stored))
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (path, ..) = kind_of(call);
    let stored = entity::get(call, path, "job", &call.param("jobId")?)?;
    answer::reply(call, to_json(call, &stored))
}

/// `v2.speechandtextanalytics.programs.publishjobs.{id}` and its siblings, when the job is done.
fn events(call: &Call<'_>, answered: &Value) -> Vec<TopicEvent> {
    let id = answered["id"].as_str().unwrap_or_default();
    let (path, ..) = kind_of(call);
    let topic = format!("{}.{id}", path.trim_start_matches("/api/").replace('/', "."));
    vec![TopicEvent::later(job::DONE_AFTER, topic, json!({ "id": id, "state": "Completed" }))]
}

fn to_json(call: &Call<'_>, stored: &Body) -> Body {
    let (_, collection, field) = kind_of(call);
    let mut shown = stored.clone();
    shown.insert("state".to_owned(), json!(job::state(call, stored, ["Running", "Running", "Completed"])));
    let organization = call.tenant().read();
    let about = references(&organization, collection, strings(stored, field));
    shown.insert(field.replace("Ids", "s"), Value::Array(about));
    for key in ["processedTranscriptsCount", "matchedTranscriptsCount"] {
        shown.insert(key.to_owned(), json!(0));
    }
    shown
}
