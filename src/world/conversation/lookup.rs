//! Ids of conversations, participants and communications, and the way back from an id.

use uuid::Uuid;

use super::ids::Kind;
use super::{Conversations, Key, MAX_PAST, Participant, Row, Side};
use crate::time::Nanos;

/// Bits for the number of a participant in its conversation.
const PARTICIPANT_BITS: u32 = 8;
/// Bits for the number of a communication of its participant.
const COMMUNICATION_BITS: u32 = 4;

/// A participant's or a communication's conversation, and where it is in there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) key: Key,
    /// The participant's index in its conversation.
    pub(crate) participant: usize,
    /// The communication's index of its participant; 0 in the place of a participant.
    pub(crate) communication: usize,
}

impl Side {
    /// The index of the participant of this side in a conversation that is a row alone.
    pub(super) const fn index(self) -> usize {
        self as usize
    }
}

impl Conversations {
    /// The conversation of that id.
    pub(crate) fn find(&self, id: Uuid) -> Option<Key> {
        self.known(self.ids.number(Kind::Conversation, id)?)
    }

    /// The place of a participant's id.
    pub(crate) fn find_participant(&self, id: Uuid) -> Option<Place> {
        let number = self.ids.number(Kind::Participant, id)?;
        self.place(number >> PARTICIPANT_BITS, low(number, PARTICIPANT_BITS), 0)
    }

    /// The place of a communication's id.
    pub(crate) fn find_communication(&self, id: Uuid) -> Option<Place> {
        let number = self.ids.number(Kind::Communication, id)?;
        let (rest, communication) = (number >> COMMUNICATION_BITS, low(number, COMMUNICATION_BITS));
        self.place(rest >> PARTICIPANT_BITS, low(rest, PARTICIPANT_BITS), communication)
    }

    fn place(&self, number: u64, participant: usize, communication: usize) -> Option<Place> {
        let key = self.known(number)?;
        let row = self.row(number)?;
        let communications = match &row.parties {
            Some(parties) => parties.participants.get(participant)?.communications.len(),
            None => usize::from(participant < 2),
        };
        (communication < communications).then_some(Place { key, participant, communication })
    }

    fn known(&self, number: u64) -> Option<Key> {
        self.row(number).map(|_| Key(number))
    }

    /// The row of that number, in the ring or in the history.
    pub(super) fn row(&self, number: u64) -> Option<&Row> {
        let past = || self.past.get()?.rows.get(usize::try_from(number).ok()?);
        self.rows.get(number).or_else(past)
    }

    /// The row of that number, to change it.
    pub(super) fn row_mut(&mut self, number: u64) -> Option<&mut Row> {
        if number >= u64::from(MAX_PAST) {
            return self.rows.get_mut(number);
        }
        self.past.get_mut()?.rows.get_mut(usize::try_from(number).ok()?)
    }

    /// A conversation's id.
    pub(crate) fn id(&self, key: Key) -> Uuid {
        self.ids.id(Kind::Conversation, key.0)
    }

    /// The id of a participant.
    pub(crate) fn participant(&self, key: Key, index: usize) -> Uuid {
        self.ids.id(Kind::Participant, key.0 << PARTICIPANT_BITS | index as u64)
    }

    /// The id of a communication of a participant.
    pub(crate) fn communication(&self, key: Key, participant: usize, index: usize) -> Uuid {
        let number = (key.0 << PARTICIPANT_BITS | participant as u64) << COMMUNICATION_BITS | index as u64;
        self.ids.id(Kind::Communication, number)
    }

    /// The communication in which a side wrote at `at`: the agent's from its start on, for the organization's side.
    pub(super) fn speaking(&self, key: Key, row: &Row, side: Side, at: Nanos) -> Uuid {
        let is_speaking =
            |one: &Participant| one.user().is_some() && one.user() == row.user() && one.started() <= at;
        let agent = row.parties.as_ref().filter(|_| side == Side::Own);
        let agent = agent.and_then(|parties| parties.participants.iter().position(is_speaking));
        self.communication(key, agent.unwrap_or(side.index()), 0)
    }

    /// The id of the recording of a participant's call.
    pub(crate) fn recording(&self, key: Key, participant: usize) -> Uuid {
        self.ids.id(Kind::Recording, key.0 << PARTICIPANT_BITS | participant as u64)
    }
}

fn low(number: u64, bits: u32) -> usize {
    usize::try_from(number & ((1 << bits) - 1)).unwrap_or(usize::MAX)
}
