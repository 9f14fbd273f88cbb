//! Which agents handle conversations of queues, and the routing status that follows: INTERACTING from the connect on,
//! and IDLE again when the last of them has ended.
//!
//! The conversations of each agent are counted where a row changes, so that a change does not scan all conversations.

use std::collections::HashMap;

use foldhash::quality::RandomState;
use smallvec::SmallVec;
use uuid::Uuid;

use super::media::Purpose;
use super::party::Participant;
use super::{Conversations, NO_QUEUE, NO_USER, Row};
use crate::time::Nanos;
use crate::world::Organization;
use crate::world::id::UserIndex;
use crate::world::workforce::{AgentStatus, Routing};

/// How many conversations each agent handles.
#[derive(Debug, Default)]
pub(super) struct Handling {
    counts: HashMap<UserIndex, u32, RandomState>,
    /// The agents that began to handle conversations, or ceased to.
    changed: Vec<UserIndex>,
}

type Agents = SmallVec<[UserIndex; 2]>;

impl Handling {
    fn change(&mut self, before: &[UserIndex], after: &[UserIndex]) {
        for agent in after.iter().filter(|agent| !before.contains(agent)) {
            let count = self.counts.entry(*agent).or_default();
            *count += 1;
            self.changed.extend((*count == 1).then_some(*agent));
        }
        for agent in before.iter().filter(|agent| !after.contains(agent)) {
            let Some(count) = self.counts.get_mut(agent) else { continue };
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.counts.remove(agent);
                self.changed.push(*agent);
            }
        }
    }
}

impl Participant {
    /// Whether it is an agent that is connected in a conversation of a queue.
    fn handles(&self) -> bool {
        let talks = |one: &super::Communication| one.connected > 0 && !one.state.is_over();
        self.purpose == Purpose::Agent && self.queue.is_some() && self.communications.iter().any(talks)
    }
}

impl Row {
    /// The agents that handle it, each once.
    fn handlers(&self) -> Agents {
        let Some(parties) = &self.parties else {
            let handled = self.user != NO_USER && self.queue != NO_QUEUE && self.ended == 0;
            return handled.then_some(self.user).into_iter().collect();
        };
        let mut all = Agents::new();
        let handling = parties.participants.iter().filter(|one| one.handles());
        for agent in handling.filter_map(Participant::user) {
            if !all.contains(&agent) {
                all.push(agent);
            }
        }
        all
    }
}

impl Conversations {
    /// Changes a row, and counts what its agents handle.
    pub(super) fn counting<T>(&mut self, number: u64, change: impl FnOnce(&mut Self) -> T) -> T {
        let handlers = |all: &Self| all.row(number).map(Row::handlers).unwrap_or_default();
        let before = handlers(self);
        let changed = change(self);
        let after = handlers(self);
        self.handling.change(&before, &after);
        changed
    }

    /// Counts a row that was added.
    pub(super) fn count_handlers(&mut self, number: u64) {
        let handlers = self.row(number).map(Row::handlers).unwrap_or_default();
        self.handling.change(&[], &handlers);
    }

    /// Counts a row no longer.
    pub(super) fn forget_handlers(&mut self, row: &Row) {
        self.handling.change(&row.handlers(), &[]);
    }

    /// Counts all rows of a snapshot, which has the statuses of the agents.
    pub(super) fn count_all_handlers(&mut self) {
        self.handling = Handling::default();
        let numbers: Vec<_> = self.rows.iter().map(|(number, _)| number).collect();
        for number in numbers {
            self.count_handlers(number);
        }
        self.handling.changed.clear();
    }
}

impl Organization {
    /// Whether an agent handles a conversation of a queue.
    fn is_handling(&self, agent: UserIndex) -> bool {
        self.conversations.handling.counts.contains_key(&agent)
    }

    /// Sets the routing statuses of the agents that began to handle conversations, or ceased to. The simple routing
    /// frees the agents that it has chosen itself.
    pub(super) fn settle_routing(&mut self, now: Nanos) {
        for agent in std::mem::take(&mut self.conversations.handling.changed) {
            let handles = self.is_handling(agent);
            let Some(user) = self.people().at(agent) else { continue };
            let next = match (handles, user.routing) {
                (true, Routing::Interacting) => continue,
                (true, _) if user.status == AgentStatus::OnQueue => Routing::Interacting,
                (false, Routing::Interacting) if !self.conversations.routed.contains(&agent) => Routing::Idle,
                _ => continue,
            };
            self.set_routing(agent, next, now);
        }
    }

    /// Lets an agent interact that goes on queue while it handles a conversation.
    pub(in crate::world) fn resume_interacting(&mut self, agent: UserIndex, now: Nanos) {
        let handles = self.is_handling(agent);
        let user = self.people.at_mut(agent).filter(|user| handles && user.routing == Routing::Idle);
        if let Some(user) = user {
            user.set_routing(Routing::Interacting, now);
        }
    }

    /// Applies what the clock has changed of a conversation.
    pub(crate) fn advance_conversation(&mut self, id: Uuid, now: Nanos) {
        let Some(key) = self.conversations.find(id) else { return };
        let next = self.conversations.glance(key).and_then(|glance| glance.next_step());
        if next.is_some_and(|at| at <= now) {
            self.conversations.change(key, now, |_| ());
            self.settle_routing(now);
        }
    }
}
