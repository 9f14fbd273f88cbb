//! Copies of conversations and messages for readers. The lock is held only while they are copied.

use std::iter::successors;

use uuid::Uuid;

use super::ids::Kind;
use super::kinds::status;
use super::past::{MAX_PAST, Past, PastSource};
use super::ring::Texts;
use super::{Conversations, Direction, Key, Line, Medium, Messenger, NONE, Parties, Receipt, Row, Side};
use crate::time::Nanos;
use crate::world::id::UserIndex;

/// A message without its text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MessageHead {
    pub(crate) id: Uuid,
    /// The time at which it was sent or received.
    pub(crate) at: Nanos,
    /// Which way it went.
    pub(crate) direction: Direction,
    receipt: Option<Receipt>,
}

impl MessageHead {
    /// Its state at `now`.
    pub(crate) const fn status(&self, now: Nanos) -> &'static str {
        status(self.direction, self.receipt, now.saturating_sub(self.at))
    }
}

/// A message.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// All but the text.
    pub(crate) head: MessageHead,
    pub(crate) conversation: Uuid,
    /// The communication of the message.
    pub(crate) communication: Uuid,
    /// The channel.
    pub(crate) messenger: Messenger,
    /// The sender's address.
    pub(crate) from: String,
    /// The receiver's address.
    pub(crate) to: String,
    pub(crate) text: String,
}

/// A conversation as it is at an instant.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    pub(crate) id: Uuid,
    /// The medium with which it began.
    pub(crate) medium: Medium,
    /// The channel of its messages.
    pub(crate) messenger: Messenger,
    /// The side that began it.
    pub(crate) direction: Direction,
    /// The customer's address.
    pub(crate) address: String,
    /// The organization's address.
    pub(crate) own_address: String,
    /// The customer's name.
    pub(crate) name: String,
    pub(crate) parties: Parties,
    /// The ids of each participant and of its communications.
    pub(crate) ids: Vec<PartyIds>,
    /// The time of its start.
    pub(crate) opened: Nanos,
    /// The time of its end.
    pub(crate) ended: Option<Nanos>,
    /// Its newest messages, oldest first.
    pub(crate) messages: Vec<MessageHead>,
}

/// The ids of a participant.
#[derive(Clone, Debug)]
pub(crate) struct PartyIds {
    pub(crate) participant: Uuid,
    pub(crate) communications: Vec<Uuid>,
    /// The recording of its call, whether or not there is one.
    pub(crate) recording: Uuid,
}

/// A conversation as a filter sees it; nothing is copied.
#[derive(Clone, Copy)]
pub(crate) struct Glance<'s> {
    pub(super) store: &'s Conversations,
    pub(super) row: &'s Row,
    /// Where the row's strings are.
    pub(super) names: &'s Texts,
    /// The conversation.
    pub(crate) key: Key,
}

impl Glance<'_> {
    pub(crate) fn id(&self) -> Uuid {
        self.store.id(self.key)
    }

    /// The channel.
    pub(crate) const fn messenger(&self) -> Messenger {
        self.row.messenger
    }

    /// The side that began it.
    pub(crate) const fn direction(&self) -> Direction {
        self.row.direction
    }

    /// The time of its start.
    pub(crate) const fn opened(&self) -> Nanos {
        self.row.opened
    }

    /// The time of its end.
    pub(crate) fn ended(&self) -> Option<Nanos> {
        self.row.ended()
    }

    /// Whether more is known of its participants than its row says.
    pub(crate) const fn has_parties(&self) -> bool {
        self.row.parties.is_some()
    }

    /// The instant at which the clock changes it next.
    pub(super) fn next_step(&self) -> Option<Nanos> {
        self.row.parties.as_ref()?.next_step()
    }

    /// Whether a participant has a communication of that medium.
    pub(crate) fn has(&self, medium: Medium) -> bool {
        match &self.row.parties {
            Some(parties) => parties.participants.iter().any(|one| one.of_medium(medium).is_some()),
            None => self.row.medium == medium,
        }
    }

    /// The user of a message conversation.
    pub(crate) fn user(&self) -> Option<UserIndex> {
        self.row.user()
    }

    /// The customer's address.
    pub(crate) fn address(&self) -> String {
        self.names.get(self.row.address())
    }
}

