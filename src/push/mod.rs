//! Notifications: what happens in an organization, told to whoever subscribed.
//!
//! `topic` is what can be subscribed to, `hub` brings an event to its subscribers, `subscription` is
//! what one of them has subscribed to, `channel` the vendor's notification channels (which live longer
//! than the sockets on them), `socket` what is said on such a socket, `event` the bodies of what fires.
//!
//! An event is written once, and nobody waits for a reader: each has a bounded queue in front of its
//! socket. Nothing is kept for those who are not connected. To add a topic that fires: its line in
//! `topic`, its body in `event`.

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
    /// Who hears of what.
    pub hub: Hub,
    /// Every channel.
    pub channels: Channels,
}
