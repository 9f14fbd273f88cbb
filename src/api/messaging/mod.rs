//! Conversations by message, and conversations in general.
//!
//! | file | owns |
//! |---|---|
//! | `send` | outbound messages: the vendor's bodies, and `{"to":{"id"},"text"}` as load tests send it |
//! | `inbound` | inbound messages and receipts of open messaging |
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
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::world::Organization;
use crate::world::conversation::{Key, Messenger, Side};

/// The scope of the load tests' client, beside the vendor's.
const SEND: &str = "conversations:messaging:send";

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    [message_routes(), participant_routes(), inbound_routes(), conversation_routes(), siblings::routes()]
        .concat()
}

fn message_routes() -> Vec<Route> {
    const ONE: &str = "/api/v2/conversations/messages/{conversationId}";
    vec![
        Route::get("/api/v2/conversations/messages", read::list_message_conversations),
        Route::post("/api/v2/conversations/messages", send::create).or_scope(SEND),
        Route::post("/api/v2/conversations/messages/agentless", send::send_agentless).or_scope(SEND),
        Route::get(ONE, read::get_message_conversation),
        Route::patch(ONE, change::update),
        Route::post(
            "/api/v2/conversations/messages/{conversationId}/communications/{communicationId}/messages",
            send::create_message,
        )
        .or_scope(SEND),
        Route::post(
            "/api/v2/conversations/messages/{conversationId}/communications/{communicationId}/typing",
            send::send_typing,
        )
        .or_scope(SEND),
        Route::get("/api/v2/conversations/messages/{conversationId}/messages/{messageId}", read::get_message),
        Route::post("/api/v2/conversations/messages/{conversationId}/messages/bulk", read::list_messages),
        Route::get("/api/v2/conversations/messages/{messageId}/details", read::get_message_details),
    ]
}

fn participant_routes() -> Vec<Route> {
    vec![
        Route::patch(
            "/api/v2/conversations/messages/{conversationId}/participants/{participantId}",
            change::update_participant,
        ),
        Route::patch(
            "/api/v2/conversations/messages/{conversationId}/participants/{participantId}/attributes",
            change::update_attributes,
        ),
        Route::patch(
            "/api/v2/conversations/messages/{conversationId}/participants/{participantId}/communications/{communicationId}",
            change::update_communication,
        ),
        Route::get(
            "/api/v2/conversations/messages/{conversationId}/participants/{participantId}/wrapup",
            change::get_wrapup,
        ),
        Route::get(
            "/api/v2/conversations/messages/{conversationId}/participants/{participantId}/communications/{communicationId}/wrapup",
            change::get_wrapup,
        ),
        Route::post(
            "/api/v2/conversations/messages/{conversationId}/participants/{participantId}/communications/{communicationId}/wrapup",
            change::create_wrapup,
        ),
        Route::post(
            "/api/v2/conversations/messages/{conversationId}/participants/{participantId}/replace",
            change::replace_participant,
        ),
    ]
}

fn inbound_routes() -> Vec<Route> {
    vec![
        Route::post("/api/v2/conversations/messages/inbound/open", inbound::receive_deprecated),
        Route::post(
            "/api/v2/conversations/messages/{integrationId}/inbound/open/message",
            inbound::receive_message,
        ),
        Route::post(
            "/api/v2/conversations/messages/{integrationId}/inbound/open/event",
            inbound::receive_event,
        ),
        Route::post(
            "/api/v2/conversations/messages/{integrationId}/inbound/open/receipt",
            inbound::receive_receipt,
        ),
        Route::post(
            "/api/v2/conversations/messages/{integrationId}/inbound/open/structured/response",
            inbound::receive_structured,
        ),
    ]
}

fn conversation_routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/conversations", read::list),
        Route::get("/api/v2/conversations/{conversationId}", read::get),
        Route::delete("/api/v2/conversations/{conversationId}", change::delete),
        Route::post("/api/v2/conversations/{conversationId}/disconnect", change::disconnect),
        Route::patch(
            "/api/v2/conversations/{conversationId}/participants/{participantId}",
            change::update_participant,
        ),
        Route::patch(
            "/api/v2/conversations/{conversationId}/participants/{participantId}/attributes",
            change::update_attributes,
        ),
        Route::get(
            "/api/v2/conversations/{conversationId}/participants/{participantId}/wrapup",
            change::get_wrapup,
        ),
        Route::post(
            "/api/v2/conversations/{conversationId}/participants/{participantId}/replace",
            change::replace_participant,
        ),
    ]
}

/// Finds the conversation in the call's path.
fn find_conversation(call: &Call<'_>, organization: &Organization) -> Result<Key, ApiError> {
    let id = call.param("conversationId")?;
    let found = Uuid::try_parse(&id).ok().and_then(|id| organization.conversations().find(id));
    found.ok_or_else(|| ApiError::no_such("conversation", &id))
}

/// Finds the conversation and its participant in the call's path.
fn find_participant(call: &Call<'_>, organization: &Organization) -> Result<(Key, Side), ApiError> {
    let key = find_conversation(call, organization)?;
    let id = call.param("participantId")?;
    let found = Uuid::try_parse(&id).ok().and_then(|id| organization.conversations().find_participant(id));
    found.filter(|(of, _)| *of == key).ok_or_else(|| ApiError::no_such("participant", &id))
}

/// Finds the conversation and its communication in the call's path.
fn find_communication(call: &Call<'_>, organization: &Organization) -> Result<(Key, Side), ApiError> {
    let key = find_conversation(call, organization)?;
    let id = call.param("communicationId")?;
    let found = Uuid::try_parse(&id).ok().and_then(|id| organization.conversations().find_communication(id));
    found.filter(|(of, _)| *of == key).ok_or_else(|| ApiError::no_such("communication", &id))
}

/// Reads an optional `true` or `false`; `false` if it is missing.
fn read_flag(body: &Map<String, Value>, key: &'static str) -> Result<bool, ApiError> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(ApiError::bad_request(format!("The property {key} must be true or false."))),
    }
}

/// Refuses a text that is longer than the channel allows.
fn check_length(messenger: Messenger, text: &str) -> Result<(), ApiError> {
    let longest = messenger.longest_text();
    if text.chars().count() <= longest {
        return Ok(());
    }
    let why = format!(
        "One or more attributes is longer than the maximum length allowed: a text for {} has at most {longest} characters.",
        messenger.name()
    );
    Err(ApiError::new(http::StatusCode::BAD_REQUEST, "max.length.exceeded", why))
}

/// The reference to the token's user in a reply.
fn user_reference(call: &Call<'_>, organization: &Organization) -> Option<Value> {
    let user = organization.people().at(call.caller.token.user?)?;
    Some(serde_json::json!({ "id": user.id, "selfUri": format!("/api/v2/users/{}", user.id) }))
}
