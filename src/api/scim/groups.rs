//! SCIM groups. Identity providers change names and members; groups are created in the directory.

use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::attributes::{self, GROUP};
use super::filter::Filter;
use super::patch::{self, Op};
use super::{both, check_version, list, meta, read_filter, select};
use crate::api::call::Call;
use crate::api::record::{self, find};
use crate::api::route::Route;
use crate::api::users::find_index;
use crate::time::clock::rfc3339;
use crate::view::directory::SCIM_EXTERNAL_ID;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::{Id, UserIndex};
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
    let mut written = without_members(group);
    written.insert("members".to_owned(), members(organization, group));
    written
}

fn members(organization: &Organization, group: &Record<DirectoryGroup>) -> Value {
    let members = organization.directory().members.members(group.id()).iter();
    let members = members.filter_map(|(user, ())| {
        let id = organization.people().at(*user)?.id;
        Some(json!({ "type": "User", "value": id, "$ref": format!("/api/v2/scim/v2/users/{id}") }))
    });
    members.collect()
}

fn without_members(group: &Record<DirectoryGroup>) -> Map<String, Value> {
    let location = format!("/api/v2/scim/v2/groups/{}", group.id());
    let meta = meta("Group", &location, group.version, &rfc3339(group.modified));
    let external = group.extra.get(SCIM_EXTERNAL_ID).map(|id| ("externalId".to_owned(), id.clone()));
    let mut written = Map::from_iter([
        ("id".to_owned(), json!(group.id())),
        ("schemas".to_owned(), json!([SCHEMA])),
        ("displayName".to_owned(), json!(group.name)),
        ("meta".to_owned(), meta),
    ]);
    written.extend(external);
    written
}

fn list_groups(call: &Call<'_>) -> Result<Reply, ApiError> {
    let filter = read_filter(call)?;
    let organization = call.tenant().read();
    let groups = organization.directory().groups.iter();
    let passes = |filter: &Filter, group: &Record<DirectoryGroup>| {
        let is_about_members = filter.names("members");
        let written = if is_about_members { to_json(&organization, group) } else { without_members(group) };
        filter.matches(&written)
    };
    let groups = groups.filter(|group| filter.as_ref().is_none_or(|filter| passes(filter, group)));
    list(call, groups, |group| to_json(&organization, group))
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let group = find::<DirectoryGroup>(&organization, &call.param("groupId")?)?;
    if let Some(unchanged) = super::unchanged(call, group.version) {
        return Ok(unchanged);
    }
    let mut written = to_json(&organization, group);
    select(&mut written, &call.query_list("attributes"), &call.query_list("excludedAttributes"));
    reply(group, &written)
}

fn reply(group: &Record<DirectoryGroup>, written: &Map<String, Value>) -> Result<Reply, ApiError> {
    Ok(super::with_version(Reply::json(StatusCode::OK, written)?, group.version))
}

fn replace(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    change(call, |written| {
        written.retain(|key, _| key == "displayName");
        patch::merge(GROUP, written, Op::Replace, &body)
    })
}

fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let operations = patch::read(call, GROUP)?;
    change(call, |written| patch::apply(GROUP, written, &operations))
}

/// Gives the group the name and the members of what `change` makes of it.
fn change(
    call: &Call<'_>,
    change: impl FnOnce(&mut Map<String, Value>) -> Result<(), ApiError>,
) -> Result<Reply, ApiError> {
    let id = call.param("groupId")?;
    call.change(|organization| {
        let mut group = find::<DirectoryGroup>(organization, &id)?.clone();
        check_version(call, group.version)?;
        let mut body = to_json(organization, &group);
        change(&mut body)?;
        attributes::check(GROUP, &body)?;
        let members = read_members(organization, &body)?;
        record::check_name(&body, "displayName")
            .map_err(|error| error.with_scim_type("invalidValue"))?
            .clone_into(&mut group.name);
        match body.shift_remove("externalId").filter(|id| !id.is_null()) {
            Some(id) => drop(group.extra.insert(SCIM_EXTERNAL_ID.to_owned(), id)),
            None => drop(group.extra.shift_remove(SCIM_EXTERNAL_ID)),
        }
        group.version += 1;
        group.modified = call.now;
        let table = DirectoryGroup::table_mut(organization);
        table
            .replace(group.clone())
            .map_err(|refused| record::refused::<DirectoryGroup>(refused).with_scim_type("uniqueness"))?;
        set_members(organization, group.id(), &members);
        reply(&group, &to_json(organization, &group))
    })
}

fn set_members(organization: &mut Organization, group: Id<DirectoryGroup>, members: &BTreeSet<UserIndex>) {
    let before = organization.directory().members.members(group).keys().copied();
    let gone: Vec<_> = before.filter(|user| !members.contains(user)).collect();
    let members: Vec<_> = members.iter().copied().collect();
    organization.leave_group(group, &gone);
    organization.join_group(group, &members);
}

/// The users of `members`.
fn read_members(
    organization: &Organization,
    body: &Map<String, Value>,
) -> Result<BTreeSet<UserIndex>, ApiError> {
    let members = body.get("members").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let users = members.iter().map(|member| {
        let id = member.get("value").and_then(Value::as_str);
        let id = id.ok_or_else(|| ApiError::scim("invalidValue", "Each member needs a value, its id."))?;
        let found = find_index(organization.people(), id);
        found.map_err(|_| ApiError::no_reference("members", "user", id).with_scim_type("invalidValue"))
    });
    users.collect()
}
