//! The emulated platform: one file per resource family, each with its `operations()`.
//!
//! To add an endpoint: one line in its family's `operations()` and a handler. To add a family: a
//! file, and a line in [`operations`]. `entity` has what families share: pages, stored entities;
//! `shape` answers what nobody wrote by hand; `outside` the paths that are not the platform's.

mod analytics;
mod architect;
pub mod call;
mod entity;
pub mod generic;
mod guest;
mod limits;
pub mod login;
mod me;
mod messaging;
mod notifications;
mod telephony;
mod usage;
mod users;
mod websocket;
mod workforce;

pub(crate) use self::messaging::{tell, tell_status};

use http::Method;

use crate::catalog::operation::Operation;
use crate::platform::Platform;
use crate::wire::error::ApiError;

/// Everything that is emulated by hand, family by family.
pub fn operations() -> Vec<Operation> {
    [
        login::operations(),
        me::operations(),
        analytics::operations(),
        architect::operations(),
        guest::operations(),
        limits::operations(),
        messaging::operations(),
        notifications::operations(),
        websocket::operations(),
        telephony::operations(),
        usage::operations(),
        users::operations(),
        workforce::operations(),
    ]
    .concat()
}

/// The answer to a path that belongs neither to the API nor to the login host.
pub fn outside(platform: &Platform, method: &Method, path: &str) -> ApiError {
    let methods = platform.operations.methods(path);
    if !methods.is_empty() && !methods.contains(&method) {
        return ApiError::method_not_allowed(generic::listed(&methods));
    }
    if login::is_misplaced(path) {
        let hint = "Tokens are issued by the login host: POST /oauth/token, without /api/v2.";
        return ApiError::no_such_path(hint);
    }
    ApiError::no_such_path("The platform's paths begin with /api/v2; gcmock's own with /__admin.")
}
