//! SCIM users.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{both, filtered, list, meta, patch, select};
use crate::api::call::Call;
use crate::api::entity::required_text;
use crate::api::route::Route;
use crate::api::users::{find_index, find_user};
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::people::{State, User};
use crate::world::workforce::AgentStatus;

const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// The key of the external id among the stored fields of a user.
const EXTERNAL_ID: &str = "scimExternalId";

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
    let index = organization.people().index_of(user.id);
    let groups = index.into_iter().flat_map(|index| organization.directory().groups_of(index));
    let groups = groups.map(|group| {
        json!({ "type": "Group", "value": group.id, "$ref": format!("/api/v2/scim/v2/groups/{}", group.id) })
    });
    let roles = organization.authorization().roles_of(user.id.uuid()).into_iter();
    let roles: Vec<Value> = roles.map(|role| json!({ "value": role.name })).collect();
    let field = |key: &str| user.extra.get(key).cloned();
    let location = format!("/api/v2/scim/v2/users/{}", user.id);
    let mut written = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            written.insert(key.to_owned(), value);
        }
    };
    put("id", Some(json!(user.id)));
    put("schemas", Some(json!([SCHEMA])));
    put("active", Some(json!(user.state == State::Active)));
    put("userName", Some(json!(user.email)));
    put("displayName", Some(json!(user.name)));
    put("title", field("title"));
    put("phoneNumbers", field("scimPhoneNumbers"));
    put("emails", Some(json!([{ "value": user.email, "type": "work", "primary": true }])));
    put("externalId", field(EXTERNAL_ID));
    put("groups", Some(groups.collect()));
    put("roles", Some(json!(roles)));
    put(ENTERPRISE, field("department").map(|department| json!({ "department": department })));
    put("meta", Some(meta("User", &location, user.version, &rfc3339(user.status_since))));
    written
}

fn list_users(call: &Call<'_>) -> Result<Reply, ApiError> {
    let all = {
        let organization = call.tenant().read();
        let users = organization.people().iter().filter(|user| user.exists());
        users.map(|user| to_json(&organization, user)).collect()
    };
    list(call, filtered(call, all)?)
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let mut written = to_json(&organization, find_user(organization.people(), &call.param("userId")?)?);
    select(&mut written, &call.query_list("attributes"), &call.query_list("excludedAttributes"));
    Reply::ok(&written)
}

fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let email = required_text(&body, "userName")?.to_owned();
    required_text(&body, "displayName")?;
    let mut user = User::new(Id::random(), email.clone(), email, AgentStatus::Offline, call.now);
    apply(&mut user, &body);
    let written = call.change(|organization| {
        check_email(organization, &user)?;
        organization.add_user(user.clone()).map_err(|full| ApiError::conflict(full.to_string()))?;
        Ok(to_json(organization, &user))
    })?;
    Reply::json(StatusCode::OK, &written)
}

/// Refuses an address that another user has.
fn check_email(organization: &Organization, user: &User) -> Result<(), ApiError> {
    let has_it =
        |other: &User| other.exists() && other.id != user.id && other.email.eq_ignore_ascii_case(&user.email);
    if organization.people().iter().any(has_it) {
        return Err(ApiError::conflict(format!("There is a user with the email {} already.", user.email)));
    }
    Ok(())
}

/// Sets what `body` says of a user.
fn apply(user: &mut User, body: &Map<String, Value>) {
    let text = |key: &str| body.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    if let Some(name) = text("displayName") {
        name.clone_into(&mut user.name);
    }
    if let Some(email) = text("userName") {
        email.clone_into(&mut user.email);
    }
    if let Some(active) = body.get("active").and_then(Value::as_bool) {
        user.state = if active { State::Active } else { State::Inactive };
    }
    let department = body.get(ENTERPRISE).and_then(|more| more.get("department"));
    let fields = [
        ("title", body.get("title")),
        ("scimPhoneNumbers", body.get("phoneNumbers")),
        (EXTERNAL_ID, body.get("externalId")),
        ("department", department),
    ];
    for (key, value) in fields {
        if let Some(value) = value.filter(|value| !value.is_null()) {
            user.extra.insert(key.to_owned(), value.clone());
        }
    }
}

fn replace(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    change(call, |user, _| {
        apply(user, &body);
        Ok(())
    })
}

/// Applies the operations of a PATCH to the user as SCIM shows it.
fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let operations = patch::read(call)?;
    change(call, |user, written| {
        patch::apply(written, &operations)?;
        apply(user, written);
        Ok(())
    })
}

fn change(
    call: &Call<'_>,
    change: impl FnOnce(&mut User, &mut Map<String, Value>) -> Result<(), ApiError>,
) -> Result<Reply, ApiError> {
    let id = call.param("userId")?;
    call.change(|organization| {
        let index = find_index(organization.people(), &id)?;
        let mut user = find_user(organization.people(), &id)?.clone();
        check_version(call, user.version)?;
        let mut written = to_json(organization, &user);
        change(&mut user, &mut written)?;
        check_email(organization, &user)?;
        user.version += 1;
        organization.set_profile(index, &user);
        Reply::ok(&to_json(organization, &user))
    })
}

/// Refuses a change of another version than the one that `If-Match` names.
pub(super) fn check_version(call: &Call<'_>, version: u32) -> Result<(), ApiError> {
    let current = version.to_string();
    let named = call.header("if-match").map(|text| text.trim_start_matches("W/").trim_matches('"'));
    if named.is_some_and(|named| named != current && named != "*") {
        const WHY: &str = "The version of the resource is another one.";
        return Err(ApiError::new(StatusCode::PRECONDITION_FAILED, "precondition.failure", WHY));
    }
    Ok(())
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("userId")?;
    call.change(|organization| {
        let index = find_index(organization.people(), &id)?;
        let user = find_user(organization.people(), &id)?.clone();
        check_version(call, user.version)?;
        organization.set_profile(index, &User { state: State::Deleted, version: user.version + 1, ..user });
        Ok(Reply::no_content())
    })
}
