//! Participants, in the shape of all media and in the shape of one.

use serde_json::{Map, Value, json};

use super::{ConversationView, add, add_time};
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::world::conversation::{Medium, Participant, Party, Purpose, State, Wrapup};

impl ConversationView {
    /// A participant of one medium: its properties are those of its communication. `None` where it has no such one.
    pub(super) fn media_participant(&self, index: usize, medium: Medium, now: Nanos) -> Option<Value> {
        let conversation = &self.conversation;
        let participant = &conversation.parties.participants[index];
        let communication = participant.of_medium(medium)?;
        let mut shown = self.communication(index, communication, now);
        if communication.state == State::Scheduled {
            shown["state"] = json!(State::None.name());
        }
        shown["id"] = json!(conversation.ids[index].participant);
        shown["name"] = json!(self.name(index));
        shown["address"] = json!(self.address(index));
        shown["purpose"] = json!(participant.purpose.name());
        shown["wrapupRequired"] = json!(communication.after_call_work);
        shown["startTime"] = json!(rfc3339(communication.started));
        add_time(&mut shown, "endTime", communication.ended);
        if medium == Medium::Call {
            let (from, to) = self.addresses();
            shown["ani"] = json!(from);
            shown["dnis"] = json!(to);
        }
        self.add_notes(&mut shown, index);
        let name = &self.names[index];
        if let Some(id) = name.user {
            shown["user"] = json!({ "id": id, "name": name.name, "selfUri": format!("/api/v2/users/{id}") });
        }
        if let Some((queue, name)) = &name.queue {
            shown["queue"] = json!({ "id": queue, "selfUri": format!("/api/v2/routing/queues/{queue}") });
            if let Some(name) = name {
                shown["queue"]["name"] = json!(name);
            }
        }
        Some(shown)
    }

    /// A participant of `/conversations`, with all of its communications.
    pub(super) fn participant(&self, index: usize, now: Nanos) -> Value {
        let participant = &self.conversation.parties.participants[index];
        let outside = participant.is_outside();
        let mut shown = json!({
            "id": self.conversation.ids[index].participant,
            "startTime": rfc3339(participant.started()),
        });
        let connected = participant.communications.iter().map(|one| one.connected).find(|at| *at > 0);
        add_time(&mut shown, "connectedTime", connected.unwrap_or(0));
        shown["name"] = json!(self.name(index));
        shown["purpose"] = json!(participant.purpose.name());
        shown["participantType"] = json!(if outside { "External" } else { "Internal" });
        shown["address"] = json!(self.address(index));
        shown["wrapupRequired"] = json!(participant.wrapping_up().is_some());
        self.add_communications(&mut shown, index, now);
        add_time(&mut shown, "endTime", participant.ended().unwrap_or(0));
        self.add_notes(&mut shown, index);
        let name = &self.names[index];
        if let Some(id) = name.user {
            shown["userId"] = json!(id);
            shown["userUri"] = json!(format!("/api/v2/users/{id}"));
        }
        if let Some((queue, name)) = &name.queue {
            shown["queueId"] = json!(queue);
            if let Some(name) = name {
                shown["queueName"] = json!(name);
            }
        }
        shown
    }

    fn add_communications(&self, shown: &mut Value, index: usize, now: Nanos) {
        for (number, one) in self.conversation.parties.participants[index].communications.iter().enumerate() {
            let listed = self.listed(index, number, now);
            match shown.get_mut(one.medium.name()).and_then(Value::as_array_mut) {
                Some(others) => others.push(listed),
                None => shown[one.medium.name()] = json!([listed]),
            }
        }
    }

    /// The name of a participant.
    pub(super) fn name(&self, index: usize) -> &str {
        &self.names[index].name
    }

    pub(super) fn address(&self, index: usize) -> &str {
        match &self.conversation.parties.participants[index].party {
            Party::Customer => &self.conversation.address,
            Party::External(address) => address,
            _ => &self.conversation.own_address,
        }
    }

    fn add_notes(&self, shown: &mut Value, index: usize) {
        let participant = &self.conversation.parties.participants[index];
        shown["attributes"] = json!(attributes(participant));
        let id = |index: u16| Some(self.conversation.ids.get(usize::from(index))?.participant);
        if let Some(by) = participant.consulted_by.and_then(id) {
            shown["consultParticipantId"] = json!(by);
        }
        if let Some((how, watched)) = participant.watches
            && let Some(watched) = id(watched)
        {
            shown[how.name()] = json!(watched);
        }
        if let Some(routing) = self.routing.as_ref().filter(|_| participant.purpose == Purpose::Acd) {
            shown["conversationRoutingData"] = routing.clone();
            if let Some((queue, _)) = &self.names[index].queue {
                let uri = format!("/api/v2/routing/queues/{queue}");
                shown["conversationRoutingData"]["queue"] = json!({ "id": queue, "selfUri": uri });
            }
        }
        if participant.flagged {
            shown["flaggedReason"] = json!("general");
        }
        if let Some(given) = &participant.wrapup {
            shown["wrapup"] = wrapup(given).into();
        }
        if let Some(asked) = self.names[index].after_call_work {
            shown["wrapupPrompt"] = json!(asked.prompt);
            if let Some(timeout) = asked.timeout_ms {
                shown["wrapupTimeoutMs"] = json!(timeout);
            }
        }
        add_after_call_work(shown, participant);
    }
}

/// The time of after-call work, of an agent whose last communication ended.
fn add_after_call_work(shown: &mut Value, participant: &Participant) {
    let Some(ended) = participant.ended().filter(|_| participant.purpose == Purpose::Agent) else { return };
    let Some(wrapup) = &participant.wrapup else {
        if participant.wrapping_up().is_some() {
            add_time(shown, "startAcwTime", ended);
        }
        return;
    };
    if wrapup.ended > ended {
        add_time(shown, "startAcwTime", ended);
        add_time(shown, "endAcwTime", wrapup.ended);
    }
}

/// The attributes of a participant.
pub(crate) fn attributes(participant: &Participant) -> Map<String, Value> {
    let all = participant.attributes.iter().flat_map(|all| all.iter());
    all.map(|(key, value)| (key.clone(), json!(value))).collect()
}

/// A wrap-up, as `GET …/wrapup` shows it.
pub(crate) fn assigned_wrapup(given: &Wrapup) -> Map<String, Value> {
    let mut shown = Map::from_iter([("code".to_owned(), json!(given.code))]);
    add(&mut shown, "notes", given.notes.as_ref().map(|notes| json!(notes)));
    add(&mut shown, "tags", given.tags.as_ref().map(|tags| json!(tags)));
    add(&mut shown, "durationSeconds", given.duration_seconds.map(|seconds| json!(seconds)));
    add(&mut shown, "endTime", Some(json!(rfc3339(given.ended))));
    shown
}

/// A wrap-up, as a participant shows it.
fn wrapup(given: &Wrapup) -> Map<String, Value> {
    let mut shown = assigned_wrapup(given);
    add(&mut shown, "name", given.name.as_ref().map(|name| json!(name)));
    add(&mut shown, "provisional", given.provisional.map(|provisional| json!(provisional)));
    shown
}
