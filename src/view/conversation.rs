//! The JSON of conversations and messages.
//!
//! `ConversationView` is copied under the lock and written after it. A message belongs to the participant that sent it.
//! The attributes and the wrap-up of a participant are a stored entity beside the conversation.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::world::Organization;
use crate::world::collection::Entity;
use crate::world::conversation::{Conversation, Direction, Key, Message, MessageHead};
use crate::world::id::Id;
use crate::world::people::User;

/// The newest messages that one conversation shows.
pub(crate) const MESSAGES: usize = 100;
/// The newest messages of each conversation in a listing.
pub(crate) const MESSAGES_LISTED: usize = 25;
/// The collection of attributes and wrap-ups of participants.
pub(crate) const NOTES: &str = "conversation-participants";

const PROVIDER: &str = "PureCloud Messaging";

/// A copy of a conversation, its user and its notes.
pub(crate) struct ConversationView {
    pub(crate) conversation: Conversation,
    /// The id and name of the user in the conversation.
    pub(crate) user: Option<(Id<User>, String)>,
    notes: [Option<Entity>; 2],
}

impl ConversationView {
    /// A copy of a conversation, with at most `messages` of its newest messages.
    pub(crate) fn of(organization: &Organization, key: Key, messages: usize) -> Option<Self> {
        let conversation = organization.conversations().get(key, messages)?;
        let user = conversation.user.and_then(|user| organization.people().at(user));
        Some(Self {
            user: user.map(|user| (user.id, user.name.clone())),
            notes: conversation
                .participants
                .map(|id| organization.collections.get(NOTES, &id.to_string()).cloned()),
            conversation,
        })
    }

    /// The JSON of `/conversations/messages`.
    pub(crate) fn message_conversation(&self, now: Nanos) -> Value {
        let id = self.conversation.id;
        json!({
            "id": id,
            "participants": Vec::from([0, 1].map(|side| self.media_participant(side, now))),
            "otherMediaUris": [],
            "selfUri": format!("/api/v2/conversations/messages/{id}"),
        })
    }

    /// The JSON of `/conversations`.
    pub(crate) fn conversation(&self, now: Nanos) -> Value {
        let conversation = &self.conversation;
        let mut shown = json!({
            "id": conversation.id,
            "startTime": rfc3339(conversation.opened),
            "address": conversation.address,
            "participants": Vec::from([0, 1].map(|side| self.participant(side, now))),
            "recordingState": "NONE",
            "state": self.state(),
            "divisions": [],
            "selfUri": format!("/api/v2/conversations/{}", conversation.id),
        });
        self.add_end(&mut shown, "endTime");
        shown
    }

    fn media_participant(&self, side: usize, now: Nanos) -> Value {
        let conversation = &self.conversation;
        let mut shown = self.communication(side, now);
        shown["id"] = json!(conversation.participants[side]);
        shown["name"] = json!(self.name(side));
        shown["address"] = json!(self.address(side));
        shown["purpose"] = json!(self.purpose(side));
        shown["wrapupRequired"] = json!(false);
        shown["startTime"] = shown["connectedTime"].clone();
        self.add_end(&mut shown, "endTime");
        self.add_notes(&mut shown, side);
        if side == 1 {
            if let Some((id, name)) = &self.user {
                shown["user"] = json!({ "id": id, "name": name, "selfUri": format!("/api/v2/users/{id}") });
            }
            if let Some(queue) = conversation.queue {
                shown["queue"] = json!({ "id": queue, "selfUri": format!("/api/v2/routing/queues/{queue}") });
            }
        }
        shown
    }

    fn participant(&self, side: usize, now: Nanos) -> Value {
        let conversation = &self.conversation;
        let since = rfc3339(conversation.opened);
        let mut communication = self.communication(side, now);
        communication["id"] = json!(conversation.communications[side]);
        communication["segments"] = json!([]);
        communication["initialState"] = json!("connected");
        self.add_end(&mut communication, "disconnectedTime");
        let mut shown = json!({
            "id": conversation.participants[side],
            "startTime": since,
            "connectedTime": since,
            "name": self.name(side),
            "purpose": self.purpose(side),
            "participantType": if side == 0 { "External" } else { "Internal" },
            "address": self.address(side),
            "wrapupRequired": false,
            "messages": [communication],
        });
        self.add_end(&mut shown, "endTime");
        self.add_notes(&mut shown, side);
        if side == 1 {
            if let Some((id, _)) = &self.user {
                shown["userId"] = json!(id);
                shown["userUri"] = json!(format!("/api/v2/users/{id}"));
            }
            if let Some(queue) = conversation.queue {
                shown["queueId"] = json!(queue);
            }
        }
        shown
    }

