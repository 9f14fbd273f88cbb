//! Creating and changing users: which fields a client may set, and how.
//!
//! A body is read completely before a user changes. Fields that clients may not set are ignored. A `version` is
//! optional; one that is not the current version is refused.

use http::StatusCode;
use serde_json::{Map, Value};

use crate::api::call::Call;
use crate::api::entity::required_text;
use crate::api::record::referred;
use crate::api::{refusal, version};
use crate::catalog::schema::Format;
use crate::time::Nanos;
use crate::view::user;
use crate::wire::error::ApiError;
use crate::wire::paging::{Page, PageRequest};
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::id::{Id, UserIndex};
use crate::world::people::{State, User};
use crate::world::workforce::AgentStatus;

/// Profile fields by their JSON type.
const TEXTS: [&str; 5] = ["username", "department", "title", "preferredName", "manager"];
const LISTS: [&str; 6] = ["addresses", "images", "profileSkills", "locations", "groups", "certifications"];
const OBJECTS: [&str; 3] = ["chat", "biography", "employerInfo"];
const FLAGS: [&str; 1] = ["acdAutoAnswer"];

/// The most bytes of JSON of a profile.
const MAX_PROFILE: usize = 16 * 1024;
/// The most users that one request changes.
const MAX_CHANGES: usize = 50;
/// The most characters of a name or address.
const MAX_NAME: usize = 256;

/// `POST /users`. The document requires `divisionId`, and every client at hand sends it. An empty one means the home
/// division, which is assumed.
pub(super) fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    required_text(&body, "name")?;
    let email = required_text(&body, "email")?.to_owned();
    if body.get("divisionId").is_none_or(Value::is_null) {
        return Err(refusal::of_missing("divisionId"));
    }
    let changes = Changes::read(&body)?;
    let mut user = User::new(Id::random(), String::new(), String::new(), AgentStatus::Offline, call.now);
    user.name.clone_from(changes.name.as_ref().unwrap_or(&email));
    changes.apply_to(&mut user, call.now)?;
    let division = body.get("divisionId").and_then(Value::as_str).filter(|id| !id.is_empty());
    call.change(|organization| {
        user.division = division.map(|id| referred(organization, "divisionId", id)).transpose()?;
        check_manager(organization, &user)?;
        check_email(organization, &user, &[])?;
        organization.add_user(user.clone()).map_err(|full| ApiError::conflict(full.to_string()))
    })?;
    Reply::ok(&user::to_json(call.tenant(), &user, &[]))
}

pub(super) fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    let id = call.param("userId")?;
    let changes = Changes::read(&call.json_object()?)?;
    let changed = call.change(|organization| changes.apply(organization, &id, call.now))?;
    Reply::ok(&user::to_json(call.tenant(), &changed, &[]))
}

/// Changes several users in one request; if one is wrong, none. The vendor does not document this case.
pub(super) fn update_many(call: &Call<'_>) -> Result<Reply, ApiError> {
    let bodies: Vec<Map<String, Value>> = call.json()?;
    if bodies.len() > MAX_CHANGES {
        const WHY: &str = "Only 50 users can be requested at a time";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "max.directory.users", WHY));
    }
    let read = bodies.iter().map(|body| Ok((required_text(body, "id")?, Changes::read(body)?)));
    let changes = read.collect::<Result<Vec<_>, ApiError>>()?;
    let changed = call.change(|organization| {
        let mut changed: Vec<(UserIndex, User)> = Vec::new();
        for (id, changes) in changes {
            // A user that is named twice is changed twice.
            changed.push(changes.prepare(organization, id, (&changed, call.now))?);
        }
        for (index, user) in &changed {
            organization.set_profile(*index, user);
        }
        Ok(changed.into_iter().map(|(_, user)| user).collect::<Vec<_>>())
    })?;
    let entities: Vec<_> = changed.iter().map(|user| user::to_json(call.tenant(), user, &[])).collect();
    let page = PageRequest { size: (entities.len() as u64).max(1), number: 1 };
    Reply::ok(&Page::of(entities, page, call.path, call.query))
}

/// The changes that a body asks for.
struct Changes {
    name: Option<String>,
    email: Option<String>,
    state: Option<State>,
    version: Option<u64>,
    profile: Map<String, Value>,
}

impl Changes {
    fn read(body: &Map<String, Value>) -> Result<Self, ApiError> {
        Ok(Self {
            name: read_name(body, "name")?,
            email: read_name(body, "email")?,
            state: read_state(body)?,
            version: version::read(body)?,
            profile: read_profile(body)?,
        })
    }

    fn apply(self, organization: &mut Organization, id: &str, now: Nanos) -> Result<User, ApiError> {
        let (index, changed) = self.prepare(organization, id, (&[], now))?;
        organization.set_profile(index, &changed);
        Ok(changed)
    }

