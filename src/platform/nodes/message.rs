//! What nodes tell one another.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::platform::Platform;
use crate::rules::{Config, Grant, LiveConfig, Problems};
use crate::time::Nanos;
use crate::world::id::UserIndex;

/// A message for all nodes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Message {
    Revoked(u64),
    /// A channel that was made, or whose topics changed.
    Channel(Box<SharedChannel>),
    /// An event: organization, topic, frame.
    Event(Uuid, String, String),
    /// An agent has connected to a node, or is gone.
    Seat(SharedSeat, bool),
    /// All agents that are connected to a node.
    Seats(u32, Vec<SharedSeat>),
    /// A node wants to hear of all agents of the others.
    AskSeats,
}

impl Message {
    /// Whether it is still worth telling when the store is back. An event is not, and agents are told anew.
    pub(super) const fn lasts(&self) -> bool {
        !matches!(self, Self::Event(..) | Self::Seat(..) | Self::Seats(..) | Self::AskSeats)
    }

    /// Under which key it is kept for nodes that join later, if it is.
    pub(super) fn kept_as(&self) -> Option<String> {
        match self {
            Self::Revoked(hash) => Some(format!("revoked {hash}")),
            Self::Channel(channel) => Some(format!("channel {}", channel.id)),
            _ => None,
        }
    }
}

/// A limits file in one of its forms.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum LimitsText {
    Toml(String),
    Json(Value),
}

impl LimitsText {
    /// Replaces the limits in force. `name` is the file's name in problems.
    pub(crate) fn put_in_force(&self, config: &LiveConfig, name: &str) -> Result<Arc<Config>, Problems> {
        match self {
            Self::Toml(text) => config.replace_toml(name, text.clone()),
            Self::Json(json) => config.replace_json(name, json),
        }
    }
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
    /// The number of the node.
    pub(super) from: u32,
    pub(super) message: Message,
}

/// What the others may know of a node.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// Its name among several behind a balancer.
    pub(crate) name: String,
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
            name: platform.options.node.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            limits: platform.config.current().digest(),
            requests: platform.requests(),
            refused: platform.refusals.by_limit().iter().map(|(_, count)| count).sum(),
            sockets: platform.sockets.len(),
        }
    }

    /// In which way the node differs from this one, in words that follow its name.
    pub(super) fn difference(&self, own: &Self) -> Option<String> {
        if self.version != own.version {
            return Some(format!("is gcmock {}, this one is {}", self.version, own.version));
        }
        let words = "has other limits than this one: shared limits of one name may refuse differently";
        (self.limits != own.limits).then(|| words.to_owned())
    }
}
