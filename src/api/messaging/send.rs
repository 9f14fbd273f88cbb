//! Outbound messages, and the conversations that they open.

use std::borrow::Cow;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{check_length, read_flag, user_reference};
use crate::api::call::Call;
use crate::api::check_types;
use crate::api::conversations::{OF_MESSAGE, find_communication, find_queue};
use crate::api::entity::required_text;
use crate::api::record::check_references_of;
use crate::time::clock::rfc3339;
use crate::view::conversation;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::conversation::{
    Conversations, Direction, Key, Medium, Message, MessageEvent, Messenger, Opening, Side,
};

type Body = Map<String, Value>;

/// The body that load tests send, and no other key. It is read without an intermediate map.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text<'b> {
    #[serde(borrow)]
    to: To<'b>,
    #[serde(borrow)]
    text: Cow<'b, str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct To<'b> {
    #[serde(borrow)]
    id: Cow<'b, str>,
}

/// The answer to a [`Text`].
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    id: Uuid,
    message_id: Option<Uuid>,
    communication_id: Uuid,
    self_uri: String,
}

/// `POST …/conversations/messages`: the vendor's body opens a conversation, `{"to", "text"}` sends a message.
pub(super) fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    if let Ok(Text { to, text }) = call.request.json::<Text<'_>>() {
        return send_text(call, &to.id, &text);
    }
    let body = call.json_object()?;
    let has = |keys: &[&str]| keys.iter().any(|key| body.contains_key(*key));
    if has(&["queueId", "toAddress", "toAddressMessengerType"]) {
        open_conversation(call, &body)
    } else if has(&["to", "text"]) {
        let to = body.get("to").and_then(|to| to.get("id")?.as_str()).unwrap_or_default();
        send_text(call, to, required_text(&body, "text")?)
    } else {
        Err(ApiError::bad_request(
            "Required to open a conversation: queueId, toAddress, toAddressMessengerType. \
             Required to send a message: to.id, text. The body has none of them.",
        ))
    }
}

fn open_conversation(call: &Call<'_>, body: &Body) -> Result<Reply, ApiError> {
    const CHANNELS: &[Messenger] = &[Messenger::Sms, Messenger::Open, Messenger::WhatsApp];
    check_types(call, body)?;
    let queue = required_text(body, "queueId")?;
    let address = required_text(body, "toAddress")?;
    let messenger = read_messenger(body, CHANNELS)?;
    check_address(messenger, address)?;
    let joins = read_flag(body, "useExistingConversation")?;
    let happened = call.change(|organization| {
        let queue = Some(find_queue(organization, queue)?);
        check_references_of(organization, OF_MESSAGE, body)?;
        let opening = Opening { queue, joins, ..opening(call, messenger, address) };
        if !joins && organization.conversations().with_customer(messenger, address).is_some() {
            return Err(active_conversation());
        }
        organization.open_conversation(&opening).ok_or_else(ApiError::internal)
    })?;
    let id = happened.conversation;
    Reply::accepted(&json!({ "id": id, "selfUri": format!("/api/v2/conversations/messages/{id}") }))
}

/// The refusal of a second conversation with a customer. Documented: an announcement of September 2024 and the
/// operation's error codes.
fn active_conversation() -> ApiError {
    const WHY: &str = "An alerting or connected conversation is already in progress.";
    ApiError::new(StatusCode::BAD_REQUEST, "active.conversation", WHY)
}

/// Sends `text` to a participant, a conversation or any address. The first message opens the conversation with the
/// address, later ones join it.
fn send_text(call: &Call<'_>, to: &str, text: &str) -> Result<Reply, ApiError> {
    let required = |name: &str, text: &str| {
        let missing =
            || ApiError::bad_request(format!("The property {name} is required and must be a string."));
        (!text.trim().is_empty()).then_some(()).ok_or_else(missing)
    };
    required("to.id", to)?;
    required("text", text)?;
    check_length(Messenger::Open, text)?;
    let opening = opening(call, Messenger::Open, to);
    let happened =
        call.change(|organization| deliver(organization, &opening, text).ok_or_else(ApiError::internal))?;
    let id = happened.conversation;
    Reply::accepted(&Sent {
        id,
        message_id: happened.message,
        communication_id: happened.communication,
        self_uri: self_uri(id),
    })
}

