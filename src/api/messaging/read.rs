//! Reading of conversations and messages.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{find_conversation, siblings};
use crate::api::call::Call;
use crate::time::Nanos;
use crate::view::conversation::{self, ConversationView, MESSAGES, MESSAGES_LISTED};
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::conversation::Message;

/// The most messages of one bulk request.
const MAX_BULK: usize = 1000;

/// `GET …/conversations/messages`: the organization's open conversations, the newest first.
pub(super) fn list_message_conversations(call: &Call<'_>) -> Result<Reply, ApiError> {
    list_open(call, ConversationView::message_conversation)
}

/// `GET …/conversations`: the open conversations in the general shape. gcmock has no calls, so another
/// `communicationType` finds none.
pub(super) fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let kind = call.query("communicationType");
    if kind.is_some_and(|kind| !kind.eq_ignore_ascii_case("message")) {
        return Reply::ok(&Page::<Value>::new(Vec::new(), 0, call.page()?, call.path, call.query));
    }
    list_open(call, ConversationView::conversation)
}

fn list_open(
    call: &Call<'_>,
    to_json: impl Fn(&ConversationView, Nanos) -> Value,
) -> Result<Reply, ApiError> {
    let wanted = call.page()?;
    let (views, total) = {
        let organization = call.tenant().read();
        let open = || organization.conversations().iter().rev().filter(|glance| glance.ended().is_none());
        let page = open().skip(wanted.offset()).take(wanted.most());
        let views: Vec<_> = page
            .filter_map(|glance| ConversationView::of(&organization, glance.key, MESSAGES_LISTED))
            .collect();
        (views, open().count())
    };
    let entities = views.iter().map(|view| to_json(view, call.now)).collect();
    Reply::ok(&Page::new(entities, total, wanted, call.path, call.query))
}

/// A copy of the conversation in the call's path.
pub(super) fn view_in_path(call: &Call<'_>) -> Result<ConversationView, ApiError> {
    let organization = call.tenant().read();
    ConversationView::of(&organization, find_conversation(call, &organization)?, MESSAGES)
        .ok_or_else(ApiError::internal)
}

pub(super) fn get_message_conversation(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&view_in_path(call)?.message_conversation(call.now))
}

/// `GET …/conversations/{conversationId}`: also finds a call or callback that a client has created.
pub(super) fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    match (view_in_path(call), siblings::find_created(call)?) {
        (Ok(view), _) => Reply::ok(&view.conversation(call.now)),
        (Err(_), Some(created)) => Reply::ok(&created).map(Reply::generic),
        (Err(error), None) => Err(error),
    }
}

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
    let ids: Vec<String> = call.json_or_none()?.unwrap_or_default();
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
