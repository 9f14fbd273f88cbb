//! Conversations by message, and conversations in general.
//!
//! | file | owns |
//! |---|---|
//! | `send` | outbound messages: the vendor's bodies, and the threads' own `{"to":{"id"},"text"}` |
//! | `inbound` | messages and receipts that open messaging brings in |
//! | `read`, `change` | reading and changing conversations that exist |
//! | `siblings` | the other media |
//!
//! The state is in `world::conversation`, the JSON in `view::conversation`.
//!
//! The vendor refuses a second conversation with a customer (`active.conversation`). gcmock opens another one: a
//! load test that repeats one address would measure nothing but that refusal.

mod change;
mod inbound;
mod read;
mod send;
mod siblings;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::call::Call;
use crate::api::route::{Route, delete, get, patch, post};
use crate::view::conversation;
use crate::wire::error::ApiError;
use crate::world::Organization;
use crate::world::conversation::{Key, Messenger, Side};

/// The scope of the threads' client, beside the vendor's.
const SEND: &str = "conversations:messaging:send";

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    [messages(), participants(), inbound_messages(), conversations(), siblings::routes()].concat()
}

fn messages() -> Vec<Route> {
    const ONE: &str = "/api/v2/conversations/messages/{conversationId}";
    vec![
        get("/api/v2/conversations/messages", read::message_conversations),
        post("/api/v2/conversations/messages", send::create).or_scope(SEND),
        post("/api/v2/conversations/messages/agentless", send::agentless).or_scope(SEND),
        get(ONE, read::message_conversation),
        patch(ONE, change::conversation),
        post(
            "/api/v2/conversations/messages/{conversationId}/communications/{communicationId}/messages",
            send::append,
        )
        .or_scope(SEND),
        post(
            "/api/v2/conversations/messages/{conversationId}/communications/{communicationId}/typing",
            send::typing,
        )
        .or_scope(SEND),
        get("/api/v2/conversations/messages/{conversationId}/messages/{messageId}", read::message),
        post("/api/v2/conversations/messages/{conversationId}/messages/bulk", read::messages),
        get("/api/v2/conversations/messages/{messageId}/details", read::message_details),
    ]
}

fn participants() -> Vec<Route> {
    vec![
        patch(
            "/api/v2/conversations/messages/{conversationId}/participants/{participantId}",
            change::participant,
        ),
        patch(
            "/api/v2/conversations/messages/{conversationId}/participants/{participantId}/attributes",
            change::attributes,
        ),
        patch(
            "/api/v2/conversations/messages/{conversationId}/participants/{participantId}/communications/{communicationId}",
            change::communication,
        ),
        get(
            "/api/v2/conversations/messages/{conversationId}/participants/{participantId}/wrapup",
            change::wrapup,
        ),
        get(
            "/api/v2/conversations/messages/{conversationId}/participants/{participantId}/communications/{communicationId}/wrapup",
            change::wrapup,
        ),
        post(
            "/api/v2/conversations/messages/{conversationId}/participants/{participantId}/communications/{communicationId}/wrapup",
            change::wrap_up,
        ),
        post(
            "/api/v2/conversations/messages/{conversationId}/participants/{participantId}/replace",
            change::transfer,
        ),
    ]
}

fn inbound_messages() -> Vec<Route> {
    vec![
        post("/api/v2/conversations/messages/inbound/open", inbound::deprecated),
        post("/api/v2/conversations/messages/{integrationId}/inbound/open/message", inbound::message),
        post("/api/v2/conversations/messages/{integrationId}/inbound/open/event", inbound::event),
        post("/api/v2/conversations/messages/{integrationId}/inbound/open/receipt", inbound::receipt),
        post(
            "/api/v2/conversations/messages/{integrationId}/inbound/open/structured/response",
            inbound::structured,
        ),
    ]
}

fn conversations() -> Vec<Route> {
    vec![
        get("/api/v2/conversations", read::conversations),
        get("/api/v2/conversations/{conversationId}", read::conversation),
        delete("/api/v2/conversations/{conversationId}", change::delete),
        post("/api/v2/conversations/{conversationId}/disconnect", change::disconnect),
        patch("/api/v2/conversations/{conversationId}/participants/{participantId}", change::participant),
        patch(
            "/api/v2/conversations/{conversationId}/participants/{participantId}/attributes",
            change::attributes,
        ),
        get("/api/v2/conversations/{conversationId}/participants/{participantId}/wrapup", change::wrapup),
        post("/api/v2/conversations/{conversationId}/participants/{participantId}/replace", change::transfer),
    ]
}

/// The conversation in the call's path.
fn conversation(call: &Call<'_>, organization: &Organization) -> Result<Key, ApiError> {
    let id = call.param("conversationId")?;
    let found = Uuid::try_parse(&id).ok().and_then(|id| organization.conversations().find(id));
    found.ok_or_else(|| ApiError::no_such("conversation", &id))
}

/// The conversation and the participant of it in the call's path.
fn participant(call: &Call<'_>, organization: &Organization) -> Result<(Key, Side), ApiError> {
    let key = conversation(call, organization)?;
    let id = call.param("participantId")?;
    let found = Uuid::try_parse(&id).ok().and_then(|id| organization.conversations().find_participant(id));
    found.filter(|(of, _)| *of == key).ok_or_else(|| ApiError::no_such("participant", &id))
}

/// The conversation and the communication of it in the call's path.
fn communication(call: &Call<'_>, organization: &Organization) -> Result<(Key, Side), ApiError> {
    let key = conversation(call, organization)?;
    let id = call.param("communicationId")?;
    let found = Uuid::try_parse(&id).ok().and_then(|id| organization.conversations().find_communication(id));
    found.filter(|(of, _)| *of == key).ok_or_else(|| ApiError::no_such("communication", &id))
}

/// An optional `true` or `false`.
fn flag(body: &Map<String, Value>, key: &'static str) -> Result<bool, ApiError> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(ApiError::bad_request(format!("The property {key} must be true or false."))),
    }
}

/// A text that has to be there and to fit the channel.
fn check_length(messenger: Messenger, text: &str) -> Result<(), ApiError> {
    let longest = messenger.longest_text();
    if text.chars().count() <= longest {
        return Ok(());
    }
    let why = format!(
        "One or more attributes is longer than the maximum length allowed: a text by {} has at most {longest} characters.",
        messenger.name()
    );
    Err(ApiError::new(http::StatusCode::BAD_REQUEST, "max.length.exceeded", why))
}

/// What the token's user is called in a reply.
fn user_reference(call: &Call<'_>, organization: &Organization) -> Option<Value> {
    let user = organization.people().at(call.caller.token.user?)?;
    Some(serde_json::json!({ "id": user.id, "selfUri": format!("/api/v2/users/{}", user.id) }))
}
