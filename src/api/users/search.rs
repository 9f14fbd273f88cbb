//! `users/search`: the vendor's search language over the fields that users have here. The searches of users for one purpose
//! find the same users: the caller is allowed everything.

use serde_json::Value;

use crate::api::call::Call;
use crate::api::search::{Search, answer, decode, texts_at};
use crate::time::clock::rfc3339;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::people::User;

pub(super) fn search_by_body(call: &Call<'_>) -> Result<Reply, ApiError> {
    search(call, &call.json_object()?.into())
}

pub(super) fn search_by_query(call: &Call<'_>) -> Result<Reply, ApiError> {
    search(call, &decode(call)?)
}

/// Searches users. Deleted ones are found only where a criterion is about the state.
fn search(call: &Call<'_>, body: &Value) -> Result<Reply, ApiError> {
    let search = Search::read(body)?;
    let page = search.page;
    let by_state = search.names("state");
    let organization = call.tenant().read();
    let users = organization.people().iter().filter(|user| by_state || user.exists());
    let found = search.select(users, &|user, field| texts(&organization, user, field));
    let on_page = found.iter().copied().skip(page.offset()).take(page.most());
    let results = user::page(&organization, on_page, &search.expand);
    answer("/api/v2/users/search", body, (results, found.len()), page, &["users"])
}

/// The texts of a field: one that every user has, or one of the user as it is shown with this field expanded.
fn texts(organization: &Organization, user: &User, field: &str) -> Vec<String> {
    match text(user, field) {
        Some(text) => vec![text],
        None if field == "divisionId" => texts(organization, user, "division.id"),
        None => {
            let first = field.split('.').next().unwrap_or_default().to_owned();
            texts_at(&user::in_organization(organization, user, &[first]), field)
        }
    }
}

/// The text of a field that needs no other entity.
fn text(user: &User, field: &str) -> Option<String> {
    match field {
        "id" | "guid" => Some(user.id.to_string()),
        "name" => Some(user.name.clone()),
        "email" => Some(user.email.clone()),
        "state" => Some(user.state.name().to_owned()),
        "version" => Some(user.version.to_string()),
        "dateModified" => Some(user.modified()),
        "presence.modifiedDate" => Some(rfc3339(user.status_since)),
        "routingStatus" | "routingStatus.status" => Some(user.routing.name().to_owned()),
        "username" if !user.extra.contains_key(field) => Some(user.email.clone()),
        "department" | "title" | "username" => user.extra.get(field)?.as_str().map(str::to_owned),
        _ => None,
    }
}
