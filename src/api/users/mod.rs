//! Users: listings, one user, the caller's own user, statuses.
//!
//! `change` reads the fields that clients may set, and has the checks of a profile and an email that SCIM calls too.
//! `search` searches users. `presence`, `definitions` and `routing` are the agents' status. A `{userId}` is an id, or a
//! name such as `agent-17`, so that load scripts can count. To let clients set another field, add a line in `change`.

mod change;
mod definitions;
pub(super) mod external_ids;
mod hierarchy;
mod listing;
mod presence;
mod profile;
mod routing;
mod search;
mod sources;

use serde_json::json;
use uuid::Uuid;

pub(super) use self::change::{check_email, check_profile};
use super::call::Call;
use crate::api::route::Route;
use crate::catalog::Checks;
use crate::time::clock::rfc3339;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::id::{Id, UserIndex};
use crate::world::people::{People, User};

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    let users = vec![
        Route::get("/api/v2/users", listing::list),
        // A user without a division is in the home division, though the document requires one.
        Route::post("/api/v2/users", change::create).checks(Checks::Inside),
        Route::patch("/api/v2/users/bulk", change::update_many),
        Route::get("/api/v2/users/search", search::search_by_query),
        Route::post("/api/v2/users/search", search::search_by_body),
        Route::post("/api/v2/users/search/conversation/target", search::search_by_body),
        Route::post("/api/v2/users/search/queuemembers/manage", search::search_by_body),
        Route::post("/api/v2/users/search/teams/assign", search::search_by_body),
        Route::get("/api/v2/users/me", get_me).or_scope("user-basic-info"),
        Route::get("/api/v2/users/{userId}", get),
        Route::patch("/api/v2/users/{userId}", change::update),
        Route::delete("/api/v2/users/{userId}", delete),
    ];
    let parts = [presence::routes(), routing::routes(), profile::routes(), hierarchy::routes()];
    [users, parts.concat(), definitions::routes(), sources::routes(), external_ids::routes()].concat()
}

/// Finds the user that `id` names, unless it is deleted.
pub(super) fn find_user<'p>(people: &'p People, id: &str) -> Result<&'p User, ApiError> {
    people.get(id).filter(|user| user.exists()).ok_or_else(|| ApiError::no_such("user", id))
}

/// The index of the user that `id` names, unless it is deleted.
pub(super) fn find_index(people: &People, id: &str) -> Result<UserIndex, ApiError> {
    find_user(people, id)?;
    people.find(id).ok_or_else(|| ApiError::no_such("user", id))
}

/// Whether the presence of a user is `wanted`: the id of a presence definition, or the name of a status.
pub(super) fn has_presence(user: &User, wanted: &str) -> bool {
    view::user::definition_id(user).eq_ignore_ascii_case(wanted)
        || crate::world::workforce::AgentStatus::from_name(wanted) == Some(user.status)
}

/// A copy of the user in the call's path.
fn user_in_path(call: &Call<'_>) -> Result<User, ApiError> {
    let id = call.param("userId")?;
    find_user(call.tenant().read().people(), &id).cloned()
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("userId")?;
    let state = listing::read_state(call)?;
    let found = call.tenant().read().people().get(&id).cloned();
    let user = found.filter(|user| state.is_none_or(|state| state == user.state) || user.exists());
    let user = user.ok_or_else(|| ApiError::no_such("user", &id))?;
    Reply::ok(&view::user::to_json(call.tenant(), &user, &call.query_list("expand")))
}

fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("userId")?;
    call.change(|organization| {
        find_user(organization.people(), &id)?;
        let index = find_index(organization.people(), &id)?;
        organization.delete_user(index, call.now);
        Reply::ok(&json!({}))
    })
}

/// The token's user. A client-credentials token has none. The platform probably refuses it; gcmock answers with the
/// client in the shape of a user (assumed), because the vendor's quick starts begin with this request.
fn get_me(call: &Call<'_>) -> Result<Reply, ApiError> {
    let index = call.caller.token.user;
    let user = index.and_then(|index| call.tenant().read().people().at(index).cloned());
    let expand = call.query_list("expand");
    let mut shown =
        view::user::to_json(call.tenant(), &user.unwrap_or_else(|| client_as_user(call)), &expand);
    if index.is_none() {
        shown.insert("id".to_owned(), json!(call.caller.token.client.id));
    }
    let tenant = call.tenant();
    for wanted in &expand {
        let value = match wanted.as_str() {
            "date" => json!({ "currentDate": rfc3339(call.now) }),
            "organization" => {
                json!({ "id": tenant.id, "name": tenant.name, "version": 1, "selfUri": "/api/v2/organizations/me" })
            }
            _ => continue,
        };
        shown.insert(wanted.clone(), value);
    }
    Reply::ok(&shown)
}

/// The OAuth client in the shape of a user.
fn client_as_user(call: &Call<'_>) -> User {
    let client = &call.caller.token.client;
    let id = Id::new(Uuid::try_parse(&client.id).unwrap_or_default());
    let email = format!("{}@{}", client.name, call.tenant().seed.domain);
    User::new(id, client.name.clone(), email, crate::world::workforce::AgentStatus::Offline, 0)
}
