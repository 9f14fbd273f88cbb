//! The conversations of a snapshot: as texts and numbers, without the rings that keep them.
//!
//! Numbers stay, and with the key of the ids so do the ids. The rings are filled again in the order of the numbers, so
//! what is dropped first stays the same too. Each bound of the rings is a bound of a snapshot, and a message links only to
//! an older one, so no snapshot makes a reader run in a circle.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

use super::ring::{Numbered, Texts};
use super::{
    Conversations, Direction, Ids, Key, Line, MAX_CONVERSATIONS, MAX_MESSAGES, MAX_NAMES, MAX_PARTY_BYTES,
    MAX_PAST, MAX_TEXT, Medium, Messenger, NO_QUEUE, NO_USER, NONE, Parties, Past, Receipt, Row, cut,
};
use crate::time::Nanos;
use crate::world::id::{Id, Queue, UserIndex};

/// The greatest number of a conversation or message. The ids of communications have 12 bits beside it.
const MAX_NUMBER: u64 = 1 << 46;

/// Every conversation of one organization.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Saved<'a> {
    ids: Ids,
    /// The number of the first of `rows`.
    first: u64,
    rows: Vec<SavedRow<'a>>,
    /// The history, once it was asked for.
    past: Option<Vec<SavedRow<'a>>>,
    /// The number of the first of `lines`.
    first_line: u64,
    lines: Vec<SavedLine>,
    routed: HashSet<UserIndex>,
    /// The numbers of the conversations that the next message of their customers continues.
    customers: Vec<u64>,
}

/// One conversation.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedRow<'a> {
    opened: Nanos,
    ended: Nanos,
    /// The number of its newest message.
    newest: Option<u64>,
    address: String,
    own_address: String,
    name: String,
    user: Option<UserIndex>,
    queue: Option<Id<Queue>>,
    messenger: Messenger,
    direction: Direction,
    medium: Medium,
    parties: Option<Cow<'a, Parties>>,
}

/// One message.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedLine {
    conversation: u64,
    /// The number of the one before it in its conversation.
    previous: Option<u64>,
    at: Nanos,
    text: String,
    direction: Direction,
    receipt: Option<Receipt>,
}

impl Serialize for Conversations {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let past = self.past.get();
        Saved {
            ids: self.ids,
            first: self.rows.oldest(),
            rows: self.rows.iter().map(|(_, row)| SavedRow::of(row, &self.names)).collect(),
            past: past.map(|past| past.rows.iter().map(|row| SavedRow::of(row, &past.names)).collect()),
            first_line: self.lines.oldest(),
            lines: self.lines.iter().map(|(_, line)| SavedLine::of(line, &self.texts)).collect(),
            routed: self.routed.clone(),
            customers: self.customers.values().copied().collect(),
        }
        .serialize(serializer)
    }
}

impl<'a> SavedRow<'a> {
    fn of(row: &'a Row, names: &Texts) -> Self {
        Self {
            opened: row.opened,
            ended: row.ended,
            newest: Some(row.newest).filter(|number| *number != NONE),
            address: names.get(row.address()),
            own_address: names.get(row.own_address()),
            name: names.get(row.name()),
            user: row.user(),
            queue: Some(row.queue).filter(|queue| *queue != NO_QUEUE),
            messenger: row.messenger,
            direction: row.direction,
            medium: row.medium,
            parties: row.parties.as_deref().map(Cow::Borrowed),
        }
    }

    fn names(&self) -> [&str; 3] {
        [&self.address, &self.own_address, &self.name].map(|name| cut(name))
    }

    fn bytes(&self) -> usize {
        self.names().iter().map(|name| name.len()).sum()
    }

    /// The row, with its names in `names`.
    fn into_row(self, names: &mut Texts) -> Row {
        Row {
            opened: self.opened,
            ended: self.ended,
            newest: self.newest.unwrap_or(NONE),
            names: names.push(&self.names()),
            lengths: self.names().map(|name| u16::try_from(name.len()).unwrap_or_default()),
            user: self.user.unwrap_or(NO_USER),
            queue: self.queue.unwrap_or(NO_QUEUE),
            messenger: self.messenger,
            direction: self.direction,
            medium: self.medium,
            parties: self.parties.map(|parties| Box::new(parties.into_owned().shrunk())),
        }
    }
}

impl SavedLine {
    fn of(line: &Line, texts: &Texts) -> Self {
        Self {
            conversation: line.conversation,
            previous: Some(line.previous).filter(|number| *number != NONE),
            at: line.at,
            text: texts.get(line.text),
            direction: line.direction,
            receipt: line.receipt,
        }
    }

