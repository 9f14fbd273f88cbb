//! Reading of messages.

use serde_json::json;
use uuid::Uuid;

use crate::api::call::Call;
use crate::api::conversations::find_conversation;
use crate::view::conversation;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::conversation::Message;

/// The most messages of one bulk request.
const MAX_BULK: usize = 1000;

fn find_message(call: &Call<'_>) -> Result<Message, ApiError> {
    let id = call.param("messageId")?;
    let organization = call.tenant().read();
    let message = Uuid::try_parse(&id).ok().and_then(|id| organization.conversations().message(id));
    message.ok_or_else(|| ApiError::no_such("message", &id))
}

pub(super) fn get_message(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (message, conversation) = (find_message(call)?, call.param("conversationId")?);
    if Uuid::try_parse(&conversation) != Ok(message.conversation) {
        return Err(ApiError::no_such("message", &message.head.id.to_string()));
    }
    Reply::ok(&conversation::message(&message, call.query_flag("useNormalizedMessage"), call.now))
}

pub(super) fn get_message_details(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&conversation::message(&find_message(call)?, call.query_flag("useNormalizedMessage"), call.now))
}

/// `POST …/messages/bulk`: lists the named messages that the conversation has.
pub(super) fn list_messages(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = call.json_ids_or_none()?.unwrap_or_default();
    if ids.len() > MAX_BULK {
        return Err(ApiError::bad_request(format!("At most {MAX_BULK} messages can be asked for at once.")));
    }
    let found: Vec<Message> = {
        let organization = call.tenant().read();
        let store = organization.conversations();
        let conversation = store.id(find_conversation(call, &organization)?);
        let found = ids.iter().filter_map(|id| store.message(Uuid::try_parse(id).ok()?));
        found.filter(|message| message.conversation == conversation).collect()
    };
    let normalized = call.query_flag("useNormalizedMessage");
    let entities: Vec<_> = found.iter().map(|one| conversation::message(one, normalized, call.now)).collect();
    Reply::ok(&json!({ "entities": entities }))
}
