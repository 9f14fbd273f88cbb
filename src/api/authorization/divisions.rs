//! Divisions and their objects.

use http::StatusCode;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::api::call::Call;
use crate::api::record::{self, Resource, find, select};
use crate::api::route::Route;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::authorization::{Division, home};
use crate::world::id::Id;
use crate::world::table::Record;

/// The most divisions of an organization: assumed.
const MAX_DIVISIONS: u32 = 2000;

/// The types of objects that divisions have. Documented.
const OBJECT_TYPES: [&str; 24] = [
    "QUEUE",
    "CAMPAIGN",
    "CONTACTLIST",
    "DNCLIST",
    "EMAILCAMPAIGN",
    "MESSAGINGCAMPAIGN",
    "MANAGEMENTUNIT",
    "BUSINESSUNIT",
    "FLOW",
    "FLOWMILESTONE",
    "FLOWOUTCOME",
    "USER",
    "CALLROUTE",
    "EMERGENCYGROUPS",
    "ROUTINGSCHEDULES",
    "ROUTINGSCHEDULEGROUPS",
    "DATATABLES",
    "TEAM",
    "WORKBIN",
    "WORKTYPE",
    "EXTENSIONPOOL",
    "SKILLGROUP",
    "SCRIPT",
    "LIBRARY",
];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/authorization/divisions", list),
        Route::post("/api/v2/authorization/divisions", record::create::<Division>),
        Route::get("/api/v2/authorization/divisions/home", get_home),
        Route::get("/api/v2/authorization/divisions/limit", get_limit),
        Route::get("/api/v2/authorization/divisions/deleted", list_deleted),
        Route::get("/api/v2/authorization/divisions/query", record::list_by_cursor::<Division>),
        Route::get("/api/v2/authorization/divisions/{divisionId}", get),
        Route::put("/api/v2/authorization/divisions/{divisionId}", record::update::<Division>),
        Route::delete("/api/v2/authorization/divisions/{divisionId}", record::delete::<Division>),
        Route::post("/api/v2/authorization/divisions/{divisionId}/objects/{objectType}", move_objects),
    ]
}

impl Resource for Division {
    const PARAM: &'static str = "divisionId";
    const DUPLICATE: (StatusCode, &'static str) = (StatusCode::CONFLICT, "resource.already.exists");

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::authorization::division(organization, record, false)
    }

    /// The home division stays. Another one goes when it has no objects, or with `force=true`, which moves its objects
    /// to the home division.
    fn may_delete(call: &Call<'_>, organization: &Organization, id: Id<Self>) -> Result<(), ApiError> {
        let refused = |why: &'static str| ApiError::new(StatusCode::BAD_REQUEST, "precondition.failure", why);
        if id == home(organization.id) {
            return Err(refused("The home division can not be deleted."));
        }
        if !call.query_flag("force") && !organization.objects_of(id).is_empty() {
            return Err(refused("The division has objects."));
        }
        Ok(())
    }
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (page, counted) = (call.page()?, call.query_flag("objectCount"));
    let organization = call.tenant().read();
    let all = select::<Division>(call, &organization).into_iter();
    let all = all.map(|division| view::authorization::division(&organization, division, counted));
    Reply::ok(&Page::of(all, page, call.path, call.query))
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let division = find::<Division>(&organization, &call.param("divisionId")?)?;
    Reply::ok(&view::authorization::division(&organization, division, call.query_flag("objectCount")))
}

fn get_home(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let division = organization.authorization().divisions.get(home(organization.id));
    Reply::ok(&Division::to_json(&organization, division.ok_or_else(ApiError::internal)?))
}

fn get_limit(_: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&MAX_DIVISIONS)
}

/// Deleted divisions are not kept, so there is none to restore.
fn list_deleted(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&Page::of(Vec::<Value>::new(), call.page()?, call.path, call.query))
}

/// Moves objects to a division; if one does not exist, none is moved.
fn move_objects(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (ids, object_type) = (call.json_ids()?, call.param("objectType")?);
    if !OBJECT_TYPES.iter().any(|known| known.eq_ignore_ascii_case(&object_type)) {
        return Err(ApiError::invalid_parameter("objectType", &object_type, &OBJECT_TYPES.join(", ")));
    }
    if ids.is_empty() {
        let why = "The request needs the id of at least one object.";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "empty.bulk.division.update", why));
    }
    call.change(|organization| {
        let to = find::<Division>(organization, &call.param("divisionId")?)?.id();
        let read = ids.iter().map(|id| {
            let known = Uuid::try_parse(id).ok().filter(|id| organization.has_object(&object_type, *id));
            known.ok_or_else(|| ApiError::no_such("object", id))
        });
        for id in read.collect::<Result<Vec<_>, _>>()? {
            organization.move_to_division(&object_type, id, to);
        }
        Ok(Reply::no_content())
    })
}
