//! Inbound open messaging: messages, typing, receipts.
//!
//! The vendor requires a client-credentials token here; gcmock takes any token.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::api::call::Call;
use crate::api::check_inside;
use crate::api::entity::{instant, required_text};
use crate::api::messengers::find_integration;
use crate::time::clock::{parse_rfc3339, rfc3339};
use crate::view::conversation::ConversationView;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::conversation::{Direction, MessageEvent, Messenger, Opening, Receipt, Side};
use crate::world::messaging::Channel;

type Body = Map<String, Value>;

/// `POST …/{integrationId}/inbound/open/message`.
pub(super) fn receive_message(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (body, integration) = (call.json_object()?, integration(call)?);
    let inbound = Inbound::read(call, &body, &integration)?;
    let text = body.get("text").and_then(Value::as_str).unwrap_or_default();
    let content = body.get("content").filter(|content| content.as_array().is_some_and(|all| !all.is_empty()));
    if text.is_empty() && content.is_none() {
        return Err(ApiError::bad_request("One of the properties text and content is required."));
    }
    let happened = inbound.store(call, text)?;
    let mut shown = inbound.to_json(happened.message, "Text");
    copy_fields(&body, &mut shown, &["text", "content", "metadata"]);
    if call.query_flag("prefetchConversationId") {
        shown.insert("conversationId".to_owned(), json!(happened.conversation));
    }
    Reply::accepted(&shown)
}

/// `POST …/{integrationId}/inbound/open/structured/response`: stores the press of a button as a message.
pub(super) fn receive_structured(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (body, integration) = (call.json_object()?, integration(call)?);
    let inbound = Inbound::read(call, &body, &integration)?;
    required_text(&body, "originatingMessageId")?;
    let Some(button) = body.get("buttonResponse").filter(|button| button.is_object()) else {
        return Err(ApiError::bad_request("The property buttonResponse is required and must be an object."));
    };
    let text = button.get("text").and_then(Value::as_str).unwrap_or_default();
    let happened = inbound.store(call, text)?;
    let mut shown = inbound.to_json(happened.message, "Structured");
    shown.insert("direction".to_owned(), json!("Inbound"));
    shown
        .insert("content".to_owned(), json!([{ "contentType": "ButtonResponse", "buttonResponse": button }]));
    copy_fields(&body, &mut shown, &["metadata"]);
    Reply::accepted(&shown)
}

/// `POST …/{integrationId}/inbound/open/event`: tells the users of the conversation that the customer types.
pub(super) fn receive_event(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (body, integration) = (call.json_object()?, integration(call)?);
    let inbound = Inbound::read(call, &body, &integration)?;
    let events = body.get("events").and_then(Value::as_array).filter(|events| !events.is_empty());
    let Some(events) = events else {
        return Err(ApiError::bad_request("The property events is required and must be an array."));
    };
    for event in events {
        match event.get("eventType").and_then(Value::as_str) {
            Some("Typing") => {}
            other => return Err(ApiError::invalid_value("eventType", other.unwrap_or_default(), "Typing")),
        }
    }
    let mut shown = inbound.to_json(Some(Uuid::new_v4()), "Event");
    copy_fields(&body, &mut shown, &["events"]);
    inbound.publish_typing(call, &shown);
    Reply::accepted(&shown)
}

/// `POST …/{integrationId}/inbound/open/receipt`: notes the status of a message.
pub(super) fn receive_receipt(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (body, integration) = (call.json_object()?, integration(call)?);
    save_receipt(call, &body, &integration)
}

/// `POST …/inbound/open`: takes messages and receipts; the integration is `channel.to.id`.
pub(super) fn receive_deprecated(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let to = body.get("channel").and_then(|channel| channel.get("to")?.get("id")?.as_str());
    let to = to.ok_or_else(|| ApiError::bad_request("The property channel.to.id is required."))?;
    check_integration(call, to)?;
    match required_text(&body, "type")? {
        "Receipt" => return save_receipt(call, &body, to),
        "Text" => {}
        other => return Err(ApiError::invalid_value("type", other, "Text, Receipt")),
    }
    let inbound = Inbound::read(call, &body, to)?;
    let happened = inbound.store(call, body.get("text").and_then(Value::as_str).unwrap_or_default())?;
    let mut shown = inbound.to_json(happened.message, "Text");
    shown.insert("direction".to_owned(), json!("Inbound"));
    copy_fields(&body, &mut shown, &["text", "content", "metadata"]);
    Reply::accepted(&shown)
}

fn save_receipt(call: &Call<'_>, body: &Body, integration: &str) -> Result<Reply, ApiError> {
    let (id, status) = (required_text(body, "id")?, required_text(body, "status")?);
    let receipt = Receipt::from_name(status)
        .ok_or_else(|| ApiError::invalid_value("status", status, Receipt::NAMES))?;
    let (channel, time) = read_channel(call, body)?;
    let unknown = || ApiError::no_such("message", id);
    let message = Uuid::try_parse(id).map_err(|_| unknown())?;
    call.change(|organization| {
        organization.note_receipt(message, receipt).then_some(()).ok_or_else(unknown)
    })?;
    let mut shown = Map::from_iter([
        ("id".to_owned(), json!(id)),
        (
            "channel".to_owned(),
            json!({
                "platform": "Open", "type": "Private", "time": time,
                "to": channel.get("to"), "from": { "id": integration, "idType": "Opaque" },
            }),
        ),
        ("type".to_owned(), json!("Receipt")),
    ]);
    copy_fields(body, &mut shown, &["status", "reasons", "isFinalReceipt"]);
    shown.insert("direction".to_owned(), json!("Inbound"));
    Reply::accepted(&shown)
}

