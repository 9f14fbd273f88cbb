//! What nodes tell one another.

use std::sync::Arc;

use gcmock_limit::Totals;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::totals::{Counted, find};
use crate::platform::Platform;
use crate::push::Channel;
use crate::rules::{Config, Grant, LiveConfig, Problems};
use crate::time::Nanos;
use crate::world::id::UserIndex;

/// The name of a server without `--node`.
const UNNAMED: &str = "0";

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
    /// Whether it is still worth telling when the store is back. An event is not, and agents are told again.
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

impl SharedChannel {
    pub(super) fn of(channel: &Channel) -> Self {
        let token = &channel.token;
        Self {
            id: channel.id.clone(),
            tenant: token.tenant.id,
            client: token.client.id.clone(),
            user: token.user,
            grant: token.grant,
            hash: token.hash,
            token_expires: token.expires,
            expires: channel.expires(),
            topics: channel.subscriptions.list(),
        }
    }
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
    /// The counts of its limits at its last beat; not of its report on itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    counts: Vec<Counted>,
}

impl Report {
    /// The report of this node, without the counts of its limits.
    pub(crate) fn of(platform: &Platform) -> Self {
        Self {
            name: platform.options.node.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            limits: platform.config.current().digest(),
            requests: platform.requests(),
            refused: platform.refusals.by_limit().iter().map(|(_, count)| count).sum(),
            sockets: platform.sockets.len(),
            counts: Vec::new(),
        }
    }

    pub(super) fn with_counts(self, counts: Vec<Counted>) -> Self {
        Self { counts, ..self }
    }

    /// What it has counted of the limit of that name.
    pub(crate) fn totals(&self, limit: &str) -> Totals {
        find(&self.counts, limit)
    }

    /// Its name in messages: its number where it has no name of its own.
    pub(super) fn name_of(&self, node: u32) -> String {
        if self.name == UNNAMED { node.to_string() } else { self.name.clone() }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn report(name: &str, version: &str, limits: &str) -> Report {
        let [name, version, limits] = [name, version, limits].map(str::to_owned);
        Report { name, version, limits, requests: 0, refused: 0, sockets: 0, counts: Vec::new() }
    }

    #[test]
    fn nodes_of_two_versions_are_told_by_name_and_before_their_limits() {
        let (own, other) = (report("east", "1.0.0", "a"), report("west", "1.1.0", "b"));
        assert_eq!(own.difference(&own), None);
        assert_eq!(other.difference(&own).as_deref(), Some("is gcmock 1.1.0, this one is 1.0.0"));
        let words = report("west", "1.0.0", "b").difference(&own).expect("other limits");
        assert!(words.starts_with("has other limits"), "{words}");
        assert_eq!(other.name_of(7), "west");
        assert_eq!(report(UNNAMED, "1.1.0", "b").name_of(7), "7");
    }

    #[test]
    fn a_report_of_a_version_without_counts_or_with_more_fields_is_read() {
        let text = r#"{"name":"1","version":"0","limits":"a","requests":1,"refused":2,"sockets":3,"more":4}"#;
        let read: Report = serde_json::from_str(text).expect("a report");
        assert_eq!((read.refused, read.totals("any").hits), (2, 0));
    }
}
