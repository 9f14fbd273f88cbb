//! Tests of the binary.
//!
//! `server` runs a server and sends requests over plain sockets. `short` has the commands that end by themselves,
//! `asking` those that ask a server, `serve` the one that does not, `signals` its signals. `documents` runs what README and docs show.

mod asking;
mod bad_input;
mod balancer;
mod columns;
#[cfg(unix)]
mod coverage;
mod documents;
mod drive;
#[cfg(target_os = "linux")]
mod drive_approval;
mod drive_target;
mod faults;
mod find;
mod folder;
mod import;
mod learn;
mod login;
#[cfg(feature = "otlp")]
mod otlp;
#[cfg(unix)]
mod outputs;
mod predict;
mod protection;
mod proxy;
mod report;
mod rewrite;
mod run;
mod schema;
mod serve;
mod server;
mod short;
mod signals;
#[cfg(unix)]
mod state;
mod summary;
mod tls;
#[cfg(unix)]
mod token;
mod unread;
