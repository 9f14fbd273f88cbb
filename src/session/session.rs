//! The interface between a socket and the family of its session.

use std::sync::Arc;

use gcmock_limit::Subject;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::message::TooMany;
use crate::identity::Principal;
use crate::platform::Platform;
use crate::push::registry::Socket;
use crate::time::Nanos;
use crate::world::id::UserIndex;

/// An authenticated handshake: the principal, and the session that would run on the socket.
pub(crate) struct NewSession {
    /// The principal whose limits count.
    pub(crate) principal: Principal,
    /// The agent whose adherence is checked.
    pub(crate) agent: Option<UserIndex>,
    /// The session of the socket.
    pub(crate) session: Box<dyn Session>,
}

/// What the limits of messages count by.
pub(crate) struct Sender {
    pub(crate) subject: Subject,
    /// The action of the message.
    pub(crate) action: Option<String>,
}

/// A socket that is open, in the hands of its session.
pub(crate) struct Live<'a> {
    /// Everything shared.
    pub(crate) platform: &'a Arc<Platform>,
    /// The socket. Push to its outbox to send.
    pub(crate) socket: &'a Arc<Socket>,
    /// The time of the event.
    pub(crate) now: Nanos,
    /// The decision on the message, where the store was asked before the session gets it.
    pub(super) judged: Option<Result<(), TooMany>>,
}

impl<'a> Live<'a> {
    /// An event on `socket` now.
    pub(crate) fn now(platform: &'a Arc<Platform>, socket: &'a Arc<Socket>) -> Self {
        Self { platform, socket, now: platform.clock.now(), judged: None }
    }

    /// Sends a text frame.
    pub(crate) fn send(&self, text: impl Into<Utf8Bytes>) {
        self.socket.outbox.push(text);
    }
}

/// The protocol of one socket. It never waits: it answers through the outbox.
pub(crate) trait Session: Send + Sync {
    /// The kind that the admin API shows.
    fn kind(&self) -> &'static str;

    /// The socket is open.
    fn start(&mut self, live: &Live<'_>) {
        let _ = live;
    }

    /// What the limits of messages charge for a text; `None` if they do not cover it.
    fn charged(&self, live: &Live<'_>, text: &str) -> Option<Sender> {
        let _ = text;
        Some(Sender { subject: live.socket.subject.clone(), action: None })
    }

    /// The peer sent a text.
    fn receive(&mut self, live: &Live<'_>, text: &str);

    /// Receives a binary frame, which no kind of socket supports.
    fn receive_binary(&mut self, live: &Live<'_>) {
        let _ = live;
    }

    /// The frame that is sent every thirty seconds.
    fn heartbeat(&self) -> Option<Utf8Bytes> {
        None
    }

    /// The socket is closed.
    fn end(&mut self, live: &Live<'_>) {
        let _ = live;
    }
}
