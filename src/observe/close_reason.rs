//! The reason for the end of a socket, and the side that ended it.

use std::borrow::Cow;

/// The side that ended a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClosedBy {
    /// The peer, with a close frame or without.
    Client,
    /// The emulated platform: an agent's status, an eviction, a slow reader.
    Platform,
    /// An operator at the admin API, or the end of the server.
    Operator,
}

impl ClosedBy {
    /// The name the journal shows.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Platform => "platform",
            Self::Operator => "operator",
        }
    }
}

/// The reason for the end of a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CloseReason {
    /// The close code of RFC 6455.
    pub(crate) code: u16,
    /// One sentence, at most 123 bytes on the wire.
    pub(crate) reason: Cow<'static, str>,
    /// The side that ended it.
    pub(crate) by: ClosedBy,
}

impl CloseReason {
    /// The platform ends it.
    pub(crate) fn platform(code: u16, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { code, reason: reason.into(), by: ClosedBy::Platform }
    }

    /// An operator ends it.
    pub(crate) fn operator(code: u16, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { code, reason: reason.into(), by: ClosedBy::Operator }
    }
}
