//! The wrap-up codes that users gave to work items.

use http::StatusCode;
use serde_json::{Value, json};

use super::items::{ITEMS, Item};
use super::versions::newest_first;
use super::{USERS, refer};
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{Body, answer, find};
use crate::api::record::{author, referred};
use crate::api::refusal;
use crate::api::route::Route;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::json::object;
use crate::world::routing::WrapUpCode;
use crate::world::table::Kind;

pub(super) fn routes() -> Vec<Route> {
    let below = |more: &str| format!("{ITEMS}/{{workitemId}}{more}");
    vec![
        Route::get(&below("/wrapups"), list),
        Route::get(&below("/users/{userId}/wrapups"), list_of_user),
        Route::patch(&below("/users/{userId}/wrapups"), |call| change(call, &call.param("userId")?)),
        Route::patch(&below("/users/me/wrapups"), |call| change(call, &own_id(call)?)),
    ]
}

fn own_id(call: &Call<'_>) -> Result<String, ApiError> {
    let organization = call.tenant().read();
    let user = call.caller.token.user.and_then(|user| organization.people().at(user));
    user.map(|user| user.id.to_string()).ok_or_else(refusal::without_user)
}

fn kept_at(call: &Call<'_>, organization: &Organization) -> Result<String, ApiError> {
    Ok(format!("{ITEMS}/{}/wrapups", text(find::<Item>(call, organization)?, "id")))
}

fn check_user(organization: &Organization, user: &str) -> Result<(), ApiError> {
    if organization.has_entity(USERS, user) { Ok(()) } else { Err(ApiError::no_such("user", user)) }
}

/// `PATCH …/wrapups`: adds a code of a user, or takes it away.
fn change(call: &Call<'_>, user: &str) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let code = text(&body, "wrapupCode");
    let key = format!("{user}/{code}");
    let author = author(call);
    call.change(|organization| {
        let path = kept_at(call, organization)?;
        check_user(organization, user)?;
        referred::<WrapUpCode>(organization, "wrapupCode", code)?;
        organization.collections.remove(&path, &key);
        if text(&body, "action") == "Add" {
            let kept = json!({ "userId": user, "code": code, "authorId": author, "date": rfc3339(call.now) });
            organization.collections.insert_chosen(&path, &key, object(kept));
        }
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    })
}

fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let all = {
        let organization = call.tenant().read();
        shown(call, &organization, |_| true)?
    };
    answer::list(call, newest_first(call, all))
}

fn list_of_user(call: &Call<'_>) -> Result<Reply, ApiError> {
    let user = call.param("userId")?;
    let all = {
        let organization = call.tenant().read();
        let all = shown(call, &organization, |kept| text(kept, "userId") == user)?;
        check_user(&organization, &user)?;
        all
    };
    answer::list(call, newest_first(call, all))
}

fn shown(
    call: &Call<'_>,
    organization: &Organization,
    wanted: impl Fn(&Body) -> bool,
) -> Result<Vec<Body>, ApiError> {
    let path = kept_at(call, organization)?;
    let item = text(find::<Item>(call, organization)?, "id");
    let all = organization.collections.list(&path).filter(|kept| wanted(kept));
    let shown = all.map(|kept| {
        let user = |key: &str| refer(organization, USERS, text(kept, key));
        let fields = [
            ("workitem", refer(organization, ITEMS, item)),
            ("wrapupCode", refer(organization, WrapUpCode::PATH, text(kept, "code"))),
            ("user", user("userId")),
            ("modifiedBy", user("authorId")),
            ("dateModified", kept.get("date").cloned().unwrap_or(Value::Null)),
        ];
        fields.map(|(key, value)| (key.to_owned(), value)).into_iter().collect()
    });
    Ok(shown.collect())
}
