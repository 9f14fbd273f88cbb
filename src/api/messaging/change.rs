//! Changes of conversations and their participants: end, transfer, attributes, wrap-up.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{find_communication, find_conversation, find_participant, read, siblings};
use crate::api::call::Call;
use crate::api::entity::{merge_fields, required_text};
use crate::time::clock::rfc3339;
use crate::view::conversation::{NOTES, add};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::conversation::{Key, Side};
use crate::world::id::Id;

/// The vendor's states of a participant. `disconnected` and `terminated` end the conversation.
const STATES: [&str; 12] = [
    "alerting",
    "dialing",
    "contacting",
    "offering",
    "connected",
    "disconnected",
    "terminated",
    "converting",
    "uploading",
    "transmitting",
    "parked",
    "none",
];

/// `PATCH …/messages/{conversationId}`: ends the conversation if the state says so.
pub(super) fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let ends = ends_conversation(&body)?;
    call.change(|organization| {
        let key = find_conversation(call, organization)?;
        if ends {
            organization.end_conversation(key, call.now);
        }
        Ok(())
    })?;
    Reply::ok(&read::view_in_path(call)?.conversation(call.now))
}

/// `DELETE …/conversations/{conversationId}`.
pub(super) fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    end(call).map(|()| Reply::no_content())
}

/// `POST …/conversations/{conversationId}/disconnect`.
pub(super) fn disconnect(call: &Call<'_>) -> Result<Reply, ApiError> {
    match (end(call), siblings::find_created(call)?) {
        (Err(error), None) => Err(error),
        (Ok(()), _) | (Err(_), Some(_)) => Reply::accepted(&"Accepted"),
    }
}

fn end(call: &Call<'_>) -> Result<(), ApiError> {
    call.change(|organization| {
        let key = find_conversation(call, organization)?;
        organization.end_conversation(key, call.now);
        Ok(())
    })
}

/// `PATCH …/participants/{participantId}`: changes its state and its wrap-up.
pub(super) fn update_participant(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_or_none::<Map<String, Value>>()?.unwrap_or_default();
    let (ends, wrapup) = (ends_conversation(&body)?, read_wrapup(call, body.get("wrapup"))?);
    call.change(|organization| {
        let (key, side) = find_participant(call, organization)?;
        if let Some(wrapup) = wrapup {
            add_notes(organization, (key, side), Map::from_iter([("wrapup".to_owned(), wrapup)]));
        }
        if ends {
            organization.end_conversation(key, call.now);
        }
        Ok(Reply::empty(StatusCode::ACCEPTED))
    })
}

/// `PATCH …/participants/{participantId}/communications/{communicationId}`: changes the participant, because
/// each participant has one communication.
pub(super) fn update_communication(call: &Call<'_>) -> Result<Reply, ApiError> {
    find_communication(call, &call.tenant().read())?;
    update_participant(call)?;
    Reply::ok(&json!({}))
}

/// `PATCH …/participants/{participantId}/attributes`: adds attributes, and removes those that are empty.
pub(super) fn update_attributes(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let Some(given) = body.get("attributes").and_then(Value::as_object) else {
        return Err(ApiError::bad_request(
            "The property attributes is required and must be an object whose values are strings.",
        ));
    };
    if let Some((key, _)) = given.iter().find(|(_, value)| !value.is_string()) {
        return Err(ApiError::bad_request(format!("The attribute {key} must be a string.")));
    }
    call.change(|organization| {
        let participant = find_participant(call, organization)?;
        let mut all = get_note(organization, participant, "attributes")
            .and_then(|all| all.as_object().cloned())
            .unwrap_or_default();
        all.extend(given.clone());
        all.retain(|_, value| value != "");
        add_notes(organization, participant, Map::from_iter([("attributes".to_owned(), all.clone().into())]));
        Reply::accepted(&json!({ "attributes": all }))
    })
}

/// `GET …/wrapup`.
pub(super) fn get_wrapup(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let participant = find_participant(call, &organization)?;
    Reply::ok(&get_note(&organization, participant, "wrapup").unwrap_or_else(|| json!({})))
}

/// `POST …/communications/{communicationId}/wrapup`.
pub(super) fn create_wrapup(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_or_none::<Value>()?.unwrap_or_default();
    let wrapup = read_wrapup(call, Some(&body))?.ok_or_else(missing_code)?;
    call.change(|organization| {
        find_communication(call, organization)?;
        let participant = find_participant(call, organization)?;
        add_notes(organization, participant, Map::from_iter([("wrapup".to_owned(), wrapup)]));
        Ok(Reply::empty(StatusCode::ACCEPTED))
    })
}

/// `POST …/participants/{participantId}/replace`: transfers the conversation to a user or a queue.
pub(super) fn replace_participant(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let given = |key: &'static str| body.contains_key(key).then(|| required_text(&body, key)).transpose();
    let (user, queue) = (given("userId")?, given("queueId")?);
    call.change(|organization| {
        let (key, _) = find_participant(call, organization)?;
        let user = user
            .map(|id| organization.people().find(id).ok_or_else(|| ApiError::no_such("user", id)))
            .transpose()?;
        let queue =
            queue.map(|id| Id::parse(id).ok_or_else(|| ApiError::no_such("queue", id))).transpose()?;
        organization.assign_conversation(key, user, queue);
        Ok(Reply::empty(StatusCode::ACCEPTED))
    })
}

fn ends_conversation(body: &Map<String, Value>) -> Result<bool, ApiError> {
    let state = match body.get("state") {
        None | Some(Value::Null) => return Ok(false),
        Some(Value::String(state)) => state.as_str(),
        Some(_) => return Err(ApiError::bad_request("The property state must be a string.")),
    };
    if !STATES.contains(&state) {
        return Err(ApiError::invalid_value("state", state, &STATES.join(", ")));
    }
    Ok(matches!(state, "disconnected" | "terminated"))
}

/// Reads a wrap-up and keeps its known fields.
fn read_wrapup(call: &Call<'_>, given: Option<&Value>) -> Result<Option<Value>, ApiError> {
    let Some(given) = given.and_then(Value::as_object) else { return Ok(None) };
    let code = given.get("code").and_then(Value::as_str).filter(|code| !code.is_empty());
    let mut kept = Map::from_iter([("code".to_owned(), json!(code.ok_or_else(missing_code)?))]);
    for key in ["notes", "tags", "durationSeconds", "endTime"] {
        add(&mut kept, key, given.get(key).filter(|value| !value.is_null()).cloned());
    }
    kept.entry("endTime").or_insert_with(|| json!(rfc3339(call.now)));
    Ok(Some(kept.into()))
}

fn missing_code() -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "missing.wrapup.code", "The wrapup code is missing.")
}

fn get_note(organization: &Organization, participant: (Key, Side), key: &str) -> Option<Value> {
    let id = organization.conversations().participant(participant.0, participant.1).to_string();
    organization.collections.get(NOTES, &id)?.get(key).cloned()
}

fn add_notes(organization: &mut Organization, participant: (Key, Side), notes: Map<String, Value>) {
    let id = organization.conversations().participant(participant.0, participant.1).to_string();
    let mut all = organization.collections.get(NOTES, &id).map(|all| Map::clone(all)).unwrap_or_default();
    merge_fields(&mut all, notes);
    organization.collections.insert(NOTES, &id, all);
}
