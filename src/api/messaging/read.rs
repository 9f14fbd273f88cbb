//! What clients ask about conversations and messages that exist.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{conversation as key_of, siblings};
use crate::api::call::Call;
use crate::time::Nanos;
use crate::view::conversation::{self, MESSAGES, MESSAGES_LISTED, Seen};
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::conversation::Message;

/// The most messages of one bulk request.
const MAX_BULK: usize = 1000;

/// `GET …/conversations/messages`: the organization's open conversations, the newest first.
pub(super) fn message_conversations(call: &Call<'_>) -> Result<Reply, ApiError> {
    listing(call, Seen::message_conversation)
}

/// `GET …/conversations`: the same in general words. There are no calls here, so another
/// `communicationType` finds none.
pub(super) fn conversations(call: &Call<'_>) -> Result<Reply, ApiError> {
    let kind = call.query("communicationType");
    if kind.is_some_and(|kind| !kind.eq_ignore_ascii_case("message")) {
        return Reply::ok(&Page::<Value>::new(Vec::new(), 0, call.page()?, call.path, call.query));
    }
    listing(call, Seen::conversation)
}

fn listing(call: &Call<'_>, shown: impl Fn(&Seen, Nanos) -> Value) -> Result<Reply, ApiError> {
    let wanted = call.page()?;
    let (seen, total) = {
        let organization = call.tenant().read();
        let open = || organization.conversations().iter().rev().filter(|glance| glance.ended().is_none());
        let page = open().skip(wanted.offset()).take(wanted.most());
        let seen: Vec<_> =
            page.filter_map(|glance| Seen::of(&organization, glance.key, MESSAGES_LISTED)).collect();
        (seen, open().count())
    };
    let entities = seen.iter().map(|seen| shown(seen, call.now)).collect();
    Reply::ok(&Page::new(entities, total, wanted, call.path, call.query))
}

/// The conversation in the call's path, as it is after `call`'s changes.
pub(super) fn seen(call: &Call<'_>) -> Result<Seen, ApiError> {
    let organization = call.tenant().read();
    Seen::of(&organization, key_of(call, &organization)?, MESSAGES).ok_or_else(ApiError::internal)
}

pub(super) fn message_conversation(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&seen(call)?.message_conversation(call.now))
}

/// `GET …/conversations/{conversationId}`: also a call or callback that a client has created.
pub(super) fn conversation(call: &Call<'_>) -> Result<Reply, ApiError> {
    match (seen(call), siblings::find(call)?) {
        (Ok(seen), _) => Reply::ok(&seen.conversation(call.now)),
        (Err(_), Some(created)) => Reply::ok(&created).map(Reply::generic),
        (Err(error), None) => Err(error),
    }
}

fn found(call: &Call<'_>) -> Result<Message, ApiError> {
    let id = call.param("messageId")?;
    let organization = call.tenant().read();
    let message = Uuid::try_parse(&id).ok().and_then(|id| organization.conversations().message(id));
    message.ok_or_else(|| ApiError::no_such("message", &id))
}

pub(super) fn message(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (message, conversation) = (found(call)?, call.param("conversationId")?);
    if Uuid::try_parse(&conversation) != Ok(message.conversation) {
        return Err(ApiError::no_such("message", &message.head.id.to_string()));
    }
    Reply::ok(&conversation::message(&message, call.query_flag("useNormalizedMessage"), call.now))
}

pub(super) fn message_details(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&conversation::message(&found(call)?, call.query_flag("useNormalizedMessage"), call.now))
}

/// `POST …/messages/bulk`: those of the wanted messages that the conversation has.
pub(super) fn messages(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids: Vec<String> = call.json_or_none()?.unwrap_or_default();
    if ids.len() > MAX_BULK {
        return Err(ApiError::bad_request(format!("At most {MAX_BULK} messages can be asked for at once.")));
    }
    let found: Vec<Message> = {
        let organization = call.tenant().read();
        let store = organization.conversations();
        let conversation = store.id(key_of(call, &organization)?);
        let found = ids.iter().filter_map(|id| store.message(Uuid::try_parse(id).ok()?));
        found.filter(|message| message.conversation == conversation).collect()
    };
    let normalized = call.query_flag("useNormalizedMessage");
    let entities: Vec<_> = found.iter().map(|one| conversation::message(one, normalized, call.now)).collect();
    Reply::ok(&json!({ "entities": entities }))
}
