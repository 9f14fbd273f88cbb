//! The status, the presence and the routing status of a user, and how they follow from one another.

use super::{PresenceChange, RefusedTransition, User};
use crate::time::Nanos;
use crate::world::workforce::{AgentStatus, Routing};

/// A presence: the status, and the presence definition that was chosen for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Presence {
    pub(crate) status: AgentStatus,
    pub(crate) definition: Box<str>,
}

impl Presence {
    fn new(status: AgentStatus, own: Option<Box<str>>) -> Self {
        Self { status, definition: own.unwrap_or_else(|| status.definition().to_string().into()) }
    }
}

impl User {
    /// Changes the status and the routing status: an agent on queue is idle until an interaction comes, all
    /// others are off queue.
    pub(in crate::world) fn set_status(&mut self, status: AgentStatus, now: Nanos) {
        self.enter_presence(status, None, now);
    }

    fn enter_presence(&mut self, status: AgentStatus, definition: Option<Box<str>>, now: Nanos) {
        if self.status != status || self.presence_definition != definition {
            self.past_definitions.push(now, definition.clone());
            self.presence_definition = definition;
        }
        self.enter(status, now);
    }

    fn enter(&mut self, status: AgentStatus, now: Nanos) {
        if self.status != status {
            self.status = status;
            self.status_since = now;
            self.history.push(now, status);
            self.status_version += 1;
        }
        match (status, self.routing) {
            (AgentStatus::OnQueue, Routing::OffQueue) => self.set_routing(Routing::Idle, now),
            (AgentStatus::OnQueue, _) => {}
            _ => self.set_routing(Routing::OffQueue, now),
        }
    }

    /// Changes the status and the presence message.
    pub(in crate::world) fn set_presence(&mut self, change: PresenceChange, now: Nanos) {
        if let Some(status) = change.status {
            self.enter_presence(status, change.definition, now);
        }
        if let Some(message) = change.message {
            self.presence_message = message;
        }
    }

    /// The presence at an instant.
    pub(crate) fn presence_at(&self, instant: Nanos) -> Presence {
        Presence::new(self.history.at(instant), self.past_definitions.at(instant))
    }

    /// The presence that a change at `now` has ended, and since when it lasted. `None` where nothing changed at `now`.
    pub(crate) fn presence_ended(&self, now: Nanos) -> Option<(Nanos, Presence)> {
        let past = &self.past_definitions;
        let (since, definition) = past.previous().filter(|_| past.last_change() == now)?;
        Some((since, Presence::new(self.history.at(since), definition)))
    }

    /// Changes the routing status alone.
    pub(in crate::world) fn set_routing(&mut self, routing: Routing, now: Nanos) {
        if self.routing != routing {
            self.routing = routing;
            self.routing_since = now;
            self.past_routings.push(now, routing);
        }
    }

    /// Changes the routing status for a client, and the status with it: `IDLE` puts the agent on queue, `OFF_QUEUE`
    /// takes it off. Only an agent on queue interacts or fails to respond.
    pub(in crate::world) fn request_routing(
        &mut self,
        routing: Routing,
        now: Nanos,
    ) -> Result<(), RefusedTransition> {
        let on_queue = self.status == AgentStatus::OnQueue;
        match routing {
            Routing::Idle => self.set_status(AgentStatus::OnQueue, now),
            Routing::OffQueue if on_queue => self.set_status(AgentStatus::Available, now),
            Routing::Interacting | Routing::NotResponding if !on_queue => return Err(RefusedTransition),
            _ => {}
        }
        self.set_routing(routing, now);
        Ok(())
    }
}
