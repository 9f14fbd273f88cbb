//! The changes of an organization's conversations, with their events.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Glance, Key, MessageEvent, Opening, Participant, Parties, PastSource, Place, Receipt, Side, Start,
};
use crate::time::Nanos;
use crate::world::Organization;
use crate::world::architect::Flow;
use crate::world::authorization::{Division, home};
use crate::world::event::Event;
use crate::world::id::{Id, Queue, UserIndex};
use crate::world::table::Record;

/// Conversations.
impl Organization {
    /// Opens a conversation, or finds the one that the opening joins. `None` where it had to make room again.
    pub(crate) fn open_conversation(&mut self, opening: &Opening<'_>) -> Option<MessageEvent> {
        let event = self.conversations.start(opening);
        self.note_message(event)
    }

    /// Adds a message to the conversation that the opening joins or opens.
    pub(crate) fn add_message(
        &mut self,
        opening: &Opening<'_>,
        from: Side,
        text: &str,
    ) -> Option<MessageEvent> {
        let event = self.conversations.add_message(opening, from, text);
        self.note_message(event)
    }

    /// Adds a message of one side to a conversation. `None` if the conversation does not exist.
    pub(crate) fn append(&mut self, key: Key, from: Side, text: &str, at: Nanos) -> Option<MessageEvent> {
        let event = self.conversations.append(key, from, text, at);
        self.note_message(event)
    }

    fn note_message(&mut self, event: Option<MessageEvent>) -> Option<MessageEvent> {
        if let Some(event) = event {
            self.events.push(Event::Message(event));
            self.settle_routing(event.at);
        }
        event
    }

    /// Starts a conversation of another medium than messages. `None` where it had to make room again.
    pub(crate) fn start_conversation(&mut self, mut start: Start<'_>) -> Option<Key> {
        self.acd.demand_wrap_ups(&mut start.parties);
        let (key, event) = self.conversations.start_with(start)?;
        self.events.push(Event::Conversation(event));
        self.settle_routing(event.at);
        Some(key)
    }

    /// Changes the participants of a conversation, as they are at `now`. `None` if it does not exist.
    pub(crate) fn change_parties<T>(
        &mut self,
        key: Key,
        now: Nanos,
        change: impl FnOnce(&mut Parties) -> T,
    ) -> Option<T> {
        let acd = &self.acd;
        let (changed, event) = self.conversations.change(key, now, |parties| {
            // An agent that the change takes away is asked too.
            acd.demand_wrap_ups(parties);
            let changed = change(parties);
            acd.demand_wrap_ups(parties);
            changed
        })?;
        self.events.push(Event::Conversation(event));
        self.settle_routing(now);
        Some(changed)
    }

    /// Notes that the attributes of a participant were changed.
    pub(crate) fn note_attributes(&mut self, place: Place) {
        let (conversation, participant) = (self.conversations.id(place.key), place.participant);
        self.events.push(Event::Attributes { conversation, participant });
    }

    /// Ends a conversation; the customer's next message opens another. One that has ended stays so.
    pub(crate) fn end_conversation(&mut self, key: Key, at: Nanos) {
        let event = self.conversations.end(key, at);
        self.events.extend(event.map(Event::Conversation));
        self.settle_routing(at);
    }

    /// Gives a message conversation to the first user that answers in it.
    pub(crate) fn assign_conversation(&mut self, key: Key, user: UserIndex, now: Nanos) {
        let event = self.conversations.assign(key, user, now);
        self.events.extend(event.map(Event::Conversation));
        self.settle_routing(now);
    }

    /// Records a receipt for a message. False if the message does not exist.
    pub(crate) fn note_receipt(&mut self, message: Uuid, receipt: Receipt) -> bool {
        self.conversations.note_receipt(message, receipt)
    }

    /// The conversations that analytics know, oldest first.
    pub(crate) fn past_and_present(&self) -> impl Iterator<Item = Glance<'_>> {
        self.conversations.past(|| self.past_source()).chain(self.conversations.iter())
    }

    /// What the history is made from: the seeded agents, queues and codes that still exist when the history is first
    /// asked for. What clients created has no past.
    fn past_source(&self) -> PastSource {
        PastSource {
            count: self.past.count,
            began: self.past.began,
            organization: self.past.organization,
            domain: self.past.domain.clone(),
            agents: self
                .people()
                .indexed()
                .filter(|(_, user)| user.is_agent() && user.id.is_seeded())
                .map(|(index, _)| index)
                .collect(),
            queues: self.acd().queues.iter().map(Record::id).filter(|id| id.is_seeded()).collect(),
            codes: {
                let codes = self.acd().wrap_up_codes.iter().map(Record::id);
                codes.filter(|id| id.is_seeded()).map(|id| id.to_string()).collect()
            },
            flows: self.flows_of_calls(),
        }
    }

    /// The seeded flows that answer inbound calls.
    fn flows_of_calls(&self) -> Vec<Id<Flow>> {
        let calls = self.flows.iter().filter(|flow| &*flow.state.kind == "INBOUNDCALL");
        calls.map(|flow| flow.record.id()).filter(|id| id.is_seeded()).collect()
    }

    /// The division of a participant: its queue's, or without a queue its user's. Other participants have none.
    pub(crate) fn division_of_participant(&self, one: &Participant) -> Option<Id<Division>> {
        self.divisions_of_participant(one).into_iter().flatten().next()
    }

    /// The divisions of a participant's queue and of its user.
    pub(crate) fn divisions_of_participant(&self, one: &Participant) -> [Option<Id<Division>>; 2] {
        let of_queue = one.queue.and_then(|queue| Some(self.acd().queues.get(queue)?.division));
        let of_user = one.user().and_then(|user| Some(self.people().at(user)?.division));
        [of_queue, of_user].map(|known| known.map(|division| division.unwrap_or_else(|| home(self.id))))
    }

    /// Whether a queue has an open conversation.
    pub(crate) fn has_open_conversations(&self, queue: Id<Queue>, now: Nanos) -> bool {
        let is_in = |glance: &Glance<'_>| {
            glance.parties(now).participants.iter().any(|one| one.is_open() && one.queue == Some(queue))
        };
        self.conversations.iter().any(|glance| glance.ended().is_none() && is_in(&glance))
    }

    /// The name of a queue. `None` where there is no such queue.
    pub(crate) fn queue_name(&self, queue: Id<Queue>) -> Option<String> {
        self.acd().queues.get(queue).map(|queue| queue.name.clone())
    }
}

/// What is known of the history from the organization's file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::world) struct PastSeed {
    /// How many conversations it has.
    pub(in crate::world) count: u32,
    /// The instant at which the organization began.
    pub(in crate::world) began: Nanos,
    pub(in crate::world) organization: Uuid,
    pub(in crate::world) domain: String,
}