/// Reads the channel of a body and its required time, which has a code of its own where it is missing.
fn read_channel<'b>(call: &Call<'_>, body: &'b Body) -> Result<(&'b Body, &'b str), ApiError> {
    let channel = body.get("channel").and_then(Value::as_object);
    let channel = channel
        .ok_or_else(|| ApiError::bad_request("The property channel is required and must be an object."))?;
    let Some(time) = channel.get("time").and_then(Value::as_str) else {
        let why = "Missing open channel date.";
        return Err(ApiError::missing_field("missing.open.channel.date", "channel.time", why));
    };
    instant("channel.time", time)?;
    check_inside(call, body)?;
    Ok((channel, time))
}

/// The open messaging integration in the call's path. An unknown one is a 404.
fn integration<'a>(call: &Call<'a>) -> Result<Cow<'a, str>, ApiError> {
    let id = call.param("integrationId")?;
    check_integration(call, &id)?;
    Ok(id)
}

fn check_integration(call: &Call<'_>, id: &str) -> Result<(), ApiError> {
    find_integration(&call.tenant().read(), Channel::Open, id).map(drop)
}

/// What a customer sends: its addresses and its time.
struct Inbound<'b> {
    integration: &'b str,
    channel: &'b Body,
    from: &'b Body,
    address: &'b str,
    time: &'b str,
}

impl<'b> Inbound<'b> {
    fn read(call: &Call<'_>, body: &'b Body, integration: &'b str) -> Result<Self, ApiError> {
        let (channel, time) = read_channel(call, body)?;
        let from = channel.get("from").and_then(Value::as_object);
        let from = from.ok_or_else(|| ApiError::bad_request("The property channel.from is required."))?;
        let address = required_text(from, "id")?;
        let kind = required_text(from, "idType")?;
        if !matches!(kind, "Email" | "Phone" | "Opaque") {
            return Err(ApiError::invalid_value("idType", kind, "Email, Phone, Opaque"));
        }
        Ok(Self { integration, channel, from, address, time })
    }

    fn name(&self) -> String {
        let part = |key: &str| self.from.get(key).and_then(Value::as_str).filter(|part| !part.is_empty());
        let full: Vec<_> = ["firstName", "lastName"].into_iter().filter_map(part).collect();
        part("nickname").map_or_else(|| full.join(" "), str::to_owned)
    }

    fn store(&self, call: &Call<'_>, text: &str) -> Result<MessageEvent, ApiError> {
        let opening = Opening {
            messenger: Messenger::Open,
            direction: Direction::Inbound,
            address: self.address,
            name: &self.name(),
            own_address: self.integration,
            queue: None,
            user: None,
            joins: true,
            at: call.now,
        };
        call.change(|organization| {
            organization.add_message(&opening, Side::Customer, text).ok_or_else(ApiError::internal)
        })
    }

    /// Publishes an event to the users that have the conversation. The body is the answer with the conversation's id
    /// (assumed).
    fn publish_typing(&self, call: &Call<'_>, shown: &Body) {
        let hub = &call.platform.notifications.hub;
        let view = {
            let organization = call.tenant().read();
            let key = organization.conversations().with_customer(Messenger::Open, self.address);
            key.filter(|_| !hub.is_silent())
                .and_then(|key| ConversationView::of(&organization, key, 0, call.now))
        };
        let Some(view) = view else { return };
        let mut body = shown.clone();
        body.insert("conversationId".to_owned(), json!(view.conversation.id));
        body.insert("direction".to_owned(), json!("Inbound"));
        for user in view.users().collect::<HashSet<_>>() {
            let topic = format!("v2.users.{user}.conversations.inbound.typing.event");
            hub.publish(call.tenant().index, &topic, &body);
        }
    }

    /// The answer to it, with the fields that were read.
    fn to_json(&self, id: Option<Uuid>, kind: &str) -> Body {
        let id = id.unwrap_or_default();
        let mut channel = json!({
            "id": self.integration,
            "platform": "Open",
            "type": "Private",
            "to": { "id": self.integration },
            "from": self.from,
            "time": parse_rfc3339(self.time).map(rfc3339),
        });
        if let Some(message) = self.channel.get("messageId") {
            channel["messageId"] = message.clone();
        }
        Map::from_iter([
            ("id".to_owned(), json!(id)),
            ("channel".to_owned(), channel),
            ("type".to_owned(), json!(kind)),
        ])
    }
}

fn copy_fields(from: &Body, to: &mut Body, keys: &[&str]) {
    for key in keys {
        if let Some(value) = from.get(*key).filter(|value| !value.is_null()) {
            to.insert((*key).to_owned(), value.clone());
        }
    }
}
