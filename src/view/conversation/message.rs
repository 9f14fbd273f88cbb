//! A message, and the messages of a communication.

use serde_json::{Value, json};
use uuid::Uuid;

use super::ConversationView;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::world::conversation::{Direction, Message, MessageHead, Party};

impl ConversationView {
    /// The messages that a participant sent: the customer all inbound ones, others the outbound ones of their time.
    pub(super) fn messages(&self, index: usize, now: Nanos) -> Vec<Value> {
        let participant = &self.conversation.parties.participants[index];
        let sent =
            if participant.party == Party::Customer { Direction::Inbound } else { Direction::Outbound };
        let (from, to) = (participant.started(), participant.ended().unwrap_or(Nanos::MAX));
        let own = |head: &&MessageHead| {
            head.direction == sent && (sent == Direction::Inbound || (from..=to).contains(&head.at))
        };
        self.conversation.messages.iter().filter(own).map(|head| self.details(head, now)).collect()
    }

    fn details(&self, head: &MessageHead, now: Nanos) -> Value {
        json!({
            "messageId": head.id,
            "messageURI": uri(self.conversation.id, head.id),
            "messageStatus": head.status(now),
            "messageTime": rfc3339(head.at),
            "media": [],
        })
    }
}

fn uri(conversation: Uuid, message: Uuid) -> String {
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
        "selfUri": uri(message.conversation, head.id),
    });
    if normalized && let Some(fields) = shown.as_object_mut() {
        fields.retain(|key, _| key != "textBody" && key != "media");
    }
    shown
}
