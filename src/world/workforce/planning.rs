//! The workforce of an organization: edges, skill groups, schedules and publications.
//!
//! `check`, `adherence` and `schedule` have the rules; this file has the data, under the organization's lock.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Activity, AdherenceRefusal, AgentStatus, Demand, Pattern, Publication, Schedule, Shift, View};
use crate::time::Nanos;
use crate::time::duration::parse_duration;
use crate::world::id::{EdgeIndex, Id, UserIndex};
use crate::world::people::{People, User};
use crate::world::seed::{self, OrganizationSeed};
use crate::world::workforce;
use crate::world::workforce::unit::ManagementUnit;

/// Schedules that an organization may have, drafts and published ones.
pub(crate) const MAX_DOCUMENTS: usize = 1000;
/// Publications that one agent may have.
pub(crate) const MAX_PUBLICATIONS: usize = 200;

/// Whether an edge takes new sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum EdgeState {
    /// It accepts new sockets.
    InService,
    /// It accepts no new sockets, and announced the end of the open ones.
    Draining,
}

impl EdgeState {
    /// The name the admin API shows.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::InService => "in-service",
            Self::Draining => "draining",
        }
    }

    /// The state of that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::InService, Self::Draining].into_iter().find(|state| state.name() == name)
    }
}

/// One edge.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edge {
    /// Its number.
    pub(crate) index: EdgeIndex,
    pub(crate) id: Id<Self>,
    pub(crate) name: String,
    /// The first label of the hosts that lead to it.
    pub(crate) host: String,
    /// Its IANA time zone.
    pub(crate) time_zone: String,
    /// The delay after which this edge knows a change of the workforce.
    pub(crate) sync_lag: Nanos,
    /// Whether it takes new sockets.
    pub(crate) state: EdgeState,
}

/// One skill group.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    /// The id, which is that of the skill of its name.
    pub(crate) id: Id<Self>,
    pub(crate) name: String,
    /// Whether its agents are checked.
    pub(crate) strict_adherence: bool,
    /// The agents that it needs, by interval; the first that covers an instant holds.
    pub(crate) demands: Vec<Demand>,
}

/// A schedule that a client made: a draft until it is published.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    pub(crate) name: String,
    /// The zone it was written in.
    pub(crate) time_zone: String,
    pub(crate) agents: Vec<UserIndex>,
    /// In order, without overlaps, not empty.
    pub(crate) shifts: Vec<Shift>,
    /// What it says about the staff of skill groups.
    pub(crate) demands: Vec<(Id<Group>, Demand)>,
    /// The time of its creation.
    pub(crate) created: Nanos,
    /// The time of its publication.
    pub(crate) published: Option<Nanos>,
}

/// The workforce of one organization.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Workforce {
    /// In the order of the file, the default first.
    pub(crate) edges: Vec<Edge>,
    /// In the order of the file.
    pub(crate) groups: IndexMap<Id<Group>, Group>,
    /// Created schedules, in the order of creation.
    pub(crate) documents: IndexMap<Uuid, Document>,
    schedules: HashMap<UserIndex, Schedule>,
}

/// Too many schedules.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Full {
    /// Of the organization.
    #[error("{MAX_DOCUMENTS} schedules exist already; delete some of them first")]
    Documents,
    /// Of one agent.
    #[error("agent {0} has {MAX_PUBLICATIONS} published schedules already; delete some of them first")]
    Publications(String),
}

impl Workforce {
    /// The workforce of the organization's file. Agents on queue at the start are scheduled at every instant, offline
    /// agents never, and the others during office hours.
    pub(crate) fn of(
        seed: &OrganizationSeed,
        organization: Uuid,
        edges: &[(EdgeIndex, String)],
        units: &[ManagementUnit],
        people: &People,
    ) -> Self {
        let zone = |id: Option<Id<ManagementUnit>>| {
            let unit = units.iter().find(|unit| Some(unit.id) == id);
            unit.and_then(|unit| workforce::zone(&unit.time_zone)).unwrap_or(jiff::tz::TimeZone::UTC)
        };
        let pattern = |user: &User| match user.status {
            AgentStatus::Available | AgentStatus::OnQueue => Pattern::Always,
            AgentStatus::Offline | AgentStatus::Unavailable => Pattern::Nothing,
            _ => Pattern::OfficeHours(zone(user.management_unit)),
        };
        let agents = people.indexed().filter(|(_, user)| user.is_agent());
        let edges = seed.edges.iter().zip(edges);
        let groups = seed.skill_groups.iter().map(|group| group_of(&group.name, organization));
        let schedule = |user| Schedule { pattern: pattern(user), publications: Vec::new() };
        Self {
            edges: edges.map(|(edge, (index, _))| edge_of(edge, *index, organization)).collect(),
            groups: groups.map(|group| (group.id, group)).collect(),
            documents: IndexMap::new(),
            schedules: agents.map(|(index, user)| (index, schedule(user))).collect(),
        }
    }

