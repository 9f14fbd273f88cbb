//! What is due later in model time: lagged statuses, schedule boundaries, message statuses, expiring channels.
//!
//! An edge learns of a change of a status `sync_lag` later. That instant is stored. [`run_until`] acts on it when the
//! clock reaches it or is advanced over it. An open socket is closed when its agent is On Break or Unavailable in the
//! view of its edge. The rules are those of `world::workforce`.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Platform, effects};
use crate::observe::close_reason::CloseReason;
use crate::push::event;
use crate::push::registry::Socket;
use crate::time::Nanos;
use crate::world::id::{TenantIndex, UserIndex};
use crate::world::people::User;
use crate::world::workforce::{AgentStatus, View};
use crate::world::{Organization, Tenant};

/// The time between checks of the clock, in real time, when nothing is known to be due.
const TICK: Duration = Duration::from_secs(1);

/// The greatest number of noted instants. Beyond it, the tick finds what is due.
const MAX_DUE: usize = 100_000;

/// The engine's own state.
#[derive(Debug, Default)]
pub(crate) struct Engine {
    /// Everything until then has taken effect.
    done: Mutex<Nanos>,
    /// Instants at which something takes effect.
    due: Mutex<BTreeSet<Nanos>>,
    /// Messages whose status changes, by instant.
    later: Mutex<VecDeque<(Nanos, DueMessage)>>,
    sooner: Notify,
}

/// A message with a listener, whose status will change.
#[derive(Clone, Debug)]
pub(crate) struct DueMessage {
    /// The number of its organization.
    pub(crate) tenant: TenantIndex,
    pub(crate) conversation: Uuid,
}

impl Engine {
    /// An engine that has nothing to catch up with.
    pub(crate) fn new(now: Nanos) -> Self {
        Self { done: Mutex::new(now), ..Self::default() }
    }

    /// Looks at the world again at that instant.
    pub(crate) fn note(&self, at: Nanos) {
        let mut due = self.due.lock();
        if due.len() < MAX_DUE {
            due.insert(at);
        }
        drop(due);
        self.sooner.notify_one();
    }

    /// Publishes a message again at each of these instants.
    pub(crate) fn tell_later(&self, later: &DueMessage, at: [Nanos; 2]) {
        let mut waiting = self.later.lock();
        if waiting.len() < MAX_DUE {
            for at in at {
                let later_ones = waiting.partition_point(|(other, _)| *other <= at);
                waiting.insert(later_ones, (at, later.clone()));
            }
        }
        drop(waiting);
        for at in at {
            self.note(at);
        }
    }

    fn take_until(&self, now: Nanos) -> Vec<(Nanos, DueMessage)> {
        let mut waiting = self.later.lock();
        let ready = waiting.partition_point(|(at, _)| *at <= now);
        waiting.drain(..ready).collect()
    }

    fn next(&self) -> Option<Nanos> {
        self.due.lock().first().copied()
    }

    fn forget_until(&self, now: Nanos) {
        let mut due = self.due.lock();
        let later = due.split_off(&now.saturating_add(1));
        *due = later;
    }
}

/// An agent's status that ends the agent's sockets.
const fn ends_sockets(status: AgentStatus) -> bool {
    matches!(status, AgentStatus::OnBreak | AgentStatus::Unavailable)
}

/// Applies everything that is due until `now`.
pub(crate) fn run_until(platform: &Platform, now: Nanos) {
    let mut done = platform.engine.done.lock();
    let from = std::mem::replace(&mut *done, now);
    platform.engine.forget_until(now);
    for (socket, agent) in agents(platform) {
        if let Some(tenant) = &socket.tenant {
            catch_up(tenant, &socket, agent, (from, now));
        }
    }
    tell_boundaries(platform, from, now);
    for (at, later) in platform.engine.take_until(now) {
        effects::publish_message_status(platform, &later, at);
    }
    platform.notifications.channels.expire(&platform.notifications.hub, now);
    drop(done);
}

/// Publishes the agents whose scheduled activity changed in the time that passed.
fn tell_boundaries(platform: &Platform, from: Nanos, now: Nanos) {
    let hub = &platform.notifications.hub;
    if hub.is_silent() {
        return;
    }
    for tenant in platform.tenants.all() {
        let organization = tenant.read();
        let listened =
            |user: &User| user.is_agent() && hub.listens(tenant.index, &event::adherence_topic(user.id));
        for (index, user) in organization.people().indexed().filter(|(_, user)| listened(user)) {
            for at in organization.workforce().changes(index, from, now) {
                let standing = organization.standing(index, at).map(|(standing, _)| standing);
                if let Some(standing) = standing {
                    event::adherence(hub, &tenant, user, standing, at);
                }
            }
        }
    }
}

/// The open sockets of agents, with the agents.
pub(super) fn agents(platform: &Platform) -> impl Iterator<Item = (Arc<Socket>, UserIndex)> + use<> {
    platform.sockets.of_agents().into_iter().filter_map(|socket| socket.agent.map(|agent| (socket, agent)))
}

pub(super) fn lag_of(tenant: &Tenant, socket: &Socket) -> Nanos {
    tenant.read().workforce().edge_at(socket.edge()).map_or(0, |edge| edge.sync_lag)
}

/// The agent as the socket's edge sees the agent.
fn view<'a>(organization: &'a Organization, socket: &Socket, agent: UserIndex) -> Option<View<'a>> {
    let edge = organization.workforce().edge_at(socket.edge())?;
    organization.workforce().view(organization.people(), agent, edge)
}

/// Closes a socket if its agent's status, as its edge sees it now, ends it.
pub(super) fn settle(tenant: &Tenant, socket: &Socket, agent: UserIndex, now: Nanos) {
    let organization = tenant.read();
    let view = view(&organization, socket, agent);
    let status = view.map(|view| view.status(now)).filter(|status| ends_sockets(*status));
    if let Some(status) = status.filter(|_| organization.workforce().is_strict(organization.people(), agent))
    {
        close(organization.people(), socket, agent, status);
    }
}

/// Closes a socket if its edge learned of such a status in the time that passed, even if that status is over.
fn catch_up(tenant: &Tenant, socket: &Socket, agent: UserIndex, (from, now): (Nanos, Nanos)) {
    let organization = tenant.read();
    let Some(view) = view(&organization, socket, agent) else { return };
    if !organization.workforce().is_strict(organization.people(), agent) {
        return;
    }
    let since = from.max(socket.opened).saturating_sub(view.lag);
    let mut heard = view.history.between(since, now.saturating_sub(view.lag));
    if let Some((_, status)) = heard.find(|(_, status)| ends_sockets(*status)) {
        close(organization.people(), socket, agent, status);
    }
}

fn close(people: &crate::world::people::People, socket: &Socket, agent: UserIndex, status: AgentStatus) {
    let agent = people.at(agent).map_or("the agent", |user| user.name.as_str());
    let reason = format!("workforce adherence: {agent} is {}", status.name());
    socket.outbox.close(CloseReason::platform(1008, reason));
}

/// Runs the engine with a clock that moves by itself, until the server stops.
pub(crate) async fn run(platform: Arc<Platform>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let now = platform.clock.now();
        let wait = platform.engine.next().map_or(TICK, |due| Duration::from_nanos(due.saturating_sub(now)));
        tokio::select! {
            () = stop.cancelled() => return,
            () = platform.engine.sooner.notified() => {}
            () = tokio::time::sleep(wait.min(TICK)) => run_until(&platform, platform.clock.now()),
        }
    }
}
