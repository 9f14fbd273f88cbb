//! SCIM groups. Identity providers change names and members; groups are created in the directory.

use serde_json::{Map, Value, json};

use super::users::check_version;
use super::{both, filtered, list, meta, patch, select};
use crate::api::call::Call;
use crate::api::record::{self, find};
use crate::api::route::Route;
use crate::api::users::find_index;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::UserIndex;
use crate::world::people::directory::DirectoryGroup;
use crate::world::table::{Record, Stored};

const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

pub(super) fn routes() -> Vec<Route> {
    [
        both(Route::get, "groups", list_groups),
        both(Route::get, "groups/{groupId}", get),
        both(Route::put, "groups/{groupId}", replace),
        both(Route::patch, "groups/{groupId}", update),
    ]
    .concat()
}

/// A group in the format of SCIM.
fn to_json(organization: &Organization, group: &Record<DirectoryGroup>) -> Map<String, Value> {
    let members = organization.directory().members.members(group.id).iter();
    let members = members.filter_map(|(user, ())| {
        let id = organization.people().at(*user)?.id;
        Some(json!({ "type": "User", "value": id, "$ref": format!("/api/v2/scim/v2/users/{id}") }))
    });
    let location = format!("/api/v2/scim/v2/groups/{}", group.id);
    let meta = meta("Group", &location, group.version, &rfc3339(group.modified));
    let members: Value = members.collect();
    Map::from_iter([
        ("id".to_owned(), json!(group.id)),
        ("schemas".to_owned(), json!([SCHEMA])),
        ("displayName".to_owned(), json!(group.name)),
        ("members".to_owned(), members),
        ("meta".to_owned(), meta),
    ])
}

fn list_groups(call: &Call<'_>) -> Result<Reply, ApiError> {
    let all = {
        let organization = call.tenant().read();
        organization.directory().groups.iter().map(|group| to_json(&organization, group)).collect()
    };
    list(call, filtered(call, all)?)
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let group = find::<DirectoryGroup>(&organization, &call.param("groupId")?)?;
    let mut written = to_json(&organization, group);
    select(&mut written, &call.query_list("attributes"), &call.query_list("excludedAttributes"));
    Reply::ok(&written)
}

fn replace(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    change(call, |_| Ok(body))
}

fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let operations = patch::read(call)?;
    change(call, |mut written| {
        patch::apply(&mut written, &operations)?;
        Ok(written)
    })
}

/// Gives the group the name and the members of what `change` makes of it.
fn change(
    call: &Call<'_>,
    change: impl FnOnce(Map<String, Value>) -> Result<Map<String, Value>, ApiError>,
) -> Result<Reply, ApiError> {
    let id = call.param("groupId")?;
    call.change(|organization| {
        let mut group = find::<DirectoryGroup>(organization, &id)?.clone();
        check_version(call, group.version)?;
        let body = change(to_json(organization, &group))?;
        let members = read_members(organization, &body)?;
        if let Some(name) = body.get("displayName").and_then(Value::as_str).filter(|name| !name.is_empty()) {
            name.clone_into(&mut group.name);
        }
        group.version += 1;
        group.modified = call.now;
        let table = DirectoryGroup::table_mut(organization);
        table.replace(group.clone()).map_err(record::refused::<DirectoryGroup>)?;
        if let Some(members) = members {
            let before = organization.directory().members.members(group.id).keys().copied();
            let gone: Vec<_> = before.filter(|user| !members.contains(user)).collect();
            organization.leave_group(group.id, &gone);
            organization.join_group(group.id, &members);
        }
        Reply::ok(&to_json(organization, &group))
    })
}

/// The users of `members`. `None` where the body has no such attribute.
fn read_members(
    organization: &Organization,
    body: &Map<String, Value>,
) -> Result<Option<Vec<UserIndex>>, ApiError> {
    let Some(members) = body.get("members").and_then(Value::as_array) else { return Ok(None) };
    let ids = members.iter().filter_map(|member| member.get("value")?.as_str());
    let users = ids.map(|id| {
        find_index(organization.people(), id).map_err(|_| ApiError::no_reference("members", "user", id))
    });
    users.collect::<Result<Vec<_>, _>>().map(Some)
}
