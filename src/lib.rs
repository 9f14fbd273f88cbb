//! gcmock: a local mock of Genesys Cloud with its rate limits.
//!
//! The library is [`MockServer`]: the server inside a test suite. Everything else serves the program and is private.
//! `docs/ARCHITECTURE.md` shows the rooms below, which room may use which, and the story of a request.
//!
//! * `pipeline`: the story of one request, and of one WebSocket handshake
//! * `gcmock_limit` (a crate of its own): the limit engine
//! * `gcmock_plan` (a crate of its own): load plans and results: read, simulated, learned from, reported
//! * `rules`: `limits.toml`, read, compiled and reloaded
//! * `catalog`: the operations as data, and what API documents say of them
//! * `identity`: tokens and callers
//! * `world`: the organizations; `view`: their entities as JSON
//! * `api`: the emulated operations, one folder or file for each family
//! * `store`: limits that several servers share, and the changes that reach all of them
//! * `platform`: the parts that handlers may use, and what follows a change
//! * `push`: events and their subscribers; `session`: the sessions of open WebSockets
//! * `observe`: the journal, the metrics, and the verdicts over them
//! * `wire`: errors, replies, headers and bodies as the vendor writes them
//! * `server`: sockets, connections, tunnels, TLS
//! * `admin`: the control plane
//! * `instance`: one assembled server; `command`: the program's subcommands
//! * `time`, `files` (bounded reads of the operator's files), `panics`, `spelling` (the name that is meant): open to all
//!   rooms

mod admin;
mod api;
mod catalog;
mod command;
mod files;
mod identity;
mod instance;
mod observe;
mod panics;
mod pipeline;
mod platform;
mod push;
mod rules;
mod server;
mod session;
mod spelling;
mod store;
mod time;
mod view;
mod wire;
mod world;

pub use admin::entry::{Entry, SocketView};
pub use instance::mock_server::{Builder, Credentials, LimitUsage, MockServer};
pub use platform::SocketTimeouts;
pub use time::Nanos;

/// Runs the program `gcmock` with the arguments of this process.
#[doc(hidden)]
pub fn run() -> std::process::ExitCode {
    command::run()
}
