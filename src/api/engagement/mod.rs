//! What supervisors do for their agents.
//!
//! | file | owns |
//! |---|---|
//! | `gamification` | performance profiles and their members |
//! | `coaching` | coaching appointments and their statuses |
//! | `notifications` | what users are told of their appointments |
//! | `profile_metrics` | the metrics of performance profiles |
//! | `external_metrics` | the definitions and the values of external metrics |
//! | `metrics` | metric definitions and objective templates, the same everywhere |
//! | `learning` | learning modules, their versions and their assignments |
//! | `learning_bulk` | several assignments at once |

mod coaching;
mod external_metrics;
mod gamification;
mod learning;
mod learning_bulk;
mod metrics;
mod notifications;
mod profile_metrics;

use serde_json::Value;

use crate::api::call::Call;
use crate::api::interval::query_interval;
use crate::api::json_entity::{self, JsonEntity};
use crate::api::record::author_in;
use crate::api::route::Route;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::people::User;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    let coaching = [coaching::routes(), notifications::routes()].concat();
    let metrics = [metrics::routes(), profile_metrics::routes(), external_metrics::routes()].concat();
    [coaching, gamification::routes(), metrics, learning::routes(), learning_bulk::routes()].concat()
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

/// The users that a listing asks for: those of a parameter, or the caller for a listing of its own things.
fn wanted_users(call: &Call<'_>, organization: &Organization, parameter: &str) -> Vec<String> {
    if call.path.ends_with("/me") {
        return vec![author_in(call, organization).map(|id| id.to_string()).unwrap_or_default()];
    }
    call.query_list(parameter)
}

/// Lists entities. An interval of the query that is none is refused.
fn list<K: JsonEntity>(call: &Call<'_>) -> Result<Reply, ApiError> {
    for parameter in ["interval", "completionInterval"] {
        query_interval(call, parameter)?;
    }
    json_entity::list::<K>(call)
}

/// Whether a flag passes a filter whose words are `True`, `False` and `Any`. A flag that is not known passes no other
/// word than `Any`.
fn is_flag(call: &Call<'_>, parameter: &str, flag: Option<bool>) -> bool {
    match call.query_text(parameter) {
        Some(word) if !word.eq_ignore_ascii_case("any") => flag == Some(word.eq_ignore_ascii_case("true")),
        _ => true,
    }
}

/// Whether a list names a value; an empty list names all.
fn is_one(wanted: &[String], value: &str) -> bool {
    wanted.is_empty() || wanted.iter().any(|one| one.eq_ignore_ascii_case(value))
}
