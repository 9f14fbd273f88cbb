//! What flows tell about a conversation's way: milestones and outcomes.

use http::StatusCode;

use super::flows::done;
use super::resource::{Resource, create, list, own_id, read, remove, views, write};
use crate::api::call::Call;
use crate::api::route::{Route, delete, get, post, put};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;

/// What is kept here.
pub(super) static RESOURCES: [Resource; 2] =
    [told("/api/v2/flows/milestones", "flow milestone", &[]), OUTCOME];

const OUTCOME: Resource = told("/api/v2/flows/outcomes", "flow outcome", &["currentOperation"]);

const fn told(path: &'static str, kind: &'static str, own: &'static [&'static str]) -> Resource {
    Resource {
        path,
        kind,
        required: &["name"],
        fields: &[],
        own,
        stamped: false,
        divided: true,
        removed: StatusCode::NO_CONTENT,
    }
}

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/api/v2/flows/milestones", list),
        post("/api/v2/flows/milestones", create),
        get("/api/v2/flows/milestones/divisionviews", views),
        get("/api/v2/flows/milestones/{milestoneId}", read),
        put("/api/v2/flows/milestones/{milestoneId}", write),
        delete("/api/v2/flows/milestones/{milestoneId}", remove),
        get("/api/v2/flows/outcomes", list),
        post("/api/v2/flows/outcomes", create),
        get("/api/v2/flows/outcomes/divisionviews", views),
        get("/api/v2/flows/outcomes/{flowOutcomeId}", read),
        put("/api/v2/flows/outcomes/{flowOutcomeId}", write_outcome),
    ]
}

/// The vendor answers with the operation that changes the outcome.
fn write_outcome(call: &Call<'_>) -> Result<Reply, ApiError> {
    OUTCOME.write(call, &own_id(call)?)?;
    done(call, "UPDATE")
}
