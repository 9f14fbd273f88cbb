//! Quality management: forms, evaluations, calibrations and surveys.
//!
//! `forms` has drafts and published versions, `evaluations` what is done with them, `scoring` how answers become scores,
//! `search` how evaluations are found.

mod activity;
mod calibrations;
mod evaluations;
mod forms;
mod rules;
mod scoring;
mod search;
mod surveys;

use uuid::Uuid;

pub(super) use self::activity::whole;
pub(super) use self::evaluations::{EVALUATIONS, published_form};
pub(super) use self::forms::{EVALUATION_FORMS, SURVEY_FORMS};
pub(super) use self::surveys::{SURVEYS, check_published_form};

use super::call::Call;
use super::entity::id_in;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::world::Organization;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    [
        forms::routes(),
        evaluations::routes(),
        activity::routes(),
        calibrations::routes(),
        surveys::routes(),
        rules::routes(),
    ]
    .concat()
}

/// Refuses a conversation that does not exist: 404.
fn check_conversation(organization: &Organization, id: &str) -> Result<(), ApiError> {
    let known = Uuid::try_parse(id).ok().and_then(|id| organization.conversations().find(id));
    known.map(drop).ok_or_else(|| ApiError::no_such("conversation", id))
}

/// Refuses a body that names a user that does not exist: 400.
fn check_user(organization: &Organization, field: &'static str, id: &str) -> Result<(), ApiError> {
    let known = organization.people().get(id).filter(|user| user.exists());
    if id.is_empty() || known.is_some() {
        return Ok(());
    }
    Err(ApiError::no_reference(field, "user", id))
}

/// The instant of a query parameter, as text that compares in the order of time.
fn instant_in(call: &Call<'_>, name: &str) -> Option<String> {
    let at = crate::time::clock::parse_rfc3339(&call.query_text(name)?)?;
    Some(crate::time::clock::rfc3339(at))
}
