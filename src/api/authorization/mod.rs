//! Divisions.

mod divisions;

use super::route::Route;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    divisions::routes()
}
