//! Locations.

use http::StatusCode;
use serde_json::{Map, Value};

use crate::api::call::Call;
use crate::api::record::{self, Resource, find};
use crate::api::route::Route;
use crate::api::search::{self, Searchable};
use crate::api::users::find_user;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::people::directory::Location;
use crate::world::table::Record;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/locations", record::list::<Location>),
        Route::post("/api/v2/locations", record::create::<Location>),
        Route::get("/api/v2/locations/search", search::by_query::<Location>),
        Route::post("/api/v2/locations/search", search::by_body::<Location>),
        Route::get("/api/v2/locations/{locationId}", record::get::<Location>),
        Route::patch("/api/v2/locations/{locationId}", record::update::<Location>),
        Route::delete("/api/v2/locations/{locationId}", record::delete::<Location>),
        Route::get("/api/v2/locations/{locationId}/sublocations", list_below),
    ]
}

impl Resource for Location {
    const PARAM: &'static str = "locationId";
    const DUPLICATE: (StatusCode, &'static str) = (StatusCode::CONFLICT, "general.conflict");
    const VERSIONED: bool = true;

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::directory::location(organization, record)
    }

    /// A location with a site stays (assumed).
    fn may_delete(_: &Call<'_>, organization: &Organization, id: Id<Self>) -> Result<(), ApiError> {
        if organization.telephony().sites_at.members(id).is_empty() {
            return Ok(());
        }
        Err(ApiError::conflict("The location is referenced by a site."))
    }

    fn check(organization: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        let contact = body.get("contactUser").and_then(Value::as_str).filter(|id| !id.is_empty());
        let Some(id) = contact else { return Ok(()) };
        let found = find_user(organization.people(), id).map(drop);
        found.map_err(|_| ApiError::no_reference("contactUser", "user", id))
    }
}

impl Searchable for Location {
    const TYPE: &'static str = "locations";

    fn text(record: &Record<Self>, field: &str) -> Option<String> {
        let address = record.extra.get("address").and_then(|address| address.get(field));
        let value = record.extra.get(field).or(address);
        value.and_then(Value::as_str).map(str::to_owned)
    }
}

/// The locations whose path has this one.
fn list_below(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let id = find::<Location>(&organization, &call.param("locationId")?)?.id().to_string();
    let is_below = |record: &&Record<Location>| {
        let path = record.extra.get("path").and_then(Value::as_array);
        path.is_some_and(|path| path.iter().any(|above| above.as_str() == Some(&id)))
    };
    let below = organization.directory().locations.iter().filter(is_below);
    let below = below.map(|location| view::directory::location(&organization, location));
    Reply::ok(&Page::of(below, call.page()?, call.path, call.query))
}
