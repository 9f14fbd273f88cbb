//! What nodes tell one another.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::platform::Platform;
use crate::rules::Grant;
use crate::time::Nanos;
use crate::time::clock::Mode;
use crate::world::id::UserIndex;

/// The clock of all nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CommonClock {
    pub(super) mode: Mode,
    /// Frozen: model time. Running: how far it is ahead of the store's time.
    pub(super) at: i128,
}

/// A message for all nodes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Message {
    Clock(CommonClock),
    Reset(u64),
    Revoked(u64),
    /// Limits that replace those in force, as TOML or JSON.
    LimitsToml(String),
    LimitsJson(Value),
    /// Numbers of one limit.
    Limit(String, Value),
    /// A channel that was made, or whose topics changed.
    Channel(Box<SharedChannel>),
    /// An event: organization, topic, frame.
    Event(Uuid, String, String),
    /// An agent has connected to a node, or is gone.
    Seat(SharedSeat, bool),
    /// All agents that are connected to a node.
    Seats(u32, Vec<SharedSeat>),
}

/// A connected agent, as all nodes know it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct SharedSeat {
    pub(super) node: u32,
    pub(super) tenant: Uuid,
    pub(super) group: Uuid,
    pub(super) agent: UserIndex,
}

/// A notification channel, as all nodes have it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SharedChannel {
    pub(super) id: String,
    pub(super) tenant: Uuid,
    pub(super) client: String,
    pub(super) user: Option<UserIndex>,
    pub(super) grant: Grant,
    pub(super) hash: u64,
    pub(super) token_expires: Nanos,
    pub(super) expires: Nanos,
    pub(super) topics: Vec<String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Envelope {
    pub(super) from: u64,
    pub(super) message: Message,
}

/// What the others may know of a node.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// The version of its program.
    pub(crate) version: String,
    /// A digest of its limits.
    pub(crate) limits: String,
    /// Requests that it has answered.
    pub(crate) requests: u64,
    /// Requests that limits have refused.
    pub(crate) refused: u64,
    /// Open sockets.
    pub(crate) sockets: usize,
}

impl Report {
    /// The report of this node.
    pub(crate) fn of(platform: &Platform) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            limits: platform.config.current().digest(),
            requests: platform.requests(),
            refused: platform.refusals.by_limit().iter().map(|(_, count)| count).sum(),
            sockets: platform.sockets.len(),
        }
    }
}
