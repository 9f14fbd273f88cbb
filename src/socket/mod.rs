//! Sockets that stay open: from the handshake to the last byte.
//!
//! Read in this order: `handshake` (the story of one handshake, beside that of a request in
//! `pipeline`), `session` (the seam to the families that speak on sockets), `task` (what reads, writes
//! and ends one socket), `outbox` (the bounded queue in front of it), `message` (limits of single
//! messages), `registry` (all that are open), `roster` (which agents are connected).
//!
//! It knows no protocol above WebSocket frames. To add a kind of socket: a [`Session`], a door that
//! makes it, and one line `socket("/path", door)` in the family's `operations()`.

mod handshake;
mod message;
pub mod outbox;
mod registry;
mod roster;
mod session;
mod task;

pub(crate) use handshake::knock;
pub use message::TooMany;
pub use outbox::{Closer, Goodbye, Outbox, Outgoing};
pub use registry::{Socket, Sockets};
pub use roster::{Roster, Seat};
pub use session::{Knock, Live, Session, Visitor};
pub use task::Waits;
