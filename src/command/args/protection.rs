//! The bounds of the server itself.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::{Args, value_parser};

use super::serve::wire_time;
use crate::server::{BODIES, UnreadBounds};
use crate::wire::error::MAX_BODY;

const UNREAD: UnreadBounds = UnreadBounds::DEFAULT;

/// The bounds that protect the server itself, apart from the emulated limits. Above a bound the answer is 503, never 429.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "The server's own protection")]
pub(crate) struct Protection {
    /// Connections that may be open at a time; more are answered 503. Default: no bound.
    #[arg(long, env = "GCMOCK_MAX_CONNECTIONS", value_name = "N")]
    pub(crate) max_connections: Option<NonZeroUsize>,
    /// Requests that may wait for their answer at a time; more are answered 503. Default: no bound.
    #[arg(long, env = "GCMOCK_MAX_IN_FLIGHT", value_name = "N")]
    pub(crate) max_in_flight: Option<NonZeroUsize>,
    /// Bytes of answers that one client may leave unread before its next request waits; a client that reads
    /// nothing of an answer for --request-timeout is disconnected.
    #[arg(long, env = "GCMOCK_MAX_UNREAD_PER_CONNECTION", value_name = "BYTES", default_value_t = UNREAD.per_connection)]
    pub(crate) max_unread_per_connection: NonZeroUsize,
    /// Bytes of answers that all clients together may leave unread before further requests wait.
    #[arg(long, env = "GCMOCK_MAX_UNREAD", value_name = "BYTES", default_value_t = UNREAD.all)]
    pub(crate) max_unread: NonZeroUsize,
    /// Bytes of request bodies in memory at a time; further bodies wait.
    #[arg(long, env = "GCMOCK_MAX_BODIES", value_name = "BYTES", default_value_t = BODIES)]
    pub(crate) max_bodies: NonZeroUsize,
    /// Largest head of a request, 8192 to 1048576; a longer one is answered 431.
    #[arg(long, env = "GCMOCK_MAX_HEAD", value_name = "BYTES", default_value_t = 65_536, value_parser = value_parser!(u32).range(8192..=1_048_576))]
    pub(crate) max_head: u32,
    /// Largest body of a request; a longer one is answered 413. The default is the platform's.
    #[arg(long, env = "GCMOCK_MAX_BODY", value_name = "BYTES", default_value_t = MAX_BODY)]
    pub(crate) max_body: usize,
    /// Time for a client to send the head of a request, and the same time again for the body.
    #[arg(long, env = "GCMOCK_REQUEST_TIMEOUT", value_name = "DURATION", default_value = "30s", value_parser = wire_time)]
    pub(crate) request_timeout: Duration,
    /// Close connections that were idle for this time, at least 75s. Default: never.
    #[arg(long, env = "GCMOCK_IDLE_TIMEOUT", value_name = "DURATION", value_parser = idle_time)]
    pub(crate) idle_timeout: Option<Duration>,
}

/// Reads --idle-timeout. Load generators reuse connections that were idle for a minute, and report a closed one as a
/// failure.
fn idle_time(text: &str) -> Result<Duration, String> {
    const LEAST: Duration = Duration::from_secs(75);
    let least = |time: &Duration| *time >= LEAST;
    let enough = wire_time(text).ok().filter(least);
    enough.ok_or_else(|| {
        "expected at least 75s: clients reuse connections that have idled for a minute".to_owned()
    })
}
