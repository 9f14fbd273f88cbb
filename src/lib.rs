//! gcmock: a local Genesys Cloud that says no the way the real one does.

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
