//! A call in the history of a user.

use serde_json::{Value, json};

use super::{ConversationView, add_time, uri};
use crate::time::clock::rfc3339;
use crate::world::conversation::{Medium, Purpose};

impl ConversationView {
    /// The conversation as the history of calls lists it.
    pub(crate) fn call_history(&self) -> Value {
        let conversation = &self.conversation;
        let participants = &conversation.parties.participants;
        let answered = participants.iter().any(|one| {
            let inside = matches!(one.purpose, Purpose::Agent | Purpose::User);
            inside && one.of_medium(Medium::Call).is_some_and(|call| call.connected > 0)
        });
        json!({
            "id": conversation.id,
            "participants": (0..participants.len()).filter_map(|index| self.past_party(index)).collect::<Vec<_>>(),
            "direction": conversation.direction.name(),
            "wentToVoicemail": false,
            "missedCall": !answered,
            "startTime": rfc3339(conversation.opened),
            "wasConference": false,
            "wasCallback": conversation.medium == Medium::Callback,
            "hadScreenShare": false,
            "hadCobrowse": false,
            "wasOutboundCampaign": false,
            "selfUri": uri(Medium::Call, conversation.id),
        })
    }

    fn past_party(&self, index: usize) -> Option<Value> {
        let participant = &self.conversation.parties.participants[index];
        let call = participant.of_medium(Medium::Call)?;
        let (from, to) = self.addresses();
        let mut shown = json!({
            "id": self.conversation.ids[index].participant,
            "name": self.name(index),
            "address": self.address(index),
            "startTime": rfc3339(call.started),
            "purpose": participant.purpose.name(),
            "direction": call.direction.name(),
            "ani": from,
            "dnis": to,
            "didInteract": call.connected > 0,
        });
        add_time(&mut shown, "endTime", call.ended);
        if let Some(how) = call.disconnect {
            shown["disconnectType"] = json!(how.name());
        }
        Some(shown)
    }
}
