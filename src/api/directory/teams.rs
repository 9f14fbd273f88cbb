//! Teams and their members. A user that joins a team leaves the one before.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::entity::required_texts;
use crate::api::record::{self, Resource, find};
use crate::api::route::Route;
use crate::api::search::{self, Searchable};
use crate::api::users::find_index;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::CursorPage;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::people::directory::Team;
use crate::world::table::Record;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/teams", record::list_by_cursor::<Team>),
        Route::post("/api/v2/teams", record::create::<Team>),
        Route::post("/api/v2/teams/search", search::by_body::<Team>),
        Route::get("/api/v2/teams/{teamId}", record::get::<Team>),
        Route::patch("/api/v2/teams/{teamId}", record::update::<Team>),
        Route::delete("/api/v2/teams/{teamId}", record::delete::<Team>),
        Route::get("/api/v2/teams/{teamId}/members", list_members),
        Route::post("/api/v2/teams/{teamId}/members", add_members),
        Route::delete("/api/v2/teams/{teamId}/members", remove_members),
    ]
}

impl Resource for Team {
    const PARAM: &'static str = "teamId";
    const DUPLICATE: (StatusCode, &'static str) = (StatusCode::BAD_REQUEST, "group.name.in.use");

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::directory::team(organization, record)
    }
}

impl Searchable for Team {
    const TYPE: &'static str = "teams";

    fn text(record: &Record<Self>, field: &str) -> Option<String> {
        record.extra.get(field).and_then(Value::as_str).map(str::to_owned)
    }
}

fn list_members(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let team = find::<Team>(&organization, &call.param("teamId")?)?.id();
    let members = organization.directory().team_members.members(team).iter();
    let members = members.filter_map(|(user, ())| view::routing::user_reference(&organization, *user));
    Reply::ok(&CursorPage::of(members, |name| call.query(name), (call.path, call.query))?)
}

/// Adds users to a team. Users that do not exist are listed as failures; the others are added.
fn add_members(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let ids = required_texts(&body, "memberIds")?;
    call.change(|organization| {
        let team = find::<Team>(organization, &call.param("teamId")?)?.id();
        let (mut added, mut failures) = (Vec::new(), Vec::new());
        for id in ids {
            match find_index(organization.people(), id) {
                Ok(user) => {
                    organization.join_team(team, user);
                    added.push(view::user::reference(id));
                }
                Err(_) => failures.push(json!({ "id": id, "reason": "UserNotFound" })),
            }
        }
        Reply::ok(&json!({ "entities": added, "failures": failures }))
    })
}

fn remove_members(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = call.query_list("id");
    if ids.is_empty() {
        return Err(ApiError::bad_request("The query parameter id is required."));
    }
    call.change(|organization| {
        let team = find::<Team>(organization, &call.param("teamId")?)?.id();
        for id in &ids {
            if let Ok(user) = find_index(organization.people(), id) {
                organization.leave_team(team, user);
            }
        }
        Ok(Reply::no_content())
    })
}
