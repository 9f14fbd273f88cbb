//! A conversation as the details of analytics write it.

use serde_json::{Value, json};

use super::{ConversationView, add_time, attributes};
use crate::time::clock::rfc3339;
use crate::world::LANGUAGE;
use crate::world::conversation::{
    Communication, Direction, Emission, Medium, Participant, Segment, SegmentKind, Session,
};

impl ConversationView {
    /// The details of the conversation, with a session for each communication.
    pub(crate) fn details_of_analytics(&self) -> Value {
        let conversation = &self.conversation;
        let mut shown = json!({
            "conversationId": conversation.id,
            "conversationStart": rfc3339(conversation.opened),
            "conversationInitiator": conversation.parties.initiator().name(),
            "originatingDirection": conversation.direction.name(),
            "customerParticipation": self.customer_participates(),
            "divisionIds": self.divisions(),
            "participants": (0..self.names.len()).map(|index| self.analytics_participant(index)).collect::<Vec<_>>(),
        });
        add_time(&mut shown, "conversationEnd", conversation.ended.unwrap_or(0));
        shown
    }

    /// The details as jobs write them: participants have their attributes.
    pub(crate) fn details_with_attributes(&self) -> Value {
        let mut shown = self.details_of_analytics();
        let participants = shown["participants"].as_array_mut().into_iter().flatten();
        for (shown, participant) in participants.zip(&self.conversation.parties.participants) {
            shown["attributes"] = json!(attributes(participant));
        }
        shown
    }

    /// Whether the customer said something: wrote a message, or was connected.
    fn customer_participates(&self) -> bool {
        let conversation = &self.conversation;
        match conversation.medium {
            Medium::Message => conversation.messages.iter().any(|head| head.direction == Direction::Inbound),
            _ => conversation.parties.has_customer(),
        }
    }

    fn analytics_participant(&self, index: usize) -> Value {
        let participant = &self.conversation.parties.participants[index];
        let sessions = Session::all(&self.conversation.parties).filter(|session| session.index == index);
        let mut shown = json!({
            "participantId": self.conversation.ids[index].participant,
            "participantName": self.name(index),
            "purpose": participant.purpose.name(),
            "sessions": sessions.map(|session| self.analytics_session(&session)).collect::<Vec<_>>(),
        });
        if let Some(id) = self.names[index].user {
            shown["userId"] = json!(id);
        }
        shown
    }

    fn analytics_session(&self, session: &Session<'_>) -> Value {
        let (conversation, one) = (&self.conversation, session.communication);
        let (from, to) = self.addresses();
        let mut shown = json!({
            "sessionId": conversation.ids[session.index].communications[session.number],
            "mediaType": one.medium.analytics(),
        });
        if one.medium == Medium::Message {
            shown["messageType"] = json!(conversation.messenger.name());
        }
        shown["direction"] = json!(one.direction.name());
        shown["provider"] = json!(one.medium.provider());
        shown["addressFrom"] = json!(from);
        shown["addressTo"] = json!(to);
        shown["remote"] = json!(conversation.address);
        self.add_medium(&mut shown, one);
        self.add_flow(&mut shown, session.index);
        shown["metrics"] = self.metrics(session);
        let segments = one.segments.iter().enumerate();
        let last = one.segments.iter().rposition(|one| one.kind != SegmentKind::Wrapup);
        shown["segments"] = segments
            .map(|(number, one)| self.analytics_segment(session, one, Some(number) == last))
            .collect();
        shown
    }

    /// The metrics of a session, in the order in which they were complete.
    fn metrics(&self, session: &Session<'_>) -> Value {
        let mut all: Vec<Emission> = Vec::new();
        session.emit(self.names[session.index].level, &mut |emission| all.push(emission));
        all.sort_by_key(|emission| emission.at);
        let shown = all.iter().map(
            |Emission { metric, value, at }| json!({ "name": metric.name(), "value": value, "emitDate": rfc3339(*at) }),
        );
        shown.collect()
    }

    fn add_medium(&self, shown: &mut Value, one: &Communication) {
        let parties = &self.conversation.parties;
        match one.medium {
            Medium::Call => {
                let (from, to) = self.addresses();
                shown["ani"] = json!(from);
                shown["dnis"] = json!(to);
                shown["recording"] = json!(one.connected > 0);
            }
            Medium::Callback => {
                shown["callbackNumbers"] = json!(parties.numbers);
                shown["callbackUserName"] = json!(self.conversation.name);
                add_time(shown, "callbackScheduledTime", parties.scheduled);
            }
            Medium::Message | Medium::Email | Medium::Chat => {}
        }
    }

    /// The flow of a session, which transfers to the next participant.
    fn add_flow(&self, shown: &mut Value, index: usize) {
        let Some(flow) = &self.names[index].flow else { return };
        let mut written = json!({
            "flowId": flow.id, "flowName": flow.name, "flowType": flow.kind, "flowVersion": flow.version,
            "entryType": "dnis", "entryReason": self.addresses().1,
            "startingLanguage": LANGUAGE, "endingLanguage": LANGUAGE,
        });
        if let Some((queue, name)) = self.names.get(index + 1).and_then(|next| next.queue.as_ref()) {
            written["exitReason"] = json!("TRANSFER");
            written["transferType"] = json!("ACD");
            written["transferTargetAddress"] = json!(queue);
            written["transferTargetName"] = json!(name);
        }
        shown["flow"] = written;
    }

    fn analytics_segment(&self, session: &Session<'_>, segment: &Segment, is_last: bool) -> Value {
        let Participant { queue, wrapup, skills, .. } = session.participant;
        let mut shown = json!({
            "segmentStart": rfc3339(segment.from),
            "segmentType": segment.kind.name(),
            "conference": false,
        });
        add_time(&mut shown, "segmentEnd", segment.to);
        if let Some(how) = session.communication.disconnect.filter(|_| is_last) {
            shown["disconnectType"] = json!(how.analytics());
        }
        if let Some(queue) = queue {
            shown["queueId"] = json!(queue);
        }
        if !skills.is_empty() {
            shown["requestedRoutingSkillIds"] = json!(skills.as_slice());
        }
        if let Some(wrapup) = wrapup.as_ref().filter(|_| segment.kind == SegmentKind::Wrapup || is_last) {
            shown["wrapUpCode"] = json!(wrapup.code);
            if let Some(notes) = &wrapup.notes {
                shown["wrapUpNote"] = json!(notes);
            }
        }
        if session.communication.medium == Medium::Email {
            shown["subject"] = json!(self.conversation.parties.subject);
        }
        shown
    }
}
