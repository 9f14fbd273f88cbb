//! Routing: queues with their members and wrap-up codes.
//!
//! Each noun has a file. The usual operations of a noun are those of `api::record`.

mod members;
mod queues;
mod user_queues;
mod wrap_up_codes;

use super::route::Route;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    [queues::routes(), members::routes(), user_queues::routes(), wrap_up_codes::routes()].concat()
}
