//! What is due later in model time: lagged statuses, schedule boundaries, message statuses, observations of queues,
//! ends of jobs, delayed deliveries, expiring channels.
//!
//! An edge learns of a change of a status `sync_lag` later. That instant is stored. [`run_until`] acts on it when the
//! clock reaches it or is advanced over it. An open socket is closed when its agent is On Break or Unavailable in the
//! view of its edge. The rules are those of `world::workforce`.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Platform, effects, faults};
use crate::observe::close_reason::CloseReason;
use crate::push::registry::Socket;
use crate::push::{event, statistics};
use crate::time::Nanos;
use crate::world::Tenant;
use crate::world::id::{Id, Queue, TenantIndex, UserIndex};
use crate::world::people::User;
use crate::world::workforce::{AgentStatus, Standing, View};

/// The time between checks of the clock, in real time, when nothing is known to be due.
const TICK: Duration = Duration::from_secs(1);

/// The greatest number of noted instants. Beyond it, the tick finds what is due.
const MAX_DUE: usize = 100_000;

/// The greatest number of events of topics that wait. Beyond it, they are not published.
const MAX_EVENTS: usize = 10_000;
/// The greatest number of their bytes.
const MAX_EVENT_BYTES: usize = 16 << 20;

/// The time between a change in a queue and its observations (assumed: the vendor sends them every few seconds).
const OBSERVED_AFTER: Nanos = 1_000_000_000;

/// What is due, and until when everything has taken effect.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    /// Everything until then has taken effect.
    done: Mutex<Nanos>,
    /// Instants at which something takes effect.
    due: Mutex<BTreeSet<Nanos>>,
    /// Conversations that change, by instant.
    later: Timed<DueMessage>,
    /// Events of topics, such as the end of a job, by instant.
    events: Timed<DueEvent>,
    /// What has a subscriber and is counted for it, and when.
    observed: Mutex<HashMap<(TenantIndex, Counted), Nanos>>,
    sooner: Notify,
}

/// Things by the instant at which they are due.
#[derive(Debug)]
struct Timed<T>(Mutex<VecDeque<(Nanos, T)>>);

impl<T> Default for Timed<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Timed<T> {
    /// Adds one, if it fits beside those that wait.
    fn add(&self, at: Nanos, one: T, fits: impl FnOnce(&VecDeque<(Nanos, T)>, &T) -> bool) {
        let mut waiting = self.0.lock();
        if fits(&waiting, &one) {
            let index = waiting.partition_point(|(other, _)| *other <= at);
            waiting.insert(index, (at, one));
        }
    }

    fn take_until(&self, now: Nanos) -> Vec<(Nanos, T)> {
        let mut waiting = self.0.lock();
        let ready = waiting.partition_point(|(at, _)| *at <= now);
        waiting.drain(..ready).collect()
    }

    fn clear(&self) {
        self.0.lock().clear();
    }
}

/// An event of an organization's topic.
#[derive(Debug)]
struct DueEvent {
    tenant: TenantIndex,
    topic: String,
    /// JSON.
    body: String,
}

impl DueEvent {
    const fn bytes(&self) -> usize {
        self.topic.len() + self.body.len()
    }
}

/// What is counted over all conversations, and so not for each change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Counted {
    /// The observations of a queue.
    Queue(Id<Queue>),
    /// The conversations of a user.
    User(Id<User>),
}

/// A conversation that the clock will change, or one of whose messages it will.
#[derive(Clone, Debug)]
pub(crate) struct DueMessage {
    /// The number of its organization.
    pub(crate) tenant: TenantIndex,
    pub(crate) conversation: Uuid,
}

impl Agenda {
    /// An agenda that has nothing to catch up with.
    pub(crate) fn new(now: Nanos) -> Self {
        Self { done: Mutex::new(now), ..Self::default() }
    }

