//! A participant of a conversation and its communications.
//!
//! A communication keeps the segments that it went through, so analytics are computed from what happened. Times are
//! model time; 0 stands for "not yet".

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use uuid::Uuid;

use super::kinds::Direction;
use super::media::{Disconnect, Medium, Purpose, SegmentKind, State, Watch};
use super::parties::MAX_COMMUNICATIONS;
use crate::time::Nanos;
use crate::world::architect::Flow;
use crate::world::id::{Id, Queue, UserIndex};

/// The most segments of one communication. Further holds and states are not noted as segments.
const MAX_SEGMENTS: usize = 64;
/// The most attributes of one participant.
pub(crate) const MAX_ATTRIBUTES: usize = 1000;

/// The party that a participant stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Party {
    /// The customer of the conversation's row.
    Customer,
    /// The organization without a user: a program, or the entry of inbound messages.
    Own,
    /// Another address.
    External(Box<str>),
    /// A user.
    User(UserIndex),
    /// A queue.
    Queue(Id<Queue>),
    /// A flow of Architect.
    Flow(Id<Flow>),
}

/// A wrap-up as it was given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wrapup {
    pub(crate) code: String,
    /// The name of the code, where the client gave it.
    pub(crate) name: Option<String>,
    pub(crate) notes: Option<String>,
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) duration_seconds: Option<u64>,
    pub(crate) ended: Nanos,
    pub(crate) provisional: Option<bool>,
}

impl Wrapup {
    fn weight(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let tags = self.tags.iter().flatten().map(|tag| tag.len() + size_of::<String>()).sum::<usize>();
        size_of::<Self>() + self.code.len() + text(&self.name) + text(&self.notes) + tags
    }
}

/// A time in one kind of segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Segment {
    pub(crate) kind: SegmentKind,
    pub(crate) from: Nanos,
    /// 0 while it lasts.
    pub(crate) to: Nanos,
}

/// A communication of a participant.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "they are the vendor's, and independent of each other")]
pub(crate) struct Communication {
    pub(crate) medium: Medium,
    pub(crate) state: State,
    /// The state at its start.
    pub(crate) initial: State,
    pub(crate) direction: Direction,
    pub(crate) held: bool,
    pub(crate) muted: bool,
    pub(crate) confined: bool,
    /// Whether the party is being recorded.
    pub(crate) recording: bool,
    /// Whether a client asked for after-call work on this communication.
    pub(crate) after_call_work: bool,
    pub(crate) disconnect: Option<Disconnect>,
    pub(crate) started: Nanos,
    pub(crate) alerting: Nanos,
    pub(crate) connected: Nanos,
    pub(crate) ended: Nanos,
    pub(crate) held_since: Nanos,
    pub(crate) segments: SmallVec<[Segment; 2]>,
}

impl Communication {
    /// A communication that begins in `state` at `now`.
    pub(crate) fn new(medium: Medium, state: State, direction: Direction, now: Nanos) -> Self {
        let mut new = Self {
            medium,
            state,
            initial: state,
            direction,
            held: false,
            muted: false,
            confined: false,
            recording: false,
            after_call_work: false,
            disconnect: None,
            started: now,
            alerting: 0,
            connected: 0,
            ended: 0,
            held_since: 0,
            segments: SmallVec::new(),
        };
        new.note(state, now);
        new
    }

    /// Moves to another state. What is over stays so.
    pub(crate) fn enter(&mut self, state: State, now: Nanos) {
        if self.state == state || self.state.is_over() {
            return;
        }
        if state.is_over() {
            return self.end_in(state, Disconnect::Client, now);
        }
        self.state = state;
        self.note(state, now);
    }

    fn note(&mut self, state: State, now: Nanos) {
        match state {
            State::Alerting if self.alerting == 0 => self.alerting = now,
            State::Connected if self.connected == 0 => self.connected = now,
            _ => {}
        }
        self.begin(state.segment(), now);
    }

