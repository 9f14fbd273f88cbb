//! The events of a change of an organization.

use std::sync::Arc;

use serde_json::Value;
use smallvec::SmallVec;
use uuid::Uuid;

use super::Organization;
use super::conversation::{ConversationEvent, MessageEvent};
use super::people::User;
use crate::world::id::{EdgeIndex, Id, Queue, UserIndex};

/// An event of an organization.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A conversation was opened, or a message was added to it.
    Message(MessageEvent),
    /// Something happened to the participants of a conversation: it started, ended, or one of them changed.
    Conversation(ConversationEvent),
    /// The status or the routing status of a user was set.
    Status {
        /// The user's number.
        index: UserIndex,
        /// The user right after the change: a later change has an event of its own.
        user: Arc<User>,
    },
    /// The profile of a user was changed.
    Profile(UserIndex),
    /// A user was deleted.
    Leaving(UserIndex),
    /// The attributes of a participant were changed.
    Attributes { conversation: Uuid, participant: usize },
    /// A user logged on to a station or off it, or got another default station.
    Station(UserIndex),
    /// A user was added to a queue or removed from it, joined it or left it.
    Membership { queue: Id<Queue>, user: Id<User>, joined: bool },
    /// An edge, a skill group or a published schedule changed: agents may have to leave.
    Planning,
    /// The edge is being taken out of service.
    Draining(EdgeIndex),
    /// An entity with a topic of its own was created or changed.
    Entity {
        /// The path of its listing.
        collection: &'static str,
        id: Uuid,
    },
    /// A change has an event of its own, for the subscribers of a topic.
    Topic(Box<Publication>),
    /// Other receivers get the events of the organization.
    Receivers,
}

/// An event whose topic and body the change has made.
#[derive(Clone, Debug)]
pub(crate) struct Publication {
    pub(crate) topic: String,
    pub(crate) body: Value,
}

impl Organization {
    /// Notes an event whose topic and body the change has made.
    pub(crate) fn note_publication(&mut self, topic: String, body: Value) {
        self.events.push(Event::Topic(Box::new(Publication { topic, body })));
    }
}

/// The events of one change, in their order. Most changes have none and a message has one, so a send allocates nothing
/// for them.
#[derive(Debug, Default)]
#[must_use = "subscribers, guests and sockets are notified only by `platform::effects::apply`"]
pub(crate) struct Events(SmallVec<[Event; 2]>);

impl Events {
    /// Adds one.
    pub(super) fn push(&mut self, event: Event) {
        self.0.push(event);
    }

    /// Whether nothing happened.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds several.
    pub(super) fn extend(&mut self, events: impl IntoIterator<Item = Event>) {
        self.0.extend(events);
    }
}

impl IntoIterator for Events {
    type Item = Event;
    type IntoIter = smallvec::IntoIter<[Event; 2]>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
