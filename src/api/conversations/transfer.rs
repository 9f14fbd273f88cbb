//! Transfers and consults: a further participant takes the conversation, or talks to the one that has it.

use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::participant::change_participant;
use super::{find_conversation, find_participant, medium_in};
use crate::api::call::Call;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::conversation::{Disconnect, Key, Medium, Participant, Parties, Party, Purpose};
use crate::world::id::Id;

type Body = Map<String, Value>;

/// `POST …/replace`: transfers the conversation to exactly one user, queue or address.
pub(super) fn replace(call: &Call<'_>) -> Result<Reply, ApiError> {
    transfer(call, &["userId", "queueId", "address"])
}

/// `POST …/replace/agent`.
pub(super) fn replace_by_user(call: &Call<'_>) -> Result<Reply, ApiError> {
    transfer(call, &["userId"])
}

/// `POST …/replace/queue`.
pub(super) fn replace_by_queue(call: &Call<'_>) -> Result<Reply, ApiError> {
    transfer(call, &["queueId"])
}

/// `POST …/replace/external` and `POST …/transfer`.
pub(super) fn replace_by_address(call: &Call<'_>) -> Result<Reply, ApiError> {
    transfer(call, &["address"])
}

/// Ends the participant of the path, and adds the one that the body names. The first one stays in the conversation's
/// history, and so its queue stays in analytics.
fn transfer(call: &Call<'_>, kinds: &[&'static str]) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    check_transfer_type(&body)?;
    call.change(|organization| {
        find_participant(call, organization)?;
        let target = read_target(organization, &body, kinds)?;
        let added = change_participant(call, organization, |parties, index| {
            if !parties.participants[index].is_open() {
                return Err(not_connected());
            }
            if parties.participants[index].party == target && refuses_same(call) {
                return Err(same_party());
            }
            let queue = parties.participants[index].queue.filter(|_| matches!(target, Party::User(_)));
            parties.invite(target, queue, call.now).ok_or_else(too_many)?;
            parties.participants[index].end(Disconnect::Transfer, call.now);
            Ok(())
        })?;
        added.map(|()| Reply::empty(StatusCode::ACCEPTED))
    })
}

/// `POST …/conversations/{conversationId}/assign`: gives the conversation to a user, as a queue would.
pub(super) fn assign(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let named = body.get("id").and_then(Value::as_str).unwrap_or_default();
    call.change(|organization| {
        let key = find_conversation(call, organization)?;
        let user = organization.people().find(named).ok_or_else(|| ApiError::no_such("user", named))?;
        check_enabled(call, organization, key)?;
        let added = organization.change_parties(key, call.now, |parties| {
            if parties.ended().is_some() || is_assigned(parties) {
                return Err(not_assigned());
            }
            let queue = parties.queues().last().copied();
            parties.invite(Party::User(user), queue, call.now).ok_or_else(too_many)
        });
        added.ok_or_else(ApiError::internal)?.map(drop)?;
        Reply::accepted(&"Accepted")
    })
}

/// Refuses to assign from a queue that says that it is off. A queue that says nothing allows it.
fn check_enabled(call: &Call<'_>, organization: &Organization, key: Key) -> Result<(), ApiError> {
    let glance = organization.conversations().glance(key).ok_or_else(ApiError::internal)?;
    let queue = glance.parties(call.now).queues().last().copied();
    let queue = queue.and_then(|queue| organization.acd().queues.get(queue));
    let setting = queue.and_then(|queue| queue.extra.get("enableManualAssignment")?.as_bool());
    if setting == Some(false) {
        const WHY: &str = "The queue does not allow manual assignment.";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "feature.not.enabled", WHY));
    }
    Ok(())
}

/// Whether an agent has the conversation, or is alerted. Who began the conversation does not count: with the other
/// side, it is one of the first two participants.
fn is_assigned(parties: &Parties) -> bool {
    let takes_part = |one: &Participant| one.is_open() && one.watches.is_none() && one.consulted_by.is_none();
    parties.participants.iter().skip(2).any(|one| one.purpose == Purpose::Agent && takes_part(one))
}

/// `POST …/consult` and its siblings: adds a participant that talks to the one of the path.
pub(super) fn consult(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let speaks_to = read_speaker(&body)?;
    // Only the oldest form has the destination in an object of its own.
    let destination = body.get("destination").and_then(Value::as_object).unwrap_or(&body);
    call.change(|organization| {
        find_participant(call, organization)?;
        let target = read_target(organization, destination, &["userId", "queueId", "address"])?;
        let added = change_participant(call, organization, |parties, index| -> Result<u16, ApiError> {
            check_goes_on(parties)?;
            let index = consulting(call, parties, index).ok_or_else(not_consulted)?;
            let added = parties.invite(target, None, call.now).ok_or_else(not_consulted)?;
            parties.participants[usize::from(added)].consulted_by = u16::try_from(index).ok();
            speak_to(parties, speaks_to, call);
            Ok(added)
        })?;
        show_consult(call, organization, added?)
    })
}

/// `PATCH …/consult`: changes which parties hear each other.
pub(super) fn update_consult(call: &Call<'_>) -> Result<Reply, ApiError> {
    let speaks_to = read_speaker(&call.json_object()?)?;
    call.change(|organization| {
        let consulted = change_participant(call, organization, |parties, index| {
            let consulted = consulted(parties, consulting(call, parties, index)?)?;
            speak_to(parties, speaks_to, call);
            Some(consulted)
        })?;
        let consulted = consulted.and_then(|consulted| u16::try_from(consulted).ok());
        show_consult(call, organization, consulted.ok_or_else(no_consult)?)
    })
}

