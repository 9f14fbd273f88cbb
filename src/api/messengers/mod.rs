//! Messaging integrations, and what they have in common.
//!
//! | file | owns |
//! |---|---|
//! | `integrations` | the integrations of each messenger |
//! | `contents` | supported content, and its default |
//! | `settings` | messaging settings and their default, threading, identity resolution |
//!
//! Messages themselves are in `api::messaging`.

mod contents;
mod integrations;
mod settings;

use super::route::Route;

pub(super) use self::integrations::find as find_integration;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    [integrations::routes(), contents::routes(), settings::routes()].concat()
}
