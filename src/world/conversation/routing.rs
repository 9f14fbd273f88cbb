//! A simple routing: a waiting conversation goes to the member of its queue that has been idle longest. Of several, the
//! one that waits longest goes first, where a point of priority counts as a minute.
//!
//! It is off by default, because load tests bring their own agents. `platform::routing` drives it. An agent is offered
//! what it has the skills for, answers by the clock, and is idle again when its conversation has ended.

use std::collections::HashSet;

use uuid::Uuid;

use super::media::{Purpose, State};
use super::parties::Parties;
use super::party::{Participant, Party};
use super::{Conversations, Key};
use crate::time::Nanos;
use crate::world::Organization;
use crate::world::id::{Id, Queue, UserIndex};
use crate::world::routing::{Acd, Language};
use crate::world::workforce::{AgentStatus, Routing};

/// After this time an agent is idle again, even without a wrap-up: the longest timeout of a queue (documented).
const LONGEST_WORK: Nanos = 3_600_000_000_000;

/// A conversation that waits in a queue.
struct Waiting {
    key: Key,
    queue: Id<Queue>,
    /// The start of the wait, which its priority moves.
    since: i128,
    skills: Vec<Uuid>,
    language: Option<Id<Language>>,
}

impl Organization {
    /// Offers the conversation that waits longest to an idle agent of its queue. False where nothing can be offered.
    pub(crate) fn route_next(&mut self, now: Nanos) -> bool {
        let mut waiting = self.conversations.waiting(now);
        for one in &mut waiting {
            (one.since, one.language) = self.urgency(self.conversations.id(one.key), one.since);
        }
        waiting.sort_by_key(|one| one.since);
        let offer = waiting.iter().find_map(|one| Some((one.key, one.queue, self.idle_agent(one)?)));
        let Some((key, queue, agent)) = offer else { return false };
        let invited =
            self.change_parties(key, now, |parties| parties.invite(Party::User(agent), Some(queue), now));
        if invited.flatten().is_none() {
            return false;
        }
        self.conversations.routed.insert(agent);
        self.request_routing(agent, Routing::Interacting, now).is_ok()
    }

    /// The member of the queue that has been idle longest and has the skills.
    fn idle_agent(&self, waiting: &Waiting) -> Option<UserIndex> {
        let joined = self.joined_members(waiting.queue);
        let has_skills = |user: UserIndex| {
            let (skills, languages) = (&self.acd().skills_of_user, &self.acd().languages_of_user);
            waiting.skills.iter().all(|skill| skills.contains(user, Id::new(*skill)))
                && waiting.language.is_none_or(|language| languages.contains(user, language))
        };
        let idle = joined.filter_map(|index| {
            let user = self.people().at(index).filter(|user| user.exists())?;
            let ready = user.status == AgentStatus::OnQueue && user.routing == Routing::Idle;
            (ready && has_skills(index)).then_some((user.routing_since, index))
        });
        idle.min_by_key(|(since, index)| (*since, index.as_usize())).map(|(_, index)| index)
    }

    /// Makes an agent idle when its routed conversation has ended and is wrapped up, where its queue demands that.
    pub(crate) fn free_agents(&mut self, now: Nanos) {
        if self.conversations.routed.is_empty() {
            return;
        }
        let busy = self.conversations.busy(self.acd(), now);
        let free: Vec<_> =
            self.conversations.routed.iter().copied().filter(|agent| !busy.contains(agent)).collect();
        for agent in free {
            self.conversations.routed.remove(&agent);
            let interacts = self.people().at(agent).is_some_and(|user| user.routing == Routing::Interacting);
            if interacts {
                let _ = self.request_routing(agent, Routing::Idle, now);
            }
        }
    }
}

impl Conversations {
    /// The conversations that wait in a queue and are not offered to an agent.
    fn waiting(&self, now: Nanos) -> Vec<Waiting> {
        let open = self.iter().filter(|glance| glance.ended().is_none() && glance.has_parties());
        open.filter_map(|glance| {
            let parties = glance.parties(now);
            let acd = parties.participants.iter().find(|one| waits(&parties, one))?;
            let since = acd.current().map_or(0, |one| one.started.into());
            let skills = acd.skills.to_vec();
            Some(Waiting { key: glance.key, queue: acd.queue?, since, skills, language: None })
        })
        .collect()
    }

    /// The routed agents that have an open conversation, or work on one that ended not long ago.
    fn busy(&self, acd: &Acd, now: Nanos) -> HashSet<UserIndex> {
        let is_recent = |ended: Nanos| now.saturating_sub(ended) < LONGEST_WORK;
        let recent =
            self.iter().filter(|glance| glance.ended().is_none_or(is_recent) && glance.has_parties());
        let mut busy = HashSet::new();
        for glance in recent {
            let parties = glance.parties(now);
            let routed = parties.participants.iter().filter_map(|one| Some((one, one.user()?)));
            let routed = routed.filter(|(_, user)| self.routed.contains(user));
            let of_glance = routed.filter(|(one, _)| one.is_open() || acd.wraps_up(one, now));
            busy.extend(of_glance.map(|(_, user)| user));
        }
        busy
    }
}

/// Whether a participant waits in a queue whose agents were not offered the conversation.
fn waits(parties: &Parties, one: &Participant) -> bool {
    let is_connected = one.current().is_some_and(|current| current.state == State::Connected);
    let offered =
        |other: &Participant| other.purpose == Purpose::Agent && other.is_open() && other.queue == one.queue;
    one.is_waiting() && is_connected && !parties.participants.iter().any(offered)
}
