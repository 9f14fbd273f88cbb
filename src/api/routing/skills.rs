//! Skills and languages, and those of users.

use http::StatusCode;
use serde_json::{Map, Value};

use crate::api::call::Call;
use crate::api::entity::{is_descending, required_text};
use crate::api::record::{self, Resource, find};
use crate::api::refusal;
use crate::api::route::Route;
use crate::api::users::{find_index, find_user};
use crate::view;
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::{Id, UserIndex};
use crate::world::routing::skill::{Proficiency, Proficient};
use crate::world::routing::{Language, Skill};
use crate::world::table::Record;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v2/routing/skills", record::list::<Skill>),
        Route::post("/api/v2/routing/skills", record::create::<Skill>),
        Route::get("/api/v2/routing/skills/{skillId}", record::get::<Skill>),
        Route::patch("/api/v2/routing/skills/{skillId}", record::update::<Skill>),
        Route::delete("/api/v2/routing/skills/{skillId}", record::delete::<Skill>),
        Route::get("/api/v2/routing/languages", record::list::<Language>),
        Route::post("/api/v2/routing/languages", record::create::<Language>),
        Route::get("/api/v2/routing/languages/{languageId}", record::get::<Language>),
        Route::delete("/api/v2/routing/languages/{languageId}", record::delete::<Language>),
        Route::get("/api/v2/languages", record::list::<Language>),
        Route::post("/api/v2/languages", record::create::<Language>),
        Route::get("/api/v2/languages/{languageId}", record::get::<Language>),
        Route::delete("/api/v2/languages/{languageId}", record::delete::<Language>),
        Route::get("/api/v2/users/{userId}/routingskills", list::<Skill>),
        Route::post("/api/v2/users/{userId}/routingskills", add::<Skill>),
        Route::put("/api/v2/users/{userId}/routingskills/bulk", replace_all::<Skill>),
        Route::patch("/api/v2/users/{userId}/routingskills/bulk", add_many::<Skill>),
        Route::put("/api/v2/users/{userId}/routingskills/{skillId}", update::<Skill>),
        Route::delete("/api/v2/users/{userId}/routingskills/{skillId}", delete::<Skill>),
        Route::get("/api/v2/users/{userId}/routinglanguages", list::<Language>),
        Route::post("/api/v2/users/{userId}/routinglanguages", add::<Language>),
        Route::patch("/api/v2/users/{userId}/routinglanguages/bulk", add_many::<Language>),
        Route::patch("/api/v2/users/{userId}/routinglanguages/{languageId}", update::<Language>),
        Route::delete("/api/v2/users/{userId}/routinglanguages/{languageId}", delete::<Language>),
    ]
}

impl Resource for Skill {
    const PARAM: &'static str = "skillId";
    const DUPLICATE: (StatusCode, &'static str) = (StatusCode::CONFLICT, "general.conflict");
    const DELETED: StatusCode = StatusCode::OK;

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::routing::skill(organization, record)
    }

    fn is_named(wanted: &str, name: &str) -> bool {
        if wanted.contains('*') { record::is_exactly(wanted, name) } else { name.starts_with(wanted) }
    }
}

impl Resource for Language {
    const PARAM: &'static str = "languageId";
    const DUPLICATE: (StatusCode, &'static str) = (StatusCode::BAD_REQUEST, "general.conflict");

    fn to_json(organization: &Organization, record: &Record<Self>) -> Map<String, Value> {
        view::routing::skill(organization, record)
    }
}

/// A kind that users have with a proficiency, as the vendor's users API treats it.
trait OfUsers: Proficient + Resource {
    /// The kind in the names of properties and paths.
    const WORD: &'static str;
    /// The status of removing one from a user.
    const REMOVED: StatusCode;
}

impl OfUsers for Skill {
    const WORD: &'static str = "skill";
    const REMOVED: StatusCode = StatusCode::OK;
}

impl OfUsers for Language {
    const WORD: &'static str = "language";
    const REMOVED: StatusCode = StatusCode::NO_CONTENT;
}

fn list<K: OfUsers>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let page = call.page()?;
    let organization = call.tenant().read();
    let user = find_user(organization.people(), &call.param("userId")?)?;
    let mut all = view::routing::skills_of_user::<K>(&organization, user, K::WORD);
    if call.query_text("sortOrder").is_some() {
        all.sort_by_cached_key(|skill| skill["name"].as_str().unwrap_or_default().to_lowercase());
        if is_descending(call) {
            all.reverse();
        }
    }
    Reply::ok(&Page::of(all, page, call.path, call.query))
}

