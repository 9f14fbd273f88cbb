//! Notifications: an event of an organization, sent to its subscribers.
//!
//! `topic` is what a client can subscribe to, `hub` finds the subscribers of an event, `subscription` is what one
//! client subscribed to, `channel` the vendor's notification channels, `event` the bodies. `outbox` is the queue of
//! one socket, `registry` the open sockets, `roster` the connected agents, `guest` the sessions of guests.
//!
//! An event is serialized once. No sender waits for a reader: each socket has a bounded queue. A client that is
//! not connected misses the event. To add a topic that fires, add its line in `topic` and its body in `event`.

mod channel;
pub mod event;
pub mod guest;
mod hub;
pub mod outbox;
pub mod registry;
pub mod roster;
mod subscription;
pub mod topic;
mod warning;

pub use self::channel::{Channel, Channels, Owner};
pub use self::hub::{Hub, Mailbox};
pub use self::subscription::{MAX_TOPICS, Subscriptions, TooManyTopics};
pub use self::warning::Warnings;

/// Everything about notifications.
#[derive(Debug, Default)]
pub struct Notifications {
    /// The subscribers of each topic.
    pub hub: Hub,
    /// Every channel.
    pub channels: Channels,
}