/// The path of a conversation. Not by `format!`, which allocates twice: this is the most frequent answer of load tests.
fn self_uri(id: Uuid) -> String {
    ["/api/v2/conversations/messages/", id.hyphenated().encode_lower(&mut Uuid::encode_buffer())].concat()
}

/// Appends `text` to the conversation that `opening.address` names, or opens one.
fn deliver(organization: &mut Organization, opening: &Opening<'_>, text: &str) -> Option<MessageEvent> {
    let Some(known) = find_by_id(organization.conversations(), opening.address) else {
        return organization.add_message(opening, Side::Own, text);
    };
    let seen = organization.conversations().glance(known)?;
    if seen.ended().is_none() {
        return organization.append(known, Side::Own, text, opening.at);
    }
    let (address, messenger) = (seen.address(), seen.messenger());
    organization.add_message(&Opening { address: &address, messenger, ..*opening }, Side::Own, text)
}

fn find_by_id(store: &Conversations, id: &str) -> Option<Key> {
    let id = Uuid::try_parse(id).ok()?;
    let known = store.find(id).or_else(|| Some(store.find_participant(id)?.key));
    known.filter(|key| store.glance(*key).is_some_and(|glance| glance.has(Medium::Message)))
}

/// The opening of a conversation by the caller.
fn opening<'a>(call: &'a Call<'_>, messenger: Messenger, address: &'a str) -> Opening<'a> {
    Opening {
        messenger,
        direction: Direction::Outbound,
        address,
        name: "",
        own_address: &call.tenant().seed.domain,
        queue: None,
        user: call.caller.token.user,
        joins: true,
        at: call.now,
    }
}

/// `POST …/messages/agentless`: sends a message without an agent, in a new conversation unless the
/// body asks for the open one. The vendor refuses user tokens here; gcmock takes any token.
pub(super) fn send_agentless(call: &Call<'_>) -> Result<Reply, ApiError> {
    const CHANNELS: &[Messenger] =
        &[Messenger::Sms, Messenger::WhatsApp, Messenger::Open, Messenger::WebMessaging, Messenger::Apple];
    let body = call.json_object()?;
    check_types(call, &body)?;
    let from = required_text(&body, "fromAddress")?;
    let to = required_text(&body, "toAddress")?;
    let messenger = read_messenger(&body, CHANNELS)?;
    check_address(messenger, to)?;
    let text = read_content(&body, messenger, &["textBody", "messagingTemplate"])?;
    let joins = read_flag(&body, "useExistingActiveConversation")?;
    let opening = Opening { own_address: from, user: None, joins, ..opening(call, messenger, to) };
    let shown = call.change(|organization| {
        let happened = organization.add_message(&opening, Side::Own, text).ok_or_else(ApiError::internal)?;
        Ok(agentless_to_json(call, organization, &happened, &body))
    })?;
    Reply::accepted(&shown)
}

fn agentless_to_json(
    call: &Call<'_>,
    organization: &Organization,
    happened: &MessageEvent,
    body: &Body,
) -> Body {
    let id = happened.message.unwrap_or_default();
    let mut shown = Map::new();
    let given = |key: &str| body.get(key).filter(|value| !value.is_null()).cloned();
    conversation::add(&mut shown, "id", Some(json!(id)));
    conversation::add(&mut shown, "conversationId", Some(json!(happened.conversation)));
    conversation::add(&mut shown, "fromAddress", given("fromAddress"));
    conversation::add(&mut shown, "toAddress", given("toAddress"));
    conversation::add(&mut shown, "messengerType", given("toAddressMessengerType"));
    if call.query_flag("useNormalizedMessage") {
        let message = organization.conversations().message(id);
        conversation::add(
            &mut shown,
            "message",
            message.map(|message| conversation::message(&message, true, call.now)),
        );
    } else {
        conversation::add(&mut shown, "textBody", given("textBody"));
    }
    conversation::add(&mut shown, "messagingTemplate", given("messagingTemplate"));
    conversation::add(&mut shown, "useExistingActiveConversation", given("useExistingActiveConversation"));
    conversation::add(&mut shown, "timestamp", Some(json!(rfc3339(happened.at))));
    conversation::add(&mut shown, "user", user_reference(call, organization));
    conversation::add(
        &mut shown,
        "selfUri",
        Some(json!(format!("/api/v2/conversations/messages/{id}/details"))),
    );
    shown
}

