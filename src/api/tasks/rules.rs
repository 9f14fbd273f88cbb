//! What the fields of a status, a work type or a work item may be beside each other.

use std::collections::HashSet;

use http::StatusCode;
use serde_json::Value;

use super::USERS;
use crate::api::entity::{text, texts};
use crate::api::json_entity::Body;
use crate::time::clock::parse_rfc3339;
use crate::wire::error::ApiError;
use crate::world::Organization;

/// The bounds of a priority. Documented.
const PRIORITIES: (i64, i64) = (-25_000_000, 25_000_000);
/// The bounds of the score of an agent. Documented.
const SCORES: (i64, i64) = (0, 100);

pub(super) fn bad(code: &'static str, why: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, code, why.into())
}

pub(super) fn conflict(code: &'static str, why: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::CONFLICT, code, why.into())
}

pub(super) fn is_true(body: &Body, key: &str) -> bool {
    body.get(key) == Some(&Value::Bool(true))
}

/// An entity as it is after a change.
pub(super) fn changed(before: Option<&Body>, body: &Body) -> Body {
    let mut after = before.cloned().unwrap_or_default();
    after.extend(body.clone());
    after
}

/// Checks where a status leads to.
pub(super) fn check_status(before: Option<&Body>, body: &Body) -> Result<(), ApiError> {
    let status = changed(before, body);
    let destinations = texts(&status, "destinationStatusIds");
    let written = status.get("destinationStatusIds").and_then(Value::as_array).map_or(0, Vec::len);
    if destinations.iter().collect::<HashSet<_>>().len() < written {
        return Err(bad("invalid.input.duplicate.destinations", "A status is a destination once."));
    }
    if before.is_some_and(|before| destinations.contains(&text(before, "id"))) {
        return Err(bad(
            "invalid.input.status.itself.as.destination",
            "A status cannot be its own destination.",
        ));
    }
    check_default_destination(&status, &destinations)?;
    check_termination(&status)
}

fn check_default_destination(status: &Body, destinations: &[&str]) -> Result<(), ApiError> {
    let next = text(status, "defaultDestinationStatusId");
    if next.is_empty() {
        return Ok(());
    }
    if !destinations.is_empty() && !destinations.contains(&next) {
        let why = "The default destination must be one of destinationStatusIds.";
        return Err(bad("invalid.input.destinations.without.default.destination", why));
    }
    if status.get("statusTransitionDelaySeconds").is_none_or(Value::is_null) {
        let why = "A status with a default destination needs statusTransitionDelaySeconds.";
        return Err(bad("invalid.input.missing.transition.delay", why));
    }
    Ok(())
}

/// A status that terminates an item is of the category Closed, and leads nowhere by itself.
fn check_termination(status: &Body) -> Result<(), ApiError> {
    if !is_true(status, "autoTerminateWorkitem") {
        return Ok(());
    }
    if text(status, "category") != "Closed" {
        return Err(bad(
            "invalid.input.auto.terminate.not.applicable.for.status.category",
            "Only a status of the category Closed terminates a workitem.",
        ));
    }
    if !text(status, "defaultDestinationStatusId").is_empty() {
        return Err(bad(
            "invalid.input.auto.transition.disabled.for.terminate.status",
            "A status that terminates a workitem has no default destination.",
        ));
    }
    Ok(())
}

/// Refuses the deletion of a status that another one leads to.
pub(super) fn check_no_destination<'b>(
    mut others: impl Iterator<Item = &'b Body>,
    id: &str,
) -> Result<(), ApiError> {
    let Some(by) = others.find(|other| {
        texts(other, "destinationStatusIds").contains(&id) || text(other, "defaultDestinationStatusId") == id
    }) else {
        return Ok(());
    };
    let is_default = text(by, "defaultDestinationStatusId") == id;
    let code = if is_default {
        "pre.check.status.is.default.destination"
    } else {
        "pre.check.status.is.destination"
    };
    Err(conflict(code, format!("The status is a destination of {}.", text(by, "name"))))
}

/// Checks the fields of a work item that need no other entity than users.
pub(super) fn check_item(
    organization: &Organization,
    before: Option<&Body>,
    body: &Body,
) -> Result<(), ApiError> {
    check_number(body.get("priority"), "priority", PRIORITIES)?;
    check_scored(organization, body)?;
    let item = changed(before, body);
    let at = |key: &str| parse_rfc3339(text(&item, key));
    if at("dateDue").zip(at("dateExpires")).is_some_and(|(due, expires)| due > expires) {
        return Err(conflict("pre.check.value.greater.than", "A workitem is due before it expires."));
    }
    let names = |key: &str| body.get(key).is_some_and(Value::is_string);
    if before.is_some() && names("queueId") && names("assigneeId") {
        let why = "The queue and the assignee of a workitem change in two requests.";
        return Err(bad("invalid.input.update.queue.and.assignee", why));
    }
    Ok(())
}

fn check_number(value: Option<&Value>, field: &str, (least, most): (i64, i64)) -> Result<(), ApiError> {
    match value.and_then(Value::as_i64) {
        Some(number) if number < least => {
            Err(bad("invalid.input.int.value.too.low", format!("The property {field} is at least {least}.")))
        }
        Some(number) if number > most => {
            Err(bad("invalid.input.int.value.too.high", format!("The property {field} is at most {most}.")))
        }
        _ => Ok(()),
    }
}

/// Each agent with a score is a user, and is named once.
fn check_scored(organization: &Organization, body: &Body) -> Result<(), ApiError> {
    let mut seen = HashSet::new();
    for agent in body.get("scoredAgents").and_then(Value::as_array).into_iter().flatten() {
        let id = agent["id"].as_str().unwrap_or_default();
        if !organization.has_entity(USERS, id) {
            return Err(ApiError::no_reference("scoredAgents", "user", id));
        }
        check_number(agent.get("score"), "score", SCORES)?;
        if !seen.insert(id) {
            return Err(bad("invalid.input.duplicate.scored.agents", "An agent has one score."));
        }
    }
    Ok(())
}
