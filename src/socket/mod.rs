//! Sockets that stay open.
//!
//! `outbox` is the bounded queue in front of each.

pub mod outbox;

pub use outbox::{Closer, Goodbye, Outbox, Outgoing};
