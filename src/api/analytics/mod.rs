//! Analytics over what happened.
//!
//! | file | owns |
//! |---|---|
//! | `time`, `filter` | intervals, and the vendor's filters; a dimension or metric that gcmock does not have is ignored |
//! | `details` | details of conversations |
//! | `aggregates` | metrics of conversations by group and interval |
//!
//! The sessions, dimensions and metrics of a conversation are in `world::conversation`.

mod aggregates;
mod details;
mod filter;
mod time;

use crate::api::route::Route;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v2/analytics/conversations/details/query", details::query),
        Route::get("/api/v2/analytics/conversations/details", details::list),
        Route::get("/api/v2/analytics/conversations/{conversationId}/details", details::get),
        Route::post("/api/v2/analytics/conversations/aggregates/query", aggregates::query),
    ]
}
