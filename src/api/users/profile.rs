//! Parts of a user: profile, state, skills of the profile, out of office, call forwarding, password.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{find_index, find_user, user_in_path};
use crate::api::call::Call;
use crate::api::entity::required_text;
use crate::api::route::Route;
use crate::api::setting::{self, Setting};
use crate::time::clock::rfc3339;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::json::object;
use crate::world::people::{State, User};

/// The most skills of a profile.
const MAX_SKILLS: usize = 100;
/// The most characters of one of them.
const MAX_SKILL: usize = 256;

/// The properties that the expansions of a profile have, fewer than those of a user.
const EXPANDS: [&str; 8] = [
    "routingStatus",
    "presence",
    "integrationPresence",
    "conversationSummary",
    "outOfOffice",
    "geolocation",
    "station",
    "authorization",
];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/users/{userId}/profile", get_profile),
        Route::get("/api/v2/users/{userId}/state", get_state),
        Route::put("/api/v2/users/{userId}/state", set_state),
        Route::get("/api/v2/users/{userId}/profileskills", get_skills),
        Route::put("/api/v2/users/{userId}/profileskills", set_skills),
        Route::get("/api/v2/users/{userId}/outofoffice", setting::get::<OutOfOffice>),
        Route::put("/api/v2/users/{userId}/outofoffice", setting::put::<OutOfOffice>),
        Route::get("/api/v2/users/{userId}/callforwarding", setting::get::<CallForwarding>),
        Route::put("/api/v2/users/{userId}/callforwarding", setting::put::<CallForwarding>),
        Route::patch("/api/v2/users/{userId}/callforwarding", setting::patch::<CallForwarding>),
        Route::post("/api/v2/users/{userId}/password", set_password),
        Route::post("/api/v2/users/me/password", set_own_password),
        Route::post("/api/v2/users/{userId}/invite", invite),
    ]
}

fn get_profile(call: &Call<'_>) -> Result<Reply, ApiError> {
    let user = user_in_path(call)?;
    let mut profile = json!({
        "id": user.id, "name": user.name, "state": user.state.name(),
        "dateModified": user.modified(), "version": user.version,
        "selfUri": format!("{}/profile", user::address(&user)),
    });
    let expand = call.query_list("expand");
    if !expand.is_empty() {
        let known = user::to_json(call.tenant(), &user, &expand);
        let expand = expand.iter().filter(|name| EXPANDS.contains(&name.as_str()));
        let expanded = expand.filter_map(|name| Some((name.clone(), known.get(name)?.clone())));
        profile["expands"] = expanded.collect::<Map<_, _>>().into();
    }
    Reply::ok(&profile)
}

fn state_to_json(user: &User) -> Value {
    let mut shown = json!({ "state": user.state.name(), "version": user.version });
    for key in ["stateChangeReason", "stateChangeDate"] {
        if let Some(known) = user.extra.get(key) {
            shown[key] = known.clone();
        }
    }
    shown
}

fn get_state(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&state_to_json(&user_in_path(call)?))
}

fn set_state(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    let name = required_text(&body, "state")?;
    let state = State::from_name(name)
        .ok_or_else(|| ApiError::invalid_value("state", name, "active, inactive, deleted"))?;
    let reason = body.get("stateChangeReason").and_then(Value::as_str);
    change(call, |user| user.move_to(state, reason, call.now), state_to_json)
}

/// Changes the user in the call's path, and counts the change in its version.
fn change(
    call: &Call<'_>,
    change: impl FnOnce(&mut User),
    to_json: impl FnOnce(&User) -> Value,
) -> Result<Reply, ApiError> {
    let id = call.param("userId")?;
    call.change(|organization| {
        let index = find_index(organization.people(), &id)?;
        let mut user = find_user(organization.people(), &id)?.clone();
        change(&mut user);
        user.touch(call.now);
        organization.set_profile(index, &user);
        Reply::ok(&to_json(&user))
    })
}

fn skills_to_json(user: &User) -> Value {
    user.extra.get("profileSkills").cloned().unwrap_or_else(|| json!([]))
}

fn get_skills(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&skills_to_json(&user_in_path(call)?))
}

fn set_skills(call: &Call<'_>) -> Result<Reply, ApiError> {
    let skills: Vec<String> = call.json()?;
    if skills.len() > MAX_SKILLS {
        return Err(ApiError::bad_request(format!("A profile has at most {MAX_SKILLS} skills.")));
    }
    if skills.iter().any(|skill| skill.chars().count() > MAX_SKILL) {
        let why = format!("A skill of a profile has at most {MAX_SKILL} characters.");
        return Err(ApiError::constraint("profileSkills", why));
    }
    change(call, |user| drop(user.extra.insert("profileSkills".to_owned(), json!(skills))), skills_to_json)
}

/// The path under which a setting of a user is kept, with the user's id.
fn path_of(call: &Call<'_>, organization: &Organization, last: &str) -> String {
    let user = call.param("userId").ok().and_then(|name| organization.people().get(&name));
    format!("/api/v2/users/{}/{last}", user.map(|user| user.id.to_string()).unwrap_or_default())
}

/// Refuses a path whose user does not exist.
fn check_user(call: &Call<'_>, organization: &Organization) -> Result<(), ApiError> {
    find_user(organization.people(), &call.param("userId")?).map(drop)
}

struct OutOfOffice;

impl Setting for OutOfOffice {
    const FIELDS: &'static [&'static str] = &["name", "startDate", "endDate", "active", "indefinite"];

    fn path(call: &Call<'_>, organization: &Organization) -> String {
        path_of(call, organization, "outofoffice")
    }

    fn default(call: &Call<'_>, organization: &Organization) -> Map<String, Value> {
        object(json!({ "active": false, "indefinite": false, "selfUri": Self::path(call, organization) }))
    }

    fn check(call: &Call<'_>, organization: &Organization) -> Result<(), ApiError> {
        check_user(call, organization)
    }
}

struct CallForwarding;

impl Setting for CallForwarding {
    const FIELDS: &'static [&'static str] = &["name", "enabled", "phoneNumber", "calls", "voicemail"];

    fn path(call: &Call<'_>, organization: &Organization) -> String {
        path_of(call, organization, "callforwarding")
    }

    fn default(call: &Call<'_>, organization: &Organization) -> Map<String, Value> {
        object(json!({ "enabled": false, "calls": [], "voicemail": "NONE",
            "selfUri": Self::path(call, organization) }))
    }

    fn check(call: &Call<'_>, organization: &Organization) -> Result<(), ApiError> {
        check_user(call, organization)
    }
}

/// Accepts a password and forgets it: no login asks for one.
fn set_password(call: &Call<'_>) -> Result<Reply, ApiError> {
    user_in_path(call)?;
    required_text(&call.json_object()?, "newPassword")?;
    Ok(Reply::no_content())
}

fn set_own_password(call: &Call<'_>) -> Result<Reply, ApiError> {
    required_text(&call.json_object()?, "newPassword")?;
    Ok(Reply::no_content())
}

/// Notes the date of an invitation. No mail is sent.
fn invite(call: &Call<'_>) -> Result<Reply, ApiError> {
    let sent = json!(rfc3339(call.now));
    change(call, |user| drop(user.extra.insert("dateWelcomeSent".to_owned(), sent)), |_| Value::Null)?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
