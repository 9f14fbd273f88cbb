//! Changes of participants: state, hold, mute, attributes, wrap-up; and the end of conversations.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{find_communication, find_conversation, find_participant, medium_in, read};
use crate::api::call::Call;
use crate::api::entity::instant;
use crate::api::record::referred;
use crate::api::refusal;
use crate::view::conversation::{assigned_wrapup, attributes};
use crate::wire::error::ApiError;
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::conversation::{Disconnect, Participant, Parties, Place, State, Step, Wrapup};
use crate::world::routing::WrapUpCode;

/// What the platform's own wrap-up codes begin with, such as the one of an agent whose time was up.
const OWN_CODES: &str = "ININ-";
/// The id of the platform's default wrap-up code (reported).
const DEFAULT_CODE: &str = "7fb334b0-0e9e-11e4-9191-0800200c9a66";

/// `PATCH …/{medium}/{conversationId}`: ends the conversation if the state says so.
pub(super) fn update_conversation(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let ends = read_state(&body)?.is_some_and(State::is_over);
    let recording = body.get("recordingState").and_then(Value::as_str).map(ToOwned::to_owned);
    call.change(|organization| {
        let key = find_conversation(call, organization)?;
        if let Some(state) = recording {
            organization.change_parties(key, call.now, |parties| parties.is_paused = state == "PAUSED");
        }
        if ends {
            organization.end_conversation(key, call.now);
        }
        Ok(())
    })?;
    Reply::ok(&read::view_in_path(call)?.conversation(call.now))
}

/// `DELETE …/conversations/{conversationId}`: disconnects all participants, as the document has it. The conversation
/// stays and is read as any other that has ended, so a second DELETE changes nothing.
pub(super) fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.change(|organization| {
        let key = find_conversation(call, organization)?;
        organization.end_conversation(key, call.now);
        Ok(Reply::no_content())
    })
}

/// `POST …/conversations/{conversationId}/disconnect`.
pub(super) fn disconnect(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.change(|organization| {
        let key = find_conversation(call, organization)?;
        organization.end_conversation(key, call.now);
        Reply::accepted(&"Accepted")
    })
}

/// `PUT …/conversations/{conversationId}/tags`: sets the client's own name for the conversation.
pub(super) fn update_tags(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let tag: String =
        body.get("externalTag").and_then(Value::as_str).unwrap_or_default().chars().take(100).collect();
    call.change(|organization| {
        let key = find_conversation(call, organization)?;
        organization.change_parties(key, call.now, |parties| parties.external_tag = tag.into());
        Reply::accepted(&"Accepted")
    })
}

/// Changes the participant in the call's path.
pub(super) fn change_participant<T>(
    call: &Call<'_>,
    organization: &mut Organization,
    change: impl FnOnce(&mut Parties, usize) -> T,
) -> Result<T, ApiError> {
    let Place { key, participant, .. } = find_participant(call, organization)?;
    let changed = organization.change_parties(key, call.now, |parties| {
        (participant < parties.participants.len()).then(|| change(parties, participant))
    });
    changed.flatten().ok_or_else(ApiError::internal)
}

/// A copy of the participant in the call's path.
fn get_participant(call: &Call<'_>) -> Result<Participant, ApiError> {
    let organization = call.tenant().read();
    let place = find_participant(call, &organization)?;
    let glance = organization.conversations().glance(place.key).ok_or_else(ApiError::internal)?;
    let parties = glance.parties(call.now);
    parties.participants.get(place.participant).cloned().ok_or_else(ApiError::internal)
}

/// `PATCH …/participants/{participantId}`: changes its state, hold, mute, recording and wrap-up.
pub(super) fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let (state, wrapup) = (read_state(&body)?, read_wrapup(call, body.get("wrapup"))?);
    let flag = |key: &str| body.get(key).and_then(Value::as_bool);
    call.change(|organization| {
        check_code(organization, "wrapup.code", wrapup.as_ref())?;
        let named = named_communication(call, organization)?;
        change_participant(call, organization, |parties, index| {
            let number = named.unwrap_or_else(|| parties.participants[index].number_of(medium_in(call)));
            if let Some(state) = state {
                enter(parties, (index, number), state, call);
            }
            if let Some(one) = parties.participants[index].communications.get_mut(number) {
                one.hold(flag("held").unwrap_or(one.held), call.now);
                one.muted = flag("muted").unwrap_or(one.muted);
                one.confined = flag("confined").unwrap_or(one.confined);
                one.recording = flag("recording").unwrap_or(one.recording);
            }
            if let Some(wrapup) = wrapup {
                parties.participants[index].wrap_up(number, wrapup, call.now);
            }
        })?;
        Ok(Reply::empty(StatusCode::ACCEPTED))
    })
}

/// The index of the communication in the call's path; `None` for a path of a participant.
fn named_communication(call: &Call<'_>, organization: &Organization) -> Result<Option<usize>, ApiError> {
    if call.param("communicationId")?.is_empty() {
        return Ok(None);
    }
    find_communication(call, organization).map(|place| Some(place.communication))
}

/// Changes a state. A participant that leaves while its consult goes on has transferred the conversation.
fn enter(parties: &mut Parties, (index, number): (usize, usize), state: State, call: &Call<'_>) {
    let own = u16::try_from(index).ok();
    let consults = parties.participants.iter().any(|one| one.is_open() && one.consulted_by == own);
    if state.is_over() && consults {
        parties.participants[index].end(Disconnect::ConsultTransfer, call.now);
        parties.resume(call.now);
    }
    parties.enter_one(index, number, state, call.now);
}

