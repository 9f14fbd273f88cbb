//! SCIM users.

use http::StatusCode;
use http::header::{HeaderValue, LOCATION};
use serde_json::{Map, Value, json};

use super::abilities::{self, Abilities};
use super::attributes::{self, ENTERPRISE, GENESYS, USER};
use super::filter::Filter;
use super::patch::{self, Op};
use super::{both, check_version, employee, list, meta, phones, read_filter, select};
use crate::api::call::Call;
use crate::api::entity::required_text;
use crate::api::route::Route;
use crate::api::users::{check_email, check_profile, find_index, find_user};
use crate::time::Nanos;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::people::{State, User};
use crate::world::workforce::AgentStatus;

const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The keys of what SCIM alone knows of a user, among its stored fields.
const EXTERNAL_ID: &str = "scimExternalId";
const OTHER_EMAILS: &str = "scimEmails";
/// The attributes that a PUT without them does not take away.
const KEPT: [&str; 5] = ["userName", "displayName", "active", "roles", GENESYS];

pub(super) fn routes() -> Vec<Route> {
    [
        both(Route::get, "users", list_users),
        both(Route::post, "users", create),
        both(Route::get, "users/{userId}", get),
        both(Route::put, "users/{userId}", replace),
        both(Route::patch, "users/{userId}", update),
        both(Route::delete, "users/{userId}", delete),
    ]
    .concat()
}

/// A user in the format of SCIM.
fn to_json(organization: &Organization, user: &User) -> Map<String, Value> {
    some_to_json(organization, user, &|_| true)
}

/// The attributes of a user that are wanted. A filter of a listing wants few of many users.
fn some_to_json(
    organization: &Organization,
    user: &User,
    is_wanted: &dyn Fn(&str) -> bool,
) -> Map<String, Value> {
    let field = |key: &str| user.extra.get(key).cloned();
    let mut written = Map::new();
    let mut put = |key: &str, value: &dyn Fn() -> Option<Value>| {
        let value = is_wanted(key).then(value).flatten();
        written.extend(value.map(|value| (key.to_owned(), value)));
    };
    put("id", &|| Some(json!(user.id)));
    put("schemas", &|| Some(json!([SCHEMA, ENTERPRISE, GENESYS])));
    put("active", &|| Some(json!(user.state == State::Active)));
    put("userName", &|| Some(json!(user.email)));
    put("displayName", &|| Some(json!(user.name)));
    put("title", &|| field("title"));
    put("phoneNumbers", &|| phones::to_json(user));
    put("emails", &|| Some(emails(user)));
    put("externalId", &|| field(EXTERNAL_ID));
    put("groups", &|| Some(groups(organization, user)));
    put("roles", &|| Some(roles(organization, user)));
    put(ENTERPRISE, &|| Some(employee::to_json(organization, user).into()));
    put(GENESYS, &|| Some(abilities::to_json(organization, user)));
    put("meta", &|| Some(meta("User", &location(user), user.version, &user.modified())));
    written
}

fn groups(organization: &Organization, user: &User) -> Value {
    let index = organization.people().index_of(user.id);
    let groups = index.into_iter().flat_map(|index| organization.directory().groups_of(index));
    let groups = groups.map(|group| {
        json!({ "type": "Group", "value": group.id(), "$ref": format!("/api/v2/scim/v2/groups/{}", group.id()) })
    });
    groups.collect()
}

fn roles(organization: &Organization, user: &User) -> Value {
    let roles = organization.authorization().roles_of(user.id.uuid()).into_iter();
    roles.map(|role| json!({ "value": role.name })).collect()
}

fn location(user: &User) -> String {
    format!("/api/v2/scim/v2/users/{}", user.id)
}

/// The address of the user, which is its name as well, and the others.
fn emails(user: &User) -> Value {
    let own = json!({ "value": user.email, "type": "work", "primary": true });
    let others = user.extra.get(OTHER_EMAILS).and_then(Value::as_array).into_iter().flatten().cloned();
    std::iter::once(own).chain(others).collect()
}

fn reply(status: StatusCode, user: &User, written: &Map<String, Value>) -> Result<Reply, ApiError> {
    Ok(super::with_version(Reply::json(status, written)?, user.version))
}

