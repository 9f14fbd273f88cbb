//! Wrap-ups of participants, and the codes that they may have.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::participant::{change_participant, get_participant, refused};
use super::{find_communication, find_participant, medium_in};
use crate::api::call::Call;
use crate::api::entity::instant;
use crate::api::record::referred;
use crate::view::conversation::assigned_wrapup;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::conversation::{Medium, Purpose, Wrapup};
use crate::world::routing::WrapUpCode;

/// What the platform's own wrap-up codes begin with, such as the one of an agent whose time was up.
const OWN_CODES: &str = "ININ-";
/// The id of the platform's default wrap-up code (reported).
const DEFAULT_CODE: &str = "7fb334b0-0e9e-11e4-9191-0800200c9a66";

/// `GET …/wrapup`.
pub(super) fn get_wrapup(call: &Call<'_>) -> Result<Reply, ApiError> {
    if !call.param("communicationId")?.is_empty() {
        find_communication(call, &call.tenant().read())?;
    }
    let participant = get_participant(call)?;
    Reply::ok(&participant.wrapup.as_deref().map(assigned_wrapup).unwrap_or_default())
}

/// `GET …/wrapupcodes`: the wrap-up codes of the participant's queue.
pub(super) fn list_wrapup_codes(call: &Call<'_>) -> Result<Reply, ApiError> {
    let queue = get_participant(call)?.queue;
    let organization = call.tenant().read();
    let codes = queue.into_iter().flat_map(|queue| organization.acd().codes_of_queue.members(queue).keys());
    let codes = codes.filter_map(|code| organization.acd().wrap_up_codes.get(*code));
    let shown = codes.map(|code| json!({ "id": code.id(), "name": code.name, "selfUri": code.uri() }));
    Reply::ok(&shown.collect::<Vec<_>>())
}

/// `POST …/communications/{communicationId}/wrapup`.
pub(super) fn create_wrapup(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_value()?.unwrap_or_default();
    let wrapup = read_wrapup(call, Some(&body))?.ok_or_else(missing_code)?;
    call.change(|organization| {
        let number = find_communication(call, organization)?.communication;
        check_code(organization, "code", Some(&wrapup))?;
        change_participant(call, organization, |parties, index| {
            parties.participants[index].wrap_up(number, wrapup, call.now);
        })?;
        Ok(Reply::empty(StatusCode::ACCEPTED))
    })
}

/// `PATCH …/aftercallwork/…`: asks for a wrap-up after the communication.
pub(super) fn require_after_call_work(call: &Call<'_>) -> Result<Reply, ApiError> {
    let required = call.json_object()?.get("afterCallWorkRequired").and_then(Value::as_bool);
    let required =
        required.ok_or_else(|| ApiError::bad_request("The property afterCallWorkRequired is required."))?;
    call.change(|organization| {
        let number = find_communication(call, organization)?.communication;
        change_participant(call, organization, |parties, index| {
            if let Some(one) = parties.participants[index].communications.get_mut(number) {
                one.after_call_work = required;
            }
        })?;
        Reply::ok(&json!({ "afterCallWorkRequired": required }))
    })
}

/// Refuses the wrap-up of a party that is no agent, and to skip one that has to be given. Only calls have these
/// refusals.
pub(super) fn check_wrapup(
    call: &Call<'_>,
    organization: &Organization,
    body: &Map<String, Value>,
) -> Result<(), ApiError> {
    if medium_in(call) != Some(Medium::Call) {
        return Ok(());
    }
    let place = find_participant(call, organization)?;
    let glance = organization.conversations().glance(place.key).ok_or_else(ApiError::internal)?;
    let parties = glance.parties(call.now);
    let one = parties.participants.get(place.participant).ok_or_else(ApiError::internal)?;
    let is_agent = !one.is_outside() && !matches!(one.purpose, Purpose::Acd | Purpose::Ivr);
    if !is_agent && body.get("wrapup").is_some_and(Value::is_object) {
        return Err(refused("conversation.error.user.not.party", "Only an agent has a wrap-up."));
    }
    let skips = body.get("wrapupSkipped").and_then(Value::as_bool) == Some(true);
    let of_queue = one.queue.and_then(|queue| organization.acd().after_call_work(queue));
    let has_to = one.wrapping_up().is_some() && of_queue.is_some_and(|acw| acw.prompt == "mandatory");
    if skips && has_to {
        return Err(refused("conversation.error.wrapup.cannot.skip", "The queue demands a wrap-up."));
    }
    Ok(())
}

/// Reads a wrap-up and keeps its known fields.
pub(super) fn read_wrapup(call: &Call<'_>, given: Option<&Value>) -> Result<Option<Wrapup>, ApiError> {
    let Some(given) = given.and_then(Value::as_object) else { return Ok(None) };
    let text = |key: &str| given.get(key).and_then(Value::as_str).map(str::to_owned);
    let ended = match text("endTime") {
        Some(at) => instant("endTime", &at)?,
        None => call.now,
    };
    let tags = given.get("tags").and_then(Value::as_array);
    Ok(Some(Wrapup {
        code: text("code").filter(|code| !code.is_empty()).ok_or_else(missing_code)?,
        name: text("name"),
        notes: text("notes"),
        tags: tags.map(|tags| tags.iter().filter_map(|tag| tag.as_str().map(str::to_owned)).collect()),
        duration_seconds: given.get("durationSeconds").and_then(Value::as_u64),
        ended,
        provisional: given.get("provisional").and_then(Value::as_bool),
    }))
}

/// Refuses a code that is neither one of the organization nor one of the platform's own.
pub(super) fn check_code(
    organization: &Organization,
    field: &'static str,
    wrapup: Option<&Wrapup>,
) -> Result<(), ApiError> {
    let code = wrapup.map(|wrapup| wrapup.code.as_str());
    let code = code.filter(|code| !code.starts_with(OWN_CODES) && *code != DEFAULT_CODE);
    code.map_or(Ok(()), |code| referred::<WrapUpCode>(organization, field, code).map(drop))
}

fn missing_code() -> ApiError {
    refused("missing.wrapup.code", "The wrapup code is missing.")
}
