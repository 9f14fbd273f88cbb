//! Jobs: their state follows the clock.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::GenericCall;
use crate::catalog::schema::{Kind, SchemaId, Schemas};
use crate::time::Nanos;
use crate::time::clock::{parse_rfc3339, rfc3339};

/// The duration of a job, in model time.
const DURATION: Nanos = 2_000_000_000;

/// The key under which a stored job keeps its start. No answer has it.
pub(super) const STARTED: &str = "\u{0}started";

/// The properties that tell the state of a job.
const STATES: [&str; 4] = ["state", "status", "jobState", "queryStatus"];

/// The words of a job that runs, in lower case without separators.
const RUNNING: [&str; 12] = [
    "queued",
    "submitted",
    "created",
    "initiated",
    "pending",
    "started",
    "processing",
    "running",
    "inprogress",
    "open",
    "new",
    "requested",
];

/// The words of a job that has succeeded, in lower case without separators.
const DONE: [&str; 9] =
    ["complete", "completed", "succeeded", "success", "fulfilled", "finished", "done", "published", "closed"];

/// The property of a schema that tells the state of a job, with the words before and after its end. `None` where the
/// schema is not that of a job.
fn state(schemas: &Schemas, answer: SchemaId) -> Option<(&'static str, String, String)> {
    STATES.iter().find_map(|name| {
        let Kind::Text(rule) = schemas.kind(schemas.object(answer)?.find(name)?.schema) else { return None };
        let find = |known: &[&str]| known.iter().find_map(|of| rule.words().find(|word| plain(word) == *of));
        Some((*name, find(&RUNNING)?.to_owned(), find(&DONE)?.to_owned()))
    })
}

fn plain(word: &str) -> String {
    word.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// Notes the start of a job in the entity that is stored for it, if the answer is that of a job and the client has not
/// set the state.
pub(super) fn start(generic: &GenericCall<'_, '_>, entity: &mut Map<String, Value>) {
    let state = generic.facts.answer.and_then(|answer| state(&generic.catalog.schemas, answer));
    let is_job =
        generic.template.ends_with("/jobs") || state.is_some_and(|(name, ..)| !entity.contains_key(name));
    if is_job {
        entity.insert(STARTED.to_owned(), json!(rfc3339(generic.call.now)));
    }
}

/// A job whose state a client sets keeps that state: its run is over.
pub(super) fn set(generic: &GenericCall<'_, '_>, job: &mut Map<String, Value>, changes: &Map<String, Value>) {
    let named = generic.facts.answer.and_then(|answer| state(&generic.catalog.schemas, answer));
    if named.is_some_and(|(name, ..)| changes.contains_key(name)) {
        job.shift_remove(STARTED);
    }
}

/// An entity whose state an action names keeps that state.
pub(super) fn keep_state(entity: &mut Map<String, Value>, changes: &Map<String, Value>) {
    if STATES.iter().any(|name| changes.contains_key(*name)) {
        entity.shift_remove(STARTED);
    }
}

/// Sets the state of what is done at once, and answered without a place where it is read later. One that is only
/// accepted goes on.
pub(super) fn finish(generic: &GenericCall<'_, '_>, entity: &mut Map<String, Value>) {
    if generic.facts.status == StatusCode::ACCEPTED {
        return start(generic, entity);
    }
    let named = generic.facts.answer.and_then(|answer| state(&generic.catalog.schemas, answer));
    if let Some((name, _, done)) = named {
        entity.entry(name).or_insert(json!(done));
    }
}

/// Sets the state of the job at the time of the call; an entity that is not a job stays as it is.
pub(super) fn advance(generic: &GenericCall<'_, '_>, entity: &mut Map<String, Value>) {
    let started = entity.shift_remove(STARTED);
    if let (Some(started), Some(answer)) = (started, generic.facts.answer) {
        set_state(generic, answer, &started, entity);
    }
}

/// [`advance`] for an item of a listing: its state is that of the answer to the GET of one.
pub(super) fn advance_item(generic: &GenericCall<'_, '_>, item: &mut Map<String, Value>) {
    let Some(started) = item.shift_remove(STARTED) else { return };
    let one = format!("{}/{{id}}", generic.collection);
    let found = generic.catalog.find(&Method::GET, &one).map(|found| found.operation);
    if let Some(answer) = found.and_then(|get| get.facts.as_ref()?.answer) {
        set_state(generic, answer, &started, item);
    }
}

fn set_state(
    generic: &GenericCall<'_, '_>,
    answer: SchemaId,
    started: &Value,
    entity: &mut Map<String, Value>,
) {
    let started = started.as_str().and_then(parse_rfc3339).unwrap_or_default();
    let is_done = generic.call.now >= started.saturating_add(DURATION);
    if let Some((name, running, done)) = state(&generic.catalog.schemas, answer) {
        entity.insert(name.to_owned(), json!(if is_done { done } else { running }));
    }
}