fn list_users(call: &Call<'_>) -> Result<Reply, ApiError> {
    let filter = read_filter(call)?;
    let organization = call.tenant().read();
    let users = organization.people().iter().filter(|user| user.exists());
    let passes = |filter: &Filter, user: &User| {
        filter.matches(&some_to_json(&organization, user, &|name| filter.names(name)))
    };
    let users = users.filter(|user| filter.as_ref().is_none_or(|filter| passes(filter, user)));
    list(call, users, |user| to_json(&organization, user))
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let user = find_user(organization.people(), &call.param("userId")?)?;
    if let Some(unchanged) = super::unchanged(call, user.version) {
        return Ok(unchanged);
    }
    let mut written = to_json(&organization, user);
    select(&mut written, &call.query_list("attributes"), &call.query_list("excludedAttributes"));
    reply(StatusCode::OK, user, &written)
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    for name in ["userName", "displayName"] {
        required_text(&body, name).map_err(|error| error.with_scim_type("invalidValue"))?;
    }
    let mut user = User::new(Id::random(), String::new(), String::new(), AgentStatus::Offline, call.now);
    let mut written = Map::new();
    patch::merge(USER, &mut written, Op::Replace, &body)?;
    let (user, written) = call.change(|organization| {
        apply(organization, &mut user, &written, call.now)?;
        let abilities = Abilities::read(organization, &user, &written)?;
        organization.add_user(user.clone()).map_err(|full| ApiError::conflict(full.to_string()))?;
        abilities.give(organization, &user, call.now)?;
        let written = to_json(organization, &user);
        Ok((user, written))
    })?;
    let location = HeaderValue::try_from(location(&user)).map_err(|_| ApiError::internal())?;
    Ok(reply(StatusCode::CREATED, &user, &written)?.with(LOCATION, location))
}

/// Gives a user what `written` says. An attribute that it lacks is taken away.
fn apply(
    organization: &Organization,
    user: &mut User,
    written: &Map<String, Value>,
    now: Nanos,
) -> Result<(), ApiError> {
    attributes::check(USER, written)?;
    let text = |key: &str| written.get(key).and_then(Value::as_str);
    let before = user.email.clone();
    user.name = text("displayName").map_or_else(|| user.name.clone(), str::to_owned);
    user.email = text("userName").map_or_else(|| user.email.clone(), str::to_owned);
    if let Some(active) = written.get("active").and_then(Value::as_bool) {
        user.move_to(if active { State::Active } else { State::Inactive }, None, now);
    }
    apply_emails(user, &before, written);
    for (key, attribute) in [("title", "title"), (EXTERNAL_ID, "externalId")] {
        set_field(user, key, written.get(attribute).cloned());
    }
    phones::apply(user, written.get("phoneNumbers"));
    employee::apply(organization, user, written.get(ENTERPRISE).and_then(Value::as_object))?;
    let checked = check_profile(organization, user);
    checked.map_err(|error| error.with_scim_type("invalidValue"))?;
    check_email(organization, user, &[]).map_err(|error| error.with_scim_type("uniqueness"))
}

/// Sets a field of the profile; an empty one is taken away.
pub(super) fn set_field(user: &mut User, key: &str, value: Option<Value>) {
    match value.filter(|value| !value.is_null() && value != "") {
        Some(value) => drop(user.extra.insert(key.to_owned(), value)),
        None => drop(user.extra.remove(key)),
    }
}

/// The address at work is that of the user, unless the name of the user changes. The others are kept beside it.
fn apply_emails(user: &mut User, before: &str, written: &Map<String, Value>) {
    let Some(all) = written.get("emails").and_then(Value::as_array) else { return };
    let is_other =
        |email: &&Value| email["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("other"));
    let others: Vec<_> = all.iter().filter(is_other).cloned().collect();
    let own = all.iter().find(|email| !is_other(email)).and_then(|email| email["value"].as_str());
    if let Some(own) = own.filter(|_| user.email == before) {
        own.clone_into(&mut user.email);
    }
    set_field(user, OTHER_EMAILS, (!others.is_empty()).then(|| others.into()));
}

fn replace(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    change(call, |written| {
        written.retain(|key, _| KEPT.contains(&key.as_str()));
        patch::merge(USER, written, Op::Replace, &body)
    })
}

/// Applies the operations of a PATCH to the user as SCIM shows it.
fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let operations = patch::read(call, USER)?;
    change(call, |written| patch::apply(USER, written, &operations))
}

fn change(
    call: &Call<'_>,
    change: impl FnOnce(&mut Map<String, Value>) -> Result<(), ApiError>,
) -> Result<Reply, ApiError> {
    let id = call.param("userId")?;
    call.change(|organization| {
        let index = find_index(organization.people(), &id)?;
        let mut user = find_user(organization.people(), &id)?.clone();
        check_version(call, user.version)?;
        let mut written = to_json(organization, &user);
        change(&mut written)?;
        apply(organization, &mut user, &written, call.now)?;
        let abilities = Abilities::read(organization, &user, &written)?;
        user.touch(call.now);
        organization.set_profile(index, &user);
        abilities.give(organization, &user, call.now)?;
        reply(StatusCode::OK, &user, &to_json(organization, &user))
    })
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("userId")?;
    call.change(|organization| {
        let index = find_index(organization.people(), &id)?;
        check_version(call, find_user(organization.people(), &id)?.version)?;
        organization.delete_user(index, call.now);
        Ok(Reply::no_content())
    })
}
