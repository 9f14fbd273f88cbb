//! Users: listings, one user, the caller's own user, statuses.
//!
//! `change` reads the fields that clients may set, `search` the search language. `presence`, `definitions` and
//! `routing` are the agents' status, `queues` the queues of a user. A `{userId}` is an id, or a name such as
//! `agent-17`, so that load scripts can count. To let clients set another field, add a line in `change`.

mod change;
mod definitions;
mod listing;
mod presence;
mod queues;
mod routing;
mod search;

use serde_json::json;
use uuid::Uuid;

use super::call::Call;
use crate::api::route::{Route, delete, get, patch, post};
use crate::time::clock::rfc3339;
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::id::UserIndex;
use crate::world::people::{People, State, User};

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    let users = vec![
        get("/api/v2/users", listing::list),
        post("/api/v2/users", change::create),
        patch("/api/v2/users/bulk", change::change_many),
        get("/api/v2/users/search", search::by_query),
        post("/api/v2/users/search", search::by_body),
        get("/api/v2/users/me", me).or_scope("user-basic-info"),
        get("/api/v2/users/{userId}", user),
        patch("/api/v2/users/{userId}", change::change),
        delete("/api/v2/users/{userId}", remove),
    ];
    let parts = [queues::routes(), presence::routes(), routing::routes()];
    [users, parts.concat(), definitions::routes()].concat()
}

/// The user that `id` names, unless deleted.
pub(super) fn found<'p>(people: &'p People, id: &str) -> Result<&'p User, ApiError> {
    people.get(id).filter(|user| user.exists()).ok_or_else(|| ApiError::no_such("user", id))
}

/// The index of the user that `id` names, unless deleted.
pub(super) fn find_index(people: &People, id: &str) -> Result<UserIndex, ApiError> {
    found(people, id)?;
    people.find(id).ok_or_else(|| ApiError::no_such("user", id))
}

/// A copy of the user in the call's path.
fn named(call: &Call<'_>) -> Result<User, ApiError> {
    let id = call.param("userId")?;
    found(call.tenant().read().people(), &id).cloned()
}

fn user(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("userId")?;
    let wanted = listing::wanted_state(call)?;
    let found = call.tenant().read().people().get(&id).cloned();
    let user = found.filter(|user| wanted.is_none_or(|state| state == user.state) || user.exists());
    let user = user.ok_or_else(|| ApiError::no_such("user", &id))?;
    Reply::ok(&view::user::to_json(call.tenant(), &user, &call.query_list("expand")))
}

fn remove(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("userId")?;
    call.change(|organization| {
        let user = found(organization.people(), &id)?.clone();
        let index = find_index(organization.people(), &id)?;
        organization.set_profile(index, &User { state: State::Deleted, version: user.version + 1, ..user });
        Reply::ok(&json!({}))
    })
}

/// The token's user. A client-credentials token has none; the platform refuses it, by all we know.
/// Here it gets the client in a user's shape (assumed), for the quick starts that begin with this.
fn me(call: &Call<'_>) -> Result<Reply, ApiError> {
    let index = call.caller.token.user;
    let user = index.and_then(|index| call.tenant().read().people().at(index).cloned());
    let expand = call.query_list("expand");
    let mut shown = view::user::to_json(call.tenant(), &user.unwrap_or_else(|| stand_in(call)), &expand);
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

/// The OAuth client as a user.
fn stand_in(call: &Call<'_>) -> User {
    let client = &call.caller.token.client;
    let id = Uuid::try_parse(&client.id).unwrap_or_default();
    let email = format!("{}@{}", client.name, call.tenant().seed.domain);
    User::new(id, client.name.clone(), email, crate::world::workforce::AgentStatus::Offline, 0)
}
