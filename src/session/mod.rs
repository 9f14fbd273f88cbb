//! What speaks on an open socket.

pub mod guest;
pub mod message;
mod newest_pong;
#[expect(clippy::module_inception, reason = "the room is named after its first noun")]
pub mod session;
pub mod subscriber;
pub mod task;
