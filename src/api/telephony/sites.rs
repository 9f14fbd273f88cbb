//! Sites.

use http::StatusCode;
use serde_json::{Map, Value};

use super::{DUPLICATE, at, in_use, is_managed_as_asked};
use crate::api::call::Call;
use crate::api::record::{self, Resource};
use crate::api::route::Route;
use crate::api::search::{self, Searchable};
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::quoted::quoted;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::people::directory::Location;
use crate::world::table::{Record, Stored};
use crate::world::telephony::site::Site;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(&at("/sites"), record::list::<Site>),
        Route::post(&at("/sites"), record::create::<Site>),
        Route::get(&at("/sites/search"), search::by_query::<Site>),
        Route::post(&at("/sites/search"), search::by_body::<Site>),
        Route::get(&at("/sites/{siteId}"), record::get::<Site>),
        Route::put(&at("/sites/{siteId}"), record::replace::<Site>),
        Route::delete(&at("/sites/{siteId}"), record::delete::<Site>),
    ]
}

impl Resource for Site {
    const PARAM: &'static str = "siteId";
    const DUPLICATE: (StatusCode, &'static str) = DUPLICATE;
    const DELETED: StatusCode = StatusCode::OK;
    const VERSIONED: bool = true;

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::telephony::site::site(organization, record)
    }

    fn check(organization: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        read_location(organization, body)?;
        check_sites(organization, body, "primarySites")?;
        check_sites(organization, body, "secondarySites")?;
        check_update_time(body)
    }

    fn matches(call: &Call<'_>, organization: &Organization, record: &Record<Self>) -> bool {
        let location = organization.telephony().sites_at.holders(record.id()).first();
        call.query_text("location.id").is_none_or(|id| location.is_some_and(|at| at.to_string() == id))
            && is_managed_as_asked(call, record)
    }

    fn may_delete(_: &Call<'_>, organization: &Organization, id: Id<Self>) -> Result<(), ApiError> {
        organization.check_unused_site(id).map_err(|referred| in_use(referred.0))
    }

    fn relate(
        organization: &mut Organization,
        id: Id<Self>,
        body: &Map<String, Value>,
    ) -> Result<(), ApiError> {
        let location = read_location(organization, body)?;
        organization.set_location(id, location).map_err(|_| record::full())
    }
}

impl Searchable for Site {
    const TYPE: &'static str = "sites";

    fn text(record: &Record<Self>, field: &str) -> Option<String> {
        record.extra.get(field).and_then(Value::as_str).map(str::to_owned)
    }
}

/// 400: a reference to what does not exist, in the words that the vendor has for sites.
fn no_key(field: &str, id: &str) -> ApiError {
    let why = format!("Unable to find the entity that the key of [{field}] matches: {id}.", id = quoted(id));
    ApiError::new(StatusCode::BAD_REQUEST, "referenced.key.does.not.exist", why)
}

fn read_location(organization: &Organization, body: &Map<String, Value>) -> Result<Id<Location>, ApiError> {
    let id = body.get("location").and_then(|location| location.get("id")).and_then(Value::as_str);
    let id = id.ok_or_else(|| ApiError::constraint("location", "The field [location.id] is required."))?;
    let found = Location::table(organization).find(id).map(Record::id);
    found.ok_or_else(|| no_key("location", id))
}

fn check_sites(
    organization: &Organization,
    body: &Map<String, Value>,
    field: &'static str,
) -> Result<(), ApiError> {
    let items = body.get(field).and_then(Value::as_array).into_iter().flatten();
    let mut ids = items.map(|item| item.get("id").and_then(Value::as_str).unwrap_or_default());
    let unknown = ids.find(|id| Site::table(organization).find(id).is_none());
    unknown.map_or(Ok(()), |id| Err(no_key(field, id)))
}

/// Refuses a time of updates whose start is after its end. Both are local times of one form, which compare as text.
fn check_update_time(body: &Map<String, Value>) -> Result<(), ApiError> {
    let config = body.get("edgeAutoUpdateConfig");
    let time = |name: &str| config.and_then(|config| config.get(name)?.as_str());
    let is_reversed = time("start").zip(time("end")).is_some_and(|(start, end)| start > end);
    if is_reversed {
        const WHY: &str = "The start cannot be after the end of [edgeAutoUpdateConfig].";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "edgeautoupdateconfig.start.after.end", WHY));
    }
    Ok(())
}
