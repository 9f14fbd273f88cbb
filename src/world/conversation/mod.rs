//! The conversations of one organization, and their messages.
//!
//! Everything is in rings of a fixed size (`ring`): rows, and all strings in one buffer. A million sends stay below
//! [`MAX_BYTES`]. The oldest conversations and messages go first. A message links to the one before it in its
//! conversation. Ids carry their number (`ids`), so only customers need an index. `kinds` and `media` have the
//! enumerations, `view` the copies that readers get. A message's status follows from its age, so nothing runs in the
//! background.
//!
//! A conversation of another medium has [`Parties`]: participants with communications. A message conversation is a row
//! alone until something happens to its participants (`change`), so that a send builds none.
//!
//! A sender continues a customer's open conversation, or opens one. Both happen under the organization's lock, so
//! concurrent senders meet in the same conversation. A send or an inbound message returns a [`MessageEvent`].

mod change;
mod facet;
mod handling;
mod ids;
mod kinds;
mod lookup;
mod media;
mod metric;
mod organization;
mod parties;
mod party;
mod past;
mod requested;
mod ring;
mod routing;
mod saved;
mod view;

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;
use std::sync::OnceLock;

use foldhash::quality::RandomState;
use serde::Deserialize;
use uuid::Uuid;

pub(crate) use self::change::{ConversationEvent, Start};
pub(crate) use self::facet::{Dimension, DimensionValue, Facet};
use self::handling::Handling;
use self::ids::{Ids, Kind};
pub(crate) use self::kinds::{DELIVERED_AFTER, Direction, Messenger, Receipt, SENT_AFTER};
pub(crate) use self::lookup::Place;
pub(crate) use self::media::{Disconnect, Medium, Purpose, SegmentKind, State, Watch};
pub(crate) use self::metric::{Emission, Metric, Session, milliseconds};
pub(in crate::world) use self::organization::PastSeed;
pub(crate) use self::parties::{ANSWER_AFTER, CONTACT_AFTER, MAX_COMMUNICATIONS, Parties, Step};
pub(crate) use self::party::{Communication, Participant, Party, Segment, Wrapup};
use self::past::Past;
pub(crate) use self::past::{MAX_PAST, PastSource};
pub(crate) use self::requested::requested_path;
use self::ring::{Numbered, Span, Texts};
pub(crate) use self::view::{Conversation, Glance, Message, MessageHead};
use crate::time::Nanos;
use crate::world::id::{Id, Queue, UserIndex};

/// The field of an email with its sender: the id of a user, or one of the two words below. No answer has it.
pub(crate) const EMAIL_SENDER: &str = "\u{0}sender";
pub(crate) const BY_CUSTOMER: &str = "customer";
pub(crate) const BY_ORGANIZATION: &str = "organization";

/// Conversations that are kept. Below 7/16 of a power of two, so that the index of customers cleans
/// up in place when it is full of removed entries, rather than double.
const MAX_CONVERSATIONS: usize = 100_000;
/// Messages that are kept.
const MAX_MESSAGES: usize = 1 << 18;
/// The most bytes of text.
const MAX_TEXT: usize = 16 << 20;
/// The most bytes of addresses and names.
const MAX_NAMES: usize = 8 << 20;
/// The most bytes that one organization's conversations take.
pub(crate) const MAX_BYTES: usize = MAX_CONVERSATIONS * size_of::<Row>()
    + MAX_MESSAGES * size_of::<Line>()
    + MAX_TEXT
    + MAX_NAMES
    + INDEX_BYTES;
/// The most bytes of participants of one organization.
pub(crate) const MAX_PARTY_BYTES: usize = 160 << 20;
/// The size of the full index of customers: a byte and an entry for each of its buckets.
const INDEX_BYTES: usize = (1 << 18) * (size_of::<(u64, u64)>() + 1);

const _: () = assert!(MAX_CONVERSATIONS < (1 << 18) / 16 * 7 && MAX_BYTES < 56 << 20);

/// The longest address or name; longer ones are cut.
pub(crate) const LONGEST_NAME: usize = 1024;
/// Stands for "no message", "no user", "no queue".
const NONE: u64 = u64::MAX;
const NO_USER: UserIndex = UserIndex(u32::MAX);
const NO_QUEUE: Id<Queue> = Id::new(Uuid::nil());

/// A conversation's number in its store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key(u64);

/// A side of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The customer's.
    Customer,
    /// The organization's: an agent, a queue, or a program.
    Own,
}

