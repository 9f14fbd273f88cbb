//! Changes of participants: state, hold, mute, attributes; and the end of conversations.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::wrapup::{check_code, check_wrapup, read_wrapup};
use super::{find_communication, find_conversation, find_participant, medium_in, read};
use crate::api::call::Call;
use crate::api::entity::instant;
use crate::api::refusal;
use crate::view::conversation::attributes;
use crate::wire::error::ApiError;
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::conversation::{Disconnect, Key, Medium, Participant, Parties, Place, State, Step};

/// `PATCH …/{medium}/{conversationId}`: ends the conversation if the state says so.
pub(super) fn update_conversation(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let state = read_state(&body)?;
    let ends = state.is_some_and(State::is_over);
    let recording = body.get("recordingState").and_then(Value::as_str);
    call.change(|organization| {
        let key = find_conversation(call, organization)?;
        let is_call = medium_in(call) == Some(Medium::Call);
        if is_call && !ends && (state.is_some() || recording.is_some()) && has_ended(organization, key) {
            return Err(call_disconnected());
        }
        if let Some(state) = recording {
            let pauses = state.eq_ignore_ascii_case("paused");
            organization.change_parties(key, call.now, |parties| parties.is_paused = pauses);
        }
        if ends {
            organization.end_conversation(key, call.now);
        }
        Ok(())
    })?;
    Reply::ok(&read::view_in_path(call)?.conversation(call.now))
}

fn has_ended(organization: &Organization, key: Key) -> bool {
    organization.conversations().glance(key).is_some_and(|glance| glance.ended().is_some())
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
pub(super) fn get_participant(call: &Call<'_>) -> Result<Participant, ApiError> {
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
        if named.is_none() {
            check_wrapup(call, organization, &body)?;
        }
        let changed = change_participant(call, organization, |parties, index| -> Result<(), ApiError> {
            let number = named.unwrap_or_else(|| parties.participants[index].number_of(medium_in(call)));
            let is_over =
                parties.participants[index].communications.get(number).is_some_and(|one| one.state.is_over());
            if is_over && named.is_none() && needs_open(&body, state) {
                let is_call = medium_in(call) == Some(Medium::Call);
                return Err(if is_call { call_disconnected() } else { not_active() });
            }
            if let Some(state) = state {
                enter(parties, (index, number), state, call);
            }
            let one = parties.participants[index].communications.get_mut(number);
            if let Some(one) = one.filter(|one| !one.state.is_over()) {
                one.hold(flag("held").unwrap_or(one.held), call.now);
                one.muted = flag("muted").unwrap_or(one.muted);
                one.confined = flag("confined").unwrap_or(one.confined);
                one.recording = flag("recording").unwrap_or(one.recording);
            }
            if let Some(wrapup) = wrapup {
                parties.participants[index].wrap_up(number, wrapup, call.now);
            }
            Ok(())
        })?;
        changed.map(|()| Reply::empty(StatusCode::ACCEPTED))
    })
}

/// Whether a change asks for a communication that is open. A wrap-up and an end do not.
fn needs_open(body: &Map<String, Value>, state: Option<State>) -> bool {
    let is_set = |key: &str| body.get(key).is_some_and(Value::is_boolean);
    match state {
        Some(state) => !state.is_over(),
        None => {
            !body.contains_key("wrapup") && ["held", "muted", "confined", "recording"].into_iter().any(is_set)
        }
    }
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
        let parked = change_participant(call, organization, |parties, index| {
            let number = parties.participants[index].number_of(medium_in(call));
            if !parties.participants[index].is_open() && !state.is_over() {
                return Err(conversation_disconnected());
            }
            enter(parties, (index, number), state, call);
            let participant = u16::try_from(index).unwrap_or(u16::MAX);
            if let Some(at) = resume.filter(|_| state == State::Parked) {
                parties.later(Step { at, participant, state: State::Connected });
            }
            Ok(())
        })?;
        parked.map(|()| Reply::no_content())
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
        if has_ended(organization, key) {
            return Err(conversation_disconnected());
        }
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

fn call_disconnected() -> ApiError {
    refused("conversation.error.call.disconnected", "The call has ended.")
}

fn conversation_disconnected() -> ApiError {
    refused("conversation.error.conversation.disconnected", "The conversation has ended.")
}

pub(super) fn not_active() -> ApiError {
    const CODE: &str = "conversation.error.participant.no.active.conversations";
    refused(CODE, "The participant is in no conversation that goes on.")
}

pub(super) fn refused(code: &'static str, why: &'static str) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, code, why)
}