/// The entity and the proficiency that a body has.
fn read<K: OfUsers>(
    organization: &Organization,
    body: &Map<String, Value>,
) -> Result<(Id<K>, Proficiency), ApiError> {
    let id = record::referred::<K>(organization, "id", required_text(body, "id")?)?;
    Ok((id, read_proficiency(body)?))
}

fn read_proficiency(body: &Map<String, Value>) -> Result<Proficiency, ApiError> {
    let Some(given) = body.get("proficiency").filter(|given| !given.is_null()) else {
        return Err(refusal::of_missing("proficiency"));
    };
    let out_of_range =
        || ApiError::constraint("proficiency", "The property proficiency must be a number from 0 to 5.");
    given.as_f64().and_then(Proficiency::new).ok_or_else(out_of_range)
}

fn add<K: OfUsers>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    call.change(|organization| {
        let user = find_index(organization.people(), &call.param("userId")?)?;
        let (id, proficiency) = read::<K>(organization, &body)?;
        set(organization, user, id, proficiency)
    })
}

/// Gives a user the skill or language, and answers with it.
fn set<K: OfUsers>(
    organization: &mut Organization,
    user: UserIndex,
    id: Id<K>,
    proficiency: Proficiency,
) -> Result<Reply, ApiError> {
    K::proficiencies_mut(organization).set(user, id, proficiency).map_err(|_| record::full())?;
    let user = organization.people().at(user).ok_or_else(ApiError::internal)?;
    Reply::ok(&view::routing::skill_of_user::<K>(organization, user, (id, proficiency), K::WORD))
}

/// Adds several; if one is wrong, none.
fn add_many<K: OfUsers>(call: &Call<'_>) -> Result<Reply, ApiError> {
    change_many::<K>(call, false)
}

/// Replaces all that a user has; if one is wrong, nothing is changed.
fn replace_all<K: OfUsers>(call: &Call<'_>) -> Result<Reply, ApiError> {
    change_many::<K>(call, true)
}

fn change_many<K: OfUsers>(call: &Call<'_>, replaces: bool) -> Result<Reply, ApiError> {
    let bodies: Vec<Map<String, Value>> = call.json()?;
    call.change(|organization| {
        let user = find_index(organization.people(), &call.param("userId")?)?;
        let read = bodies.iter().map(|body| read::<K>(organization, body)).collect::<Result<Vec<_>, _>>()?;
        if replaces {
            K::proficiencies_mut(organization).remove_holder(user);
        }
        for (id, proficiency) in read {
            K::proficiencies_mut(organization).set(user, id, proficiency).map_err(|_| record::full())?;
        }
        Ok(())
    })?;
    list::<K>(call)
}

fn update<K: OfUsers>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    call.change(|organization| {
        let (user, id) = pair_in_path::<K>(call, organization)?;
        let known = K::proficiencies(organization).get(user, id).copied();
        let proficiency = match known {
            Some(known) if body.get("proficiency").is_none_or(Value::is_null) => known,
            _ => read_proficiency(&body)?,
        };
        set(organization, user, id, proficiency)
    })
}

/// The user in the call's path, and the skill or language that it has.
fn pair_in_path<K: OfUsers>(
    call: &Call<'_>,
    organization: &Organization,
) -> Result<(UserIndex, Id<K>), ApiError> {
    let user = find_index(organization.people(), &call.param("userId")?)?;
    let text = call.param(K::PARAM)?;
    let id = find::<K>(organization, &text)?.id();
    if K::proficiencies(organization).contains(user, id) {
        return Ok((user, id));
    }
    Err(ApiError::no_such(K::NAME, &text))
}

fn delete<K: OfUsers>(call: &Call<'_>) -> Result<Reply, ApiError> {
    call.change(|organization| {
        let (user, id) = pair_in_path::<K>(call, organization)?;
        K::proficiencies_mut(organization).remove(user, id);
        Ok(Reply::empty(K::REMOVED))
    })
}
