//! Copies of conversations and messages for readers. The lock is held only while they are copied.

use std::iter::successors;

use uuid::Uuid;

use super::ids::Kind;
use super::kinds::status;
use super::{Conversations, Direction, Key, Line, Messenger, NO_QUEUE, NONE, Receipt, Row, Side};
use crate::time::Nanos;
use crate::world::id::{Id, Queue, UserIndex};

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

/// A conversation.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    pub(crate) id: Uuid,
    /// The participants: the customer, the organization's side.
    pub(crate) participants: [Uuid; 2],
    /// Their communications.
    pub(crate) communications: [Uuid; 2],
    /// The channel.
    pub(crate) messenger: Messenger,
    /// The side that began it.
    pub(crate) direction: Direction,
    /// The customer's address.
    pub(crate) address: String,
    /// The organization's address.
    pub(crate) own_address: String,
    /// The customer's name.
    pub(crate) name: String,
    /// The queue it belongs to.
    pub(crate) queue: Option<Id<Queue>>,
    /// The user in the conversation.
    pub(crate) user: Option<UserIndex>,
    /// The time of its start.
    pub(crate) opened: Nanos,
    /// The time of its end.
    pub(crate) ended: Option<Nanos>,
    /// Its newest messages, oldest first.
    pub(crate) messages: Vec<MessageHead>,
}

/// A conversation as a filter sees it; nothing is copied.
#[derive(Clone, Copy)]
pub(crate) struct Glance<'s> {
    store: &'s Conversations,
    row: &'s Row,
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

    /// The queue it belongs to.
    pub(crate) fn queue(&self) -> Option<Id<Queue>> {
        self.row.queue()
    }

    /// The user in the conversation.
    pub(crate) fn user(&self) -> Option<UserIndex> {
        self.row.user()
    }

    /// The customer's address.
    pub(crate) fn address(&self) -> String {
        self.store.names.get(self.row.address())
    }

    /// Whether the customer has that address.
    pub(crate) fn is_with(&self, address: &str) -> bool {
        self.store.names.equals(self.row.address(), address)
    }

    /// Whether the organization has that address in it.
    pub(crate) fn is_from(&self, address: &str) -> bool {
        self.store.names.equals(self.row.own_address(), address)
    }
}

impl Row {
    fn ended(&self) -> Option<Nanos> {
        Some(self.ended).filter(|at| *at > 0)
    }

    fn queue(&self) -> Option<Id<Queue>> {
        Some(self.queue).filter(|queue| *queue != NO_QUEUE)
    }
}

impl Conversations {
    /// Every conversation that is kept, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = Glance<'_>> {
        self.rows.iter().map(|(number, row)| Glance { store: self, row, key: Key(number) })
    }

    /// A glance at one conversation.
    pub(crate) fn glance(&self, key: Key) -> Option<Glance<'_>> {
        Some(Glance { store: self, row: self.rows.get(key.0)?, key })
    }

    /// A copy of a conversation, with at most `messages` of its newest messages.
    pub(crate) fn get(&self, key: Key, messages: usize) -> Option<Conversation> {
        let row = self.rows.get(key.0)?;
        let sides = [Side::Customer, Side::Own];
        Some(Conversation {
            id: self.id(key),
            participants: sides.map(|side| self.participant(key, side)),
            communications: sides.map(|side| self.communication(key, side)),
            messenger: row.messenger,
            direction: row.direction,
            address: self.names.get(row.address()),
            own_address: self.names.get(row.own_address()),
            name: self.names.get(row.name()),
            queue: row.queue(),
            user: row.user(),
            opened: row.opened,
            ended: row.ended(),
            messages: self.newest_messages(row, messages),
        })
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
            communication: self.communication(key, side),
            messenger: row.messenger,
            from,
            to,
            text: self.texts.get(line.text),
        })
    }
}
