//! The binary, driven as people and containers drive it.
//!
//! `server` runs one and talks to it over plain sockets; `short` are the commands that end by
//! themselves, `serve` is the one that does not, `signals` how it is told to end or to read again;
//! `documents` does what README and docs show.

mod bad_input;
#[cfg(unix)]
mod documents;
mod folder;
mod login;
mod protection;
mod rewrite;
mod run;
mod schema;
mod serve;
mod server;
mod short;
mod signals;
mod summary;
mod tls;
#[cfg(unix)]
mod token;
mod unread;
