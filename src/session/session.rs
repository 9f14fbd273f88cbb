//! The seam between a socket and the family that speaks on it.

use std::sync::Arc;

use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::identity::Principal;
use crate::platform::Platform;
use crate::push::registry::Socket;
use crate::time::Nanos;
use crate::wire::error::ApiError;

/// Who knocks, and what would run on the socket.
pub struct NewSession {
    /// Whose limits count.
    pub asker: Principal,
    /// The agent whose adherence is checked, by its place among the organization's people.
    pub agent: Option<u32>,
    /// What speaks on it.
    pub session: Box<dyn Session>,
}

/// A socket that is open, in the hands of its session.
pub struct Live<'a> {
    /// Everything shared.
    pub platform: &'a Arc<Platform>,
    /// The socket; what is pushed to its outbox is sent.
    pub socket: &'a Arc<Socket>,
    /// The time of what just happened.
    pub now: Nanos,
}

impl<'a> Live<'a> {
    /// What happens to `socket` now.
    pub(crate) fn now(platform: &'a Arc<Platform>, socket: &'a Arc<Socket>) -> Self {
        Self { platform, socket, now: platform.clock.now() }
    }

    /// Sends a text frame.
    pub fn say(&self, text: impl Into<Utf8Bytes>) {
        self.socket.outbox.push(text);
    }

    /// Sends a JSON frame.
    pub fn say_json(&self, body: &impl serde::Serialize) -> Result<(), ApiError> {
        self.say(serde_json::to_string(body).map_err(|_| ApiError::internal())?);
        Ok(())
    }
}

/// What speaks on one socket. Nothing in it waits: it answers through the outbox.
pub trait Session: Send + Sync {
    /// The kind that the admin API shows.
    fn kind(&self) -> &'static str;

    /// The socket is open.
    fn start(&mut self, live: &Live<'_>) {
        let _ = live;
    }

    /// The peer sent a text.
    fn receive(&mut self, live: &Live<'_>, text: &str);

    /// The peer sent bytes, which no kind here understands.
    fn receive_binary(&mut self, live: &Live<'_>) {
        let _ = live;
    }

    /// What is sent every thirty seconds.
    fn heartbeat(&self) -> Option<Utf8Bytes> {
        None
    }

    /// The socket is closed.
    fn end(&mut self, live: &Live<'_>) {
        let _ = live;
    }
}