    fn into_line(self, texts: &mut Texts) -> Line {
        Line {
            conversation: self.conversation,
            previous: self.previous.unwrap_or(NONE),
            at: self.at,
            text: texts.push(&[self.text.as_str()]),
            direction: self.direction,
            receipt: self.receipt,
        }
    }
}

impl Saved<'_> {
    /// Why these are not the conversations of an organization.
    fn fault(&self) -> Option<&'static str> {
        let bytes = |rows: &[SavedRow<'_>]| rows.iter().map(SavedRow::bytes).sum::<usize>();
        let texts: usize = self.lines.iter().map(|line| line.text.len()).sum();
        let past = self.past.as_deref().unwrap_or_default();
        if self.rows.len() > MAX_CONVERSATIONS || past.len() > MAX_PAST as usize {
            return Some("an organization has too many conversations");
        }
        if self.lines.len() > MAX_MESSAGES || texts > MAX_TEXT || bytes(&self.rows) > MAX_NAMES {
            return Some("an organization has too many messages, or too long ones");
        }
        if !(u64::from(MAX_PAST)..MAX_NUMBER).contains(&self.first) || self.first_line > MAX_NUMBER {
            return Some("the number of a conversation or a message is out of range");
        }
        let end = self.first_line + self.lines.len() as u64;
        let mut numbered = (self.first_line..).zip(&self.lines);
        let links = numbered.all(|(number, line)| line.previous.is_none_or(|previous| previous < number));
        let ends = self.rows.iter().chain(past).all(|row| row.newest.is_none_or(|newest| newest < end));
        (!links || !ends).then_some("a message is linked to one that does not come before it")
    }
}

impl TryFrom<Saved<'_>> for Conversations {
    type Error = &'static str;

    fn try_from(saved: Saved<'_>) -> Result<Self, Self::Error> {
        if let Some(fault) = saved.fault() {
            return Err(fault);
        }
        let mut all = Self { ids: saved.ids, ..Self::default() };
        all.rows = Numbered::beginning_at(MAX_CONVERSATIONS, saved.first);
        for row in saved.rows {
            let row = row.into_row(&mut all.names);
            all.party_bytes += row.parties.as_ref().map_or(0, |parties| parties.weight());
            all.rows.push(row);
        }
        all.lines = Numbered::beginning_at(MAX_MESSAGES, saved.first_line);
        for line in saved.lines {
            all.lines.push(line.into_line(&mut all.texts));
        }
        all.past = saved.past.map_or_else(OnceLock::new, |rows| OnceLock::from(past(rows)));
        all.routed = saved.routed;
        all.list(&saved.customers);
        if all.party_bytes > 2 * MAX_PARTY_BYTES || !all.have_bounded_parties() {
            return Err("the conversations have too many participants");
        }
        all.count_all_handlers();
        // As where a conversation grows, the oldest make room.
        while all.party_bytes > MAX_PARTY_BYTES {
            all.drop_conversation();
        }
        Ok(all)
    }
}

fn past(rows: Vec<SavedRow<'_>>) -> Past {
    let mut names = Texts::new(rows.iter().map(SavedRow::bytes).sum());
    let rows = rows.into_iter().map(|row| row.into_row(&mut names)).collect();
    Past { rows, names }
}

impl Conversations {
    /// Lets the next message of these conversations' customers continue them.
    fn list(&mut self, numbers: &[u64]) {
        for number in numbers {
            let Some(row) = self.rows.get(*number) else { continue };
            let hash = self.hash(row.messenger, &self.names.get(row.address()));
            self.customers.insert(hash, *number);
        }
    }

    fn have_bounded_parties(&self) -> bool {
        let past = self.past.get().into_iter().flat_map(|past| &past.rows);
        let all = self.rows.iter().map(|(_, row)| row).chain(past);
        all.filter_map(|row| row.parties.as_deref()).all(Parties::is_bounded)
    }

    /// The conversations that the clock will change, with the instant of the next change, the soonest first.
    pub(crate) fn upcoming(&self) -> Vec<(Nanos, Uuid)> {
        let next = |(number, row): (u64, &Row)| {
            let at = row.parties.as_ref()?.next_step()?;
            Some((at, self.id(Key(number))))
        };
        let mut all: Vec<_> = self.rows.iter().filter_map(next).collect();
        all.sort_unstable();
        all
    }
}
