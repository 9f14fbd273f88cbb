//! What supervisors do for their agents.
//!
//! | file | owns |
//! |---|---|
//! | `gamification` | performance profiles and their members |
//! | `coaching` | coaching appointments and their statuses |
//! | `learning` | learning modules, their versions and their assignments |

mod coaching;
mod gamification;
mod learning;

use serde_json::Value;

use crate::api::route::Route;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::world::Organization;
use crate::world::people::User;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    [coaching::routes(), gamification::routes(), learning::routes()].concat()
}

/// The references to users.
fn users(ids: &[&str]) -> Value {
    ids.iter().map(|id| user::reference(id)).collect()
}

/// Refuses users that do not exist: 400 with the field.
fn check_users(organization: &Organization, field: &'static str, ids: &[&str]) -> Result<(), ApiError> {
    let exists = |id: &str| organization.people().get(id).is_some_and(User::exists);
    match ids.iter().find(|id| !exists(id)) {
        Some(id) => Err(ApiError::no_reference(field, "user", id)),
        None => Ok(()),
    }
}

/// Whether a list names a value; an empty list names all.
fn is_one(wanted: &[String], value: &str) -> bool {
    wanted.is_empty() || wanted.iter().any(|one| one.eq_ignore_ascii_case(value))
}
