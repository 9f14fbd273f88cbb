//! The participants of one conversation, and what happens to them later by the clock.
//!
//! A step that is due is applied when the conversation is read or changed ([`Parties::advance`]), so nothing runs in
//! the background. `platform::agenda` publishes the conversation at the instant of each step.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::kinds::Direction;
use super::media::{Disconnect, Medium, Purpose, State};
use super::party::{Communication, Participant, Party};
use crate::time::Nanos;
use crate::world::id::{Id, Queue, UserIndex};

/// The most participants of one conversation.
pub(crate) const MAX_PARTICIPANTS: usize = 64;
/// The most communications of one participant.
pub(crate) const MAX_COMMUNICATIONS: usize = 16;
/// The time for which an outbound call is set up before the customer's phone is dialed.
pub(crate) const CONTACT_AFTER: Nanos = 1_000_000_000;
/// The time after which a dialed or alerted party answers.
pub(crate) const ANSWER_AFTER: Nanos = 2_000_000_000;

/// A later change of a participant's newest communication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    pub(crate) at: Nanos,
    pub(crate) participant: u16,
    pub(crate) state: State,
}

/// The participants and what is known of the conversation as a whole.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parties {
    pub(crate) participants: Vec<Participant>,
    /// Later changes, the next one first.
    steps: SmallVec<[Step; 2]>,
    /// The telephone numbers of a callback.
    pub(crate) numbers: Vec<Box<str>>,
    /// The scheduled time of a callback; 0 for a call back at once.
    pub(crate) scheduled: Nanos,
    /// The subject of an email.
    pub(crate) subject: Box<str>,
    /// Whether the recording is paused.
    pub(crate) is_paused: bool,
    /// The client's own name for the conversation.
    pub(crate) external_tag: Box<str>,
}

impl Parties {
    /// Parties of these participants.
    pub(crate) fn of(participants: Vec<Participant>) -> Self {
        Self { participants, ..Self::default() }
    }

    /// Adds a later change.
    pub(crate) fn later(&mut self, step: Step) {
        let behind = self.steps.iter().position(|other| other.at > step.at).unwrap_or(self.steps.len());
        self.steps.insert(behind, step);
    }

    /// The instant of the next later change.
    pub(crate) fn next_step(&self) -> Option<Nanos> {
        self.steps.first().map(|step| step.at)
    }

    /// Applies everything that is due until `now`.
    pub(crate) fn advance(&mut self, now: Nanos) {
        while self.next_step().is_some_and(|at| at <= now) {
            let step = self.steps.remove(0);
            self.apply(step);
        }
    }

    fn apply(&mut self, step: Step) {
        let index = usize::from(step.participant);
        let current = self.participants.get(index).and_then(Participant::current);
        // A party that answered before, or has left, is not changed by the clock.
        if current.is_some_and(|one| !one.state.is_over() && one.state != State::Connected) {
            self.enter(index, step.state, step.at);
        }
    }

    /// Moves a participant's newest communication to another state.
    pub(crate) fn enter(&mut self, index: usize, state: State, now: Nanos) {
        let newest = self.participants.get(index).map_or(0, |one| one.communications.len().saturating_sub(1));
        self.enter_one(index, newest, state, now);
    }

    /// Moves a communication of a participant to another state. An agent that answers takes the conversation out
    /// of the queue. A medium ends when no two sides of it are left.
    pub(crate) fn enter_one(&mut self, index: usize, number: usize, state: State, now: Nanos) {
        let Some(participant) = self.participants.get_mut(index) else { return };
        let (queue, purpose) = (participant.queue, participant.purpose);
        let is_outside = participant.is_outside();
        let Some(communication) = participant.communications.get_mut(number) else { return };
        communication.enter(state, now);
        let medium = communication.medium;
        let talks = communication.state == State::Connected;
        communication.recording = is_outside && talks && medium == Medium::Call;
        if talks {
            self.connect_callers(medium, now);
        }
        match state {
            State::Connected if purpose == Purpose::Agent => self.leave_queue(queue, now),
            state if state.is_over() => self.end_if_alone(medium, now),
            _ => {}
        }
    }

    /// Connects who calls, because one of those that are called has answered.
    fn connect_callers(&mut self, medium: Medium, now: Nanos) {
        let inside = self.participants.iter_mut().filter(|one| !one.is_outside());
        let own = inside.filter_map(Participant::current_mut);
        let calls = own.filter(|one| matches!(one.state, State::Contacting | State::Dialing));
        calls.filter(|one| one.medium == medium).for_each(|one| one.enter(State::Connected, now));
    }

