//! gcmock: a local Genesys Cloud that says no the way the real one does.
//!
//! The public face is [`MockServer`]: the server inside a test suite. Everything else serves the program.
//! `docs/ARCHITECTURE.md` shows the rooms below, who may use whom, and the story of a request.
//!
//! * `pipeline`: the story of one request, and of one WebSocket handshake
//! * `gcmock_limit` (a crate of its own): the limit engine
//! * `rules`: `limits.toml`, read, compiled and reloaded
//! * `catalog`: the operations as data
//! * `identity`: tokens and callers
//! * `world`: the organizations; `view`: their entities as JSON
//! * `api`: the emulated operations, one folder or file for each family
//! * `platform`: the parts that handlers may use, and what follows a change
//! * `push`: who hears of what; `session`: what speaks on an open WebSocket
//! * `observe`: the journal, the metrics, and the verdicts over them
//! * `wire`: errors, replies, headers and bodies as the vendor writes them
//! * `server`: sockets, connections, tunnels, TLS
//! * `admin`: the control plane
//! * `instance`: one assembled server; `command`: the program's subcommands
//! * `time`, `panics`: open to all rooms

pub mod admin;
pub mod api;
pub mod catalog;
pub mod command;
pub mod identity;
pub mod instance;
pub mod observe;
pub mod panics;
pub mod pipeline;
pub mod platform;
pub mod push;
pub mod rules;
pub mod server;
pub mod session;
pub mod time;
pub mod view;
pub mod wire;
pub mod world;

pub use instance::mock_server::MockServer;
