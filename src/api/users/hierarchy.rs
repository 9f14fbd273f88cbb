//! Who reports to whom: the `manager` of each user. And listings of users that are paged by cursors.

use serde_json::{Map, Value, json};

use super::{find_user, listing};
use crate::api::call::Call;
use crate::api::entity::is_descending;
use crate::api::route::Route;
use crate::view::user::{self, manager_of};
use crate::wire::error::ApiError;
use crate::wire::paging::{Page, cursor_uri};
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::people::User;

/// The most superiors that are followed, so that a circle of managers ends.
const MOST_SUPERIORS: usize = 20;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/users/query", list_by_cursor),
        Route::get("/api/v2/users/{userId}/directreports", list_reports),
        Route::get("/api/v2/users/{userId}/superiors", list_superiors),
        Route::get("/api/v2/users/{userId}/adjacents", list_adjacents),
        Route::get("/api/v2/users/{userId}/favorites", list_none),
        Route::get("/api/v2/users/{userId}/trustors", list_none),
    ]
}

fn list_by_cursor(call: &Call<'_>) -> Result<Reply, ApiError> {
    let state = listing::read_state(call)?;
    let expand = call.query_list("expand");
    let size = call.page()?.most();
    let start = match call.query_text("cursor") {
        None => 0,
        Some(text) => {
            text.parse().map_err(|_| ApiError::invalid_value("cursor", &text, "cursors of a listing"))?
        }
    };
    let organization = call.tenant().read();
    let users = organization.people().iter().filter(|user| state.is_none_or(|state| state == user.state));
    let mut rest = sorted(call, users).into_iter().skip(start);
    let on_page = rest.by_ref().take(size);
    let entities = user::page(&organization, on_page, &expand);
    let uri = |cursor| cursor_uri(call.path, [("pageSize", size), ("cursor", cursor)], call.query);
    let next = start + entities.len();
    let mut page = json!({ "results": entities.len(), "entities": entities, "selfUri": uri(start) });
    if rest.next().is_some() {
        page["nextUri"] = json!(uri(next));
        page["cursor"] = json!(next.to_string());
    }
    Reply::ok(&page)
}

/// The users by name where `sortOrder` is given, as the listing by pages has them; else in the order of the seed.
fn sorted<'o>(call: &Call<'_>, users: impl Iterator<Item = &'o User>) -> Vec<&'o User> {
    let mut users: Vec<_> = users.collect();
    if call.query_text("sortOrder").is_some() {
        users.sort_by_cached_key(|user| user.name.to_lowercase());
    }
    if is_descending(call) {
        users.reverse();
    }
    users
}

fn reports<'o>(organization: &'o Organization, user: &User) -> impl Iterator<Item = &'o User> {
    let id = user.id.to_string();
    let people = organization.people().iter().filter(|user| user.exists());
    people.filter(move |other| other.extra.get("manager").and_then(Value::as_str) == Some(&id))
}

/// The manager, its manager, and so on.
fn superiors<'o>(organization: &'o Organization, user: &User) -> Vec<&'o User> {
    let first = manager_of(organization, user);
    std::iter::successors(first, |user| manager_of(organization, user)).take(MOST_SUPERIORS).collect()
}

fn to_json<'u>(
    call: &Call<'_>,
    organization: &Organization,
    users: impl IntoIterator<Item = &'u User>,
) -> Vec<Map<String, Value>> {
    user::page(organization, users, &call.query_list("expand"))
}

fn list_reports(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let user = find_user(organization.people(), &call.param("userId")?)?;
    Reply::ok(&to_json(call, &organization, reports(&organization, user)))
}

fn list_superiors(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let user = find_user(organization.people(), &call.param("userId")?)?;
    Reply::ok(&to_json(call, &organization, superiors(&organization, user)))
}

fn list_adjacents(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let user = find_user(organization.people(), &call.param("userId")?)?;
    let above = to_json(call, &organization, superiors(&organization, user));
    let siblings = manager_of(&organization, user).into_iter();
    let siblings = siblings.flat_map(|manager| reports(&organization, manager));
    let siblings = to_json(call, &organization, siblings.filter(|other| other.id != user.id));
    let below = to_json(call, &organization, reports(&organization, user));
    Reply::ok(&json!({ "superiors": above, "siblings": siblings, "directReports": below }))
}

/// A page without entities: favorites and trusts are not kept here.
fn list_none(call: &Call<'_>) -> Result<Reply, ApiError> {
    find_user(call.tenant().read().people(), &call.param("userId")?)?;
    Reply::ok(&Page::of(Vec::<Value>::new(), call.page()?, call.path, call.query))
}
