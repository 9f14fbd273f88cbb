//! The refusals of paths and methods that the platform lacks.

use crate::api::call::Call;
use crate::catalog::allow_value;
use crate::catalog::path::is_misplaced_login;
use crate::identity::bearer;
use crate::wire::error::ApiError;
use crate::wire::redact::redacted;

/// The most characters of a path in an error.
const SHOWN: usize = 200;

/// 405 for a path that has other methods, else 404 with the nearest path.
pub(super) fn refusal(call: &Call<'_>) -> ApiError {
    let methods = call.platform.catalog.methods(call.path);
    if !methods.is_empty() && !methods.contains(&call.method) {
        return ApiError::method_not_allowed(allow_value(&methods));
    }
    if is_misplaced_login(call.path) {
        return super::super::outside(call.platform, call.method, call.path);
    }
    let nearest = call.platform.catalog.nearest(call.path);
    let hint = nearest.map_or_else(String::new, |template| format!(" Did you mean {template}?"));
    ApiError::no_such_path(&format!("{} is not in the Genesys Cloud platform API.{hint}", path_of(call)))
}

/// 404 for an operation that the vendor has removed from its API.
pub(super) fn removed(call: &Call<'_>) -> ApiError {
    let path = path_of(call);
    ApiError::no_such_path(&format!(
        "{} {path} was removed from the Genesys Cloud platform API in 2026.",
        call.method
    ))
}

fn path_of(call: &Call<'_>) -> String {
    redacted(call.path, bearer(call.headers)).chars().take(SHOWN).collect()
}
