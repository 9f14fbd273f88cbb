//! Process automation: triggers, which send the events of a topic on.
//!
//! A trigger of the platform starts a workflow. gcmock has no engine of workflows, so nothing of it runs. The target has
//! one more property here: `webhook`, with the `url` that gets the event and the `secret` that signs it. It stands in for
//! the workflow, which need not exist then.

use serde_json::{Map, Value};

use super::call::Call;
use super::entity::required_text;
use super::record::{self, Resource, check_references_of, find};
use super::route::Route;
use crate::push::delivery::address::Address;
use crate::push::delivery::criteria::{Criterion, MOST};
use crate::push::topic;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::CursorPage;
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::architect::Flow;
use crate::world::automation::Trigger;
use crate::world::id::Id;
use crate::world::reference::Reference;
use crate::world::table::Record;

/// The most characters of a description (documented).
const DESCRIPTION: usize = 512;
/// The most characters of a secret.
const SECRET: usize = 256;
/// The least life of an event, in seconds (documented).
const LEAST_LIFE: u64 = 10;
/// The least and the greatest delay, in seconds (documented).
const DELAY: (u64, u64) = (60, 900);

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    let spelled_otherwise =
        routes_at("/api/v2/processAutomation/triggers").into_iter().map(Route::unpublished);
    routes_at("/api/v2/processautomation/triggers").into_iter().chain(spelled_otherwise).collect()
}

/// The operations below a path. The vendor's Terraform provider spells it otherwise than the document.
fn routes_at(path: &str) -> Vec<Route> {
    let one = format!("{path}/{{triggerId}}");
    vec![
        Route::get(path, record::list_by_cursor::<Trigger>),
        Route::post(path, create),
        Route::get(&format!("{path}/topics"), list_topics),
        Route::get(&one, record::get::<Trigger>),
        Route::put(&one, replace),
        Route::delete(&one, record::delete::<Trigger>),
    ]
}

impl Resource for Trigger {
    const PARAM: &'static str = "triggerId";
    const VERSIONED: bool = true;

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::automation::trigger(organization, record)
    }

    fn note(organization: &mut Organization, _: Id<Self>, _: Option<&Record<Self>>) {
        organization.note_receivers();
    }

    fn matches(call: &Call<'_>, _: &Organization, record: &Record<Self>) -> bool {
        let topics = call.query_list("topicName");
        let is =
            |name: &str, holds: bool| call.query_text(name).is_none_or(|asked| (asked == "true") == holds);
        let enabled = record.extra.get("enabled").and_then(Value::as_bool).unwrap_or_default();
        let delayed = record.extra.get("delayBySeconds").is_some_and(|delay| !delay.is_null());
        (topics.is_empty() || topics.iter().any(|topic| topic == topic_of(&record.extra)))
            && is("enabled", enabled)
            && is("hasDelayBy", delayed)
    }
}

/// The flow that a trigger starts.
const TARGET: Reference = Reference::to::<Flow>("target");

fn topic_of(fields: &Map<String, Value>) -> &str {
    fields.get("topicName").and_then(Value::as_str).unwrap_or_default()
}

/// Lists every topic, also those to which gcmock publishes nothing: their events can be published by the admin API.
fn list_topics(call: &Call<'_>) -> Result<Reply, ApiError> {
    let all = topic::templates().iter().map(|template| template.text);
    Reply::ok(&CursorPage::of(all, |name| call.query(name), (call.path, call.query))?)
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    check(call, &body)?;
    Reply::ok(&record::add::<Trigger>(call, &body)?)
}

/// Replaces a trigger. Its topic stays. A webhook without a secret keeps the one that it has, because no answer shows it.
fn replace(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (id, mut body) = (call.param(Trigger::PARAM)?, call.json_object()?);
    let before = find::<Trigger>(&call.tenant().read(), &id)?.extra.clone();
    check(call, &body)?;
    if topic_of(&body) != topic_of(&before) {
        let why = "The field [topicName] can not be changed; a new trigger must be created.";
        return Err(ApiError::constraint("topicName", why.to_owned()));
    }
    keep_secret(&mut body, &before);
    Reply::ok(&record::replace_by::<Trigger>(call, &id, &body)?)
}

fn keep_secret(body: &mut Map<String, Value>, before: &Map<String, Value>) {
    let known = before.get("target").and_then(|target| target.get("webhook")?.get("secret"));
    let webhook = body.get_mut("target").and_then(|target| target.get_mut("webhook")?.as_object_mut());
    if let Some((webhook, secret)) = webhook.zip(known) {
        webhook.entry("secret").or_insert_with(|| secret.clone());
    }
}

