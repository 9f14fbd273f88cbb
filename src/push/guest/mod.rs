//! The sessions of guests.
//!
//! A session is named by a token that the guest's device made. The token is a credential: only its hash is kept.
//! There are at most `MAX_SESSIONS`; beyond that a new guest gets an error until old sessions end.

pub(crate) mod attachment;
pub(crate) mod frame;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use dashmap::{DashMap, Entry};
use parking_lot::Mutex;
use uuid::Uuid;

use self::attachment::Attachments;
use super::registry::Socket;
use crate::observe::close_reason::CloseReason;
use crate::time::Nanos;
use crate::world::Tenant;
use crate::world::conversation::Message;

/// Sessions that are kept.
const MAX_SESSIONS: usize = 100_000;
/// Connections of one session (`web.messaging`/`session.connections.max`).
pub(crate) const MAX_CONNECTIONS: usize = 3;
/// The lifetime of a session: three days.
pub(crate) const LIFE: Nanos = 72 * 3600 * 1_000_000_000;

/// One guest's session.
#[derive(Debug)]
pub(crate) struct Guest {
    /// The hash of its token: the key of limits and of the lookup.
    pub(crate) hash: u64,
    /// The organization that the guest writes to.
    pub(crate) tenant: Arc<Tenant>,
    /// Through which deployment.
    pub(crate) deployment: Uuid,
    /// The guest's address in the conversation.
    pub(crate) address: Uuid,
    /// The bearer of the history.
    pub(crate) jwt: String,
    /// The end of its lifetime, in model time.
    pub(crate) expires: Nanos,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    connections: Vec<Arc<Socket>>,
    conversation: Option<Uuid>,
    attachments: Attachments,
}

impl Guest {
    fn new(tenant: &Arc<Tenant>, deployment: Uuid, hash: u64, node: &str, now: Nanos) -> Self {
        Self {
            hash,
            tenant: Arc::clone(tenant),
            deployment,
            address: Uuid::new_v4(),
            jwt: format!("guest.{node}-{}.{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()),
            expires: now.saturating_add(LIFE),
            state: Mutex::default(),
        }
    }

    /// Adds a connection. Beyond three, the oldest gets an event and is closed.
    pub(crate) fn connect(&self, socket: &Arc<Socket>) {
        let mut state = self.state.lock();
        state.connections.retain(|known| known.id != socket.id);
        state.connections.push(Arc::clone(socket));
        let too_many = state.connections.len().saturating_sub(MAX_CONNECTIONS);
        let closed: Vec<_> = state.connections.drain(..too_many).collect();
        drop(state);
        for socket in &closed {
            close(socket, "too many connections of this session");
        }
    }

    pub(crate) fn disconnect(&self, socket: &Socket) {
        self.state.lock().connections.retain(|known| known.id != socket.id);
    }

    /// Closes every connection.
    pub(crate) fn close_all(&self, why: &'static str) {
        let closed = std::mem::take(&mut self.state.lock().connections);
        for socket in &closed {
            close(socket, why);
        }
    }

    /// Sends a frame over every connection.
    pub(crate) fn send(&self, frame: &str) {
        let connections = self.state.lock().connections.clone();
        for socket in connections {
            socket.outbox.push(frame);
        }
    }

    /// The guest's conversation, once there is one.
    pub(crate) fn conversation(&self) -> Option<Uuid> {
        self.state.lock().conversation
    }

    pub(crate) fn set_conversation(&self, conversation: Uuid) {
        self.state.lock().conversation = Some(conversation);
    }

    pub(crate) fn with_attachments<T>(&self, change: impl FnOnce(&mut Attachments) -> T) -> T {
        change(&mut self.state.lock().attachments)
    }

    fn is_idle(&self) -> bool {
        self.state.lock().connections.is_empty()
    }
}

fn close(socket: &Socket, why: &'static str) {
    socket.outbox.push(frame::event("ConnectionClosedEvent", &serde_json::json!({ "reason": why })));
    socket.outbox.close(CloseReason::platform(1000, why));
}

/// Every session.
#[derive(Debug, Default)]
pub(crate) struct Guests {
    sessions: DashMap<u64, Arc<Guest>>,
    by_jwt: DashMap<String, Arc<Guest>>,
    by_conversation: DashMap<Uuid, Arc<Guest>>,
    /// Whether there ever was a guest: most servers have none, and skip all look-ups.
    any: AtomicBool,
}

impl Guests {
    /// Finds or creates the session of a token's hash, and returns whether it is new. `None` if there is no
    /// room.
    pub(crate) fn enter(
        &self,
        tenant: &Arc<Tenant>,
        deployment: Uuid,
        hash: u64,
        node: &str,
        now: Nanos,
    ) -> Option<(Arc<Guest>, bool)> {
        if self.sessions.len() >= MAX_SESSIONS {
            self.sweep(now);
        }
        if let Some(known) = self.find(hash).filter(|guest| now < guest.expires) {
            return Some((known, false));
        }
        if self.sessions.len() >= MAX_SESSIONS {
            return None;
        }
        self.any.store(true, Relaxed);
        let guest = Arc::new(Guest::new(tenant, deployment, hash, node, now));
        match self.sessions.entry(hash) {
            Entry::Occupied(other) if now < other.get().expires => {
                return Some((Arc::clone(other.get()), false));
            }
            Entry::Occupied(mut old) => drop(old.insert(Arc::clone(&guest))),
            Entry::Vacant(entry) => drop(entry.insert(Arc::clone(&guest))),
        }
        self.by_jwt.insert(guest.jwt.clone(), Arc::clone(&guest));
        Some((guest, true))
    }

