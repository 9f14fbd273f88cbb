//! Skill groups. Their members follow from their conditions.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::api::record::{self, Resource, find, select};
use crate::api::route::Route;
use crate::api::users::find_index;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::CursorPage;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::authorization::Division;
use crate::world::routing::SkillGroup;
use crate::world::routing::condition::member_divisions;
use crate::world::table::{Record, Stored};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/routing/skillgroups", list),
        Route::post("/api/v2/routing/skillgroups", create),
        Route::get("/api/v2/routing/skillgroups/{skillGroupId}", record::get::<SkillGroup>),
        Route::patch("/api/v2/routing/skillgroups/{skillGroupId}", record::update::<SkillGroup>),
        Route::delete("/api/v2/routing/skillgroups/{skillGroupId}", record::delete::<SkillGroup>),
        Route::get("/api/v2/routing/skillgroups/{skillGroupId}/members", list_members),
        Route::get("/api/v2/routing/skillgroups/{skillGroupId}/members/divisions", list_divisions),
        Route::post("/api/v2/routing/skillgroups/{skillGroupId}/members/divisions", change_divisions),
        Route::get("/api/v2/users/{userId}/skillgroups", list_of_user),
    ]
}

impl Resource for SkillGroup {
    const PARAM: &'static str = "skillGroupId";
    const DUPLICATE: (StatusCode, &'static str) = (StatusCode::BAD_REQUEST, "group.name.in.use");

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::routing::skill_group(organization, record)
    }

    fn check(organization: &Organization, body: &Map<String, Value>) -> Result<(), ApiError> {
        let divisions = body.get("memberDivisions").and_then(Value::as_array).into_iter().flatten();
        for id in divisions.filter_map(Value::as_str).filter(|id| *id != "*") {
            record::referred::<Division>(organization, "memberDivisions", id)?;
        }
        Ok(())
    }
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let all = select::<SkillGroup>(call, &organization).into_iter();
    let all = all.map(|group| view::routing::skill_group_definition(&organization, group));
    Reply::ok(&CursorPage::of(all, |name| call.query(name), (call.path, call.query))?)
}

/// Creates a skill group. Its answer alone shows `memberDivisions`.
fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let mut created = record::add::<SkillGroup>(call, &body)?;
    if let Some(divisions) = body.get("memberDivisions").filter(|divisions| divisions.is_array()) {
        created.insert("memberDivisions".to_owned(), divisions.clone());
    }
    Reply::ok(&created)
}

fn list_members(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let group = find::<SkillGroup>(&organization, &call.param("skillGroupId")?)?;
    let members = organization.members_of_skill_group(group).into_iter();
    let members = members.filter_map(|user| view::routing::user_reference(&organization, user));
    Reply::ok(&CursorPage::of(members, |name| call.query(name), (call.path, call.query))?)
}

fn list_divisions(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let group = find::<SkillGroup>(&organization, &call.param("skillGroupId")?)?;
    let divisions = member_divisions(group).into_iter();
    let divisions = divisions.filter_map(|id| organization.authorization().divisions.find(&id));
    let shown: Vec<_> =
        divisions.map(|division| view::record::division(&organization, Some(division.id()))).collect();
    Reply::ok(&json!({ "entities": shown }))
}

fn change_divisions(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let ids = |key: &str| -> Vec<&str> {
        let ids = body.get(key).and_then(Value::as_array).into_iter().flatten();
        ids.filter_map(Value::as_str).collect()
    };
    call.change(|organization| {
        let mut group = find::<SkillGroup>(organization, &call.param("skillGroupId")?)?.clone();
        let mut divisions = member_divisions(&group);
        for id in ids("addDivisionIds") {
            let id = record::referred::<Division>(organization, "addDivisionIds", id)?.to_string();
            if !divisions.contains(&id) {
                divisions.push(id);
            }
        }
        divisions.retain(|id| !ids("removeDivisionIds").contains(&id.as_str()));
        group.extra.insert("memberDivisions".to_owned(), json!(divisions));
        group.version += 1;
        SkillGroup::table_mut(organization).replace(group).map_err(record::refused::<SkillGroup>)?;
        Ok(Reply::no_content())
    })
}

fn list_of_user(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let user = find_index(organization.people(), &call.param("userId")?)?;
    let groups = organization.acd().skill_groups.iter();
    let groups = groups.filter(|group| organization.is_in_skill_group(user, group));
    let groups = groups.map(|group| view::routing::skill_group(&organization, group));
    Reply::ok(&CursorPage::of(groups, |name| call.query(name), (call.path, call.query))?)
}
