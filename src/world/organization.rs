//! The data of an organization, and its changes.
//!
//! Data whose changes have effects is private and is changed by a method, which notes its [`Event`]. So no caller can
//! forget an effect: [`Tenant::write`](super::Tenant::write) returns the events with the result. To add such a change,
//! add a method here and, for a new effect, a variant of [`Event`] and its arm in `platform::effects`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::architect::Flows;
use super::audit::AuditLog;
use super::authorization::{Authorization, Division};
use super::automation::Automation;
use super::collection::Collections;
use super::contact::Contacts;
use super::conversation::{Conversations, PastSeed};
use super::event::{Event, Events};
use super::integration::Integrations;
use super::messaging::Messaging;
use super::outbound::Outbound;
use super::people::logins::Logins;
use super::people::{Directory, People, PresenceChange, RefusedTransition, State, TooManyUsers, User};
use super::response::Responses;
use super::routing::Acd;
use super::seed::{self, OrganizationSeed};
use super::telephony::{Seeding, Telephony};
use super::workforce::explanation::Explanations;
use super::workforce::planning::{Document, Edge, EdgeState, Full, Group, Workforce};
use super::workforce::unit::ManagementUnit;
use super::workforce::{AgentStatus, Demand, Routing, Shift, Standing};
use crate::time::Nanos;
use crate::world::id::{EdgeIndex, Id, UserIndex};

/// Everything of one organization that requests read and change.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Organization {
    pub(crate) id: Uuid,
    /// The domain of its users' addresses.
    pub(crate) domain: String,
    /// Entities without behaviour of their own.
    pub(crate) collections: Collections,
    /// The adherence explanations of its agents, and their jobs.
    pub(crate) explanations: Explanations,
    /// The newest changes of its entities.
    pub(crate) audit: AuditLog,
    /// Its flows and their versions.
    pub(crate) flows: Flows,
    /// Its divisions, roles and grants.
    pub(super) authorization: Authorization,
    /// Its queues, skills and wrap-up codes.
    pub(super) acd: Acd,
    /// Its groups, teams, locations and stations.
    pub(super) directory: Directory,
    /// Its sites, phones, trunks and pools of numbers.
    pub(super) telephony: Telephony,
    /// Its campaigns, contact lists and what they use.
    pub(super) outbound: Outbound,
    /// The people outside it.
    pub(super) external: Contacts,
    /// Its integrations with other systems.
    pub(super) integrations: Integrations,
    /// Its messaging integrations and web deployments.
    pub(super) messaging: Messaging,
    /// Its response libraries.
    pub(super) responses: Responses,
    /// Its triggers.
    pub(super) automation: Automation,
    pub(super) people: People,
    /// When its users last got a token.
    pub(crate) logins: Logins,
    pub(super) conversations: Conversations,
    /// What the history of conversations is made from.
    pub(super) past: PastSeed,
    pub(super) workforce: Workforce,
    /// The events of the current change.
    #[serde(skip)]
    pub(super) events: Events,
}

impl Organization {
    /// An organization as in its file.
    pub(super) fn of(
        seed: &OrganizationSeed,
        id: Uuid,
        edges: &[(EdgeIndex, String)],
        units: &[ManagementUnit],
        now: Nanos,
    ) -> Self {
        let people = seed::people(seed, id, now);
        let mut directory = Directory::of(seed, id, &people, now);
        let telephony =
            Telephony::of(&Seeding { seed, organization: id, people: &people, now }, &mut directory);
        Self {
            id,
            domain: seed.domain.clone(),
            audit: AuditLog::default(),
            flows: Flows::of(seed, id, now),
            authorization: Authorization::of(seed, id, &people, now),
            acd: Acd::of(seed, id, &people, now),
            directory,
            telephony,
            integrations: Integrations::of(seed, id, now),
            messaging: Messaging::of(seed, id, now),
            responses: Responses::of(seed, id, now),
            automation: Automation::default(),
            workforce: Workforce::of(seed, id, edges, units, &people),
            outbound: Outbound::of(seed, id, now),
            external: Contacts::of(seed, id, now),
            people,
            logins: Logins::default(),
            explanations: Explanations::default(),
            collections: seed::collections(seed, id, now),
            conversations: Conversations::default(),
            past: PastSeed {
                count: seed.past_conversations,
                began: now,
                organization: id,
                domain: seed.domain.clone(),
            },
            events: Events::default(),
        }
    }

