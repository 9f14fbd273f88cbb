//! Performance profiles of gamification: they are active or not, and each user is a member of one at most.

use serde_json::{Value, json};

use super::{check_users, users};
use crate::api::call::Call;
use crate::api::entity::{text, texts};
use crate::api::json_entity::{self, Body, JsonEntity, answer};
use crate::api::record::{author_in, check_references_of};
use crate::api::route::Route;
use crate::api::users::find_user;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::authorization::Division;
use crate::world::json::object;
use crate::world::people::User;
use crate::world::reference::Reference;

const PROFILES: &str = "/api/v2/gamification/profiles";

pub(super) fn routes() -> Vec<Route> {
    let one = |more: &str| format!("{PROFILES}/{{profileId}}{more}");
    vec![
        Route::get(PROFILES, json_entity::list::<Profile>),
        Route::post(PROFILES, json_entity::create::<Profile>),
        Route::get(&one(""), json_entity::get::<Profile>),
        Route::put(&one(""), json_entity::replace::<Profile>),
        Route::post(&one("/activate"), |call| set_active(call, true)),
        Route::post(&one("/deactivate"), |call| set_active(call, false)),
        Route::get(&one("/members"), list_members),
        Route::post(&one("/members"), change_members),
        Route::get(&format!("{PROFILES}/users/me"), get_of_user),
        Route::get(&format!("{PROFILES}/users/{{userId}}"), get_of_user),
    ]
}

/// A performance profile.
enum Profile {}

impl JsonEntity for Profile {
    const NAME: &'static str = "performance profile";
    const PATH: &'static str = PROFILES;
    const PARAM: &'static str = "profileId";
    const UNIQUE: bool = true;
    const SET_BY_SERVER: &'static [&'static str] = &["active", "division"];

    fn check(
        _: &Call<'_>,
        organization: &Organization,
        before: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        const DIVISION: Reference = Reference::to::<Division>("division");
        if before.is_some() { Ok(()) } else { check_references_of(organization, &[DIVISION], body) }
    }

    fn start(_: &Call<'_>, _: &Organization, entity: &mut Body) {
        entity.entry("active").or_insert(json!(false));
        entity.entry("metricOrders").or_insert(json!([]));
    }

    fn change(_: &Call<'_>, _: &Organization, before: &Body, entity: &mut Body) {
        for key in Self::SET_BY_SERVER {
            if let Some(known) = before.get(*key) {
                entity.insert((*key).to_owned(), known.clone());
            }
        }
    }

    fn show(_: &Call<'_>, organization: &Organization, entity: &mut Body) {
        let count = members(organization, text(entity, "id")).len();
        entity.insert("memberCount".to_owned(), json!(count));
    }
}

/// The collection of the members of a profile, by the ids of users.
fn members_of(profile: &str) -> String {
    format!("{PROFILES}/{profile}/members")
}

/// The ids of the members of a profile. A deleted user is none.
fn members<'o>(organization: &'o Organization, profile: &str) -> Vec<&'o str> {
    let path = members_of(profile);
    let all = organization.collections.list(&path).map(|member| text(member, "id"));
    all.filter(|id| organization.people().get(id).is_some_and(User::exists)).collect()
}

fn set_active(call: &Call<'_>, active: bool) -> Result<Reply, ApiError> {
    let shown = call.change(|organization| {
        let id = text(json_entity::find::<Profile>(call, organization)?, "id").to_owned();
        let changed = organization.collections.update(PROFILES, &id, |profile| {
            profile.insert("active".to_owned(), json!(active));
            Ok::<(), ApiError>(())
        });
        let changed = changed.ok_or_else(ApiError::internal)??;
        Ok(json_entity::to_json::<Profile>(call, organization, &changed))
    })?;
    answer::reply(call, shown)
}

fn list_members(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let profile = text(json_entity::find::<Profile>(call, &organization)?, "id").to_owned();
    let members: Vec<Value> = members(&organization, &profile).into_iter().map(user::reference).collect();
    drop(organization);
    answer::reply(call, json!({ "entities": members }))
}

/// Assigns and removes members. A user that is assigned leaves the profile that it was a member of.
fn change_members(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let (assigned, removed) = (texts(&body, "membersToAssign"), texts(&body, "membersToRemove"));
    call.change(|organization| {
        let profile = text(json_entity::find::<Profile>(call, organization)?, "id").to_owned();
        check_users(organization, "membersToAssign", &assigned)?;
        check_users(organization, "membersToRemove", &removed)?;
        for user in &removed {
            organization.collections.remove(&members_of(&profile), user);
        }
        for user in &assigned {
            if let Some(before) = profile_of(organization, user) {
                organization.collections.remove(&members_of(&before), user);
            }
            let member = Body::from_iter([("id".to_owned(), json!(user))]);
            organization.collections.insert(&members_of(&profile), user, member);
        }
        Ok(())
    })?;
    answer::reply(
        call,
        json!({ "assignedMembers": users(&assigned), "removedMembers": users(&removed), "assignmentErrors": [] }),
    )
}

/// The id of the profile that a user is a member of.
fn profile_of(organization: &Organization, user: &str) -> Option<String> {
    let mut profiles = organization.collections.list(PROFILES).map(|profile| text(profile, "id"));
    let is_member = |profile: &&str| organization.collections.get(&members_of(profile), user).is_some();
    profiles.find(is_member).map(str::to_owned)
}

/// The profile of a user. One that is a member of none has the default one, which is not kept (assumed).
fn get_of_user(call: &Call<'_>) -> Result<Reply, ApiError> {
    let organization = call.tenant().read();
    let user = match call.param("userId") {
        Ok(id) if !id.is_empty() => find_user(organization.people(), &id)?.id.to_string(),
        _ => author_in(call, &organization).map(|id| id.to_string()).unwrap_or_default(),
    };
    let profile = profile_of(&organization, &user);
    let profile = profile.and_then(|id| organization.collections.get(PROFILES, &id));
    let shown = match profile {
        Some(profile) => json_entity::to_json::<Profile>(call, &organization, profile),
        None => object(json!({ "name": "Default", "description": "", "metricOrders": [], "active": true })),
    };
    drop(organization);
    answer::reply(call, shown)
}