/// `POST …/communications/{communicationId}/messages`: appends a message.
pub(super) fn create_message(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    check_types(call, &body)?;
    let message = call.change(|organization| append_message(call, organization, &body))?;
    let mut shown = conversation::message(&message, call.query_flag("useNormalizedMessage"), call.now);
    if let Some(ids) = body.get("mediaIds").and_then(Value::as_array) {
        shown["media"] = ids.iter().map(|id| json!({ "id": id })).collect();
    }
    Reply::ok(&shown)
}

fn append_message(
    call: &Call<'_>,
    organization: &mut Organization,
    body: &Body,
) -> Result<Message, ApiError> {
    let key = find_communication(call, organization)?.key;
    let seen = organization.conversations().glance(key).ok_or_else(ApiError::internal)?;
    let text = read_content(body, seen.messenger(), &["textBody", "mediaIds", "messagingTemplate"])?;
    if seen.ended().is_some() {
        return Err(ApiError::conflict("The conversation is disconnected."));
    }
    if let (None, Some(user)) = (seen.user(), call.caller.token.user) {
        organization.assign_conversation(key, user, call.now);
    }
    let happened = organization.append(key, Side::Own, text, call.now);
    let message = happened.and_then(|happened| organization.conversations().message(happened.message?));
    message.ok_or_else(ApiError::internal)
}

/// `POST …/communications/{communicationId}/typing`: checks a typing event, which has no effect.
pub(super) fn send_typing(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let kind = body.get("typing").and_then(|typing| typing.get("type")?.as_str());
    match kind {
        Some("On") => {}
        Some(other) => return Err(ApiError::invalid_value("typing.type", other, "On")),
        None => return Err(ApiError::bad_request("The property typing.type is required.")),
    }
    find_communication(call, &call.tenant().read())?;
    Ok(Reply::no_content())
}

/// Reads `toAddressMessengerType`, which must be one of `allowed`.
fn read_messenger(body: &Body, allowed: &[Messenger]) -> Result<Messenger, ApiError> {
    let name = required_text(body, "toAddressMessengerType")?;
    let known = Messenger::from_name(name).filter(|messenger| allowed.contains(messenger));
    known.ok_or_else(|| {
        let names: Vec<_> = allowed.iter().map(|messenger| messenger.name()).collect();
        ApiError::invalid_value("toAddressMessengerType", name, &names.join(", "))
    })
}

/// Reads the one property of `kinds` that the body has, and returns its text. Media and templates have none.
fn read_content<'b>(
    body: &'b Body,
    messenger: Messenger,
    kinds: &[&'static str],
) -> Result<&'b str, ApiError> {
    let is_there = |key: &&&str| match body.get(**key) {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        Some(_) => true,
    };
    let there: Vec<&str> = kinds.iter().filter(is_there).copied().collect();
    let [kind] = there.as_slice() else {
        let (all, count) = (kinds.join(", "), there.len());
        return Err(ApiError::bad_request(format!("Exactly one of {all} is required; there are {count}.")));
    };
    match (*kind, &body[*kind]) {
        ("textBody", Value::String(text)) => check_length(messenger, text).map(|()| text.as_str()),
        ("mediaIds", Value::Array(_)) | ("messagingTemplate", Value::Object(_)) => Ok(""),
        _ => Err(ApiError::bad_request(format!("The property {kind} has a wrong type."))),
    }
}

fn check_address(messenger: Messenger, address: &str) -> Result<(), ApiError> {
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (code, why) = match messenger {
        Messenger::Sms
            if !address.strip_prefix('+').is_some_and(|rest| rest.len() <= 15 && are_digits(rest)) =>
        {
            ("invalid.phone.number", "The SMS phone number address is not a valid E.164 format.")
        }
        Messenger::WhatsApp if !are_digits(address.strip_prefix('+').unwrap_or(address)) => (
            "invalid.whatsapp.address",
            "WhatsApp address must only contain numeric characters of destination phone number.",
        ),
        _ => return Ok(()),
    };
    Err(ApiError::new(StatusCode::BAD_REQUEST, code, why))
}
