//! Messages of conversations.
//!
//! | file | owns |
//! |---|---|
//! | `send` | outbound messages: the vendor's bodies, and `{"to":{"id"},"text"}` as load tests send it |
//! | `inbound` | inbound messages and receipts of open messaging |
//! | `read` | reading messages |
//!
//! The conversations themselves are in `api::conversations`, the state in `world::conversation`, the JSON in
//! `view::conversation`.

mod inbound;
mod read;
mod send;

use serde_json::{Map, Value};

use super::call::Call;
use crate::api::route::Route;
use crate::catalog::Checks;
use crate::wire::error::ApiError;
use crate::world::Organization;
use crate::world::conversation::Messenger;

/// The scope of the load tests' client, beside the vendor's.
const SEND: &str = "conversations:messaging:send";

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    [message_routes(), inbound_routes()].concat()
}

fn message_routes() -> Vec<Route> {
    vec![
        Route::post("/api/v2/conversations/messages", send::create).or_scope(SEND).checks(Checks::Query),
        Route::post("/api/v2/conversations/messages/agentless", send::send_agentless)
            .or_scope(SEND)
            .checks(Checks::Query),
        Route::post(
            "/api/v2/conversations/messages/{conversationId}/communications/{communicationId}/messages",
            send::create_message,
        )
        .or_scope(SEND)
        .checks(Checks::Query),
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

fn inbound_routes() -> Vec<Route> {
    vec![
        Route::post("/api/v2/conversations/messages/inbound/open", inbound::receive_deprecated)
            .checks(Checks::Types),
        Route::post(
            "/api/v2/conversations/messages/{integrationId}/inbound/open/message",
            inbound::receive_message,
        )
        .checks(Checks::Types),
        Route::post(
            "/api/v2/conversations/messages/{integrationId}/inbound/open/event",
            inbound::receive_event,
        )
        .checks(Checks::Types),
        Route::post(
            "/api/v2/conversations/messages/{integrationId}/inbound/open/receipt",
            inbound::receive_receipt,
        )
        .checks(Checks::Types),
        Route::post(
            "/api/v2/conversations/messages/{integrationId}/inbound/open/structured/response",
            inbound::receive_structured,
        )
        .checks(Checks::Types),
    ]
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
