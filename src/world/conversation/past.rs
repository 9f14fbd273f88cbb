//! The conversations of the day before an organization began: its history, which analytics find at their first query.
//!
//! They are made when they are first asked for, always the same for one organization, so neither a start nor an idle
//! server pays for them. Their numbers are below those of the ring.

use uuid::Uuid;

use super::kinds::{Direction, Messenger};
use super::media::{Disconnect, Medium, Purpose, SegmentKind, State};
use super::parties::Parties;
use super::party::{Communication, Participant, Party, Wrapup};
use super::ring::Texts;
use super::{NO_QUEUE, NO_USER, NONE, Row};
use crate::time::Nanos;
use crate::world::architect::Flow;
use crate::world::id::{Id, Queue, UserIndex};

/// The most conversations of the history.
pub(crate) const MAX_PAST: u32 = 4096;
const SECOND: Nanos = 1_000_000_000;
const HOUR: Nanos = 3600 * SECOND;
/// The bytes of addresses and names of one conversation, at most.
const NAME_BYTES: usize = 128;

/// What the history is made from.
#[derive(Clone, Debug)]
pub(crate) struct PastSource {
    pub(crate) count: u32,
    /// The instant at which the organization began.
    pub(crate) began: Nanos,
    pub(crate) organization: Uuid,
    pub(crate) domain: String,
    pub(crate) agents: Vec<UserIndex>,
    pub(crate) queues: Vec<Id<Queue>>,
    /// Ids of wrap-up codes.
    pub(crate) codes: Vec<String>,
    /// The flows that answer calls.
    pub(crate) flows: Vec<Id<Flow>>,
}

/// The history.
#[derive(Debug)]
pub(super) struct Past {
    pub(super) rows: Vec<Row>,
    pub(super) names: Texts,
}

/// Numbers that are always the same for one seed (`SplitMix64`).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number from `low` on and before `high`.
    fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low).max(1)
    }

    /// True in `share` of a hundred cases.
    fn percent(&mut self, share: u64) -> bool {
        self.between(0, 100) < share
    }

    fn pick<T: Clone>(&mut self, all: &[T]) -> Option<T> {
        let index = usize::try_from(self.next() % (all.len() as u64).max(1)).ok()?;
        all.get(index).cloned()
    }
}

impl Past {
    /// The history of an organization. It is empty where there is no queue or no agent.
    pub(super) fn of(source: &PastSource) -> Self {
        let count =
            if source.queues.is_empty() || source.agents.is_empty() { 0 } else { source.count.min(MAX_PAST) };
        let mut past = Self { rows: Vec::new(), names: Texts::new(NAME_BYTES * count as usize) };
        let mut random = Random(source.organization.as_u64_pair().0);
        for number in 0..u64::from(count) {
            // From a day before the beginning until an hour before it: each of them has ended by then.
            let (first, span) = (source.began.saturating_sub(24 * HOUR), 23 * HOUR / u64::from(count));
            let opened = first + number * span + random.between(0, span / SECOND + 1) * SECOND / 2;
            past.add(source, opened.max(1), &mut random);
        }
        past
    }

    fn add(&mut self, source: &PastSource, opened: Nanos, random: &mut Random) {
        let (medium, messenger) = match random.between(0, 100) {
            ..60 => (Medium::Call, Messenger::Open),
            60..75 => (Medium::Callback, Messenger::Open),
            75..85 => (Medium::Email, Messenger::Open),
            85..93 => (Medium::Message, Messenger::Open),
            _ => (Medium::Message, Messenger::WebMessaging),
        };
        let number = format!("+1317555{:04}", random.between(0, 10_000));
        let address = match medium {
            Medium::Email => format!("customer.{}@example.org", random.between(0, 10_000)),
            _ => number.clone(),
        };
        let mut parties = parties_of(source, medium, opened, random);
        if medium == Medium::Callback {
            parties.numbers = vec![number.into()];
        }
        let ended = parties.ended().unwrap_or(opened);
        let (user, queue) = (parties.users().next(), parties.queues().first().copied());
        let domain: String = source.domain.chars().take(64).collect();
        let names = [address.as_str(), domain.as_str(), ""];
        self.rows.push(Row {
            opened,
            ended,
            newest: NONE,
            names: self.names.push(&names),
            lengths: names.map(|name| u16::try_from(name.len()).unwrap_or_default()),
            user: user.unwrap_or(NO_USER),
            queue: queue.unwrap_or(NO_QUEUE),
            messenger,
            direction: Direction::Inbound,
            medium,
            parties: Some(Box::new(parties)),
        });
    }
}

