//! The emulated platform: one file per resource family, each with its `operations()`.
//!
//! To add an endpoint: one line in its family's `operations()` and a handler. To add a family: a
//! file, and a line in [`operations`]. `entity` has what families share: pages, stored entities;
//! `shape` answers what nobody wrote by hand; `outside` the paths that are not the platform's.

mod analytics;
mod architect;
mod entity;
mod guest;
mod limits;
mod me;
mod messaging;
mod notifications;
mod platform;
pub mod shape;
mod telephony;
mod usage;
mod users;
mod workforce;

pub(crate) use messaging::{tell, tell_status};

use http::Method;

use crate::app::App;
use crate::error::ApiError;
use crate::identity::oauth;
use crate::operation::Operation;

/// Everything that is emulated by hand, family by family.
pub fn operations() -> Vec<Operation> {
    [
        oauth::operations(),
        me::operations(),
        analytics::operations(),
        architect::operations(),
        guest::operations(),
        limits::operations(),
        messaging::operations(),
        notifications::operations(),
        platform::operations(),
        telephony::operations(),
        usage::operations(),
        users::operations(),
        workforce::operations(),
    ]
    .concat()
}

/// The answer to a path that belongs neither to the API nor to the login host.
pub fn outside(app: &App, method: &Method, path: &str) -> ApiError {
    let methods = app.operations.methods(path);
    if !methods.is_empty() && !methods.contains(&method) {
        return ApiError::method_not_allowed(shape::listed(&methods));
    }
    if oauth::is_misplaced(path) {
        let hint = "Tokens are issued by the login host: POST /oauth/token, without /api/v2.";
        return ApiError::no_such_path(hint);
    }
    ApiError::no_such_path("The platform's paths begin with /api/v2; gcmock's own with /__admin.")
}