    /// The parties as they are at `now`.
    pub(crate) fn at(&self, now: Nanos) -> Cow<'_, Self> {
        if self.next_step().is_none_or(|at| at > now) {
            return Cow::Borrowed(self);
        }
        let mut later = self.clone();
        later.advance(now);
        Cow::Owned(later)
    }

    /// Adds a participant. `None` where there are too many.
    pub(crate) fn add(&mut self, participant: Participant) -> Option<u16> {
        let index = u16::try_from(self.participants.len()).ok()?;
        (self.participants.len() < MAX_PARTICIPANTS).then(|| self.participants.push(participant))?;
        Some(index)
    }

    /// Adds a user, a queue or an address to which the conversation goes. Users and addresses alert first, and answer
    /// by the clock; a queue answers at once. `None` where there are too many participants, or the conversation has
    /// ended.
    pub(crate) fn invite(&mut self, party: Party, queue: Option<Id<Queue>>, now: Nanos) -> Option<u16> {
        if self.ended().is_some() {
            return None;
        }
        let (medium, direction) = self.kind();
        let (purpose, state) = match &party {
            Party::Queue(_) => (Purpose::Acd, State::Connected),
            Party::User(_) if queue.is_some() || medium != Medium::Call => (Purpose::Agent, State::Alerting),
            Party::User(_) => (Purpose::User, State::Alerting),
            _ => (Purpose::External, State::Dialing),
        };
        // A message has no state "dialing": an address of a message answers at once.
        let state =
            if medium == Medium::Message && state == State::Dialing { State::Connected } else { state };
        let queue = if let Party::Queue(own) = &party { Some(*own) } else { queue };
        let communication = Communication::new(medium, state, direction, now);
        let index = self.add(Participant::new(party, purpose, communication).of_queue(queue))?;
        if state != State::Connected {
            self.later(Step {
                at: now.saturating_add(ANSWER_AFTER),
                participant: index,
                state: State::Connected,
            });
        }
        Some(index)
    }

    /// The medium and the direction of the conversation: those of its first communication.
    pub(crate) fn kind(&self) -> (Medium, Direction) {
        let first = self.participants.first().and_then(|first| first.communications.first());
        first.map_or((Medium::Message, Direction::Inbound), |first| (first.medium, first.direction))
    }

    /// Ends the waiting in a queue, because an agent has answered.
    pub(crate) fn leave_queue(&mut self, queue: Option<Id<Queue>>, now: Nanos) {
        let waiting = |one: &&mut Participant| one.is_waiting() && (queue.is_none() || one.queue == queue);
        if let Some(acd) = self.participants.iter_mut().find(waiting) {
            acd.end(Disconnect::Transfer, now);
        }
    }

    /// Holds the customer.
    pub(crate) fn hold_customer(&mut self, now: Nanos) {
        self.hold(true, now);
    }

    /// Resumes the customer.
    pub(crate) fn resume(&mut self, now: Nanos) {
        self.hold(false, now);
    }

    fn hold(&mut self, held: bool, now: Nanos) {
        let customers = self.participants.iter_mut().filter(|one| one.party == Party::Customer);
        for one in customers.filter_map(Participant::current_mut) {
            one.hold(held, now);
        }
    }

    /// Moves the later changes of a scheduled callback to another time.
    pub(crate) fn reschedule(&mut self, at: Nanos) {
        for step in &mut self.steps {
            step.at = at;
        }
    }

    /// Ends every participant.
    pub(crate) fn end(&mut self, how: Disconnect, now: Nanos) {
        for one in &mut self.participants {
            one.end(how, now);
        }
    }

    /// Ends a medium where only one side is left: no customer, or only the customer. What never had another side, such
    /// as a callback that waits beside a call, goes on.
    fn end_if_alone(&mut self, medium: Medium, now: Nanos) {
        let of_medium = |one: &&Communication| one.medium == medium;
        let all = self.participants.iter().flat_map(|one| &one.communications).filter(of_medium).count();
        let open = |outside: bool| {
            let talks = |one: &&Participant| one.is_open_in(medium) && !one.listens();
            self.participants.iter().filter(talks).filter(|one| one.is_outside() == outside).count()
        };
        let (outside, inside) = (open(true), open(false));
        if all > 1 && (inside == 0 || outside == 0 && inside < 2) {
            for one in self.participants.iter_mut().flat_map(|one| &mut one.communications) {
                if one.medium == medium {
                    one.end(Disconnect::Peer, now);
                }
            }
        }
    }

    /// The end of the last participant; `None` while one is open.
    pub(crate) fn ended(&self) -> Option<Nanos> {
        let ends: Option<Vec<_>> = self.participants.iter().map(Participant::ended).collect();
        ends.and_then(|ends| ends.into_iter().max())
    }

    /// The users that take or took part.
    pub(crate) fn users(&self) -> impl Iterator<Item = UserIndex> + '_ {
        self.participants.iter().filter_map(Participant::user)
    }

    /// The queues that the conversation is or was in, each once.
    pub(crate) fn queues(&self) -> SmallVec<[Id<Queue>; 2]> {
        let mut queues: SmallVec<[Id<Queue>; 2]> = SmallVec::new();
        for queue in self.participants.iter().filter_map(|one| one.queue) {
            if !queues.contains(&queue) {
                queues.push(queue);
            }
        }
        queues
    }

    /// The parties without spare room, which their weight counts.
    #[must_use]
    pub(super) fn shrunk(mut self) -> Self {
        self.participants.shrink_to_fit();
        self
    }

    /// Whether they are within the bounds that hold for changes. Those of a snapshot may be anything.
    pub(super) fn is_bounded(&self) -> bool {
        self.participants.len() <= MAX_PARTICIPANTS
            && self.steps.len() <= MAX_PARTICIPANTS * MAX_COMMUNICATIONS
            && self.participants.iter().all(Participant::is_bounded)
    }

    /// The approximate bytes that they take.
    pub(super) fn weight(&self) -> usize {
        let numbers: usize = self.numbers.iter().map(|one| one.len() + size_of::<Box<str>>()).sum();
        let spare = (self.participants.capacity() - self.participants.len()) * size_of::<Participant>();
        let participants: usize = self.participants.iter().map(Participant::weight).sum();
        size_of::<Self>() + numbers + spare + participants + self.subject.len() + self.external_tag.len()
    }
}