/// Checks what the API document does not say of a trigger.
fn check(call: &Call<'_>, body: &Map<String, Value>) -> Result<(), ApiError> {
    let topic = required_text(body, "topicName")?;
    if topic::templates().iter().all(|template| template.text != topic) {
        let why = format!(
            "The topic [{topic}] is not one of GET /api/v2/processautomation/triggers/topics.",
            topic = quoted(topic)
        );
        return Err(ApiError::constraint("topicName", why));
    }
    let description = body.get("description").and_then(Value::as_str).unwrap_or_default();
    if description.chars().count() > DESCRIPTION {
        let why = format!("The field [description] has at most {DESCRIPTION} characters.");
        return Err(ApiError::constraint("description", why));
    }
    check_times(body)?;
    check_criteria(body)?;
    check_target(&call.tenant().read(), body)?;
    check_webhook(call, body)
}

/// Refuses a target that is not a flow: 400. A webhook of gcmock's own stands in for the flow.
fn check_target(organization: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
    let has_webhook =
        body.get("target").is_some_and(|target| target.get("webhook").is_some_and(|of| !of.is_null()));
    if has_webhook { Ok(()) } else { check_references_of(organization, &[TARGET], body) }
}

fn check_times(body: &Map<String, Value>) -> Result<(), ApiError> {
    let given = |field: &str| body.get(field).filter(|value| !value.is_null());
    let (life, delay) = (given("eventTTLSeconds"), given("delayBySeconds"));
    if life.is_some() && delay.is_some() {
        let why = "Only one of [eventTTLSeconds] and [delayBySeconds] can be set.";
        return Err(ApiError::constraint("delayBySeconds", why.to_owned()));
    }
    if life.is_some_and(|life| life.as_u64().is_none_or(|seconds| seconds < LEAST_LIFE)) {
        let why = format!("The field [eventTTLSeconds] must be at least {LEAST_LIFE}.");
        return Err(ApiError::constraint("eventTTLSeconds", why));
    }
    let (least, most) = DELAY;
    if delay.is_some_and(|delay| delay.as_u64().is_none_or(|seconds| seconds < least || seconds > most)) {
        let why = format!("The field [delayBySeconds] must be in the range of {least} to {most}.");
        return Err(ApiError::constraint("delayBySeconds", why));
    }
    Ok(())
}

fn check_criteria(body: &Map<String, Value>) -> Result<(), ApiError> {
    let criteria = body.get("matchCriteria").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if criteria.len() > MOST {
        let why = format!("The field [matchCriteria] has at most {MOST} conditions.");
        return Err(ApiError::constraint("matchCriteria", why));
    }
    for (at, criterion) in criteria.iter().enumerate() {
        Criterion::read(criterion).map_err(|(field, why)| {
            let field = format!("matchCriteria[{at}].{field}");
            ApiError::constraint(&field, format!("The field [{field}] is not valid: {}.", quoted(&why)))
        })?;
    }
    Ok(())
}

/// Checks gcmock's own `target.webhook`. Where it is missing, the matches of the trigger are logged and nothing is sent.
fn check_webhook(call: &Call<'_>, body: &Map<String, Value>) -> Result<(), ApiError> {
    let webhook = body.get("target").and_then(|target| target.get("webhook")).filter(|of| !of.is_null());
    let Some(webhook) = webhook else { return Ok(()) };
    let url = webhook.get("url").and_then(Value::as_str).unwrap_or_default();
    Address::read(url, call.platform.notifications.deliveries.hosts()).map_err(|why| {
        const FIELD: &str = "target.webhook.url";
        ApiError::constraint(
            FIELD,
            format!("The field [{FIELD}] is not valid: {}.", quoted(&why.to_string())),
        )
    })?;
    let secret = webhook.get("secret").filter(|secret| !secret.is_null());
    let is_secret = |text: &str| (1..=SECRET).contains(&text.chars().count());
    if secret.is_some_and(|secret| !secret.as_str().is_some_and(is_secret)) {
        const FIELD: &str = "target.webhook.secret";
        let why = format!("The field [{FIELD}] must be a string of 1 to {SECRET} characters.");
        return Err(ApiError::constraint(FIELD, why));
    }
    Ok(())
}
