//! The detail events of a conversation: the bodies of `v2.detail.events.conversation.{id}.…`, and of
//! `v2.detail.events.agent.{id}.state`.
//!
//! Their property names are those of the vendor's SDKs (May 2026). Times are milliseconds since 1970.

use serde_json::{Value, json};

use super::{ConversationView, attributes};
use crate::time::Nanos;
use crate::world::conversation::{Communication, Medium, Purpose};
use crate::world::id::Id;
use crate::world::people::User;

/// Nanoseconds of a millisecond.
const MILLI: Nanos = 1_000_000;
/// The properties that the state of an agent shares with the other events.
const AGENT_STATE: [&str; 5] = ["conversationId", "sessionId", "mediaType", "userId", "queueId"];

impl ConversationView {
    /// What happened to the participants at `at`: the last words of the topic, such as `user.start`, and the body. A
    /// change at the instant of an earlier one names both, so a clock that stands repeats them.
    pub(crate) fn detail_events(&self, at: Nanos) -> Vec<(String, Value)> {
        let mut events = Vec::new();
        for (index, participant) in self.conversation.parties.participants.iter().enumerate() {
            let Some(word) = word(participant.purpose) else { continue };
            for (number, one) in participant.communications.iter().enumerate() {
                if one.started == at {
                    events.push((format!("{word}.start"), self.detail(index, number, one.started)));
                }
                if one.ended == at {
                    events.push((format!("{word}.end"), self.end(index, number, one)));
                }
            }
            if participant.wrapup.as_ref().is_some_and(|wrapup| wrapup.ended == at) {
                events.extend(["wrapup", "acw"].map(|word| (word.to_owned(), self.wrapup(index, at))));
            }
        }
        events
    }

    /// The users whose part in the conversation changed its state at `at`, and the bodies of
    /// `v2.detail.events.agent.{id}.state`. A conversation that has ended is `TERMINATED`.
    pub(crate) fn agent_states(&self, at: Nanos) -> Vec<(Id<User>, Value)> {
        let mut events = Vec::new();
        for (index, participant) in self.conversation.parties.participants.iter().enumerate() {
            let Some(user) = self.names[index].user else { continue };
            for (number, one) in participant.communications.iter().enumerate() {
                let began = one.segments.iter().rev().find(|segment| segment.from == at);
                let state = began.map(|segment| segment.kind.name().to_uppercase());
                // What ends in the instant in which it began has ended.
                let state = if one.ended == at { Some("TERMINATED".to_owned()) } else { state };
                if let Some(state) = state {
                    events.push((user, self.agent_state(index, number, &state, at)));
                }
            }
        }
        events
    }

    fn agent_state(&self, index: usize, number: usize, state: &str, at: Nanos) -> Value {
        let mut shown = self.detail(index, number, at);
        let participant = &self.conversation.parties.participants[index];
        let one = &participant.communications[number];
        let common = shown.as_object_mut().into_iter();
        common.for_each(|shown| shown.retain(|key, _| AGENT_STATE.contains(&key.as_str())));
        shown["currentState"] = json!(state);
        shown["currentStateStart"] = json!(at / MILLI);
        shown["sessionStart"] = json!(one.started / MILLI);
        shown["originatingDirection"] = json!(one.direction.name().to_uppercase());
        shown["requestedSkillIds"] = json!(participant.skills);
        shown
    }

    /// The attributes of a participant, after a change at `at`. `None` if there is no such participant.
    pub(crate) fn attributes_event(&self, index: usize, at: Nanos) -> Option<Value> {
        let participant = self.conversation.parties.participants.get(index)?;
        let ids = &self.conversation.ids[index];
        let communications = participant.communications.iter().zip(&ids.communications);
        let communications: Vec<_> = communications
            .map(|(one, id)| json!({ "id": id, "mediaType": one.medium.analytics().to_uppercase() }))
            .collect();
        Some(json!({
            "eventTime": at / MILLI,
            "conversationId": self.conversation.id,
            "participantId": ids.participant,
            "attributes": attributes(participant),
            "communications": communications,
        }))
    }

    /// The properties that every event of a communication has.
    fn detail(&self, index: usize, number: usize, at: Nanos) -> Value {
        let (conversation, ids) = (&self.conversation, &self.conversation.ids[index]);
        let participant = &conversation.parties.participants[index];
        let mut shown = json!({
            "eventTime": at / MILLI,
            "conversationId": conversation.id,
            "participantId": ids.participant,
        });
        if let Some(one) = participant.communications.get(number) {
            shown["sessionId"] = json!(ids.communications[number]);
            self.add_session(&mut shown, one);
        }
        if let Some((queue, _)) = &self.names[index].queue {
            shown["queueId"] = json!(queue);
        }
        if let Some(user) = self.names[index].user {
            shown["userId"] = json!(user);
        }
        shown
    }

    fn add_session(&self, shown: &mut Value, one: &Communication) {
        let (from, to) = self.addresses();
        shown["mediaType"] = json!(one.medium.analytics().to_uppercase());
        shown["provider"] = json!(one.medium.provider());
        shown["direction"] = json!(one.direction.name().to_uppercase());
        let names = if one.medium == Medium::Call { ["ani", "dnis"] } else { ["addressFrom", "addressTo"] };
        (shown[names[0]], shown[names[1]]) = (json!(from), json!(to));
    }

    fn end(&self, index: usize, number: usize, one: &Communication) -> Value {
        let mut shown = self.detail(index, number, one.ended);
        let how = one.disconnect.map_or("UNKNOWN".to_owned(), |how| snake(how.analytics()));
        shown["disconnectType"] = json!(how);
        let connected = if one.connected > 0 { one.ended.saturating_sub(one.connected) / MILLI } else { 0 };
        match self.conversation.parties.participants[index].purpose {
            Purpose::Acd => {
                let outcome = if one.connected > 0 { "ANSWERED" } else { "ABANDON" };
                shown["acdOutcome"] = json!(outcome);
                shown["connectedDurationMs"] = json!(connected);
            }
            _ => shown["interactingDurationMs"] = json!(connected),
        }
        shown
    }

    fn wrapup(&self, index: usize, at: Nanos) -> Value {
        let participant = &self.conversation.parties.participants[index];
        let mut shown = self.detail(index, participant.communications.len().saturating_sub(1), at);
        let Some(wrapup) = &participant.wrapup else { return shown };
        shown["wrapupCode"] = json!(wrapup.code);
        if let Some(notes) = &wrapup.notes {
            shown["wrapupNotes"] = json!(notes);
        }
        if let Some(seconds) = wrapup.duration_seconds {
            shown["wrapupDurationMs"] = json!(seconds.saturating_mul(1000));
        }
        shown
    }
}

/// The word of a participant in the names of topics; `None` for one that no topic is about.
const fn word(purpose: Purpose) -> Option<&'static str> {
    match purpose {
        Purpose::Customer | Purpose::External => Some("customer"),
        Purpose::Agent | Purpose::User => Some("user"),
        Purpose::Acd => Some("acd"),
        Purpose::Api | Purpose::Ivr => None,
    }
}

/// `consultTransfer` as the topics write it: `CONSULT_TRANSFER`.
fn snake(word: &str) -> String {
    let letters = word.chars().flat_map(|letter| {
        letter.is_ascii_uppercase().then_some('_').into_iter().chain([letter.to_ascii_uppercase()])
    });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::snake;

    #[test]
    fn a_word_of_analytics_is_written_as_topics_write_it() {
        assert_eq!(["client", "noAnswerTransfer"].map(snake), ["CLIENT", "NO_ANSWER_TRANSFER"]);
    }
}
