//! Deployments of the messenger. The id of an active one opens the socket of a guest.

use serde_json::{Map, Value, json};

use super::configurations::{counted_page, version};
use crate::api::announce::{TopicEvent, pick};
use crate::api::call::Call;
use crate::api::record::{self, Resource, find};
use crate::api::route::Route;
use crate::api::setting::{self, Setting};
use crate::view;
use crate::view::architect::flow_reference;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::json::object;
use crate::world::messaging::{WebConfiguration, WebDeployment};
use crate::world::seed::home_division;
use crate::world::table::Record;

pub(super) fn routes() -> Vec<Route> {
    let one = "/api/v2/webdeployments/deployments/{deploymentId}";
    let identity = format!("{one}/identityresolution");
    vec![
        Route::get("/api/v2/webdeployments/deployments", list),
        Route::post("/api/v2/webdeployments/deployments", create).publishes(events),
        Route::get(one, record::get::<WebDeployment>),
        Route::put(one, replace).publishes(events),
        Route::delete(one, record::delete::<WebDeployment>),
        Route::get(&format!("{one}/configurations"), get_configuration),
        Route::get(&identity, setting::get::<IdentityResolution>),
        Route::put(&identity, setting::put::<IdentityResolution>),
    ]
}

/// `v2.webdeployments.deployments.{id}`. The status of its configuration is that of one in use.
fn events(_: &Call<'_>, answered: &Value) -> Vec<TopicEvent> {
    let id = answered["id"].as_str().unwrap_or_default();
    let mut body = pick(answered, &["id", "status"]);
    if let Some(configuration) = answered.get("configuration") {
        body["configuration"] = pick(configuration, &["id", "version"]);
        body["configuration"]["status"] = json!("Active");
    }
    vec![TopicEvent::now(format!("v2.webdeployments.deployments.{id}"), body)]
}

impl Resource for WebDeployment {
    const PARAM: &'static str = "deploymentId";

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::messaging::deployment(organization, record)
    }

    fn check(organization: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        let part = |field: &str, key: &str| body.get(field).and_then(|of| of.get(key)?.as_str());
        if let Some(id) = part("configuration", "id") {
            let id = record::referred::<WebConfiguration>(organization, "configuration", id)?;
            let name = part("configuration", "version").unwrap_or_default();
            let unknown = || ApiError::no_reference("configuration", "published version", name);
            version(organization, id, name).ok_or_else(unknown)?;
        }
        Ok(())
    }
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&record::add::<WebDeployment>(call, &with_flow(call, call.json_object()?))?)
}

fn replace(call: &Call<'_>) -> Result<Reply, ApiError> {
    record::replace::<WebDeployment>(call)
}

/// The body with the name of its flow.
fn with_flow(call: &Call<'_>, mut body: Map<String, Value>) -> Map<String, Value> {
    let id = body.get("flow").and_then(|flow| flow.get("id")?.as_str());
    let flow = id.and_then(|id| call.tenant().read().flows.find(id).map(flow_reference));
    body.extend(flow.map(|flow| ("flow".to_owned(), flow)));
    body
}

/// Lists deployments. With `expand=Configuration` each has the whole of its configuration.
fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let is_expanded = call.query_list("expand").iter().any(|part| part.eq_ignore_ascii_case("configuration"));
    let organization = call.tenant().read();
    let shown = record::select::<WebDeployment>(call, &organization).into_iter().map(|record| {
        let mut shown = view::messaging::deployment(&organization, record);
        if let Some(whole) = whole_configuration(&organization, record).filter(|_| is_expanded) {
            shown.insert("configuration".to_owned(), whole);
        }
        shown
    });
    counted_page(call, shown.collect())
}

fn whole_configuration(organization: &Organization, record: &Record<WebDeployment>) -> Option<Value> {
    let stored = record.extra.get("configuration")?;
    let id = Id::parse(stored.get("id")?.as_str()?)?;
    let found = version(organization, id, stored.get("version")?.as_str()?)?;
    Some(json!(found))
}

/// The deployment and the version of the configuration that it has.
fn get_configuration(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let found = find::<WebDeployment>(&organization, &call.param("deploymentId")?)?;
    let mut written = object(json!({ "deployment": view::messaging::deployment(&organization, found) }));
    if let Some(whole) = whole_configuration(&organization, found) {
        written.insert("configurationVersion".to_owned(), whole);
    }
    Reply::ok(&written)
}

/// Whether the guests of a deployment are looked up among the external contacts.
struct IdentityResolution;

impl Setting for IdentityResolution {
    const FIELDS: &'static [&'static str] = &["division", "resolveIdentities", "externalSource", "automerge"];

    fn default(_call: &Call<'_>, organization: &Organization) -> Map<String, Value> {
        object(json!({ "division": home_division(organization.id), "resolveIdentities": false }))
    }

    fn check(call: &Call<'_>, organization: &Organization) -> Result<(), ApiError> {
        find::<WebDeployment>(organization, &call.param("deploymentId")?).map(drop)
    }

    fn to_json(
        call: &Call<'_>,
        _organization: &Organization,
        mut value: Map<String, Value>,
    ) -> Map<String, Value> {
        value.insert("selfUri".to_owned(), json!(call.path));
        value
    }
}
