//! The outbound routes of a site, and of all sites.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::number_plans::classifications;
use super::{DUPLICATE, at, page_of, read_references, require};
use crate::api::call::Call;
use crate::api::record::{self, Resource, find, select};
use crate::api::route::Route;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::table::Record;
use crate::world::telephony::site::{OutboundRoute, Site};
use crate::world::telephony::trunk::TrunkBase;

pub(super) fn routes() -> Vec<Route> {
    const ONE: &str = "/sites/{siteId}/outboundroutes/{outboundRouteId}";
    vec![
        Route::get(&at("/outboundroutes"), list_all),
        Route::get(&at("/sites/{siteId}/outboundroutes"), list),
        Route::post(&at("/sites/{siteId}/outboundroutes"), create),
        Route::get(&at(ONE), get),
        Route::put(&at(ONE), replace),
        Route::delete(&at(ONE), delete),
    ]
}

impl Resource for OutboundRoute {
    const PARAM: &'static str = "outboundRouteId";
    const DUPLICATE: (StatusCode, &'static str) = DUPLICATE;
    const DELETED: StatusCode = StatusCode::OK;
    const VERSIONED: bool = true;

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::telephony::site::route(organization, record, false)
    }

    fn check(organization: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        require(body, &["classificationTypes"])?;
        read_references::<TrunkBase>(organization, body, "externalTrunkBases").map(drop)
    }

    fn matches(call: &Call<'_>, organization: &Organization, record: &Record<Self>) -> bool {
        let telephony = organization.telephony();
        let site = telephony.routes_of_site.holders(record.id()).first().map(Id::to_string);
        let in_path = call.param("siteId").unwrap_or_default();
        let trunks = call.query_list("externalTrunkBases.ids");
        let has = |id: &String| {
            let trunk = Id::parse(id);
            trunk.is_some_and(|trunk| telephony.trunks_of_route.contains(record.id(), trunk))
        };
        (in_path.is_empty() || site.as_deref() == Some(&*in_path))
            && call.query_text("site.id").is_none_or(|id| site.as_deref() == Some(&*id))
            && (trunks.is_empty() || trunks.iter().any(has))
    }

    fn relate(
        organization: &mut Organization,
        id: Id<Self>,
        body: &Map<String, Value>,
    ) -> Result<(), ApiError> {
        let trunks = read_references(organization, body, "externalTrunkBases")?;
        organization.set_trunks_of_route(id, &trunks).map_err(|_| record::full())
    }
}

fn list_all(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let all = select::<OutboundRoute>(call, &organization);
    page_of(call, &all, |route| view::telephony::site::route(&organization, route, true))
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    find::<Site>(&call.tenant().read(), &call.param("siteId")?)?;
    record::list::<OutboundRoute>(call)
}

/// Creates a route of the site in the path. Its classifications are those of the site's number plans.
fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let site = {
        let organization = call.tenant().read();
        let site = find::<Site>(&organization, &call.param("siteId")?)?;
        check_types(&organization, site, &body)?;
        check_name(&organization, site.id(), &body, None)?;
        site.id()
    };
    let mut created = record::add::<OutboundRoute>(call, &body)?;
    let id = created.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    call.change(|organization| {
        let route = find::<OutboundRoute>(organization, &id)?.id();
        organization.add_route(site, route).map_err(|_| record::full())
    })?;
    created.insert("selfUri".to_owned(), json!(format!("{}/{id}", call.path)));
    Reply::ok(&created)
}

/// Refuses a classification that no number plan of the site has.
fn check_types(
    organization: &Organization,
    site: &Record<Site>,
    body: &Map<String, Value>,
) -> Result<(), ApiError> {
    let plans = view::telephony::site::number_plans(organization, site);
    let known = classifications(&plans);
    let mut types = body.get("classificationTypes").and_then(Value::as_array).into_iter().flatten();
    let unknown = types.find(|name| name.as_str().is_none_or(|name| !known.contains(&name)));
    let Some(unknown) = unknown else { return Ok(()) };
    let why = format!(
        "The address classification {unknown} of [classificationTypes] does not exist.",
        unknown = quoted(&unknown.to_string())
    );
    Err(ApiError::new(StatusCode::BAD_REQUEST, "address.classification.type.does.not.exist", why))
}

/// Refuses a name that another route of the site has.
fn check_name(
    organization: &Organization,
    site: Id<Site>,
    body: &Map<String, Value>,
    own: Option<Id<OutboundRoute>>,
) -> Result<(), ApiError> {
    let name = body.get("name").and_then(Value::as_str).unwrap_or_default();
    let telephony = organization.telephony();
    let routes = telephony.routes_of_site.members(site).iter();
    let mut routes = routes.filter_map(|(id, ())| telephony.routes.get(*id));
    let is_other =
        |route: &Record<OutboundRoute>| Some(route.id()) != own && route.name.eq_ignore_ascii_case(name);
    if routes.any(is_other) {
        let (status, code) = DUPLICATE;
        return Err(ApiError::new(status, code, "An outbound route with this name already exists."));
    }
    Ok(())
}

/// The site and the route in the path, or a 404.
fn pair<'o>(
    call: &Call<'_>,
    organization: &'o Organization,
) -> Result<(&'o Record<Site>, Id<OutboundRoute>), ApiError> {
    let site = find::<Site>(organization, &call.param("siteId")?)?;
    let id = call.param("outboundRouteId")?;
    let route = find::<OutboundRoute>(organization, &id)?.id();
    let is_its = organization.telephony().routes_of_site.contains(site.id(), route);
    if is_its { Ok((site, route)) } else { Err(ApiError::no_such("outbound route", &id)) }
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    pair(call, &call.tenant().read())?;
    record::get::<OutboundRoute>(call)
}

fn replace(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    {
        let organization = call.tenant().read();
        let (site, route) = pair(call, &organization)?;
        check_types(&organization, site, &body)?;
        check_name(&organization, site.id(), &body, Some(route))?;
    }
    record::replace::<OutboundRoute>(call)
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    pair(call, &call.tenant().read())?;
    record::delete::<OutboundRoute>(call)
}