    /// Ends the running segment and begins another.
    fn begin(&mut self, kind: Option<SegmentKind>, now: Nanos) {
        if kind.is_some() && self.segments.len() >= MAX_SEGMENTS {
            return;
        }
        // A segment without a duration is none, unless it is all that there was.
        if self.segments.len() > 1
            && self.segments.last().is_some_and(|last| last.to == 0 && last.from == now)
        {
            self.segments.pop();
        } else if let Some(last) = self.segments.last_mut().filter(|last| last.to == 0) {
            last.to = now;
        }
        self.segments.extend(kind.map(|kind| Segment { kind, from: now, to: 0 }));
    }

    /// Holds the party, or resumes. Only what is connected can be held.
    pub(crate) fn hold(&mut self, held: bool, now: Nanos) {
        if self.held == held || self.state != State::Connected {
            return;
        }
        self.held = held;
        self.held_since = if held { now } else { 0 };
        self.begin(Some(if held { SegmentKind::Hold } else { SegmentKind::Interact }), now);
    }

    /// Ends it.
    pub(crate) fn end(&mut self, how: Disconnect, now: Nanos) {
        self.end_in(State::Disconnected, how, now);
    }

    fn end_in(&mut self, state: State, how: Disconnect, now: Nanos) {
        if self.state.is_over() {
            return;
        }
        self.state = state;
        self.disconnect = Some(how);
        self.ended = now;
        (self.held, self.held_since, self.recording) = (false, 0, false);
        self.begin(None, now);
    }

    /// Adds the time of wrap-up after the end.
    fn wrap_up(&mut self, now: Nanos) {
        let last = self.segments.last_mut().filter(|last| last.kind == SegmentKind::Wrapup);
        match last {
            Some(last) => last.to = now,
            None if self.ended > 0 && now > self.ended => {
                self.segments.push(Segment { kind: SegmentKind::Wrapup, from: self.ended, to: now });
            }
            None => {}
        }
    }

    fn weight(&self) -> usize {
        let spilled = if self.segments.spilled() { self.segments.capacity() } else { 0 };
        spilled * size_of::<Segment>()
    }
}

/// A participant.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Participant {
    pub(crate) party: Party,
    pub(crate) purpose: Purpose,
    /// The queue that offered the conversation to it, or the queue that it is.
    pub(crate) queue: Option<Id<Queue>>,
    pub(crate) communications: SmallVec<[Communication; 1]>,
    pub(crate) attributes: Option<Box<IndexMap<String, String>>>,
    pub(crate) wrapup: Option<Box<Wrapup>>,
    /// The participant that consults this one.
    pub(crate) consulted_by: Option<u16>,
    /// How it follows another participant, and which one.
    pub(crate) watches: Option<(Watch, u16)>,
    /// A flag that a user raised on it.
    pub(crate) flagged: bool,
    /// The skills that the conversation asks for in its queue.
    pub(crate) skills: SmallVec<[Uuid; 1]>,
}

impl Participant {
    /// A participant with one communication.
    pub(crate) fn new(party: Party, purpose: Purpose, communication: Communication) -> Self {
        let queue = if let Party::Queue(queue) = &party { Some(*queue) } else { None };
        Self {
            party,
            purpose,
            queue,
            communications: SmallVec::from_buf([communication]),
            attributes: None,
            wrapup: None,
            consulted_by: None,
            watches: None,
            flagged: false,
            skills: SmallVec::new(),
        }
    }

    /// The participant, offered by a queue.
    #[must_use]
    pub(crate) fn of_queue(self, queue: Option<Id<Queue>>) -> Self {
        Self { queue, ..self }
    }

    /// The newest communication. A participant always has one.
    pub(crate) fn current(&self) -> Option<&Communication> {
        self.communications.last()
    }

    /// The newest communication, to change it.
    pub(crate) fn current_mut(&mut self) -> Option<&mut Communication> {
        self.communications.last_mut()
    }

    /// The communication of that medium, the newest first.
    pub(crate) fn of_medium(&self, medium: Medium) -> Option<&Communication> {
        self.communications.iter().rev().find(|one| one.medium == medium)
    }