/// `PATCH …/parkingstate`: parks the participant until `resumeTime`, or resumes it.
pub(super) fn park(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let state = read_state(&body)?.ok_or_else(|| refusal::of_missing("state"))?;
    let resume = body.get("resumeTime").and_then(Value::as_str);
    let resume = resume.map(|text| instant("resumeTime", text)).transpose()?;
    call.change(|organization| {
        change_participant(call, organization, |parties, index| {
            let number = parties.participants[index].number_of(medium_in(call));
            enter(parties, (index, number), state, call);
            let participant = u16::try_from(index).unwrap_or(u16::MAX);
            if let Some(at) = resume.filter(|_| state == State::Parked) {
                parties.later(Step { at, participant, state: State::Connected });
            }
        })?;
        Ok(Reply::no_content())
    })
}

/// `PATCH …/participants/{participantId}/communications/{communicationId}`: changes the communication.
pub(super) fn update_communication(call: &Call<'_>) -> Result<Reply, ApiError> {
    update(call)?;
    Reply::ok(&json!({}))
}

/// `PATCH …/conversations/{conversationId}/participants/{participantId}/attributes`: answers without a body.
pub(super) fn add_attributes(call: &Call<'_>) -> Result<Reply, ApiError> {
    change_attributes(call).map(|_| Reply::empty(StatusCode::ACCEPTED))
}

/// `PATCH …/{medium}/{conversationId}/participants/{participantId}/attributes`: answers all attributes.
pub(super) fn update_attributes(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::accepted(&json!({ "attributes": change_attributes(call)? }))
}

/// Adds attributes, and removes those that are empty.
fn change_attributes(call: &Call<'_>) -> Result<Map<String, Value>, ApiError> {
    let body = call.json_object()?;
    let Some(given) = body.get("attributes").and_then(Value::as_object) else {
        return Err(ApiError::bad_request(
            "The property attributes is required and must be an object whose values are strings.",
        ));
    };
    if let Some((key, _)) = given.iter().find(|(_, value)| !value.is_string()) {
        return Err(ApiError::bad_request(format!(
            "The attribute {key} must be a string.",
            key = quoted(key)
        )));
    }
    call.change(|organization| {
        let all = change_participant(call, organization, |parties, index| {
            let participant = &mut parties.participants[index];
            let given = given.iter().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)));
            participant.set_attributes(given).then(|| attributes(participant))
        })?;
        let all = all.ok_or_else(|| ApiError::bad_request("The participant has too many attributes."))?;
        organization.note_attributes(find_participant(call, organization)?);
        Ok(all)
    })
}

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
    let body = call.json_or_none::<Value>()?.unwrap_or_default();
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

/// `POST …/digits`: checks the digits. There is no line on which they could be heard.
pub(super) fn send_digits(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.json_object()?;
    get_participant(call).map(|_| Reply::empty(StatusCode::ACCEPTED))
}

/// `PUT …/flaggedreason`.
pub(super) fn flag(call: &Call<'_>) -> Result<Reply, ApiError> {
    set_flag(call, true)
}

/// `DELETE …/flaggedreason`.
pub(super) fn unflag(call: &Call<'_>) -> Result<Reply, ApiError> {
    set_flag(call, false)
}

fn set_flag(call: &Call<'_>, flagged: bool) -> Result<Reply, ApiError> {
    call.change(|organization| {
        change_participant(call, organization, |parties, index| {
            parties.participants[index].flagged = flagged;
        })?;
        Ok(Reply::no_content())
    })
}

/// `PUT …/{medium}/{conversationId}/recordingstate`: answers the state.
pub(super) fn set_recording_state(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&change_recording(call)?)
}

/// `PATCH …/conversations/{conversationId}/recordingstate`.
pub(super) fn pause_recording(call: &Call<'_>) -> Result<Reply, ApiError> {
    change_recording(call).map(|_| Reply::empty(StatusCode::ACCEPTED))
}

fn change_recording(call: &Call<'_>) -> Result<String, ApiError> {
    const STATES: [&str; 3] = ["ACTIVE", "PAUSED", "NONE"];
    let body = call.json_object()?;
    let state = body.get("recordingState").and_then(Value::as_str).unwrap_or("ACTIVE");
    if !STATES.contains(&state) {
        return Err(ApiError::invalid_value("recordingState", state, &STATES.join(", ")));
    }
    call.change(|organization| {
        let key = find_conversation(call, organization)?;
        organization.change_parties(key, call.now, |parties| parties.is_paused = state == "PAUSED");
        Ok(state.to_owned())
    })
}

fn read_state(body: &Map<String, Value>) -> Result<Option<State>, ApiError> {
    let name = match body.get("state") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(state)) => state.as_str(),
        Some(_) => return Err(ApiError::bad_request("The property state must be a string.")),
    };
    let known = State::from_name(name).filter(|state| state.is_settable());
    known.map(Some).ok_or_else(|| {
        let names = State::ALL.iter().filter(|state| state.is_settable()).map(|state| state.name());
        ApiError::invalid_value("state", name, &names.collect::<Vec<_>>().join(", "))
    })
}

/// Reads a wrap-up and keeps its known fields.
fn read_wrapup(call: &Call<'_>, given: Option<&Value>) -> Result<Option<Wrapup>, ApiError> {
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
fn check_code(
    organization: &Organization,
    field: &'static str,
    wrapup: Option<&Wrapup>,
) -> Result<(), ApiError> {
    let code = wrapup.map(|wrapup| wrapup.code.as_str());
    let code = code.filter(|code| !code.starts_with(OWN_CODES) && *code != DEFAULT_CODE);
    code.map_or(Ok(()), |code| referred::<WrapUpCode>(organization, field, code).map(drop))
}

fn missing_code() -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "missing.wrapup.code", "The wrapup code is missing.")
}
