//! Configurations: a draft, and the versions that were published of it. Versions are numbered from 1.

use serde_json::{Map, Value, json};

use crate::api::announce::{TopicEvent, pick};
use crate::api::call::Call;
use crate::api::record::{self, Resource, author, find};
use crate::api::route::Route;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::CursorPage;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::collection::Entity;
use crate::world::id::Id;
use crate::world::messaging::{WebConfiguration, versions_of};
use crate::world::table::Record;

pub(super) fn routes() -> Vec<Route> {
    let one = "/api/v2/webdeployments/configurations/{configurationId}";
    vec![
        Route::get("/api/v2/webdeployments/configurations", list),
        Route::post("/api/v2/webdeployments/configurations", record::create::<WebConfiguration>)
            .publishes(events),
        Route::delete(one, record::delete::<WebConfiguration>),
        Route::get(&format!("{one}/versions"), list_versions),
        Route::get(&format!("{one}/versions/draft"), record::get::<WebConfiguration>),
        Route::put(&format!("{one}/versions/draft"), record::replace::<WebConfiguration>).publishes(events),
        Route::post(&format!("{one}/versions/draft/publish"), publish).publishes(events),
        Route::get(&format!("{one}/versions/{{versionId}}"), get_version),
    ]
}

/// `v2.webdeployments.configurations.{id}`: the draft was changed, or published as a version.
fn events(_: &Call<'_>, answered: &Value) -> Vec<TopicEvent> {
    let id = answered["id"].as_str().unwrap_or_default();
    let topic = format!("v2.webdeployments.configurations.{id}");
    vec![TopicEvent::now(topic, pick(answered, &["id", "version", "status"]))]
}

impl Resource for WebConfiguration {
    const PARAM: &'static str = "configurationId";

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::messaging::draft(organization, record)
    }

    /// The status of one that is in use is assumed.
    fn may_delete(_call: &Call<'_>, organization: &Organization, id: Id<Self>) -> Result<(), ApiError> {
        if organization.deploys(id) {
            return Err(ApiError::conflict("The configuration is in use by a deployment."));
        }
        Ok(())
    }
}

/// The page of `all` that the query asks for, with the number of all.
pub(super) fn counted_page(call: &Call<'_>, all: Vec<Map<String, Value>>) -> Result<Reply, ApiError> {
    let total = all.len();
    let page = CursorPage::of(all, |name| call.query(name), (call.path, call.query))?;
    let mut written = serde_json::to_value(page).map_err(|_| ApiError::internal())?;
    written["total"] = json!(total);
    Reply::ok(&written)
}

/// The version of that name of a configuration.
pub(super) fn version<'o>(
    organization: &'o Organization,
    id: Id<WebConfiguration>,
    name: &str,
) -> Option<&'o Entity> {
    organization.collections.get(&versions_of(id), name)
}

/// Lists the drafts, or with `showOnlyPublished` the newest version of each configuration that has one.
fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let all = record::select::<WebConfiguration>(call, &organization).into_iter();
    let published = |record: &Record<WebConfiguration>| {
        let newest = organization.newest_version(record.id())?;
        version(&organization, record.id(), &newest.to_string()).map(|found| Map::clone(found))
    };
    let shown = if call.query_flag("showOnlyPublished") {
        all.filter_map(published).collect()
    } else {
        all.map(|record| view::messaging::draft(&organization, record)).collect()
    };
    counted_page(call, shown)
}

fn list_versions(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let id = find::<WebConfiguration>(&organization, &call.param("configurationId")?)?.id();
    let versions = versions_of(id);
    let all = organization.collections.list(&versions).map(|found| Map::clone(found)).collect();
    counted_page(call, all)
}

fn get_version(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (id, name) = (call.param("configurationId")?, call.param("versionId")?);
    let organization = call.tenant().read();
    let id = find::<WebConfiguration>(&organization, &id)?.id();
    let found = version(&organization, id, &name);
    Reply::ok(found.ok_or_else(|| ApiError::no_such("version", &name))?)
}

/// Publishes the draft as the next version.
fn publish(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (id, by) = (call.param("configurationId")?, author(call));
    call.change(|organization| {
        let record = find::<WebConfiguration>(organization, &id)?;
        let number = organization.newest_version(record.id()).unwrap_or_default() + 1;
        let draft = view::messaging::draft(organization, record);
        let versions = versions_of(record.id());
        let version = view::messaging::version(draft, record, (number, by), call.now);
        Reply::ok(&organization.collections.insert(&versions, &number.to_string(), version))
    })
}
