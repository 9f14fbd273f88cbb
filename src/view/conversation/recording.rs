//! The recordings of a conversation.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::ConversationView;
use crate::time::Nanos;
use crate::time::clock::{parse_rfc3339, rfc3339};
use crate::world::Organization;
use crate::world::collection::Entity;
use crate::world::conversation::Medium;

/// A recording of one party's call.
pub(crate) struct Recording {
    pub(crate) id: Uuid,
    conversation: Uuid,
    /// The communication that was recorded.
    session: Uuid,
    started: Nanos,
    pub(crate) ended: Nanos,
    /// The dates that clients have set.
    dates: Option<Entity>,
    /// The time of the view.
    now: Nanos,
}

/// The dates of a recording that clients set.
pub(crate) const DATES: [&str; 3] = ["archiveDate", "deleteDate", "exportDate"];

/// Where the dates of the recordings of a conversation are kept.
pub(crate) fn dates_of(conversation: Uuid) -> String {
    format!("/api/v2/conversations/{conversation}/recordings")
}

impl Recording {
    /// Where its dates are kept: the collection, and the id.
    pub(crate) fn kept_at(&self) -> (String, String) {
        (dates_of(self.conversation), self.id.to_string())
    }

    /// Its dates.
    fn dates(&self) -> Map<String, Value> {
        self.dates.as_deref().cloned().unwrap_or_default()
    }

    /// The recording with other dates.
    pub(crate) fn with_dates(self, dates: Map<String, Value>) -> Self {
        Self { dates: Some(dates.into()), ..self }
    }

    /// Whether one of its dates has come.
    fn is_past(&self, date: &str) -> bool {
        let at = self.dates.as_ref().and_then(|dates| parse_rfc3339(dates.get(date)?.as_str()?));
        at.is_some_and(|at| at <= self.now)
    }
}

impl ConversationView {
    /// The recordings of the conversation: of each outside party whose connected call has ended. Those whose date of
    /// deletion has come are left out.
    pub(crate) fn recordings(&self, organization: &Organization, now: Nanos) -> Vec<Recording> {
        let conversation = &self.conversation;
        let parties = conversation.parties.participants.iter().zip(&conversation.ids);
        let kept = dates_of(conversation.id);
        let outside = parties.filter(|(one, _)| one.is_outside());
        let recorded = outside.filter_map(|(one, ids)| {
            let number = one.communications.iter().position(|one| one.medium == Medium::Call)?;
            let call = &one.communications[number];
            (call.connected > 0 && call.ended > 0).then(|| Recording {
                id: ids.recording,
                conversation: conversation.id,
                session: ids.communications[number],
                started: call.connected,
                ended: call.ended,
                dates: organization.collections.get(&kept, &ids.recording.to_string()).cloned(),
                now,
            })
        });
        recorded.filter(|one| !one.is_past("deleteDate")).collect()
    }
}

/// A recording with the address of its audio.
pub(crate) fn to_json(recording: &Recording, audio: &str) -> Value {
    let mut shown = metadata(recording);
    let length = recording.ended.saturating_sub(recording.started) / 1_000_000;
    if !recording.is_past("archiveDate") {
        shown["mediaUris"] = json!({ "S": { "mediaUri": audio } });
    }
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
    let Recording { id, conversation, session, started, ended, .. } = recording;
    let mut shown = json!({
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
    });
    for (key, date) in recording.dates() {
        shown[key] = date;
    }
    if recording.is_past("archiveDate") {
        shown["fileState"] = json!("ARCHIVED");
        shown["archiveMedium"] = json!("CLOUDARCHIVE");
    }
    if recording.is_past("exportDate") {
        shown["exportedDate"] = shown["exportDate"].clone();
    }
    shown
}