    /// The events since the last call.
    pub(super) fn take_events(&mut self) -> Events {
        std::mem::take(&mut self.events)
    }

    /// Its users.
    pub(crate) const fn people(&self) -> &People {
        &self.people
    }

    /// Its divisions, roles and grants.
    pub(crate) const fn authorization(&self) -> &Authorization {
        &self.authorization
    }

    /// Its groups, teams, locations and stations.
    pub(crate) const fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Its sites, phones, trunks and pools of numbers.
    pub(crate) const fn telephony(&self) -> &Telephony {
        &self.telephony
    }

    /// Its queues and their members, skills and wrap-up codes.
    pub(crate) const fn acd(&self) -> &Acd {
        &self.acd
    }

    /// Its campaigns, contact lists and what they use.
    pub(crate) const fn outbound(&self) -> &Outbound {
        &self.outbound
    }

    /// Its conversations and their messages.
    pub(crate) const fn conversations(&self) -> &Conversations {
        &self.conversations
    }

    /// Its edges, skill groups and schedules.
    pub(crate) const fn workforce(&self) -> &Workforce {
        &self.workforce
    }

    /// An agent beside the schedule, and since when it is so.
    pub(crate) fn standing(&self, agent: UserIndex, now: Nanos) -> Option<(Standing, Nanos)> {
        let user = self.people.at(agent)?;
        let due = self.workforce.due(agent, now);
        let excused = self.explanations.excuse(agent, now);
        let standing = Standing { excused, ..Standing::new(due, user.status) };
        let boundary = self.workforce.last_boundary(agent, now).unwrap_or_default();
        Some((standing, user.status_since.max(boundary)))
    }

    /// The skill group of a user.
    pub(crate) fn skill_group_of(&self, user: UserIndex) -> Option<Id<Group>> {
        self.people.at(user)?.skill_group
    }
}

/// Users.
impl Organization {
    /// Adds a user.
    ///
    /// # Errors
    /// When too many were created.
    pub(crate) fn add_user(&mut self, user: User) -> Result<(), TooManyUsers> {
        self.people.add(user)
    }

    /// Sets the fields that a client may set: name, email, state and profile.
    /// A deleted user is removed from everything that it was a member of.
    pub(crate) fn set_profile(&mut self, user: UserIndex, profile: &User) {
        self.people.set_profile(user, profile);
        self.events.push(Event::Profile(user));
        if !profile.exists() {
            self.events.push(Event::Leaving(user));
            self.acd.forget_user(user);
            self.directory.forget_user(user);
            self.telephony.forget_user(user);
            self.authorization.grants.remove_subject(profile.id.uuid());
        }
    }

    /// Deletes a user. Its id stays known.
    pub(crate) fn delete_user(&mut self, index: UserIndex, now: Nanos) {
        let Some(mut user) = self.people.at(index).cloned() else { return };
        user.move_to(State::Deleted, None, now);
        user.touch(now);
        self.set_profile(index, &user);
    }

    /// Moves a user to a division. False if there is no such user.
    pub(super) fn set_user_division(&mut self, id: Id<User>, division: Id<Division>) -> bool {
        let user = self.people.index_of(id).and_then(|index| self.people.at_mut(index));
        user.map(|user| user.division = Some(division)).is_some()
    }

    /// Moves every user of a division to the home division.
    pub(super) fn leave_division_of_users(&mut self, division: Id<Division>) {
        self.people.leave_division(division);
    }

    /// Changes the status of a user. `None` if the user does not exist.
    pub(crate) fn set_status(
        &mut self,
        user: UserIndex,
        status: AgentStatus,
        now: Nanos,
    ) -> Option<Arc<User>> {
        self.people.at_mut(user)?.set_status(status, now);
        self.resume_interacting(user, now);
        self.note_status(user)
    }