    /// The user of that id with the changes, after those that were `prepared` before.
    fn prepare(
        self,
        organization: &Organization,
        id: &str,
        (prepared, now): (&[(UserIndex, User)], Nanos),
    ) -> Result<(UserIndex, User), ApiError> {
        let people = organization.people();
        let newest = |index| prepared.iter().rev().find(|(other, _)| *other == index).map(|(_, user)| user);
        let known =
            people.find(id).and_then(|index| Some((index, newest(index).or_else(|| people.at(index))?)));
        let known = known.filter(|(_, user)| self.state.is_some() || user.exists());
        let (index, user) = known.ok_or_else(|| ApiError::no_such("user", id))?;
        if self.version.is_some_and(|version| version != u64::from(user.version)) {
            return Err(version_conflict());
        }
        let mut changed = user.clone();
        let claims_email = self.email.is_some() || self.state.is_some();
        changed.name = self.name.clone().unwrap_or(changed.name);
        self.apply_to(&mut changed, now)?;
        check_manager(organization, &changed)?;
        if claims_email {
            check_email(organization, &changed, prepared)?;
        }
        changed.touch(now);
        Ok((index, changed))
    }

    fn apply_to(self, user: &mut User, now: Nanos) -> Result<(), ApiError> {
        let mut extra = user.extra.clone();
        for (key, value) in self.profile {
            if value.is_null() { drop(extra.remove(&key)) } else { drop(extra.insert(key, value)) }
        }
        check_size(&extra)?;
        user.extra = extra;
        user.email = self.email.unwrap_or_else(|| std::mem::take(&mut user.email));
        user.move_to(self.state.unwrap_or(user.state), None, now);
        Ok(())
    }
}

fn check_size(profile: &Map<String, Value>) -> Result<(), ApiError> {
    if serde_json::to_vec(profile).map_or(0, |bytes| bytes.len()) > MAX_PROFILE {
        return Err(ApiError::bad_request(format!("A user's profile has at most {MAX_PROFILE} bytes.")));
    }
    Ok(())
}

/// Refuses an email that another user has, after the changes that were `prepared` before. Deleted users have none
/// (assumed).
pub(crate) fn check_email(
    organization: &Organization,
    user: &User,
    prepared: &[(UserIndex, User)],
) -> Result<(), ApiError> {
    let newest =
        |index, known| prepared.iter().rev().find(|(of, _)| *of == index).map_or(known, |(_, user)| user);
    let mut others = organization.people().indexed().map(|(index, known)| newest(index, known));
    let has_it =
        |other: &User| other.id != user.id && other.exists() && other.email.eq_ignore_ascii_case(&user.email);
    if user.exists() && others.any(has_it) {
        let why = format!("There is a user with the email {} already.", quoted(&user.email));
        return Err(ApiError::new(StatusCode::CONFLICT, "general.conflict", why));
    }
    Ok(())
}

/// Refuses a user whose name, address, profile or manager is not one that a client of the platform could set.
pub(crate) fn check_profile(organization: &Organization, user: &User) -> Result<(), ApiError> {
    check_text("name", &user.name)?;
    check_text("email", &user.email)?;
    if !Format::Email.admits(&user.email, false) {
        return Err(ApiError::invalid_value("email", &user.email, "an e-mail address"));
    }
    check_size(&user.extra)?;
    check_manager(organization, user)
}

/// Refuses a manager that is not a user: 400. A manager that was deleted since it was set stays.
fn check_manager(organization: &Organization, user: &User) -> Result<(), ApiError> {
    match user.extra.get("manager").and_then(Value::as_str).filter(|id| !id.is_empty()) {
        Some(id) if organization.people().find(id).is_none() => {
            Err(ApiError::no_reference("manager", "user", id))
        }
        _ => Ok(()),
    }
}

fn version_conflict() -> ApiError {
    const WHY: &str = "The version supplied does not match the current version of the user";
    ApiError::new(StatusCode::BAD_REQUEST, "general.conflict", WHY)
}

fn read_name(body: &Map<String, Value>, key: &'static str) -> Result<Option<String>, ApiError> {
    if body.get(key).is_none_or(Value::is_null) {
        return Ok(None);
    }
    let text = required_text(body, key)?;
    check_text(key, text)?;
    Ok(Some(text.to_owned()))
}

/// Refuses a name or an address that is blank or too long.
fn check_text(key: &str, text: &str) -> Result<(), ApiError> {
    if text.trim().is_empty() || text.chars().count() > MAX_NAME {
        return Err(ApiError::bad_request(format!(
            "The property {key} must have 1 to {MAX_NAME} characters."
        )));
    }
    Ok(())
}

fn read_state(body: &Map<String, Value>) -> Result<Option<State>, ApiError> {
    if body.get("state").is_none_or(Value::is_null) {
        return Ok(None);
    }
    let text = required_text(body, "state")?;
    let unknown = || ApiError::invalid_value("state", text, "active, inactive, deleted");
    State::from_name(text).map(Some).ok_or_else(unknown)
}

fn read_profile(body: &Map<String, Value>) -> Result<Map<String, Value>, ApiError> {
    let mut profile = Map::new();
    let mut take = |keys: &[&str], fits: fn(&Value) -> bool, kind: &str| {
        for key in keys {
            match body.get(*key) {
                Some(value) if value.is_null() || fits(value) => {
                    profile.insert((*key).to_owned(), value.clone());
                }
                Some(_) => return Err(wrong_type(key, kind)),
                None => {}
            }
        }
        Ok(())
    };
    take(&TEXTS, Value::is_string, "a string")?;
    take(&LISTS, Value::is_array, "an array")?;
    take(&OBJECTS, Value::is_object, "an object")?;
    take(&FLAGS, Value::is_boolean, "true or false")?;
    Ok(profile)
}

fn wrong_type(key: &str, kind: &str) -> ApiError {
    ApiError::bad_request(format!("The property {key} must be {kind}."))
}