/// The parties of one conversation: a flow takes a call, the customer waits in a queue, an agent answers, and sometimes
/// transfers to another queue.
fn parties_of(source: &PastSource, medium: Medium, opened: Nanos, random: &mut Random) -> Parties {
    let one = |state, at| Communication::new(medium, state, Direction::Inbound, at);
    let mut parties = Parties::of(vec![Participant::new(
        Party::Customer,
        Purpose::Customer,
        one(State::Connected, opened),
    )]);
    let mut at = if medium == Medium::Call { add_flow(&mut parties, source, opened) } else { opened };
    while let Some(queue) = random.pick(&source.queues) {
        let waits = random.between(2, 45) * SECOND;
        parties.add(Participant::new(Party::Queue(queue), Purpose::Acd, one(State::Connected, at)));
        at += waits;
        if random.percent(8) {
            break;
        }
        let Some(agent) = random.pick(&source.agents) else { break };
        at = answer(&mut parties, (agent, queue), one(State::Alerting, at), random);
        let transfers = random.percent(10) && parties.participants.len() < 5;
        let how = if transfers { Disconnect::Transfer } else { Disconnect::Client };
        wrap_up(&mut parties, source, (how, at), random);
        if !transfers {
            break;
        }
    }
    parties.end(Disconnect::Peer, at);
    parties
}

/// A flow takes a call and transfers it. Returns the instant at which it does; `opened` where there is no flow.
fn add_flow(parties: &mut Parties, source: &PastSource, opened: Nanos) -> Nanos {
    // Its own, so that the rest of a conversation is the same with flows and without.
    let mut random = Random(opened);
    let Some(flow) = random.pick(&source.flows) else { return opened };
    let mut one = Communication::new(Medium::Call, State::Connected, Direction::Inbound, opened);
    let over = opened + random.between(4, 30) * SECOND;
    one.end(Disconnect::Transfer, over);
    one.segments.iter_mut().for_each(|segment| segment.kind = SegmentKind::Ivr);
    parties.add(Participant::new(Party::Flow(flow), Purpose::Ivr, one));
    over
}

/// An agent answers and talks, sometimes with a hold. Returns the instant at which it is over.
fn answer(
    parties: &mut Parties,
    (agent, queue): (UserIndex, Id<Queue>),
    alerting: Communication,
    random: &mut Random,
) -> Nanos {
    let mut at = alerting.started + random.between(1, 8) * SECOND;
    let participant = Participant::new(Party::User(agent), Purpose::Agent, alerting).of_queue(Some(queue));
    let Some(index) = parties.add(participant) else { return at };
    parties.enter(index.into(), State::Connected, at);
    at += random.between(30, 400) * SECOND;
    let current = parties.participants.last_mut().and_then(Participant::current_mut);
    if let Some(one) = current.filter(|_| random.percent(20)) {
        one.hold(true, at);
        at += random.between(5, 60) * SECOND;
        one.hold(false, at);
        at += random.between(10, 60) * SECOND;
    }
    at
}

fn wrap_up(parties: &mut Parties, source: &PastSource, (how, at): (Disconnect, Nanos), random: &mut Random) {
    let Some(agent) = parties.participants.last_mut() else { return };
    agent.end(how, at);
    let ended = at + random.between(5, 60) * SECOND;
    let code = random.pick(&source.codes).unwrap_or_else(|| "ININ-WRAP-UP-TIMEOUT".to_owned());
    agent.wrap_up(agent.number_of(None), Wrapup { code, ended, ..Wrapup::default() }, ended);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> PastSource {
        PastSource {
            count: 300,
            began: 48 * HOUR,
            organization: Uuid::NAMESPACE_DNS,
            domain: "example.org".to_owned(),
            agents: vec![UserIndex(1), UserIndex(2)],
            queues: vec![Id::new(Uuid::NAMESPACE_OID), Id::new(Uuid::NAMESPACE_URL)],
            codes: Vec::new(),
            flows: vec![Id::new(Uuid::NAMESPACE_X500)],
        }
    }

    #[test]
    fn the_history_is_of_the_day_before_in_order_and_over() {
        let past = Past::of(&source());
        assert_eq!(past.rows.len(), 300);
        assert!(past.rows.is_sorted_by_key(|row| row.opened));
        assert!(past.rows.iter().all(|row| row.opened >= 24 * HOUR && row.ended <= 48 * HOUR));
        assert!(past.rows.iter().all(|row| row.parties.as_ref().is_some_and(|one| one.ended().is_some())));
    }

    #[test]
    fn the_history_of_an_organization_is_always_the_same() {
        let opened = |past: Past| past.rows.iter().map(|row| (row.opened, row.ended)).collect::<Vec<_>>();
        assert_eq!(opened(Past::of(&source())), opened(Past::of(&source())));
    }

    #[test]
    fn a_flow_takes_each_call_before_its_queue() {
        for row in Past::of(&source()).rows {
            let parties = row.parties.expect("parties");
            let purposes: Vec<_> = parties.participants.iter().map(|one| one.purpose).take(3).collect();
            let expected: &[Purpose] = match row.medium {
                Medium::Call => &[Purpose::Customer, Purpose::Ivr, Purpose::Acd],
                _ => &[Purpose::Customer, Purpose::Acd],
            };
            assert!(purposes.starts_with(expected), "{purposes:?}");
        }
    }

    #[test]
    fn without_agents_nothing_happened() {
        assert!(Past::of(&PastSource { agents: Vec::new(), ..source() }).rows.is_empty());
    }
}
