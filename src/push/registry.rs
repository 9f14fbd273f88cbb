//! Every socket that is open.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use dashmap::DashMap;
use gcmock_limit::Subject;
use uuid::Uuid;

use super::Subscriptions;
use super::event::socket_closing;
use super::outbox::Outbox;
use super::socket_fault::SocketFault;
use crate::catalog::OperationId;
use crate::observe::close_reason::CloseReason;
use crate::observe::compact_method::CompactMethod;
use crate::observe::journal::{self, Details, Exchange, SocketEvent, SocketNote};
use crate::time::Nanos;
use crate::time::clock::Stopwatch;
use crate::world::Tenant;
use crate::world::id::{EdgeIndex, TenantIndex, UserIndex};

/// One open socket.
pub(crate) struct Socket {
    /// Unique in this process.
    pub(crate) id: u64,
    /// Its kind: `platform`, `channel` or `guest`.
    pub(crate) kind: &'static str,
    /// The number of its operation.
    pub(crate) operation: OperationId,
    /// The requested path, without its query.
    pub(crate) path: Box<str>,
    /// Its organization.
    pub(crate) tenant: Option<Arc<Tenant>>,
    /// The keys that limits count it by.
    pub(crate) subject: Subject,
    /// The agent on it.
    pub(crate) agent: Option<UserIndex>,
    /// Model time of its handshake.
    pub(crate) opened: Nanos,
    /// Wire time since then.
    pub(crate) age: Stopwatch,
    /// The correlation id of its handshake.
    pub(crate) correlation: Uuid,
    /// The queue of frames to send.
    pub(crate) outbox: Arc<Outbox>,
    /// Its subscriptions, if it is a subscriber.
    pub(crate) subscriptions: OnceLock<Arc<Subscriptions>>,
    /// The fault that strikes it, once there is one.
    pub(crate) fault: OnceLock<SocketFault>,
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Socket {
    /// Attaches the subscriptions of the socket.
    pub(crate) fn attach_listener(&self, subscriptions: &Arc<Subscriptions>) {
        let _ = self.subscriptions.set(Arc::clone(subscriptions));
    }

    /// Announces the end to a socket with subscriptions. Other sockets have no such frame.
    pub(crate) fn announce_closing(&self, message: &'static str) {
        if self.subscriptions.get().is_some() {
            self.outbox.push(socket_closing(message));
        }
    }

    /// The topics of its subscriptions.
    pub(crate) fn topics(&self) -> Vec<String> {
        self.subscriptions.get().map(|subscriptions| subscriptions.list()).unwrap_or_default()
    }

    /// A journal entry about this socket. The caller sets the time, the status and the rest.
    pub(crate) fn exchange(&self, event: SocketEvent) -> Exchange {
        let subject = &self.subject;
        Exchange {
            time: self.opened,
            correlation: self.correlation,
            token: subject.token.unwrap_or_default(),
            method: CompactMethod::GET,
            operation: self.operation,
            tenant: self.tenant_index(),
            client: journal::known(subject.client),
            user: self.agent.or(subject.user.map(UserIndex)),
            governing: None,
            used_percent: 0,
            refused: false,
            generic: false,
            status: 101,
            retry_after: None,
            took_micros: 0,
            edge: self.edge(),
            connection: journal::short(subject.connection),
            details: Details {
                socket: Some(SocketNote { id: self.id, event }),
                fault: self.fault.get().map(|fault| Arc::clone(&fault.name)),
                ..Details::default()
            }
            .boxed(),
        }
    }

    fn agent_key(&self) -> Option<(TenantIndex, UserIndex)> {
        self.tenant_index().zip(self.agent)
    }

    /// The edge where it was opened.
    pub(crate) fn edge(&self) -> Option<EdgeIndex> {
        self.subject.edge.map(EdgeIndex)
    }

    /// The number of its organization.
    pub(crate) fn tenant_index(&self) -> Option<TenantIndex> {
        self.tenant.as_ref().map(|tenant| tenant.index)
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Sockets {
    open: DashMap<u64, Arc<Socket>>,
    /// The numbers of agents' sockets, by organization and user.
    agents: DashMap<(TenantIndex, UserIndex), Vec<u64>>,
    ids: AtomicU64,
    opened: AtomicU64,
    dropped: AtomicU64,
}

impl Sockets {
    /// A number that no socket had.
    pub(crate) fn next_id(&self) -> u64 {
        self.ids.fetch_add(1, Relaxed) + 1
    }

    pub(crate) fn add(&self, socket: Arc<Socket>) {
        self.opened.fetch_add(1, Relaxed);
        if let Some(agent) = socket.agent_key() {
            self.agents.entry(agent).or_default().push(socket.id);
        }
        self.open.insert(socket.id, socket);
    }

    pub(crate) fn remove(&self, socket: &Socket) {
        if self.open.remove(&socket.id).is_some() {
            self.dropped.fetch_add(socket.outbox.dropped(), Relaxed);
        }
        if let Some(agent) = socket.agent_key() {
            self.agents.alter(&agent, |_, mut ids| {
                ids.retain(|id| *id != socket.id);
                ids
            });
            self.agents.remove_if(&agent, |_, ids| ids.is_empty());
        }
    }

    /// The open socket of that number.
    pub(crate) fn get(&self, id: u64) -> Option<Arc<Socket>> {
        self.open.get(&id).map(|entry| Arc::clone(entry.value()))
    }

    /// All that are open, the oldest first.
    pub(crate) fn all(&self) -> Vec<Arc<Socket>> {
        let mut all: Vec<_> = self.open.iter().map(|entry| Arc::clone(entry.value())).collect();
        all.sort_unstable_by_key(|socket| socket.id);
        all
    }

    /// The sockets of one agent.
    pub(crate) fn of_agent(&self, tenant: TenantIndex, agent: UserIndex) -> Vec<Arc<Socket>> {
        let ids = self.agents.get(&(tenant, agent)).map(|entry| entry.value().clone());
        ids.unwrap_or_default().into_iter().filter_map(|id| self.get(id)).collect()
    }

    /// The sockets of all agents.
    pub(crate) fn of_agents(&self) -> Vec<Arc<Socket>> {
        let ids: Vec<_> = self.agents.iter().flat_map(|entry| entry.value().clone()).collect();
        ids.into_iter().filter_map(|id| self.get(id)).collect()
    }

    /// Ends all of them that `which` picks.
    pub(crate) fn close_where(&self, which: impl Fn(&Socket) -> bool, reason: &CloseReason) {
        let picked = self.all().into_iter().filter(|socket| which(socket));
        picked.for_each(|socket| socket.outbox.close(reason.clone()));
    }

    /// The number of open sockets.
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    /// The number of sockets that were opened since the start.
    pub(crate) fn opened(&self) -> u64 {
        self.opened.load(Relaxed)
    }

    /// Frames that were dropped because their readers were too slow or disconnected.
    pub(crate) fn dropped(&self) -> u64 {
        let open: u64 = self.open.iter().map(|entry| entry.value().outbox.dropped()).sum();
        open + self.dropped.load(Relaxed)
    }
}
