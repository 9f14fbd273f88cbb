//! The emulated platform: one folder or file for each resource family, each with its `routes()`.
//!
//! To add an operation, add one line to its family's `routes()` and a handler. To add a family, add a file and a
//! line in [`routes`]. `entity` has what families share: pages and stored entities. `generic` answers paths that no
//! route has. `outside` answers paths that are not the platform's.

mod analytics;
mod architect;
mod authorization;
pub(crate) mod call;
mod conversations;
mod directory;
mod entity;
pub(crate) mod generic;
mod guest;
mod limits;
pub(crate) mod login;
mod me;
mod messaging;
mod notifications;
mod oauth_clients;
mod organization;
mod record;
mod recording;
#[cfg_attr(not(test), expect(dead_code, reason = "the central check of requests follows"))]
mod refusal;
mod regex;
pub(crate) mod request;
pub(crate) mod route;
mod routing;
mod scim;
mod search;
mod setting;
mod telephony;
mod usage;
mod users;
mod utilities;
mod websocket;
mod workforce;

pub(crate) use self::guest::principal as guest_principal;

use http::Method;

use crate::api::route::Routes;
use crate::catalog::allow_value;
use crate::catalog::path::is_misplaced_login;
use crate::platform::Platform;
use crate::wire::error::ApiError;

/// Everything that is emulated by hand, family by family.
pub(crate) fn routes() -> Routes {
    let families = [
        login::routes(),
        me::routes(),
        analytics::routes(),
        architect::routes(),
        authorization::routes(),
        directory::routes(),
        conversations::routes(),
        guest::routes(),
        limits::routes(),
        messaging::routes(),
        notifications::routes(),
        oauth_clients::routes(),
        organization::routes(),
        websocket::routes(),
        recording::routes(),
        routing::routes(),
        scim::routes(),
        telephony::routes(),
        usage::routes(),
        utilities::routes(),
        users::routes(),
        workforce::routes(),
    ];
    Routes::new(families.concat())
}

/// The answer to a path that belongs neither to the API nor to the login host.
pub(crate) fn outside(platform: &Platform, method: &Method, path: &str) -> ApiError {
    let methods = platform.catalog.methods(path);
    if !methods.is_empty() && !methods.contains(&method) {
        return ApiError::method_not_allowed(allow_value(&methods));
    }
    if is_misplaced_login(path) {
        let hint = "Tokens are issued by the login host: POST /oauth/token, without /api/v2.";
        return ApiError::no_such_path(hint);
    }
    ApiError::no_such_path("The platform's paths begin with /api/v2; gcmock's own with /__admin.")
}