    /// Takes over the edges of the organization's file, with the lag and the state that the edges of these names have here.
    ///
    /// # Errors
    /// The name of an edge that the file does not have.
    pub(in crate::world) fn grow_from(&mut self, fresh: Vec<Edge>) -> Result<(), String> {
        let saved = std::mem::replace(&mut self.edges, fresh);
        for saved in saved {
            let edge = self.edges.iter_mut().find(|edge| edge.name == saved.name).ok_or(saved.name)?;
            (edge.sync_lag, edge.state) = (saved.sync_lag, saved.state);
        }
        Ok(())
    }

    /// Whether there are no more schedules than an organization and an agent may have.
    pub(in crate::world) fn is_bounded(&self) -> bool {
        self.documents.len() <= MAX_DOCUMENTS
            && self.schedules.values().all(|schedule| schedule.publications.len() <= MAX_PUBLICATIONS)
    }

    /// The schedule of an agent.
    pub(crate) fn schedule(&self, agent: UserIndex) -> Option<&Schedule> {
        self.schedules.get(&agent)
    }

    /// The group of that id or name.
    pub(crate) fn group(&self, id_or_name: &str) -> Option<&Group> {
        let by_id = Id::parse(id_or_name).and_then(|id| self.groups.get(&id));
        by_id.or_else(|| self.groups.values().find(|group| group.name == id_or_name))
    }

    /// The group of a user. `None` for a user that is no agent.
    pub(crate) fn group_of(&self, user: &User) -> Option<&Group> {
        self.groups.get(&user.skill_group?)
    }

    /// The edge of that id or name.
    pub(crate) fn edge(&self, id_or_name: &str) -> Option<&Edge> {
        let id = Id::parse(id_or_name);
        self.edges.iter().find(|edge| Some(edge.id) == id || edge.name == id_or_name)
    }

    /// The edge of that number; the default one for any other.
    pub(crate) fn edge_at(&self, index: Option<EdgeIndex>) -> Option<&Edge> {
        self.edges.iter().find(|edge| Some(edge.index) == index).or(self.edges.first())
    }

    /// Keeps a draft.
    pub(in crate::world) fn draft(&mut self, document: Document) -> Result<Uuid, Full> {
        if self.documents.len() >= MAX_DOCUMENTS {
            return Err(Full::Documents);
        }
        let id = Uuid::new_v4();
        self.documents.insert(id, document);
        Ok(id)
    }

    /// Publishes a draft for all of its agents or none. A published schedule does not change.
    pub(in crate::world) fn publish(&mut self, id: Uuid, people: &People, now: Nanos) -> Result<(), Full> {
        let draft = |one: &&Document| one.published.is_none();
        let Some(agents) = self.documents.get(&id).filter(draft).map(|one| one.agents.clone()) else {
            return Ok(());
        };
        agents.iter().try_for_each(|agent| self.check_room(people, *agent, now))?;
        self.forget_withdrawn(&agents, now);
        let Some(document) = self.documents.get_mut(&id) else { return Ok(()) };
        document.published = Some(now);
        let publication =
            Publication { published: now, withdrawn: None, shifts: document.shifts.clone().into() };
        for agent in &document.agents {
            self.schedules.entry(*agent).or_default().publications.push(publication.clone());
        }
        for (group, demand) in &document.demands {
            if let Some(group) = self.groups.get_mut(group) {
                group.demands.insert(0, *demand);
            }
        }
        Ok(())
    }

    /// Refuses another publication for an agent that has too many. Those that no edge sees any more do not count.
    ///
    /// # Errors
    /// When the agent has too many of them.
    pub(crate) fn check_room(&self, people: &People, agent: UserIndex, now: Nanos) -> Result<(), Full> {
        let Some(schedule) = self.schedules.get(&agent) else { return Ok(()) };
        let longest = self.longest_lag();
        if schedule.publications.iter().filter(|one| one.is_seen(longest, now)).count() < MAX_PUBLICATIONS {
            return Ok(());
        }
        Err(Full::Publications(people.at(agent).map(|user| user.name.clone()).unwrap_or_default()))
    }

    /// Publishes shifts of one agent in place of those before; empty ones are not published.
    pub(in crate::world) fn replace(
        &mut self,
        people: &People,
        agent: UserIndex,
        (before, shifts): (&[Shift], &[Shift]),
        now: Nanos,
    ) -> Result<(), Full> {
        if !shifts.is_empty() {
            self.check_room(people, agent, now)?;
            self.forget_withdrawn(&[agent], now);
        }
        let schedule = self.schedules.entry(agent).or_default();
        let is_before = |one: &&mut Publication| one.withdrawn.is_none() && *one.shifts == *before;
        if let Some(publication) = schedule.publications.iter_mut().rfind(is_before) {
            publication.withdrawn = Some(now);
        }
        if !shifts.is_empty() {
            schedule.publications.push(Publication {
                published: now,
                withdrawn: None,
                shifts: shifts.into(),
            });
        }
        self.forget_withdrawn(&[agent], now);
        Ok(())
    }

