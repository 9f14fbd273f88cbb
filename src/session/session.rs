//! The seam between a socket and the family that speaks on it.

use std::borrow::Cow;
use std::sync::Arc;

use http::HeaderMap;
use matchit::Params;
use percent_encoding::percent_decode_str;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::identity::Principal;
use crate::platform::Platform;
use crate::push::registry::Socket;
use crate::time::Nanos;
use crate::wire::error::ApiError;
use crate::wire::query::query_value;

/// A handshake, or another request, as those see it who know their own callers.
#[derive(Clone, Copy)]
pub struct Knock<'a> {
    /// Everything shared.
    pub platform: &'a Platform,
    /// The values of the path's template.
    pub params: Option<&'a Params<'a, 'a>>,
    /// The query, without `?`.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The host that was asked for.
    pub host: &'a str,
    /// Whether it was asked over TLS.
    pub secure: bool,
    /// The handshake's one reading of the clock.
    pub now: Nanos,
}

impl<'a> Knock<'a> {
    /// The value of `{name}` in the path, decoded; empty where it is not UTF-8.
    pub fn param(&self, name: &str) -> Cow<'a, str> {
        let raw = self.params.and_then(|params| params.get(name)).unwrap_or_default();
        percent_decode_str(raw).decode_utf8().unwrap_or_default()
    }

    /// The first value of a query parameter that is not empty.
    pub fn query(&self, name: &str) -> Option<Cow<'a, str>> {
        query_value(self.query, name).filter(|value| !value.is_empty())
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }
}

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