/// The opening of a conversation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening<'a> {
    /// The channel.
    pub(crate) messenger: Messenger,
    /// The side that began it.
    pub(crate) direction: Direction,
    /// The customer's address.
    pub(crate) address: &'a str,
    /// The customer's name.
    pub(crate) name: &'a str,
    /// The organization's address.
    pub(crate) own_address: &'a str,
    /// The queue it belongs to.
    pub(crate) queue: Option<Id<Queue>>,
    /// The user in the conversation.
    pub(crate) user: Option<UserIndex>,
    /// Whether the customer's open conversation will do, where there is one.
    pub(crate) joins: bool,
    /// Now.
    pub(crate) at: Nanos,
}

/// The event of a send or an inbound message, with everything that a notification needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MessageEvent {
    pub(crate) conversation: Uuid,
    /// The communication of the message.
    pub(crate) communication: Uuid,
    /// The message, where there was one.
    pub(crate) message: Option<Uuid>,
    /// The participating user.
    pub(crate) user: Option<UserIndex>,
    /// Which way the message went.
    pub(crate) direction: Direction,
    /// Whether the conversation was opened for it.
    pub(crate) opened: bool,
    /// When.
    pub(crate) at: Nanos,
}

/// One conversation, with its strings in `Conversations::names`: address, own address, name.
#[derive(Debug)]
struct Row {
    opened: Nanos,
    /// 0 while it is open.
    ended: Nanos,
    newest: u64,
    names: Span,
    lengths: [u16; 3],
    user: UserIndex,
    queue: Id<Queue>,
    messenger: Messenger,
    direction: Direction,
    medium: Medium,
    /// The participants, where more is known of them than the row says.
    parties: Option<Box<Parties>>,
}

/// One message.
#[derive(Debug)]
struct Line {
    conversation: u64,
    /// The one before it in its conversation.
    previous: u64,
    at: Nanos,
    text: Span,
    direction: Direction,
    receipt: Option<Receipt>,
}

/// Every conversation of one organization. `saved` has the form that they have in a snapshot.
#[derive(Debug, Deserialize)]
#[serde(try_from = "saved::Saved<'static>")]
pub(crate) struct Conversations {
    ids: Ids,
    rows: Numbered<Row>,
    /// The conversations before the organization began, once they were asked for.
    past: OnceLock<Past>,
    lines: Numbered<Line>,
    texts: Texts,
    names: Texts,
    /// The agents that the simple routing gave a conversation.
    routed: HashSet<UserIndex>,
    /// The conversations that agents handle.
    handling: Handling,
    /// The bytes that all parties take.
    party_bytes: usize,
    /// The open conversation of each customer: hash of channel and address, number.
    customers: HashMap<u64, u64, RandomState>,
}

impl Default for Conversations {
    fn default() -> Self {
        Self {
            ids: Ids::default(),
            rows: Numbered::beginning_at(MAX_CONVERSATIONS, u64::from(MAX_PAST)),
            past: OnceLock::new(),
            lines: Numbered::new(MAX_MESSAGES),
            texts: Texts::new(MAX_TEXT),
            names: Texts::new(MAX_NAMES),
            routed: HashSet::new(),
            handling: Handling::default(),
            party_bytes: 0,
            customers: HashMap::default(),
        }
    }
}

impl Conversations {
    /// The open conversation with a customer.
    pub(crate) fn with_customer(&self, messenger: Messenger, address: &str) -> Option<Key> {
        let address = cut(address);
        let number = *self.customers.get(&self.hash(messenger, address))?;
        let row = self.rows.get(number)?;
        let same = row.messenger == messenger && self.names.equals(row.address(), address);
        same.then_some(Key(number))
    }

    /// Opens a conversation by message; the customer's next message reaches this one.
    fn open(&mut self, opening: &Opening<'_>) -> Key {
        let key = self.push(opening);
        let hash = self.hash(opening.messenger, cut(opening.address));
        self.customers.insert(hash, key.0);
        key
    }

    /// Adds a row.
    fn push(&mut self, opening: &Opening<'_>) -> Key {
        let names = [opening.address, opening.own_address, opening.name].map(cut);
        let wanted: usize = names.iter().map(|name| name.len()).sum();
        while self.rows.is_full() || !self.names.has_room(wanted) {
            self.drop_conversation();
        }
        let row = Row {
            opened: opening.at,
            ended: 0,
            newest: NONE,
            names: self.names.push(&names),
            lengths: names.map(|name| u16::try_from(name.len()).unwrap_or_default()),
            user: opening.user.unwrap_or(NO_USER),
            queue: opening.queue.unwrap_or(NO_QUEUE),
            messenger: opening.messenger,
            direction: opening.direction,
            medium: Medium::Message,
            parties: None,
        };
        let number = self.rows.push(row);
        self.count_handlers(number);
        Key(number)
    }