    /// The index of the newest communication of that medium; of the newest of all where there is none.
    pub(crate) fn number_of(&self, medium: Option<Medium>) -> usize {
        let found = self.communications.iter().rposition(|one| Some(one.medium) == medium);
        found.unwrap_or(self.communications.len().saturating_sub(1))
    }

    /// Whether it is no part of the organization.
    pub(crate) const fn is_outside(&self) -> bool {
        matches!(self.party, Party::Customer | Party::External(_))
    }

    /// Whether a communication of that medium is still open.
    pub(crate) fn is_open_in(&self, medium: Medium) -> bool {
        self.communications.iter().any(|one| one.medium == medium && !one.state.is_over())
    }

    /// Whether a communication is still open.
    pub(crate) fn is_open(&self) -> bool {
        self.communications.iter().any(|one| !one.state.is_over())
    }

    pub(crate) fn started(&self) -> Nanos {
        self.communications.first().map_or(0, |one| one.started)
    }

    /// The end of the last communication; `None` while one is open.
    pub(crate) fn ended(&self) -> Option<Nanos> {
        (!self.is_open()).then(|| self.communications.iter().map(|one| one.ended).max().unwrap_or(0))
    }

    /// The user that it stands for.
    pub(crate) const fn user(&self) -> Option<UserIndex> {
        if let Party::User(user) = self.party { Some(user) } else { None }
    }

    /// The flow that it stands for.
    pub(crate) const fn flow(&self) -> Option<Id<Flow>> {
        if let Party::Flow(flow) = self.party { Some(flow) } else { None }
    }

    /// Whether it only listens to another participant, so that it is no side of the conversation.
    pub(crate) fn listens(&self) -> bool {
        matches!(self.watches, Some((Watch::Monitor | Watch::Coach, _)))
    }

    /// Whether it waits in a queue for an agent.
    pub(crate) fn is_waiting(&self) -> bool {
        self.purpose == Purpose::Acd && self.is_open()
    }

    /// Ends every communication.
    pub(crate) fn end(&mut self, how: Disconnect, now: Nanos) {
        for one in &mut self.communications {
            one.end(how, now);
        }
    }

    /// The newest communication after which it has to wrap up.
    pub(crate) fn wrapping_up(&self) -> Option<&Communication> {
        self.communications.iter().rev().find(|one| one.after_call_work)
    }

    /// Keeps a wrap-up. The time since the end of the communication of that index counts as after-call work.
    pub(crate) fn wrap_up(&mut self, number: usize, wrapup: Wrapup, now: Nanos) {
        if let Some(one) = self.communications.get_mut(number) {
            one.wrap_up(now);
        }
        self.wrapup = Some(Box::new(wrapup));
    }

    /// Adds attributes, and removes those that are empty. False where there would be too many.
    pub(crate) fn set_attributes<'a>(&mut self, given: impl Iterator<Item = (&'a str, &'a str)>) -> bool {
        let mut all = self.attributes.clone().unwrap_or_default();
        for (key, value) in given {
            all.insert(key.to_owned(), value.to_owned());
        }
        all.retain(|_, value| !value.is_empty());
        let fits = all.len() <= MAX_ATTRIBUTES;
        if fits {
            self.attributes = Some(all);
        }
        fits
    }

    /// Whether it is within the bounds that hold for changes.
    pub(super) fn is_bounded(&self) -> bool {
        (1..=MAX_COMMUNICATIONS).contains(&self.communications.len())
    }

    /// The approximate bytes that it takes.
    pub(super) fn weight(&self) -> usize {
        let attributes = self.attributes.iter().flat_map(|all| all.iter());
        let attributes: usize = attributes.map(|(key, value)| key.len() + value.len() + 96).sum();
        let address = if let Party::External(address) = &self.party { address.len() } else { 0 };
        let more: usize = self.communications.iter().map(Communication::weight).sum();
        let further = self.communications.len().saturating_sub(1) * size_of::<Communication>();
        let wrapup = self.wrapup.as_ref().map_or(0, |wrapup| wrapup.weight());
        size_of::<Self>() + attributes + address + more + further + wrapup
    }
}

#[cfg(test)]
mod tests;
