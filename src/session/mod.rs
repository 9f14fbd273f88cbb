//! What speaks on an open WebSocket.
//!
//! `session` is the interface of a kind of socket, `task` runs one socket, `message` charges limits for single
//! messages. `subscriber` and `guest` are the two protocols.

pub mod guest;
pub mod message;
mod newest_pong;
#[expect(clippy::module_inception, reason = "the room is named after its first noun")]
pub mod session;
pub mod subscriber;
pub mod task;
