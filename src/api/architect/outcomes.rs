//! Flow milestones and flow outcomes.

use http::StatusCode;

use super::flows::finished_operation;
use super::resource::{Resource, create, delete, get, last_param, list, list_views, update};
use crate::api::call::Call;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;

/// The resources of this file.
pub(super) static RESOURCES: [Resource; 2] = [MILESTONE, OUTCOME];

const MILESTONE: Resource = Resource {
    path: "/api/v2/flows/milestones",
    kind: "flow milestone",
    required: &["name"],
    fields: &[],
    own: &[],
    stamped: false,
    divided: true,
    removed: StatusCode::NO_CONTENT,
    duplicate: "architect.flow.milestone.already.exists",
};

const OUTCOME: Resource = Resource {
    path: "/api/v2/flows/outcomes",
    kind: "flow outcome",
    own: &["currentOperation"],
    duplicate: "architect.flow.outcome.already.exists",
    ..MILESTONE
};

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/flows/milestones", list),
        Route::post("/api/v2/flows/milestones", create),
        Route::get("/api/v2/flows/milestones/divisionviews", list_views),
        Route::get("/api/v2/flows/milestones/{milestoneId}", get),
        Route::put("/api/v2/flows/milestones/{milestoneId}", update),
        Route::delete("/api/v2/flows/milestones/{milestoneId}", delete),
        Route::get("/api/v2/flows/outcomes", list),
        Route::post("/api/v2/flows/outcomes", create),
        Route::get("/api/v2/flows/outcomes/divisionviews", list_views),
        Route::get("/api/v2/flows/outcomes/{flowOutcomeId}", get),
        Route::put("/api/v2/flows/outcomes/{flowOutcomeId}", update_outcome),
    ]
}

/// Updates an outcome and answers with an operation, as the vendor does.
fn update_outcome(call: &Call<'_>) -> Result<Reply, ApiError> {
    OUTCOME.update(call, &last_param(call)?)?;
    finished_operation(call, "UPDATE")
}
