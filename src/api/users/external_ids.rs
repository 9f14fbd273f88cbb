//! The ids that other systems have for a user: an authority and a key. One key of an authority belongs to one user.

use serde_json::{Map, Value, json};

use super::{find_user, user_in_path};
use crate::api::call::Call;
use crate::api::entity::{required_text, text};
use crate::api::route::Route;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;

/// The collection of all of them, by authority and key.
const COLLECTION: &str = "/api/v2/users/externalid";
/// The most external ids of a user (assumed).
const MAX_IDS: usize = 100;
/// The most characters of an authority, and of a key (assumed).
const MAX_PART: usize = 256;
/// The key of the id of the user in a stored entity.
const USER: &str = "user";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/users/externalid/{authorityName}/{externalKey}", get_user),
        Route::get("/api/v2/users/{userId}/externalid", list),
        Route::post("/api/v2/users/{userId}/externalid", add),
        Route::get("/api/v2/users/{userId}/externalid/{authorityName}", get),
        Route::delete("/api/v2/users/{userId}/externalid/{authorityName}/{externalKey}", delete),
    ]
}

/// The external ids of a user.
fn ids_of(organization: &Organization, user: &str) -> Vec<Value> {
    let all = organization.collections.list(COLLECTION).filter(|entity| text(entity, USER) == user);
    let all = all.map(|entity| {
        let (authority, key) = (text(entity, "authorityName"), text(entity, "externalKey"));
        json!({ "authorityName": authority, "externalKey": key, "selfUri": format!("{COLLECTION}/{}/{}", encoded(authority), encoded(key)) })
    });
    all.collect()
}

/// The authority and the key of each external id of a user.
pub(in crate::api) fn of_user<'o>(
    organization: &'o Organization,
    user: &str,
) -> impl Iterator<Item = (&'o str, &'o str)> {
    let all = organization.collections.list(COLLECTION).filter(move |entity| text(entity, USER) == user);
    all.map(|entity| (text(entity, "authorityName"), text(entity, "externalKey")))
}

/// Refuses an external id that is too long or empty, or that another user has.
pub(in crate::api) fn check(
    organization: &Organization,
    user: &str,
    authority: &str,
    key: &str,
) -> Result<(), ApiError> {
    let is_part = |text: &str| (1..=MAX_PART).contains(&text.chars().count());
    if !is_part(authority) || !is_part(key) {
        let why = format!("The parts of an external id have 1 to {MAX_PART} characters.");
        return Err(ApiError::bad_request(why));
    }
    let known = organization.collections.get(COLLECTION, &format!("{authority}/{key}"));
    if known.is_some_and(|known| text(known, USER) != user) {
        return Err(ApiError::conflict("Another user has this external id."));
    }
    Ok(())
}

/// Gives a user these external ids in place of those that it has.
pub(in crate::api) fn replace(organization: &mut Organization, user: &str, ids: &[(String, String)]) {
    let known: Vec<String> =
        of_user(organization, user).map(|(authority, key)| format!("{authority}/{key}")).collect();
    let wanted: Vec<String> = ids.iter().map(|(authority, key)| format!("{authority}/{key}")).collect();
    for id in known.iter().filter(|id| !wanted.contains(id)) {
        organization.collections.remove(COLLECTION, id);
    }
    for (id, (authority, key)) in wanted.iter().zip(ids).filter(|(id, _)| !known.contains(id)) {
        organization.collections.insert_chosen(COLLECTION, id, entity(user, authority, key));
    }
}

fn entity(user: &str, authority: &str, key: &str) -> Map<String, Value> {
    let parts = [("authorityName", authority), ("externalKey", key), (USER, user)];
    parts.map(|(name, part)| (name.to_owned(), json!(part))).into_iter().collect()
}

/// A segment of a path.
fn encoded(text: &str) -> percent_encoding::PercentEncode<'_> {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let user = user_in_path(call)?.id.to_string();
    Reply::ok(&ids_of(&call.tenant().read(), &user))
}

/// A part of an external id.
fn read_part<'b>(body: &'b Map<String, Value>, key: &'static str) -> Result<&'b str, ApiError> {
    let text = required_text(body, key)?;
    if text.chars().count() > MAX_PART {
        let why = format!("The property {key} has at most {MAX_PART} characters.");
        return Err(ApiError::constraint(key, why));
    }
    Ok(text)
}

fn add(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (user, body) = (user_in_path(call)?.id.to_string(), call.json_object()?);
    let authority = read_part(&body, "authorityName")?.to_owned();
    let key = read_part(&body, "externalKey")?.to_owned();
    call.change(|organization| {
        let id = format!("{authority}/{key}");
        let known = organization.collections.get(COLLECTION, &id);
        if known.is_some_and(|known| text(known, USER) != user) {
            return Err(ApiError::conflict("Another user has this external id."));
        }
        if known.is_none() && ids_of(organization, &user).len() >= MAX_IDS {
            let why = format!("A user has at most {MAX_IDS} external ids.");
            return Err(ApiError::constraint("externalKey", why));
        }
        organization.collections.insert_chosen(COLLECTION, &id, entity(&user, &authority, &key));
        Reply::ok(&ids_of(organization, &user))
    })
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (user, authority) = (user_in_path(call)?.id.to_string(), call.param("authorityName")?);
    let all = ids_of(&call.tenant().read(), &user);
    let found = all.into_iter().find(|id| id["authorityName"] == authority.as_ref());
    Reply::ok(&found.ok_or_else(|| ApiError::no_such("external id", &authority))?)
}

/// The user that has an external id.
fn get_user(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = format!("{}/{}", call.param("authorityName")?, call.param("externalKey")?);
    let organization = call.tenant().read();
    let known = organization.collections.get(COLLECTION, &id);
    let known = known.ok_or_else(|| ApiError::no_such("external id", &id))?;
    let found = find_user(organization.people(), text(known, USER))?;
    Reply::ok(&user::in_organization(&organization, found, &call.query_list("expand")))
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    let user = user_in_path(call)?.id.to_string();
    let id = format!("{}/{}", call.param("authorityName")?, call.param("externalKey")?);
    call.change(|organization| {
        let known = organization.collections.get(COLLECTION, &id);
        if known.is_none_or(|known| text(known, USER) != user) {
            return Err(ApiError::no_such("external id", &id));
        }
        organization.collections.remove(COLLECTION, &id);
        Ok(Reply::no_content())
    })
}
