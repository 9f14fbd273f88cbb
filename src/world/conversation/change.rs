//! Changes of conversations beside their messages: start, end, and whatever happens to participants.

use smallvec::smallvec;
use uuid::Uuid;

use super::kinds::{Direction, Messenger};
use super::media::{Disconnect, Medium, Purpose, State};
use super::parties::Parties;
use super::party::{Communication, Participant, Party};
use super::{Conversations, Key, MAX_PARTY_BYTES, NO_QUEUE, NO_USER, Opening, Row, Side};
use crate::time::Nanos;
use crate::world::id::{Id, Queue, UserIndex};

/// The start of a conversation of another medium than messages.
#[derive(Debug)]
pub(crate) struct Start<'a> {
    pub(crate) medium: Medium,
    /// The side that began it.
    pub(crate) direction: Direction,
    /// The customer's address.
    pub(crate) address: &'a str,
    /// The customer's name.
    pub(crate) name: &'a str,
    /// The organization's address.
    pub(crate) own_address: &'a str,
    pub(crate) parties: Parties,
    /// Now.
    pub(crate) at: Nanos,
}

/// Something happened to the participants of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConversationEvent {
    pub(crate) conversation: Uuid,
    /// When.
    pub(crate) at: Nanos,
    /// The instant at which the clock changes it again.
    pub(crate) next: Option<Nanos>,
}

impl Conversations {
    /// Starts a conversation with these parties.
    pub(in crate::world) fn start_with(&mut self, start: Start<'_>) -> Option<(Key, ConversationEvent)> {
        let opening = Opening {
            messenger: Messenger::Open,
            direction: start.direction,
            address: start.address,
            name: start.name,
            own_address: start.own_address,
            queue: start.parties.queues().first().copied(),
            user: start.parties.users().next(),
            joins: false,
            at: start.at,
        };
        let key = self.push(&opening);
        self.party_bytes += start.parties.weight();
        self.counting(key.0, |all| {
            let row = all.row_mut(key.0)?;
            row.medium = start.medium;
            row.parties = Some(Box::new(start.parties));
            Some(())
        })?;
        self.drop_heavy(key);
        Some((key, self.happened_to(key, start.at)?))
    }

    /// Changes the participants of a conversation, as they are at `now`. `None` if it does not exist.
    pub(in crate::world) fn change<T>(
        &mut self,
        key: Key,
        now: Nanos,
        change: impl FnOnce(&mut Parties) -> T,
    ) -> Option<(T, ConversationEvent)> {
        let changed = self.counting(key.0, |all| all.change_row(key, now, change))?;
        self.drop_heavy(key);
        Some((changed, self.happened_to(key, now)?))
    }

    fn change_row<T>(&mut self, key: Key, now: Nanos, change: impl FnOnce(&mut Parties) -> T) -> Option<T> {
        let row = self.row_mut(key.0)?;
        let before = row.parties.as_ref().map_or(0, |parties| parties.weight());
        let mut parties = row.parties.take().unwrap_or_else(|| Box::new(row.expanded()));
        parties.advance(now);
        let changed = change(&mut parties);
        let (ended, after) = (parties.ended(), parties.weight());
        row.parties = Some(parties);
        self.party_bytes = self.party_bytes.saturating_sub(before) + after;
        match ended {
            Some(at) => self.end_row(key, at),
            // A participant was added: the conversation goes on.
            None => self.row_mut(key.0)?.ended = 0,
        }
        Some(changed)
    }

    /// Drops the oldest conversations while all parties together take too much. The newest and `kept` stay.
    fn drop_heavy(&mut self, kept: Key) {
        while self.party_bytes > MAX_PARTY_BYTES && self.rows.oldest() < kept.0 {
            self.drop_conversation();
        }
    }

    fn happened_to(&self, key: Key, at: Nanos) -> Option<ConversationEvent> {
        let parties = self.row(key.0)?.parties.as_ref();
        let next = parties.and_then(|parties| parties.next_step());
        Some(ConversationEvent { conversation: self.id(key), at, next })
    }

    /// Ends a conversation; the customer's next message opens another. One that has ended stays so.
    pub(in crate::world) fn end(&mut self, key: Key, at: Nanos) -> Option<ConversationEvent> {
        let row = self.row_mut(key.0)?;
        if row.parties.is_some() {
            return self
                .change(key, at, |parties| parties.end(Disconnect::Client, at))
                .map(|((), event)| event);
        }
        self.counting(key.0, |all| all.end_row(key, at));
        self.happened_to(key, at)
    }

    fn end_row(&mut self, key: Key, at: Nanos) {
        let Some(row) = self.row_mut(key.0) else { return };
        if row.ended == 0 {
            row.ended = at.max(1);
            self.unlist(key.0);
        }
    }

    /// Gives a message conversation to its first user: an agent beside the organization's own participant, which has
    /// handed the conversation over.
    pub(in crate::world) fn assign(
        &mut self,
        key: Key,
        user: UserIndex,
        now: Nanos,
    ) -> Option<ConversationEvent> {
        let (added, event) = self.change(key, now, |parties| parties.hand_over(user, now))?;
        if added.is_some()
            && let Some(row) = self.row_mut(key.0)
        {
            row.user = user;
        }
        Some(event)
    }
}

impl Parties {
    /// Lets a user take the conversation from the organization's own participant. The index of the user's participant;
    /// `None` where there are too many.
    fn hand_over(&mut self, user: UserIndex, now: Nanos) -> Option<u16> {
        let known = self.participants.iter().position(|one| one.is_open() && one.user() == Some(user));
        if let Some(known) = known {
            self.enter(known, State::Connected, now);
            return u16::try_from(known).ok();
        }
        let own = self.participants.get(Side::Own.index()).filter(|own| own.party == Party::Own);
        let queue = own.and_then(|own| own.queue);
        let (medium, direction) = self.kind();
        let talking = Communication::new(medium, State::Connected, direction, now);
        let agent = Participant::new(Party::User(user), Purpose::Agent, talking).of_queue(queue);
        let added = self.add(agent)?;
        let own = self.participants.get_mut(Side::Own.index()).filter(|own| own.party == Party::Own);
        if let Some(own) = own {
            own.end(Disconnect::Transfer, now);
        }
        Some(added)
    }
}

impl Row {
    /// The participants that a row alone stands for: the customer, and the organization's side.
    pub(super) fn expanded(&self) -> Parties {
        let mut communication =
            Communication::new(self.medium, State::Connected, self.direction, self.opened);
        if let Some(at) = self.ended() {
            communication.end(Disconnect::Client, at);
        }
        let (party, purpose) = match (self.user, self.direction) {
            (user, _) if user != NO_USER => (Party::User(user), Purpose::Agent),
            (_, Direction::Inbound) => (Party::Own, Purpose::Acd),
            (_, Direction::Outbound) => (Party::Own, Purpose::Api),
        };
        let queue = Some(self.queue).filter(|queue: &Id<Queue>| *queue != NO_QUEUE);
        let customer = Participant::new(Party::Customer, Purpose::Customer, communication.clone());
        let own = Participant { communications: smallvec![communication], ..customer.clone() };
        Parties::of(vec![customer, Participant { party, purpose, queue, ..own }])
    }
}
