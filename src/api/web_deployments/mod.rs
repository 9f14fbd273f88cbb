//! Web deployments and their configurations. The sockets of guests are in `api::guest`.

mod configurations;
mod deployments;

use super::route::Route;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    [configurations::routes(), deployments::routes()].concat()
}
