//! How many interactions an agent takes at once: of the organization, and of single agents.

use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::route::Route;
use crate::api::setting::{self, Setting};
use crate::api::users::find_user;
use crate::wire::error::ApiError;
use crate::world::Organization;
use crate::world::json::object;

const PATH: &str = "/api/v2/routing/utilization";
const FIELDS: [&str; 3] = ["utilization", "labelUtilizations", "maxInboundCalls"];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(PATH, setting::get::<OfOrganization>),
        Route::put(PATH, setting::put::<OfOrganization>),
        Route::delete(PATH, setting::delete_200::<OfOrganization>),
        Route::get("/api/v2/routing/users/{userId}/utilization", setting::get::<OfAgent>),
        Route::put("/api/v2/routing/users/{userId}/utilization", setting::put::<OfAgent>),
        Route::delete("/api/v2/routing/users/{userId}/utilization", setting::delete_200::<OfAgent>),
    ]
}

struct OfOrganization;

impl Setting for OfOrganization {
    const FIELDS: &'static [&'static str] = &FIELDS;

    /// The maxima are assumed.
    fn default(_: &Call<'_>, _: &Organization) -> Map<String, Value> {
        let media = |maximum: u32| json!({ "maximumCapacity": maximum, "interruptableMediaTypes": [], "includeNonAcd": false });
        object(json!({
            "utilization": { "call": media(1), "callback": media(1), "chat": media(4), "email": media(1),
                "message": media(4) },
            "labelUtilizations": {},
        }))
    }

    fn to_json(_: &Call<'_>, organization: &Organization, value: Map<String, Value>) -> Map<String, Value> {
        with_label_names(organization, value)
    }
}

struct OfAgent;

impl Setting for OfAgent {
    const FIELDS: &'static [&'static str] = &FIELDS;

    /// Every user is found by id and by name, so the path has the id.
    fn path(call: &Call<'_>, organization: &Organization) -> String {
        path_of_agent(call, organization)
    }

    /// The setting of the organization.
    fn default(call: &Call<'_>, organization: &Organization) -> Map<String, Value> {
        setting::stored(organization, PATH).unwrap_or_else(|| OfOrganization::default(call, organization))
    }

    fn check(call: &Call<'_>, organization: &Organization) -> Result<(), ApiError> {
        find_user(organization.people(), &call.param("userId")?).map(drop)
    }

    fn to_json(
        call: &Call<'_>,
        organization: &Organization,
        value: Map<String, Value>,
    ) -> Map<String, Value> {
        let own = setting::stored(organization, &path_of_agent(call, organization)).is_some();
        let mut written = with_label_names(organization, value);
        written.insert("level".to_owned(), json!(if own { "Agent" } else { "Organization" }));
        written
    }
}

fn path_of_agent(call: &Call<'_>, organization: &Organization) -> String {
    let user = call.param("userId").ok().and_then(|name| organization.people().get(&name));
    let id = user.map(|user| user.id.to_string()).unwrap_or_default();
    format!("/api/v2/routing/users/{id}/utilization")
}

/// Adds the name of each label. A label that does not exist is left out.
fn with_label_names(organization: &Organization, mut value: Map<String, Value>) -> Map<String, Value> {
    if let Some(Value::Object(labels)) = value.get_mut("labelUtilizations") {
        labels.retain(|id, _| organization.acd().labels.find(id).is_some());
        for (id, label) in labels.iter_mut() {
            let name = organization.acd().labels.find(id).map(|label| &label.name);
            label["labelName"] = json!(name);
        }
    }
    value
}
