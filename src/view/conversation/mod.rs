//! The JSON of conversations and messages.
//!
//! [`ConversationView`] is copied under the lock and written after it. `/conversations` writes every medium in one shape
//! ([`ConversationView::conversation`]), `/conversations/calls` and its siblings write one medium
//! ([`ConversationView::of_medium`]). `communication` has the parts that differ by medium, `message` the messages,
//! `analytics` the details of analytics, `summary` how many conversations a user has.

mod analytics;
mod communication;
mod detail;
mod division;
mod history;
mod message;
mod participant;
pub(crate) mod recording;
mod requested;
mod summary;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use uuid::Uuid;

pub(crate) use self::message::message;
pub(crate) use self::participant::{assigned_wrapup, attributes};
pub(crate) use self::requested::{KEPT, requested};
pub(crate) use self::summary::summaries;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::world::Organization;
use crate::world::architect::{Flow, FlowRef};
use crate::world::authorization::Division;
use crate::world::conversation::{
    BY_CUSTOMER, BY_ORGANIZATION, Conversation, EMAIL_SENDER, Key, Medium, Participant, Party, Purpose,
};
use crate::world::id::{Id, Queue};
use crate::world::people::User;
use crate::world::routing::{AfterCallWork, ServiceLevel};

/// The property of a conversation's utilization label.
pub(crate) const LABEL: &str = "utilizationLabelId";
/// The newest messages that one conversation shows.
pub(crate) const MESSAGES: usize = 100;
/// The newest messages of each conversation in a listing.
pub(crate) const MESSAGES_LISTED: usize = 25;

/// A copy of a conversation as it is at an instant, and the names of its participants.
pub(crate) struct ConversationView {
    pub(crate) conversation: Conversation,
    names: Vec<PartyName>,
    /// The id of its utilization label.
    label: Option<Value>,
    /// What it asks for in its queue.
    routing: Option<Value>,
}

/// Where the utilization label of a conversation is kept.
pub(crate) fn label_path(conversation: Uuid) -> String {
    format!("/api/v2/conversations/{conversation}/utilizationlabel")
}

/// What a participant is called, and the user that it is.
#[derive(Clone, Debug)]
struct PartyName {
    name: String,
    user: Option<Id<User>>,
    queue: Option<(Id<Queue>, Option<String>)>,
    /// The flow that it is.
    flow: Option<Box<PartyFlow>>,
    /// What its queue asks of an agent after the conversation.
    after_call_work: Option<AfterCallWork>,
    /// What its queue aims at.
    level: ServiceLevel,
    /// The divisions of the queue and of the user.
    divisions: [Option<Id<Division>>; 2],
    /// The number of emails that it has sent.
    emails: usize,
}

/// What analytics show of a flow. The texts are its own, because the organization's lock does not last.
#[derive(Clone, Debug)]
struct PartyFlow {
    id: Id<Flow>,
    name: String,
    kind: Box<str>,
    /// The published version.
    version: String,
}

impl From<FlowRef<'_>> for PartyFlow {
    fn from(FlowRef { record, state }: FlowRef<'_>) -> Self {
        Self {
            id: record.id(),
            name: record.name.clone(),
            kind: state.kind.clone(),
            version: state.published_number(),
        }
    }
}

impl PartyName {
    fn of(organization: &Organization, conversation: &Conversation, participant: &Participant) -> Self {
        let user = participant.user().and_then(|user| organization.people().at(user));
        let queue = participant.queue.map(|queue| (queue, organization.queue_name(queue)));
        let flow = participant.flow().and_then(|flow| organization.flows.get(flow));
        let name = match &participant.party {
            Party::Customer if conversation.name.is_empty() => conversation.address.clone(),
            Party::Customer => conversation.name.clone(),
            Party::External(address) => address.to_string(),
            Party::User(_) => user.map(|user| user.name.clone()).unwrap_or_default(),
            Party::Queue(_) => queue.as_ref().and_then(|(_, name)| name.clone()).unwrap_or_default(),
            Party::Own => conversation.own_address.clone(),
            Party::Flow(_) => flow.map(|flow| flow.record.name.clone()).unwrap_or_default(),
        };
        let of_agent = participant.queue.filter(|_| participant.purpose == Purpose::Agent);
        let after_call_work = of_agent.and_then(|queue| organization.acd().after_call_work(queue));
        let divisions = organization.divisions_of_participant(participant);
        let user = user.map(|user| user.id);
        let emails = emails_of(organization, conversation, &participant.party, user);
        Self {
            name,
            user,
            queue,
            flow: flow.map(|flow| Box::new(flow.into())),
            after_call_work,
            level: organization.acd().service_level(participant.queue, conversation.medium),
            divisions,
            emails,
        }
    }
}