    /// Forgets everything that is due. Everything until `now` counts as done; the clock may have gone back.
    pub(super) fn restart(&self, now: Nanos) {
        let mut done = self.done.lock();
        *done = now;
        self.due.lock().clear();
        self.later.clear();
        self.events.clear();
        self.observed.lock().clear();
        drop(done);
        self.sooner.notify_one();
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

    /// Publishes a conversation again at each of these instants.
    pub(crate) fn publish_later(&self, later: &DueMessage, at: &[Nanos]) {
        for at in at {
            self.later.add(*at, later.clone(), |waiting, _| waiting.len() < MAX_DUE);
            self.note(*at);
        }
    }

    /// Publishes an event to a topic at an instant.
    pub(crate) fn publish_event(&self, tenant: TenantIndex, (at, topic): (Nanos, String), body: &Value) {
        let event = DueEvent { tenant, topic, body: body.to_string() };
        self.events.add(at, event, |waiting, event| {
            let bytes: usize = waiting.iter().map(|(_, waiting)| waiting.bytes()).sum();
            waiting.len() < MAX_EVENTS && bytes + event.bytes() <= MAX_EVENT_BYTES
        });
        self.note(at);
    }

    /// Publishes figures a second later: once for everything that happens until then, because they are counted over all
    /// conversations.
    pub(super) fn observe(&self, tenant: TenantIndex, counted: Counted, now: Nanos) {
        let at = now.saturating_add(OBSERVED_AFTER);
        let mut observed = self.observed.lock();
        let is_new = !observed.contains_key(&(tenant, counted));
        observed.entry((tenant, counted)).or_insert(at);
        drop(observed);
        if is_new {
            self.note(at);
        }
    }

    /// Forgets the events of a topic that are due later. Returns whether there were some.
    pub(crate) fn withdraw(&self, tenant: TenantIndex, topic: &str) -> bool {
        let mut waiting = self.events.0.lock();
        let before = waiting.len();
        waiting.retain(|(_, event)| event.tenant != tenant || event.topic != topic);
        waiting.len() < before
    }

    /// Forgets the events that are due later: of one organization, or of all.
    pub(super) fn forget_events(&self, tenant: Option<TenantIndex>) {
        self.events.0.lock().retain(|(_, event)| tenant.is_some_and(|tenant| tenant != event.tenant));
    }

    fn take_observed(&self, now: Nanos) -> Vec<((TenantIndex, Counted), Nanos)> {
        self.observed.lock().extract_if(|_, at| *at <= now).collect()
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
    let mut done = platform.agenda.done.lock();
    let from = std::mem::replace(&mut *done, now);
    platform.agenda.forget_until(now);
    for (socket, agent) in agents(platform) {
        if let Some(tenant) = &socket.tenant {
            catch_up(tenant, &socket, agent, from, now);
        }
    }
    faults::end_sockets(platform, &platform.config.current(), from, now);
    publish_boundaries(platform, from, now);
    publish_due(platform, now);
    publish_observed(platform, now);
    for (_, event) in platform.agenda.events.take_until(now) {
        let body: Value = serde_json::from_str(&event.body).unwrap_or_default();
        platform.notifications.hub.publish(event.tenant, &event.topic, &body);
    }
    platform.notifications.channels.expire(&platform.notifications.hub, now);
    platform.notifications.deliveries.release(now);
    drop(done);
}

/// Publishes the conversations that the clock changed. One of them may be due again before `now`.
fn publish_due(platform: &Platform, now: Nanos) {
    loop {
        let due = platform.agenda.later.take_until(now);
        if due.is_empty() {
            return;
        }
        for (at, later) in due {
            publish_observed(platform, at);
            effects::publish_later(platform, &later, at);
        }
    }
}

/// Publishes the figures that are due until `now`.
fn publish_observed(platform: &Platform, now: Nanos) {
    let due = platform.agenda.take_observed(now);
    let tenants = if due.is_empty() { Vec::new() } else { platform.tenants.all() };
    let hub = &platform.notifications.hub;
    // One look at all conversations counts those of all users.
    let mut of_users: HashMap<TenantIndex, (Nanos, Vec<Id<User>>)> = HashMap::new();
    for ((tenant, counted), at) in due {
        match counted {
            Counted::Queue(queue) => {
                let tenant = tenants.iter().find(|one| one.index == tenant);
                tenant.inspect(|tenant| statistics::observations(hub, tenant, queue, at));
            }
            Counted::User(user) => {
                let (latest, users) = of_users.entry(tenant).or_default();
                *latest = at.max(*latest);
                users.push(user);
            }
        }
    }
    for tenant in tenants {
        if let Some((at, users)) = of_users.get(&tenant.index) {
            statistics::conversation_summaries(hub, &tenant, users, *at);
        }
    }
}

/// Publishes the agents whose scheduled activity changed in the time that passed.
fn publish_boundaries(platform: &Platform, from: Nanos, now: Nanos) {
    let hub = &platform.notifications.hub;
    if hub.is_silent() {
        return;
    }
    for tenant in platform.tenants.all().into_iter().filter(|tenant| hub.may_hear(tenant.index)) {
        let heard = event::heard_agents(hub, &tenant).into_iter();
        for (agent, changes) in heard.filter_map(|id| boundaries(&tenant, id, from, now)) {
            for (at, standing) in changes {
                event::adherence(hub, &tenant, &agent, standing, at);
            }
        }
    }
}

/// An agent, and the agent's adherence from each instant on at which the scheduled activity changed.
fn boundaries(
    tenant: &Tenant,
    agent: Id<User>,
    from: Nanos,
    now: Nanos,
) -> Option<(User, Vec<(Nanos, Standing)>)> {
    let organization = tenant.read();
    let index = organization.people().index_of(agent)?;
    let standing = |at| organization.standing(index, at).map(|(standing, _)| (at, standing));
    let changes = organization.workforce().changes(index, from, now).into_iter().filter_map(standing);
    Some((organization.people().at(index)?.clone(), changes.collect()))
}

/// The open sockets of agents, with the agents.
pub(super) fn agents(platform: &Platform) -> impl Iterator<Item = (Arc<Socket>, UserIndex)> + use<> {
    platform.sockets.of_agents().into_iter().filter_map(|socket| socket.agent.map(|agent| (socket, agent)))
}

pub(super) fn lag_of(tenant: &Tenant, socket: &Socket) -> Nanos {
    tenant.read().workforce().edge_at(socket.edge()).map_or(0, |edge| edge.sync_lag)
}

/// Closes a socket if its agent's status, as its edge sees it now, ends it.
pub(super) fn settle(tenant: &Tenant, socket: &Socket, agent: UserIndex, now: Nanos) {
    let ending = reason_to_close(tenant, socket, agent, |view| {
        Some(view.status(now)).filter(|status| ends_sockets(*status))
    });
    close(socket, ending);
}

/// Closes a socket if its edge learned of such a status in the time that passed, even if that status is over.
fn catch_up(tenant: &Tenant, socket: &Socket, agent: UserIndex, from: Nanos, now: Nanos) {
    let ending = reason_to_close(tenant, socket, agent, |view| {
        let since = from.max(socket.opened).saturating_sub(view.lag);
        let mut statuses =
            view.history.between(since, now.saturating_sub(view.lag)).map(|(_, status)| status);
        statuses.find(|status| ends_sockets(*status))
    });
    close(socket, ending);
}

/// Why a socket of a strict group is closed: `find` gives the status that ends it, as the socket's edge sees the agent.
fn reason_to_close(
    tenant: &Tenant,
    socket: &Socket,
    agent: UserIndex,
    find: impl FnOnce(View<'_>) -> Option<AgentStatus>,
) -> Option<String> {
    let organization = tenant.read();
    let (people, workforce) = (organization.people(), organization.workforce());
    let view = workforce.view(people, agent, workforce.edge_at(socket.edge())?)?;
    let status = find(view).filter(|_| workforce.is_strict(people, agent))?;
    let agent = people.at(agent).map_or("the agent", |user| user.name.as_str());
    Some(format!("workforce adherence: {agent} is {}", status.name()))
}

fn close(socket: &Socket, reason: Option<String>) {
    if let Some(reason) = reason {
        socket.outbox.close(CloseReason::platform(1008, reason));
    }
}

/// Applies what is due by a clock that moves by itself, until the server stops.
pub(crate) async fn run(platform: Arc<Platform>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let now = platform.clock.now();
        let wait = platform.agenda.next().map_or(TICK, |due| Duration::from_nanos(due.saturating_sub(now)));
        tokio::select! {
            () = stop.cancelled() => return,
            () = platform.agenda.sooner.notified() => {}
            () = tokio::time::sleep(wait.min(TICK)) => run_until(&platform, platform.clock.now()),
        }
    }
}
