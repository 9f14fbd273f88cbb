//! The recordings of a conversation.

use serde_json::{Value, json};
use uuid::Uuid;

use super::ConversationView;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::world::conversation::{Medium, Party};

/// A recording of one party's call.
pub(crate) struct Recording {
    pub(crate) id: Uuid,
    conversation: Uuid,
    /// The communication that was recorded.
    session: Uuid,
    started: Nanos,
    pub(crate) ended: Nanos,
}

impl ConversationView {
    /// The recordings of the conversation: of each outside party whose connected call has ended.
    pub(crate) fn recordings(&self) -> Vec<Recording> {
        let conversation = &self.conversation;
        let parties = conversation.parties.participants.iter().zip(&conversation.ids);
        let outside = parties.filter(|(one, _)| matches!(one.party, Party::Customer | Party::External(_)));
        let recorded = outside.filter_map(|(one, ids)| {
            let number = one.communications.iter().position(|one| one.medium == Medium::Call)?;
            let call = &one.communications[number];
            (call.connected > 0 && call.ended > 0).then(|| Recording {
                id: ids.recording,
                conversation: conversation.id,
                session: ids.communications[number],
                started: call.connected,
                ended: call.ended,
            })
        });
        recorded.collect()
    }
}

/// A recording with the address of its audio.
pub(crate) fn to_json(recording: &Recording, audio: &str) -> Value {
    let mut shown = metadata(recording);
    let length = recording.ended.saturating_sub(recording.started) / 1_000_000;
    shown["mediaUris"] = json!({ "S": { "mediaUri": audio } });
    shown["estimatedTranscodeTimeMs"] = json!(0);
    shown["actualTranscodeTimeMs"] = json!(0);
    shown["outputDurationMs"] = json!(i32::try_from(length).unwrap_or(i32::MAX));
    shown["outputSizeInBytes"] = json!(8044);
    shown["users"] = json!([]);
    shown["recordingFileRole"] = json!("CUSTOMER_EXPERIENCE");
    shown["creationTime"] = json!(rfc3339(recording.ended));
    shown
}

/// A recording without its media.
pub(crate) fn metadata(recording: &Recording) -> Value {
    let Recording { id, conversation, session, started, ended } = recording;
    json!({
        "id": id,
        "conversationId": conversation,
        "startTime": rfc3339(*started),
        "endTime": rfc3339(*ended),
        "media": "audio",
        "mediaSubtype": "Trunk",
        "annotations": [],
        "fileState": "AVAILABLE",
        "maxAllowedRestorationsForOrg": 0,
        "remainingRestorationsAllowedForOrg": 0,
        "sessionId": session,
        "selfUri": format!("/api/v2/conversations/{conversation}/recordings/{id}"),
    })
}
