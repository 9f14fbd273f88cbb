//! gcmock: a local Genesys Cloud that says no the way the real one does.
//!
//! The map, in the order to read:
//!
//! * [`pipeline`]: the story of one emulated request, on one page
//! * [`decide`]: from the limits that cover a request to one decision over them
//! * [`limit`]: the limit engine, pure: rules, scopes, buckets, the two-phase decision
//! * [`config`]: `limits.toml` as written, as compiled, and live
//! * [`operation`]: what can be asked, found once per request
//! * [`identity`]: who is asking: tokens, callers, the login host
//! * [`tenant`]: one organization's data: people, collections, paging, seed
//! * [`wfm`]: the pure model of agents and their statuses
//! * [`api`]: the emulated platform, one file per resource family
//! * [`call`], [`error`], [`headers`]: a call and its reply; the vendor's errors; names of headers
//! * [`latency`]: what a request waits for
//! * [`journal`], [`metrics`]: what happened, entry by entry and in numbers
//! * [`search`]: which entries of the journal a filter in names takes
//! * [`audit`], [`verify`]: how callers behave after a refusal; expectations of a run
//! * [`clock`]: the only reader of time
//! * [`panics`]: a bug is one line in the log and one answer
//! * [`app`], [`instance`]: everything shared, built once; one running server
//! * [`admin`]: the control plane, one file per resource
//! * [`router`], [`server`], [`body`]: from a socket to the pipeline or the admin plane
//! * [`socket`]: sockets that stay open: handshake, task, bounded queue, registry
//! * [`notification`]: topics, channels, and events on their way to subscribers
//! * [`guest`]: people who write from a web page, and what their frames do
//! * [`tls`]: which certificate a client sees
//! * [`cli`], [`commands`]: the command line and what each subcommand does
//! * [`fixture`]: [`MockServer`], the library face for test suites

pub mod admin;
pub mod api;
pub mod app;
pub mod audit;
pub mod body;
pub mod call;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod decide;
pub mod error;
pub mod fixture;
pub mod guest;
pub mod headers;
pub mod identity;
pub mod instance;
pub mod journal;
pub mod latency;
pub mod limit;
pub mod metrics;
pub mod notification;
pub mod operation;
pub mod panics;
pub mod pipeline;
pub mod router;
pub mod search;
pub mod server;
pub mod socket;
pub mod tenant;
pub mod tls;
pub mod verify;
pub mod wfm;

pub use fixture::MockServer;