/// The number of emails that a participant has sent.
fn emails_of(
    organization: &Organization,
    conversation: &Conversation,
    party: &Party,
    user: Option<Id<User>>,
) -> usize {
    if conversation.medium != Medium::Email {
        return 0;
    }
    let sender = match party {
        Party::Customer => BY_CUSTOMER.to_owned(),
        Party::Own => BY_ORGANIZATION.to_owned(),
        _ => user.map(|user| user.to_string()).unwrap_or_default(),
    };
    let path = format!("{}/messages", uri(Medium::Email, conversation.id));
    let messages = organization.collections.list(&path);
    messages.filter(|message| message.get(EMAIL_SENDER).and_then(Value::as_str) == Some(&*sender)).count()
}

impl ConversationView {
    /// A copy of a conversation as it is at `now`, with at most `messages` of its newest messages.
    pub(crate) fn of(organization: &Organization, key: Key, messages: usize, now: Nanos) -> Option<Self> {
        let conversation = organization.conversations().get(key, messages, now)?;
        let participants = conversation.parties.participants.iter();
        let names = participants.map(|one| PartyName::of(organization, &conversation, one)).collect();
        let label = organization.collections.get(&label_path(conversation.id), "");
        let label = label.and_then(|kept| kept.get(LABEL).cloned());
        let routing = requested::routing_data(organization, &conversation);
        Some(Self { conversation, names, label, routing })
    }

    /// The users that take or took part.
    pub(crate) fn users(&self) -> impl Iterator<Item = Id<User>> + '_ {
        self.names.iter().filter_map(|name| name.user)
    }

    /// The divisions of the participants, each once.
    fn divisions(&self) -> BTreeSet<Uuid> {
        let divisions = self.names.iter().filter_map(|name| name.divisions.into_iter().flatten().next());
        divisions.map(Id::uuid).collect()
    }

    /// Whether a participant has a communication of that medium.
    pub(crate) fn has(&self, medium: Medium) -> bool {
        self.conversation.parties.participants.iter().any(|one| one.of_medium(medium).is_some())
    }

    /// The media of the conversation, each once.
    pub(crate) fn media(&self) -> impl Iterator<Item = Medium> + '_ {
        Medium::ALL.iter().copied().filter(|medium| self.has(*medium))
    }

    /// The JSON of `/conversations/messages` and its siblings.
    pub(crate) fn of_medium(&self, medium: Medium, now: Nanos) -> Value {
        let id = self.conversation.id;
        let indices = 0..self.names.len();
        let participants: Vec<_> =
            indices.filter_map(|index| self.media_participant(index, medium, now)).collect();
        let mut shown = json!({
            "id": id,
            "participants": participants,
            "otherMediaUris": self.other_media(medium),
        });
        if let Some(label) = &self.label {
            shown[LABEL] = label.clone();
        }
        if medium == Medium::Call {
            shown["recordingState"] = json!(self.recording_state());
        }
        shown["selfUri"] = json!(uri(medium, id));
        shown
    }

    fn other_media(&self, medium: Medium) -> Vec<String> {
        let others = self.media().filter(|other| *other != medium);
        others.map(|other| uri(other, self.conversation.id)).collect()
    }

    /// The JSON of `/conversations`.
    pub(crate) fn conversation(&self, now: Nanos) -> Value {
        let conversation = &self.conversation;
        let participants: Vec<_> = (0..self.names.len()).map(|index| self.participant(index, now)).collect();
        let mut shown = json!({
            "id": conversation.id,
            "startTime": rfc3339(conversation.opened),
            "address": conversation.address,
            "participants": participants,
            "recordingState": self.recording_state().to_uppercase(),
            "state": self.state(),
            "divisions": self.memberships(),
            "selfUri": format!("/api/v2/conversations/{}", conversation.id),
        });
        if !conversation.parties.external_tag.is_empty() {
            shown["externalTag"] = json!(conversation.parties.external_tag);
        }
        if let Some(label) = &self.label {
            shown[LABEL] = label.clone();
        }
        if let Some(at) = conversation.ended {
            shown["endTime"] = json!(rfc3339(at));
        }
        shown
    }

    /// `connected` or `disconnected`.
    const fn state(&self) -> &'static str {
        if self.conversation.ended.is_some() { "disconnected" } else { "connected" }
    }

    /// `active`, `paused` or `none`.
    fn recording_state(&self) -> &'static str {
        let parties = &self.conversation.parties;
        let recording = |one: &Participant| one.communications.iter().any(|one| one.recording);
        match parties.participants.iter().any(recording) {
            true if parties.is_paused => "paused",
            true => "active",
            false => "none",
        }
    }
}

/// The address of a conversation below its medium.
pub(crate) fn uri(medium: Medium, id: Uuid) -> String {
    format!("/api/v2/conversations/{}/{id}", medium.name())
}

/// `value` under `key` of an object, where there is one.
pub(crate) fn add(object: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        object.insert(key.to_owned(), value);
    }
}

/// Sets `key` to an instant, unless it has not come.
fn add_time(shown: &mut Value, key: &str, at: Nanos) {
    if at > 0 {
        shown[key] = json!(rfc3339(at));
    }
}