    /// Changes the status and the presence message of a user. `None` if the user does not exist.
    pub(crate) fn set_presence(
        &mut self,
        user: UserIndex,
        presence: PresenceChange,
        now: Nanos,
    ) -> Option<Arc<User>> {
        self.people.at_mut(user)?.set_presence(presence, now);
        self.resume_interacting(user, now);
        self.note_status(user)
    }

    /// Changes the routing status of a user, see [`User::request_routing`]. `None` if the user does not exist.
    ///
    /// # Errors
    /// When the routing status does not follow from the one before; nothing is changed then.
    pub(crate) fn request_routing(
        &mut self,
        index: UserIndex,
        routing: Routing,
        now: Nanos,
    ) -> Result<Option<Arc<User>>, RefusedTransition> {
        let Some(user) = self.people.at_mut(index) else { return Ok(None) };
        user.request_routing(routing, now)?;
        Ok(self.note_status(index))
    }

    /// Changes the routing status of a user as its conversations ask.
    pub(super) fn set_routing(&mut self, index: UserIndex, routing: Routing, now: Nanos) {
        if let Some(user) = self.people.at_mut(index) {
            user.set_routing(routing, now);
            self.note_status(index);
        }
    }

    fn note_status(&mut self, index: UserIndex) -> Option<Arc<User>> {
        let user = Arc::new(self.people.at(index)?.clone());
        self.events.push(Event::Status { index, user: Arc::clone(&user) });
        Some(user)
    }
}

/// Edges, skill groups and schedules.
impl Organization {
    /// Changes the lag and the state of an edge. `None` if the edge does not exist.
    pub(crate) fn change_edge(
        &mut self,
        index: EdgeIndex,
        sync_lag: Option<Nanos>,
        state: Option<EdgeState>,
    ) -> Option<&Edge> {
        let edge = self.workforce.edges.iter_mut().find(|edge| edge.index == index)?;
        edge.sync_lag = sync_lag.unwrap_or(edge.sync_lag);
        edge.state = state.unwrap_or(edge.state);
        self.events.push(Event::Planning);
        if state == Some(EdgeState::Draining) {
            self.events.push(Event::Draining(index));
        }
        Some(edge)
    }

    /// Changes whether the agents of a skill group are checked, and how many of them it needs. `None` where there is
    /// no such group.
    pub(crate) fn change_group(
        &mut self,
        id: Id<Group>,
        strict_adherence: Option<bool>,
        demands: Option<Vec<Demand>>,
    ) -> Option<&Group> {
        let group = self.workforce.groups.get_mut(&id)?;
        group.strict_adherence = strict_adherence.unwrap_or(group.strict_adherence);
        if let Some(demands) = demands {
            group.demands = demands;
        }
        self.events.push(Event::Planning);
        Some(group)
    }

    /// Stores a draft of a schedule.
    ///
    /// # Errors
    /// When there are too many schedules.
    pub(crate) fn draft_schedule(&mut self, document: Document) -> Result<Uuid, Full> {
        self.workforce.draft(document)
    }

    /// Publishes a draft for all of its agents or none. A published schedule does not change.
    ///
    /// # Errors
    /// When one of the agents has too many schedules.
    pub(crate) fn publish_schedule(&mut self, id: Uuid, now: Nanos) -> Result<(), Full> {
        self.workforce.publish(id, &self.people, now)?;
        self.events.push(Event::Planning);
        Ok(())
    }

    /// Publishes the shifts of an agent in place of those that were published before.
    ///
    /// # Errors
    /// When the agent has too many schedules.
    pub(crate) fn replace_shifts(
        &mut self,
        agent: UserIndex,
        before: &[Shift],
        shifts: &[Shift],
        now: Nanos,
    ) -> Result<(), Full> {
        self.workforce.replace(&self.people, agent, (before, shifts), now)?;
        self.events.push(Event::Planning);
        Ok(())
    }

    /// Deletes a schedule. A published one is withdrawn, at each edge after its lag.
    pub(crate) fn delete_schedule(&mut self, id: Uuid, now: Nanos) {
        if self.workforce.delete(id, now).is_some_and(|document| document.published.is_some()) {
            self.events.push(Event::Planning);
        }
    }
}

#[cfg(test)]
mod tests;
