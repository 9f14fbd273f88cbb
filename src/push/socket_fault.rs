//! What a fault does to one open socket.

use std::sync::Arc;
use std::time::Duration;

use crate::observe::close_reason::CloseReason;

/// A fault that strikes an open socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SocketFault {
    /// The name of the fault.
    pub(crate) name: Arc<str>,
    /// What it does.
    pub(crate) effect: SocketEffect,
    /// Text frames that are sent before it sets in.
    pub(crate) frames: Option<u32>,
    /// Real time before it sets in.
    pub(crate) time: Option<Duration>,
}

/// The effect of a fault on a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SocketEffect {
    /// It is closed. The code 1006 ends the connection without a close frame.
    Close(CloseReason),
    /// It stays open, and nothing more is sent.
    Silence,
    /// None: something else closes the socket, because of the fault.
    Mark,
}

impl SocketFault {
    /// Whether it sets in at once.
    pub(crate) const fn is_at_once(&self) -> bool {
        self.frames.is_none() && self.time.is_none()
    }

    /// Marks a socket that is being closed because of a fault.
    pub(crate) fn ending(name: &Arc<str>) -> Self {
        Self { name: Arc::clone(name), effect: SocketEffect::Mark, frames: None, time: None }
    }
}
