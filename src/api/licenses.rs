//! The licences of users. Their ids are assumed, and that an agent starts with one of contact centers.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::call::Call;
use super::entity::{text, texts};
use super::fixed::{self, body};
use super::json_entity::{Body, answer};
use super::refusal;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::people::{State, User};

const DEFINITIONS: &str = "/api/v2/license/definitions";
const USERS: &str = "/api/v2/license/users";
const TOGGLE: &str = "/api/v2/license/toggles/{featureName}";
/// The licence of an agent, and that of another user.
const FIRST: [&str; 2] = ["genesysCloudCX3", "collaborate"];
const LICENSES: [(&str, &str); 5] = [
    ("collaborate", "Chat and the directory"),
    ("communicate", "Calls between users"),
    ("genesysCloudCX1", "A contact center with calls"),
    ("genesysCloudCX2", "A contact center with calls and digital media"),
    ("genesysCloudCX3", "A contact center with calls, digital media and workforce engagement"),
];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(DEFINITIONS, |call| {
            answer::reply(call, definitions().map(Value::Object).collect::<Vec<_>>())
        }),
        Route::get(&format!("{DEFINITIONS}/{{licenseId}}"), |call| {
            fixed::get(call, ("license", "licenseId"), definitions())
        }),
        Route::get(USERS, list),
        Route::post(USERS, fetch),
        Route::get(&format!("{USERS}/{{userId}}"), get),
        Route::post("/api/v2/license/organization", assign),
        Route::post("/api/v2/license/infer", infer),
        Route::get(TOGGLE, toggle),
        Route::post(TOGGLE, toggle),
    ]
}

fn definitions() -> impl Iterator<Item = Body> {
    LICENSES.iter().map(|(id, description)| definition(id, description))
}

fn definition(id: &str, description: &str) -> Body {
    body([
        ("id", json!(id)),
        ("description", json!(description)),
        ("permissions", json!({ "ids": [] })),
        ("prerequisites", json!([])),
        ("comprises", json!([])),
        ("selfUri", json!(format!("{DEFINITIONS}/{id}"))),
    ])
}

/// The licences of a user: those that were assigned, or the one that it starts with.
fn licenses_of(organization: &Organization, user: &User) -> Vec<String> {
    match organization.collections.get(USERS, &user.id.to_string()) {
        Some(kept) => texts(kept, "licenses").into_iter().map(str::to_owned).collect(),
        None => vec![FIRST[usize::from(!user.is_agent())].to_owned()],
    }
}

fn of_user(organization: &Organization, user: &User) -> Body {
    let uri = format!("{USERS}/{}", user.id);
    body([
        ("id", json!(user.id)),
        ("licenses", json!(licenses_of(organization, user))),
        ("selfUri", json!(uri)),
    ])
}

fn find<'o>(organization: &'o Organization, id: &str) -> Option<&'o User> {
    organization.people().get(id).filter(|user| user.exists())
}

/// `GET …/users`: the active users.
fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let page = call.page()?;
    let organization = call.tenant().read();
    let active = || organization.people().iter().filter(|user| user.state == State::Active);
    let on_page = active().skip(page.offset()).take(page.most());
    let entities: Vec<Body> = on_page.map(|user| of_user(&organization, user)).collect();
    let page = Page::new(entities, active().count(), page, call.path, call.query);
    answer::reply(call, json!(page))
}

fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("userId")?;
    let organization = call.tenant().read();
    let user = find(&organization, &id).ok_or_else(|| ApiError::no_such("user", &id))?;
    let mut shown = of_user(&organization, user);
    let held = licenses_of(&organization, user);
    let held: Vec<Body> = definitions().filter(|one| held.iter().any(|id| id == text(one, "id"))).collect();
    shown.insert("licenses".to_owned(), json!(held));
    answer::reply(call, shown)
}

/// `POST …/users`: the licences of several users, by their ids. Ids of no user are left out.
fn fetch(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = call.json_ids_or_none()?.unwrap_or_default();
    let organization = call.tenant().read();
    let found = ids.into_iter().filter_map(|id| {
        let shown = of_user(&organization, find(&organization, &id)?);
        Some((id, Value::Object(shown)))
    });
    answer::reply(call, found.collect::<Map<_, _>>())
}

/// `POST …/organization`: gives licences to users, and takes them away.
fn assign(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object_or_none()?.unwrap_or_default();
    let Some(changes) = body.get("assignments").and_then(Value::as_array) else {
        return Err(refusal::of_missing("assignments"));
    };
    let results = call.change(|organization| {
        let mut results = Vec::new();
        for change in changes.iter().filter_map(Value::as_object) {
            let license = text(change, "licenseId");
            for (key, adds) in [("userIdsAdd", true), ("userIdsRemove", false)] {
                let users = texts(change, key).into_iter();
                results.extend(users.map(|user| change_one(organization, license, user, adds)));
            }
        }
        Ok(results)
    })?;
    answer::reply(call, results)
}

/// Gives a user a licence or takes it away, and tells what came of it. The words of results are assumed.
fn change_one(organization: &mut Organization, license: &str, user: &str, adds: bool) -> Value {
    let result = |word: &str| json!({ "userId": user, "licenseId": license, "result": word });
    if !LICENSES.iter().any(|(id, _)| *id == license) {
        return result("license.not.found");
    }
    let Some(found) = find(organization, user) else { return result("user.not.found") };
    let id = found.id.to_string();
    let mut held: BTreeSet<String> = licenses_of(organization, found).into_iter().collect();
    if adds {
        held.insert(license.to_owned());
    } else {
        held.remove(license);
    }
    let kept = body([("licenses", json!(held))]);
    organization.collections.insert_chosen(USERS, &id, kept);
    result("success")
}

/// `POST …/infer`: the licences that roles need. A role that names none needs that of an agent (assumed).
fn infer(call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = call.json_ids_or_none()?.unwrap_or_default();
    let organization = call.tenant().read();
    let roles = ids.iter().filter_map(|id| organization.authorization().roles.find(id));
    let licenses = roles.map(|role| match text(&role.extra, "baseLicense") {
        "" => FIRST[0].to_owned(),
        license => license.to_owned(),
    });
    answer::reply(call, licenses.collect::<BTreeSet<_>>().into_iter().map(Value::from).collect::<Vec<_>>())
}

/// The document says that each toggle is on, and that a change of it has no effect.
fn toggle(call: &Call<'_>) -> Result<Reply, ApiError> {
    answer::reply(call, json!({ "featureName": call.param("featureName")?, "enabled": true }))
}
