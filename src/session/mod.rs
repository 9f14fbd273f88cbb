//! The sessions of open WebSockets.
//!
//! `session` is the interface of a kind of socket, `task` runs one socket, `message` charges limits for single
//! messages. `subscriber` and `guest` are the two protocols.

pub(crate) mod fault;
pub(crate) mod guest;
mod message;
mod newest_pong;
#[expect(clippy::module_inception, reason = "the room is named after its first noun")]
pub(crate) mod session;
pub(crate) mod subscriber;
pub(crate) mod task;