impl Row {
    pub(super) fn ended(&self) -> Option<Nanos> {
        Some(self.ended).filter(|at| *at > 0)
    }
}

impl Conversations {
    /// Every conversation since the organization began that is kept, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = Glance<'_>> {
        let names = &self.names;
        self.rows.iter().map(move |(number, row)| Glance { store: self, row, names, key: Key(number) })
    }

    /// The history before the organization began, oldest first; `source` is asked for once.
    pub(super) fn past(&self, source: impl FnOnce() -> PastSource) -> impl Iterator<Item = Glance<'_>> {
        let past = self.past.get_or_init(|| Past::of(&source()));
        let numbered = (0..).zip(&past.rows);
        numbered.map(move |(number, row)| Glance { store: self, row, names: &past.names, key: Key(number) })
    }

    /// A glance at one conversation.
    pub(crate) fn glance(&self, key: Key) -> Option<Glance<'_>> {
        let names = match self.past.get().filter(|_| key.0 < u64::from(MAX_PAST)) {
            Some(past) => &past.names,
            None => &self.names,
        };
        Some(Glance { store: self, row: self.row(key.0)?, names, key })
    }

    /// A copy of a conversation as it is at `now`, with at most `messages` of its newest messages.
    pub(crate) fn get(&self, key: Key, messages: usize, now: Nanos) -> Option<Conversation> {
        let glance = self.glance(key)?;
        let (row, names) = (glance.row, glance.names);
        let parties = glance.parties(now).into_owned();
        Some(Conversation {
            id: self.id(key),
            medium: row.medium,
            messenger: row.messenger,
            direction: row.direction,
            address: names.get(row.address()),
            own_address: names.get(row.own_address()),
            name: names.get(row.name()),
            ids: self.party_ids(key, &parties),
            parties,
            opened: row.opened,
            ended: row.ended(),
            messages: self.newest_messages(row, messages),
        })
    }

    fn party_ids(&self, key: Key, parties: &Parties) -> Vec<PartyIds> {
        let each = parties.participants.iter().enumerate().map(|(index, participant)| PartyIds {
            participant: self.participant(key, index),
            communications: (0..participant.communications.len())
                .map(|number| self.communication(key, index, number))
                .collect(),
            recording: self.recording(key, index),
        });
        each.collect()
    }

    fn newest_messages(&self, row: &Row, count: usize) -> Vec<MessageHead> {
        let first = Some(row.newest).filter(|number| *number != NONE);
        let numbers = successors(first, |number| self.lines.get(*number).map(|line| line.previous));
        let known = numbers.map_while(|number| Some(self.head(number, self.lines.get(number)?)));
        let mut heads: Vec<_> = known.take(count).collect();
        heads.reverse();
        heads
    }

    fn head(&self, number: u64, line: &Line) -> MessageHead {
        let id = self.ids.id(Kind::Message, number);
        MessageHead { id, at: line.at, direction: line.direction, receipt: line.receipt }
    }

    /// A copy of a message; `None` once it or its conversation was dropped.
    pub(crate) fn message(&self, id: Uuid) -> Option<Message> {
        let number = self.ids.number(Kind::Message, id)?;
        let line = self.lines.get(number)?;
        let key = Key(line.conversation);
        let row = self.rows.get(key.0)?;
        let (customer, own) = (self.names.get(row.address()), self.names.get(row.own_address()));
        let (side, from, to) = match line.direction {
            Direction::Inbound => (Side::Customer, customer, own),
            Direction::Outbound => (Side::Own, own, customer),
        };
        Some(Message {
            head: self.head(number, line),
            conversation: self.id(key),
            communication: self.speaking(key, row, side, line.at),
            messenger: row.messenger,
            from,
            to,
            text: self.texts.get(line.text),
        })
    }
}