    /// Deletes a schedule. A published one is withdrawn, at each edge after its lag.
    pub(in crate::world) fn delete(&mut self, id: Uuid, now: Nanos) -> Option<Document> {
        let document = self.documents.shift_remove(&id)?;
        let Some(published) = document.published else { return Some(document) };
        let is_its = |one: &&mut Publication| one.published == published && *one.shifts == *document.shifts;
        for agent in &document.agents {
            let schedule = self.schedules.get_mut(agent);
            let mut publications = schedule.into_iter().flat_map(|schedule| schedule.publications.iter_mut());
            if let Some(publication) = publications.find(|one| is_its(one) && one.withdrawn.is_none()) {
                publication.withdrawn = Some(now);
            }
        }
        for (group, demand) in &document.demands {
            if let Some(group) = self.groups.get_mut(group) {
                let known = group.demands.iter().position(|one| one == demand);
                known.map(|at| group.demands.remove(at));
            }
        }
        self.forget_withdrawn(&document.agents, now);
        Some(document)
    }

    /// Drops publications that are withdrawn in the view of every edge.
    fn forget_withdrawn(&mut self, agents: &[UserIndex], now: Nanos) {
        let longest = self.longest_lag();
        for agent in agents {
            if let Some(schedule) = self.schedules.get_mut(agent) {
                schedule.publications.retain(|one| one.is_seen(longest, now));
            }
        }
    }

    fn longest_lag(&self) -> Nanos {
        self.edges.iter().map(|edge| edge.sync_lag).max().unwrap_or_default()
    }

    /// The scheduled activity of an agent, without lag.
    pub(crate) fn due(&self, agent: UserIndex, now: Nanos) -> Option<Activity> {
        self.schedules.get(&agent)?.due(now, now)
    }

    /// The last change of the scheduled activity of an agent, within the last two weeks.
    pub(crate) fn last_boundary(&self, agent: UserIndex, now: Nanos) -> Option<Nanos> {
        const BACK: Nanos = 14 * 24 * 3600 * 1_000_000_000;
        self.changes(agent, now.saturating_sub(BACK), now).last().copied()
    }

    /// The instants after `from`, until `to` and with it, at which something else became due; in order.
    pub(crate) fn changes(&self, agent: UserIndex, from: Nanos, to: Nanos) -> Vec<Nanos> {
        let Some(schedule) = self.schedules.get(&agent) else { return Vec::new() };
        let mut all = schedule.boundaries(from, to);
        all.retain(|at| schedule.due(*at, to) != schedule.due(at.saturating_sub(1), to));
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The view that an edge has of an agent; `None` for a user that is not an agent.
    pub(crate) fn view<'a>(
        &'a self,
        people: &'a People,
        agent: UserIndex,
        edge: &'a Edge,
    ) -> Option<View<'a>> {
        static NOTHING: Schedule = Schedule { pattern: Pattern::Nothing, publications: Vec::new() };
        let user = people.at(agent).filter(|user| user.is_agent())?;
        let group = self.group_of(user);
        Some(View {
            agent: &user.name,
            history: &user.history,
            schedule: self.schedules.get(&agent).unwrap_or(&NOTHING),
            demands: group.map_or(&[], |group| &group.demands),
            edge: &edge.name,
            lag: edge.sync_lag,
        })
    }

    /// Whether an agent is checked at all.
    pub(crate) fn is_strict(&self, people: &People, agent: UserIndex) -> bool {
        let group = people.at(agent).and_then(|user| self.group_of(user));
        group.is_some_and(|group| group.strict_adherence)
    }

    /// Whether the edge lets the agent connect, while `others` of the skill group are.
    pub(crate) fn admission(
        &self,
        people: &People,
        agent: UserIndex,
        edge: &Edge,
        others: u32,
        now: Nanos,
    ) -> Result<(), AdherenceRefusal> {
        match self.view(people, agent, edge).filter(|_| self.is_strict(people, agent)) {
            Some(view) => view.check(others, now),
            None => Ok(()),
        }
    }
}

fn edge_of(edge: &seed::Edge, index: EdgeIndex, organization: Uuid) -> Edge {
    Edge {
        index,
        id: Id::seeded(organization, &edge.name),
        name: edge.name.clone(),
        host: edge.host.clone(),
        time_zone: edge.time_zone.get_ref().clone(),
        sync_lag: parse_duration(&edge.sync_lag).unwrap_or_default(),
        state: EdgeState::InService,
    }
}

fn group_of(name: &str, organization: Uuid) -> Group {
    Group {
        id: Id::seeded(organization, name),
        name: name.to_owned(),
        strict_adherence: true,
        demands: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