    /// The communication of one side, as both kinds of conversation show it.
    fn communication(&self, side: usize, now: Nanos) -> Value {
        let conversation = &self.conversation;
        let sent = if side == 0 { Direction::Inbound } else { Direction::Outbound };
        let messages = conversation.messages.iter().filter(|head| head.direction == sent);
        let mut shown = json!({
            "id": null,
            "state": self.state(),
            "direction": conversation.direction.name(),
            "held": false,
            "connectedTime": rfc3339(conversation.opened),
            "provider": PROVIDER,
            "type": conversation.messenger.name(),
            "authenticated": false,
            "fromAddress": address(self.address(usize::from(conversation.direction == Direction::Outbound))),
            "toAddress": address(self.address(usize::from(conversation.direction == Direction::Inbound))),
            "messages": messages.map(|head| self.details(head, now)).collect::<Vec<_>>(),
        });
        if conversation.ended.is_some() {
            shown["disconnectType"] = json!("client");
        }
        shown
    }

    fn details(&self, head: &MessageHead, now: Nanos) -> Value {
        json!({
            "messageId": head.id,
            "messageURI": message_uri(self.conversation.id, head.id),
            "messageStatus": head.status(now),
            "messageTime": rfc3339(head.at),
            "media": [],
        })
    }

    /// `connected` or `disconnected`.
    pub(crate) const fn state(&self) -> &'static str {
        if self.conversation.ended.is_some() { "disconnected" } else { "connected" }
    }

    /// The purpose of a participant.
    pub(crate) fn purpose(&self, side: usize) -> &'static str {
        match (side, self.conversation.direction) {
            (0, _) => "customer",
            _ if self.user.is_some() => "agent",
            (_, Direction::Inbound) => "acd",
            (_, Direction::Outbound) => "api",
        }
    }

    /// The name of a participant.
    pub(crate) fn name(&self, side: usize) -> &str {
        let conversation = &self.conversation;
        match (side, &self.user) {
            (0, _) if conversation.name.is_empty() => &conversation.address,
            (0, _) => &conversation.name,
            (_, Some((_, name))) => name,
            (_, None) => &conversation.own_address,
        }
    }

    fn address(&self, side: usize) -> &str {
        if side == 0 { &self.conversation.address } else { &self.conversation.own_address }
    }

    fn add_end(&self, shown: &mut Value, key: &str) {
        if let Some(at) = self.conversation.ended {
            shown[key] = json!(rfc3339(at));
        }
    }

    fn add_notes(&self, shown: &mut Value, side: usize) {
        let note = |key: &str| self.notes[side].as_ref()?.get(key).cloned();
        shown["attributes"] = note("attributes").unwrap_or_else(|| json!({}));
        if let Some(wrapup) = note("wrapup") {
            shown["wrapup"] = wrapup;
        }
    }
}

fn address(address: &str) -> Value {
    json!({ "addressNormalized": address, "addressRaw": address, "addressDisplayable": address })
}

pub(crate) fn message_uri(conversation: Uuid, message: Uuid) -> String {
    format!("/api/v2/conversations/messages/{conversation}/messages/{message}")
}

/// A message; with `normalized`, without the fields that its normalized form replaces.
pub(crate) fn message(message: &Message, normalized: bool, now: Nanos) -> Value {
    let Message { head, messenger, from, to, text, .. } = message;
    let mut shown = json!({
        "id": head.id,
        "timestamp": rfc3339(head.at),
        "fromAddress": from,
        "toAddress": to,
        "direction": head.direction.name(),
        "messengerType": messenger.name(),
        "textBody": text,
        "status": head.status(now),
        "media": [],
        "normalizedMessage": {
            "id": head.id,
            "channel": {
                "id": message.communication,
                "platform": messenger.platform(),
                "type": "Private",
                "to": { "id": to },
                "from": { "id": from },
                "time": rfc3339(head.at),
            },
            "type": "Text",
            "text": text,
            "direction": head.direction.title(),
        },
        "conversationId": message.conversation,
        "selfUri": message_uri(message.conversation, head.id),
    });
    if normalized && let Some(fields) = shown.as_object_mut() {
        fields.retain(|key, _| key != "textBody" && key != "media");
    }
    shown
}

/// `value` under `key` of an object, where there is one.
pub(crate) fn add(object: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        object.insert(key.to_owned(), value);
    }
}
