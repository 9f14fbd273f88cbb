//! Recordings of many conversations, and what is done with recordings: jobs, batches, policies, keys and settings.

mod jobs;
mod keys;
mod policies;
mod protection;
mod settings;

use crate::api::route::Route;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    [jobs::routes(), keys::routes(), policies::routes(), protection::routes(), settings::routes()].concat()
}
