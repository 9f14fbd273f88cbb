//! Routing statuses. `IDLE` puts an agent on queue and `OFF_QUEUE` takes it off. This is assumed: the vendor only
//! documents that invalid transitions are refused. See `User::request_routing`.

use http::StatusCode;

use crate::api::call::Call;
use crate::api::entity::required_text;
use crate::api::route::Route;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::workforce::Routing;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/users/{userId}/routingstatus", get),
        Route::put("/api/v2/users/{userId}/routingstatus", update),
    ]
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&user::routing_status(&super::user_in_path(call)?))
}

fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("userId")?;
    let body = call.json_object()?;
    let name = required_text(&body, "status")?;
    let unknown = || ApiError::invalid_value("status", name, &Routing::names());
    let routing = Routing::from_name(name).ok_or_else(unknown)?;
    let user = call.change(|organization| {
        let user = super::find_index(organization.people(), &id)?;
        let changed =
            organization.request_routing(user, routing, call.now).map_err(|_| invalid_transition())?;
        changed.ok_or_else(ApiError::internal)
    })?;
    Reply::ok(&user::routing_status(&user))
}

fn invalid_transition() -> ApiError {
    const WHY: &str = "An invalid routing status transition was attempted.";
    ApiError::new(StatusCode::BAD_REQUEST, "general.bad.request", WHY)
}
