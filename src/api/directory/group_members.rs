//! The members of a group.

use http::StatusCode;
use indexmap::IndexSet;
use serde_json::json;

use crate::api::call::Call;
use crate::api::entity::{is_descending, required_texts};
use crate::api::record::{self, check_version, find};
use crate::api::route::Route;
use crate::api::users::find_index;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::{Id, UserIndex};
use crate::world::people::directory::DirectoryGroup;
use crate::world::table::Stored;

/// The most users that one request adds or removes.
const MAX_CHANGES: usize = 50;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/groups/{groupId}/members", list),
        Route::post("/api/v2/groups/{groupId}/members", add),
        Route::delete("/api/v2/groups/{groupId}/members", remove),
        Route::get("/api/v2/groups/{groupId}/individuals", list_individuals),
    ]
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let page = call.page()?;
    let organization = call.tenant().read();
    let group = find::<DirectoryGroup>(&organization, &call.param("groupId")?)?.id();
    let members = organization.directory().members.members(group).iter();
    let mut members: Vec<UserIndex> = members.map(|(user, ())| *user).collect();
    if call.query_text("sortOrder").is_some() {
        members.sort_by_key(|user| organization.people().at(*user).map(|user| user.name.to_lowercase()));
        if is_descending(call) {
            members.reverse();
        }
    }
    let expand = call.query_list("expand");
    let on_page = members.iter().skip(page.offset()).take(page.most()).copied();
    let entities = view::directory::users(&organization, on_page, &expand);
    Reply::ok(&Page::new(entities, members.len(), page, call.path, call.query))
}

/// The members and the owners of a group.
fn list_individuals(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let group = find::<DirectoryGroup>(&organization, &call.param("groupId")?)?.id();
    let directory = organization.directory();
    let users = directory.members.members(group).keys().chain(directory.owners.members(group).keys());
    let users: IndexSet<UserIndex> = users.copied().collect();
    let entities = view::directory::users(&organization, users.iter().copied(), &[]);
    Reply::ok(&Page::of(entities, call.page()?, call.path, call.query))
}

/// The users of `ids`; one that does not exist is a 400 that names `field`.
fn read_users(
    organization: &Organization,
    field: &'static str,
    ids: &[&str],
) -> Result<Vec<UserIndex>, ApiError> {
    if ids.len() > MAX_CHANGES {
        return Err(ApiError::bad_request(format!("At most {MAX_CHANGES} members can be changed at once.")));
    }
    let find = |id: &&str| {
        find_index(organization.people(), id).map_err(|_| ApiError::no_reference(field, "user", id))
    };
    ids.iter().map(find).collect()
}

/// Adds the users of `memberIds`, if `version` is the current one of the group.
fn add(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let ids = required_texts(&body, "memberIds")?;
    call.change(|organization| {
        let group = find::<DirectoryGroup>(organization, &call.param("groupId")?)?;
        check_version(group.version, &body)?;
        let group = group.id();
        let users = read_users(organization, "memberIds", &ids)?;
        organization.join_group(group, &users);
        note_change(call, organization, group)
    })
}

/// Removes the users of the query.
fn remove(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = call.query_list("ids");
    if ids.is_empty() {
        return Err(ApiError::bad_request("The query parameter ids is required."));
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    call.change(|organization| {
        let group = find::<DirectoryGroup>(organization, &call.param("groupId")?)?.id();
        let users = read_users(organization, "ids", &ids)?;
        organization.leave_group(group, &users);
        note_change(call, organization, group)
    })
}

/// Counts the change in the version of the group, and answers 202.
fn note_change(
    call: &Call<'_>,
    organization: &mut Organization,
    group: Id<DirectoryGroup>,
) -> Result<Reply, ApiError> {
    let mut record = find::<DirectoryGroup>(organization, &group.to_string())?.clone();
    record.version += 1;
    record.modified = call.now;
    DirectoryGroup::table_mut(organization).replace(record).map_err(record::refused::<DirectoryGroup>)?;
    Reply::json(StatusCode::ACCEPTED, &json!({}))
}
