//! Notifications: an event of an organization, sent to its subscribers.
//!
//! `topic` is what a client can subscribe to, `hub` finds the subscribers of an event, `subscription` is what one
//! client subscribed to, `channel` the vendor's notification channels, `event` the bodies, `statistics` those
//! of figures. `delivery` sends events to webhooks and to a file. `telemetry` sends metrics and traces to a collector, with the
//! feature `otlp`; `client` is the HTTP client of both. `outbox` is the queue of one socket, `registry` the open sockets,
//! `roster` the connected agents, `guest` the sessions of guests.
//!
//! An event is serialized once. No sender waits for a reader: each socket has a bounded queue. A client that is
//! not connected misses the event. To add a topic that fires, add its line in `topic` and its body in `event`.

mod channel;
mod client;
pub(crate) mod delivery;
pub(crate) mod event;
pub(crate) mod guest;
mod hub;
pub(crate) mod outbox;
pub(crate) mod registry;
pub(crate) mod roster;
pub(crate) mod socket_fault;
pub(crate) mod statistics;
mod subscription;
#[cfg(feature = "otlp")]
pub(crate) mod telemetry;
pub(crate) mod topic;
mod warning;

pub(crate) use self::channel::{Channel, Channels, MAX_OF_OWNER, Owner};
pub(crate) use self::hub::{Hub, Mailbox, Relay};
pub(crate) use self::subscription::{MAX_TOPICS, Subscriptions, TooManyTopics};
pub(crate) use self::warning::Warnings;

use std::sync::Arc;

use self::delivery::Deliveries;

/// Everything about notifications.
#[derive(Debug)]
pub(crate) struct Notifications {
    /// The subscribers of each topic.
    pub(crate) hub: Hub,
    /// Every channel.
    pub(crate) channels: Channels,
    /// What leaves this server.
    pub(crate) deliveries: Arc<Deliveries>,
}

impl Notifications {
    /// No subscriber and no channel.
    pub(crate) fn new(deliveries: Deliveries) -> Self {
        let deliveries = Arc::new(deliveries);
        Self { hub: Hub::new(Arc::clone(&deliveries)), channels: Channels::default(), deliveries }
    }
}
