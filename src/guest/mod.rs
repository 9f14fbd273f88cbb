//! Guests: people who write to an organization from a web page, without an account.
//!
//! `session` owns every guest's session ([`Guests`]): its connections, its conversation, its bearer for
//! the history. `frame` is what is said on the socket, both ways; `speaker` what a frame from a guest
//! does. The doors (`WS /v1`, the history, a deployment's configuration) stand in `api::guest`.
//!
//! Source of actions, classes and codes: the vendor's own transport library for messengers. To add an
//! action: an arm in `speaker`.

mod attachment;
mod frame;
mod session;
mod speaker;

pub use session::{Guest, Guests};
pub use speaker::Speaker;

/// Where an organization's deployments are kept.
pub const DEPLOYMENTS: &str = "/api/v2/webdeployments/deployments";
