//! Utilization labels.

use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::record::{self, Resource, find};
use crate::api::route::Route;
use crate::view::record::Properties;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::routing::UtilizationLabel;
use crate::world::table::Record;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/routing/utilization/labels", record::list::<UtilizationLabel>),
        Route::post("/api/v2/routing/utilization/labels", record::create::<UtilizationLabel>),
        Route::get("/api/v2/routing/utilization/labels/{labelId}", record::get::<UtilizationLabel>),
        Route::put("/api/v2/routing/utilization/labels/{labelId}", record::replace::<UtilizationLabel>),
        Route::delete("/api/v2/routing/utilization/labels/{labelId}", record::delete::<UtilizationLabel>),
        Route::get("/api/v2/routing/utilization/labels/{labelId}/agents", list_agents),
    ]
}

impl Resource for UtilizationLabel {
    const PARAM: &'static str = "labelId";

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        Properties::of(organization, record).end()
    }
}

/// The agents whose own utilization has the label.
fn list_agents(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let label = find::<UtilizationLabel>(&organization, &call.param("labelId")?)?.id().to_string();
    let users = organization.people().iter().filter(|user| user.exists());
    let users = users.filter(|user| {
        let path = format!("/api/v2/routing/users/{}/utilization", user.id);
        let own = organization.collections.get(&path, "");
        own.and_then(|own| own.get("labelUtilizations")?.get(&label)).is_some()
    });
    let shown: Vec<Value> =
        users.map(|user| json!({ "id": user.id, "selfUri": format!("/api/v2/users/{}", user.id) })).collect();
    Reply::ok(&shown)
}
