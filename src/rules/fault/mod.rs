//! Faults on purpose: the `[[fault]]` of a limits file.
//!
//! `read` reads one entry, `kind` its kind, `preset` has the embedded faults, and `check` compares faults with the
//! limits and edges that they name. `platform::faults` counts, `pipeline::fault` and `session::fault` strike.
//!
//! To add a kind: a variant of [`FaultKind`], its key in `kind`, its effect in `pipeline::fault`, a line in
//! `limits.schema.json` and `docs/faults.md`.

pub(super) mod check;
mod kind;
mod preset;
pub(super) mod read;

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use gcmock_limit::Scopes;

pub(crate) use self::kind::{KINDS as FAULT_KINDS, KindExample, format_rate};
pub(crate) use self::preset::{PRESETS, Preset, expected as expected_presets};
use super::problem::Location;
use super::{Grant, Grants, Pattern};
use crate::time::Nanos;

/// The greatest number of faults in force.
pub(crate) const MAX_FAULTS: usize = 1000;

/// The label that stands for every edge in `edge_down`.
pub(crate) const EVERY_EDGE: &str = "*";

/// One `[[fault]]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault {
    /// Its name, unique in the configuration.
    pub(crate) name: Arc<str>,
    /// The requests it covers.
    pub(crate) patterns: Vec<Pattern>,
    /// `match` as written.
    pub(crate) matches: Vec<String>,
    /// What `after` and `times` are counted by.
    pub(crate) scope: Scopes,
    /// The grants of tokens that the fault covers. `None` is every caller.
    pub(crate) grants: Option<Grants>,
    /// Which of the covered requests it strikes.
    pub(crate) trigger: Trigger,
    /// What it does.
    pub(crate) kind: FaultKind,
    /// Its location in the file.
    pub(crate) location: Location,
}

impl Fault {
    /// Whether the fault covers a caller with a token of that grant, or without a token.
    pub(crate) fn covers_grant(&self, grant: Option<Grant>) -> bool {
        self.grants.is_none_or(|grants| grant.is_some_and(|grant| grants.has(grant)))
    }

    /// Whether it is the same fault as `other`, wherever they are written.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let Self { name, patterns, matches: _, scope, grants, trigger, kind, location: _ } = self;
        (name, patterns, scope, grants) == (&other.name, &other.patterns, &other.scope, &other.grants)
            && (trigger, kind) == (&other.trigger, &other.kind)
    }
}

/// Which of the covered requests a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Trigger {
    /// The probability of a strike, 0 to 1.
    pub(crate) share: f64,
    /// The first requests of a key, which pass.
    pub(crate) after: u64,
    /// The most strikes of a key.
    pub(crate) times: Option<u32>,
    /// When it strikes, in model time since the start or the last reset: from the first instant until before the second.
    pub(crate) between: Option<(Nanos, Nanos)>,
}

impl Trigger {
    /// Every covered request.
    pub(crate) const ALWAYS: Self = Self { share: 1.0, after: 0, times: None, between: None };

    /// Whether it strikes every covered request of its time.
    pub(crate) fn is_total(&self) -> bool {
        self.share >= 1.0 && !self.is_counted()
    }

    /// Whether the requests of each key are counted.
    pub(crate) const fn is_counted(&self) -> bool {
        self.after > 0 || self.times.is_some()
    }

    /// Whether `elapsed` of model time after the start it can strike.
    pub(crate) fn is_open(&self, elapsed: Nanos) -> bool {
        self.between.is_none_or(|(from, until)| (from..until).contains(&elapsed))
    }
}

/// What a fault does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FaultKind {
    /// An error with this status, 400 to 599, and seconds of `Retry-After`.
    Status {
        /// The HTTP status.
        status: u16,
        /// Seconds.
        retry_after: Option<u32>,
    },
    /// The connection is reset (TCP RST) before the answer.
    Reset,
    /// The connection ends after this number of bytes of the answer.
    Close(u32),
    /// The body of the answer comes after this time.
    Stall(Duration),
    /// The body of the answer comes with this number of bytes a second.
    Slow(NonZeroU64),
    /// The body is not JSON, although its media type is.
    Garble,
    /// A refusal as this limit gives it.
    Refuse(Arc<str>),
    /// The token is revoked.
    Revoke,
    /// The socket is closed with this code and reason. 1006 ends the connection without a close frame.
    SocketClose {
        /// The close code of RFC 6455.
        code: u16,
        /// The close reason.
        reason: Arc<str>,
        /// When.
        onset: Onset,
    },
    /// The socket stays open and nothing more is sent.
    SocketSilence(Onset),
    /// The edge of this label answers 503 and ends its sockets; [`EVERY_EDGE`] is all of them.
    EdgeDown(Box<str>),
    /// The login host answers 503.
    OauthDown,
}

impl FaultKind {
    /// Whether it strikes an open socket, and not its handshake.
    pub(crate) const fn is_of_sockets(&self) -> bool {
        matches!(self, Self::SocketClose { .. } | Self::SocketSilence(_))
    }
}

/// When the fault of a socket sets in: as soon as one of both is reached, at once without either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Onset {
    /// Text frames that were sent to the client.
    pub(crate) frames: Option<u32>,
    /// Real time since the handshake, or since the message that the fault struck.
    pub(crate) time: Option<Duration>,
}