/// `DELETE …/consult`: ends the consult and goes back to the customer.
pub(super) fn cancel_consult(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.change(|organization| {
        let ended = change_participant(call, organization, |parties, index| {
            let consulted = consulted(parties, consulting(call, parties, index)?)?;
            parties.participants[consulted].end(Disconnect::Client, call.now);
            parties.resume(call.now);
            Some(())
        })?;
        ended.map(|()| Reply::empty(StatusCode::OK)).ok_or_else(no_consult)
    })
}

/// The participant that consults: the one of the path, or where that is the customer, the token's user or else the agent
/// that came last. The vendor's clients name the customer, who is to be transferred.
fn consulting(call: &Call<'_>, parties: &Parties, index: usize) -> Option<usize> {
    let all = &parties.participants;
    if !all.get(index)?.is_outside() {
        return Some(index);
    }
    let talks = |one: &Participant| one.is_open() && one.user().is_some() && one.consulted_by.is_none();
    let own = |one: &Participant| talks(one) && one.user() == call.caller.token.user;
    all.iter().position(own).or_else(|| all.iter().rposition(talks))
}

/// The open participant that the one of that index consults.
fn consulted(parties: &Parties, index: usize) -> Option<usize> {
    let own = u16::try_from(index).ok();
    parties.participants.iter().rposition(|one| one.is_open() && one.consulted_by == own)
}

fn show_consult(call: &Call<'_>, organization: &Organization, added: u16) -> Result<Reply, ApiError> {
    let key = find_conversation(call, organization)?;
    let id: Uuid = organization.conversations().participant(key, added.into());
    Reply::ok(&json!({ "destinationParticipantId": id }))
}

/// Holds the customer while the consulted party is spoken to.
fn speak_to(parties: &mut Parties, speaks_to: &str, call: &Call<'_>) {
    if speaks_to == "DESTINATION" {
        parties.hold_customer(call.now);
    } else {
        parties.resume(call.now);
    }
}

fn read_speaker(body: &Body) -> Result<&'static str, ApiError> {
    const SPEAKERS: [&str; 4] = ["DESTINATION", "OBJECT", "BOTH", "CONFERENCE"];
    let named = body.get("speakTo").and_then(Value::as_str);
    let named = named.ok_or_else(|| ApiError::bad_request("The property speakTo is required."))?;
    let known = SPEAKERS.into_iter().find(|speaker| *speaker == named);
    known.ok_or_else(|| ApiError::invalid_value("speakTo", named, &SPEAKERS.join(", ")))
}

fn check_transfer_type(body: &Body) -> Result<(), ApiError> {
    const TYPES: [&str; 2] = ["Attended", "Unattended"];
    match body.get("transferType").and_then(Value::as_str) {
        Some(other) if !TYPES.contains(&other) => {
            Err(ApiError::invalid_value("transferType", other, &TYPES.join(", ")))
        }
        _ => Ok(()),
    }
}

/// Reads the one destination among `kinds` that the body has. The user and the queue have to exist.
pub(super) fn read_target(
    organization: &Organization,
    body: &Body,
    kinds: &[&'static str],
) -> Result<Party, ApiError> {
    let named = kinds.iter().filter_map(|kind| Some((*kind, body.get(*kind)?.as_str()?)));
    let named: Vec<_> = named.filter(|(_, value)| !value.trim().is_empty()).collect();
    let [(kind, value)] = named.as_slice() else {
        return Err(ApiError::bad_request(format!("Exactly one of {} is required.", kinds.join(", "))));
    };
    match *kind {
        "userId" | "callUserId" => {
            let user = organization.people().find(value).ok_or_else(|| ApiError::no_such("user", value))?;
            Ok(Party::User(user))
        }
        "queueId" | "callQueueId" => {
            let queue = Id::parse(value).filter(|queue| organization.queue_name(*queue).is_some());
            queue.map(Party::Queue).ok_or_else(|| ApiError::no_such("queue", value))
        }
        _ => Ok(Party::External((*value).into())),
    }
}

pub(super) fn not_connected() -> ApiError {
    const WHY: &str = "You can only transfer conversations that are in the connected state.";
    ApiError::new(StatusCode::BAD_REQUEST, "conversations.error.transfer.not.connected", WHY)
}

/// Whether a transfer to the participant itself is refused: the document has it for all media but messages.
fn refuses_same(call: &Call<'_>) -> bool {
    medium_in(call) != Some(Medium::Message)
}

fn same_party() -> ApiError {
    const WHY: &str = "The target of the transfer cannot be the same as the destination.";
    ApiError::new(StatusCode::BAD_REQUEST, "conversations.error.transfer.same.party", WHY)
}

pub(super) fn too_many() -> ApiError {
    ApiError::conflict("The conversation has as many participants as it can have.")
}

/// Refuses to add a party to a conversation that has ended.
pub(super) fn check_goes_on(parties: &Parties) -> Result<(), ApiError> {
    match parties.ended() {
        Some(_) => Err(ApiError::conflict("The conversation has ended.")),
        None => Ok(()),
    }
}

fn not_assigned() -> ApiError {
    const WHY: &str = "The conversation has ended, or an agent has it.";
    ApiError::new(StatusCode::BAD_REQUEST, "operation.failed", WHY)
}

fn not_consulted() -> ApiError {
    ApiError::conflict("No agent is in the conversation, or it has as many participants as it can have.")
}

fn no_consult() -> ApiError {
    ApiError::bad_request("The participant has no consult.")
}
