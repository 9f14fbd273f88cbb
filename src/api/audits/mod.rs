//! Audits: what was changed in the organization.
//!
//! `log` notes each change where its answer passes. A query is queued, runs, and has succeeded by the clock. Its results
//! are those of the log, read when they are asked for.

mod entry;
mod kinds;
mod log;
mod quality;
mod query;

pub(crate) use self::log::note;

use crate::api::route::Route;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    [query::routes(), quality::routes()].concat()
}