    /// The session of that token's hash.
    pub(crate) fn find(&self, hash: u64) -> Option<Arc<Guest>> {
        self.sessions.get(&hash).map(|entry| Arc::clone(entry.value()))
    }

    /// The session of that bearer.
    pub(crate) fn by_jwt(&self, jwt: &str, now: Nanos) -> Option<Arc<Guest>> {
        let found = self.by_jwt.get(jwt).map(|entry| Arc::clone(entry.value()));
        found.filter(|guest| now < guest.expires)
    }

    pub(crate) fn converses(&self, guest: &Arc<Guest>, conversation: Uuid) {
        if let Some(old) = guest.conversation().filter(|old| *old != conversation) {
            self.by_conversation.remove(&old);
        }
        guest.set_conversation(conversation);
        self.by_conversation.insert(conversation, Arc::clone(guest));
    }

    /// Sends an outbound message to the guest of its conversation, if there is one.
    pub(crate) fn deliver(&self, message: &Message) {
        let guest = self.by_conversation.get(&message.conversation).map(|entry| Arc::clone(entry.value()));
        if let Some(guest) = guest {
            guest.send(&frame::message(message, None, None));
        }
    }

    /// Whether there never was a guest.
    pub(crate) fn is_unused(&self) -> bool {
        !self.any.load(Relaxed)
    }

    /// Removes a session.
    pub(crate) fn end(&self, guest: &Guest) {
        self.sessions.remove_if(&guest.hash, |_, known| known.jwt == guest.jwt);
        self.by_jwt.remove(&guest.jwt);
        if let Some(conversation) = guest.conversation() {
            self.by_conversation.remove(&conversation);
        }
    }

    /// Drops the sessions that ended and, if that is not enough, those without a connection.
    fn sweep(&self, now: Nanos) {
        let all: Vec<_> = self.sessions.iter().map(|entry| Arc::clone(entry.value())).collect();
        let idle = all.iter().filter(|guest| guest.is_idle());
        let gone: Vec<_> = idle.clone().filter(|guest| guest.expires <= now).collect();
        let most = if gone.is_empty() { MAX_SESSIONS / 10 } else { 0 };
        for guest in gone.into_iter().chain(idle.take(most)) {
            self.end(guest);
        }
    }

    /// Removes everything.
    pub(crate) fn reset(&self) {
        self.sessions.clear();
        self.by_jwt.clear();
        self.by_conversation.clear();
    }
}
