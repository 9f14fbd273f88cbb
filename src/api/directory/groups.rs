//! Groups of users.

use http::StatusCode;
use serde_json::{Map, Value};

use crate::api::call::Call;
use crate::api::record::{self, Resource, find};
use crate::api::route::Route;
use crate::api::search::{self, Searchable};
use crate::api::users::find_index;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::{Id, UserIndex};
use crate::world::people::directory::DirectoryGroup;
use crate::world::table::Record;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/groups", record::list::<DirectoryGroup>),
        Route::post("/api/v2/groups", record::create::<DirectoryGroup>),
        Route::get("/api/v2/groups/search", search::by_query::<DirectoryGroup>),
        Route::post("/api/v2/groups/search", search::by_body::<DirectoryGroup>),
        Route::get("/api/v2/groups/{groupId}", record::get::<DirectoryGroup>),
        Route::put("/api/v2/groups/{groupId}", replace),
        Route::delete("/api/v2/groups/{groupId}", record::delete::<DirectoryGroup>),
        Route::get("/api/v2/groups/{groupId}/profile", get_profile),
    ]
}

/// Replaces a group. Its name may be left out, and stays then.
fn replace(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (id, mut body) = (call.param(DirectoryGroup::PARAM)?, call.json_object()?);
    if !body.get("name").is_some_and(Value::is_string) {
        let name = record::find::<DirectoryGroup>(&call.tenant().read(), &id)?.name.clone();
        body.insert("name".to_owned(), Value::String(name));
    }
    Reply::ok(&record::replace_by::<DirectoryGroup>(call, &id, &body)?)
}

impl Resource for DirectoryGroup {
    const PARAM: &'static str = "groupId";
    const KEPT: &'static [&'static str] =
        &["type", "rulesVisible", "visibility", view::directory::SCIM_EXTERNAL_ID];
    const DUPLICATE: (StatusCode, &'static str) = (StatusCode::BAD_REQUEST, "group.name.in.use");
    const VERSIONED: bool = true;

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::directory::group(organization, record)
    }

    fn check(organization: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        read_owners(organization, body).map(drop)
    }

    fn relate(
        organization: &mut Organization,
        id: Id<Self>,
        body: &Map<String, Value>,
    ) -> Result<(), ApiError> {
        if let Some(owners) = read_owners(organization, body)? {
            organization.set_owners(id, &owners);
        }
        Ok(())
    }
}

impl Searchable for DirectoryGroup {
    const TYPE: &'static str = "groups";

    fn text(record: &Record<Self>, field: &str) -> Option<String> {
        record.extra.get(field).and_then(Value::as_str).map(str::to_owned)
    }
}

/// The users of `ownerIds`. `None` where the body has no such field.
fn read_owners(
    organization: &Organization,
    body: &Map<String, Value>,
) -> Result<Option<Vec<UserIndex>>, ApiError> {
    let Some(ids) = body.get("ownerIds").and_then(Value::as_array) else { return Ok(None) };
    let users = ids.iter().filter_map(Value::as_str).map(|id| {
        find_index(organization.people(), id).map_err(|_| ApiError::no_reference("ownerIds", "user", id))
    });
    users.collect::<Result<Vec<_>, _>>().map(Some)
}

fn get_profile(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let group = find::<DirectoryGroup>(&organization, &call.param("groupId")?)?;
    Reply::ok(&view::directory::group_profile(group))
}