    /// The conversation that an opening joins, or a new one; and whether it is new.
    fn reach(&mut self, opening: &Opening<'_>) -> (Key, bool) {
        let known = opening.joins.then(|| self.with_customer(opening.messenger, opening.address));
        match known.flatten() {
            Some(key) => (key, false),
            None => (self.open(opening), true),
        }
    }

    /// The organization's side of the conversation that an opening joins, or of a new one.
    pub(super) fn start(&mut self, opening: &Opening<'_>) -> Option<MessageEvent> {
        let (key, opened) = self.reach(opening);
        self.happened(key, Side::Own, opening.at).map(|happened| MessageEvent { opened, ..happened })
    }

    /// Adds a message of one side. `None` if the conversation does not exist.
    pub(super) fn append(&mut self, key: Key, from: Side, text: &str, at: Nanos) -> Option<MessageEvent> {
        let previous = self.rows.get(key.0)?.newest;
        let direction = if from == Side::Own { Direction::Outbound } else { Direction::Inbound };
        while self.lines.is_full() || !self.texts.has_room(text.len()) {
            let Some((_, dropped)) = self.lines.pop() else { break };
            self.texts.forget(dropped.text);
        }
        let text = self.texts.push(&[text]);
        let line = Line { conversation: key.0, previous, at, text, direction, receipt: None };
        let number = self.lines.push(line);
        self.rows.get_mut(key.0)?.newest = number;
        let message = Some(self.ids.id(Kind::Message, number));
        Some(MessageEvent { message, direction, ..self.happened(key, from, at)? })
    }

    /// A message that reaches the customer's open conversation or opens one.
    pub(super) fn add_message(
        &mut self,
        opening: &Opening<'_>,
        from: Side,
        text: &str,
    ) -> Option<MessageEvent> {
        let (key, opened) = self.reach(opening);
        self.append(key, from, text, opening.at).map(|happened| MessageEvent { opened, ..happened })
    }

    /// The event of a conversation without a message.
    fn happened(&self, key: Key, side: Side, at: Nanos) -> Option<MessageEvent> {
        let row = self.rows.get(key.0)?;
        Some(MessageEvent {
            conversation: self.id(key),
            communication: self.speaking(key, row, side, at),
            message: None,
            user: row.user(),
            direction: row.direction,
            opened: false,
            at,
        })
    }

    /// Records a receipt for a message. False if the message does not exist.
    pub(super) fn note_receipt(&mut self, message: Uuid, receipt: Receipt) -> bool {
        let number = self.ids.number(Kind::Message, message);
        let line = number.and_then(|number| self.lines.get_mut(number));
        line.map(|line| line.receipt = Some(receipt)).is_some()
    }

    /// The allocated bytes of the store.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        let buckets = self.customers.capacity() / 7 * 8;
        let index = buckets * (size_of::<(u64, u64)>() + 1);
        self.rows.bytes() + self.lines.bytes() + self.texts.bytes() + self.names.bytes() + index
    }

    fn drop_conversation(&mut self) {
        self.unlist(self.rows.oldest());
        if let Some((_, row)) = self.rows.pop() {
            self.forget_handlers(&row);
            self.names.forget(row.names);
            let bytes = row.parties.map_or(0, |parties| parties.weight());
            self.party_bytes = self.party_bytes.saturating_sub(bytes);
        }
    }

    /// Takes a conversation out of the index of customers, unless a newer one has taken its entry.
    fn unlist(&mut self, number: u64) {
        let Some(row) = self.rows.get(number) else { return };
        let hash = self.hash(row.messenger, &self.names.get(row.address()));
        if self.customers.get(&hash) == Some(&number) {
            self.customers.remove(&hash);
        }
    }

    fn hash(&self, messenger: Messenger, address: &str) -> u64 {
        self.customers.hasher().hash_one((messenger, address))
    }
}

impl Row {
    fn address(&self) -> Span {
        self.names.part(0, self.lengths[0].into())
    }

    fn own_address(&self) -> Span {
        self.names.part(self.lengths[0].into(), self.lengths[1].into())
    }

    fn name(&self) -> Span {
        let [address, own_address, name] = self.lengths.map(u32::from);
        self.names.part(address + own_address, name)
    }

    fn user(&self) -> Option<UserIndex> {
        Some(self.user).filter(|user| *user != NO_USER)
    }
}

/// The beginning of `text` that is not too long to be kept.
fn cut(text: &str) -> &str {
    let mut end = text.len().min(LONGEST_NAME);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests;
