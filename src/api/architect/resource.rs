//! The rules of bodies and the usual handlers that most resources of Architect use.
//!
//! A [`Resource`] is a row of a table. The handlers find their row by the template of the operation, so a family needs
//! one line for each endpoint and no handler. To add a resource, add a row to `RESOURCES` of its file and its routes.

use std::borrow::Cow;
use std::collections::HashSet;

use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::author::Author;
use super::{filters, outcomes, prompts, tables, telephony};
use crate::api::call::Call;
use crate::api::entity;
use crate::api::order;
use crate::api::record::{check_references_of, check_version};
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::quoted::quoted;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::collection::{Collections, Entity};
use crate::world::reference::Referring;
use crate::world::seed::home_division;

/// A kind of entity and the fields of its body.
pub(super) struct Resource {
    /// The path of its collection.
    pub(super) path: &'static str,
    /// Its name in error messages.
    pub(super) kind: &'static str,
    /// The fields that a new entity requires.
    pub(super) required: &'static [&'static str],
    /// The types of its fields.
    pub(super) fields: &'static [(&'static str, Type)],
    /// The fields that only the platform sets. They are ignored in bodies.
    pub(super) own: &'static [&'static str],
    /// Whether authors, dates and a `version` are stored.
    pub(super) stamped: bool,
    /// Whether it belongs to a division.
    pub(super) divided: bool,
    /// The status of a successful DELETE.
    pub(super) removed: StatusCode,
    /// The vendor's code of the 409 for a name that another entity has.
    pub(super) duplicate: &'static str,
}

/// The type of a field of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Flag,
    Object,
    Strings,
    Objects,
    /// A date and time without a zone.
    LocalTime,
}

impl Type {
    fn matches(self, value: &Value) -> bool {
        let all = |fits: fn(&Value) -> bool| value.as_array().is_some_and(|items| items.iter().all(fits));
        match self {
            Self::Text | Self::LocalTime => value.is_string(),
            Self::Flag => value.is_boolean(),
            Self::Object => value.is_object(),
            Self::Strings => all(Value::is_string),
            Self::Objects => all(Value::is_object),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Text | Self::LocalTime => "a string",
            Self::Flag => "true or false",
            Self::Object => "an object",
            Self::Strings => "an array of strings",
            Self::Objects => "an array of objects",
        }
    }

    pub(super) fn check(self, field: &str, value: &Value) -> Result<(), ApiError> {
        if !self.matches(value) {
            return Err(ApiError::bad_request(format!("The property {field} must be {}.", self.name())));
        }
        if self == Self::LocalTime { entity::check_date(field, value) } else { Ok(()) }
    }
}

/// The fields that every body may have.
const COMMON: [(&str, Type); 3] =
    [("name", Type::Text), ("description", Type::Text), ("division", Type::Object)];

/// The numbers of an IVR.
const DNIS: &str = "dnis";

/// The fields that only the platform sets, of every entity.
const OWN: [&str; 2] = ["id", "selfUri"];

/// The fields that only the platform sets, of a stamped entity.
const STAMPS: [&str; 8] = [
    "version",
    "dateCreated",
    "dateModified",
    "createdBy",
    "createdByApp",
    "modifiedBy",
    "modifiedByApp",
    "state",
];

/// What a body has to be.
pub(super) struct BodyRules {
    /// The fields that a new entity requires.
    pub(super) required: &'static [&'static str],
    /// The types of its fields.
    pub(super) fields: &'static [(&'static str, Type)],
    /// The fields that only the platform sets. They are ignored.
    pub(super) own: &'static [&'static str],
}

impl BodyRules {
    /// Reads and checks the body, without the fields that only the platform sets.
    pub(super) fn read(&self, call: &Call<'_>, new: bool) -> Result<Map<String, Value>, ApiError> {
        let mut body = call.json_object()?;
        body.retain(|key, _| !(OWN.contains(&&**key) || self.own.contains(&&**key)));
        for key in self.required {
            if new || body.contains_key(*key) {
                entity::required_text(&body, key)?;
            }
        }
        for (field, kind) in COMMON.iter().chain(self.fields) {
            if let Some(value) = body.get(*field).filter(|value| !value.is_null()) {
                kind.check(field, value)?;
            }
        }
        Ok(body)
    }
}

impl Resource {
    /// Finds the resource of the call's operation.
    fn of(call: &Call<'_>) -> Result<&'static Self, ApiError> {
        let all = [telephony::RESOURCES.as_slice(), &outcomes::RESOURCES];
        let single = [&prompts::PROMPT, &tables::TABLE];
        let path = collection_path(call);
        let mut all = all.into_iter().flatten().chain(single);
        all.find(|resource| resource.path == path).ok_or_else(ApiError::internal)
    }

    /// Reads and checks the body, without the fields that only the platform sets.
    pub(super) fn read_body(&self, call: &Call<'_>, new: bool) -> Result<Map<String, Value>, ApiError> {
        let rules = BodyRules { required: self.required, fields: self.fields, own: self.own };
        let mut body = rules.read(call, new)?;
        body.retain(|key, _| !(self.stamped && STAMPS.contains(&key.as_str())));
        Ok(body)
    }

    /// Stores a new entity, unless another one of its type has its name or it refers to what does not exist.
    pub(super) fn store(&self, call: &Call<'_>, entity: Map<String, Value>) -> Result<Entity, ApiError> {
        entity::create_checked(call, self.path, entity, |organization, new| self.check(organization, new))
    }

    /// Changes an entity, unless another one of its type has its new name or it refers to what does not exist.
    pub(super) fn change(
        &self,
        call: &Call<'_>,
        id: &str,
        change: impl FnOnce(&mut Map<String, Value>) -> Result<(), ApiError>,
    ) -> Result<Entity, ApiError> {
        call.change(|organization| {
            let before = organization.collections.get(self.path, id);
            let mut changed = Map::clone(before.ok_or_else(|| ApiError::no_such(self.kind, id))?);
            change(&mut changed)?;
            self.check(organization, &changed)?;
            Ok(organization.collections.insert(self.path, id, changed))
        })
    }

    fn check(&self, organization: &Organization, entity: &Map<String, Value>) -> Result<(), ApiError> {
        order::check_object(self.path, entity)?;
        self.check_name(&organization.collections, entity)?;
        check_references_of(organization, Referring::at(self.path), entity)?;
        check_numbers(&organization.collections, self.path, entity)
    }

    /// Removes an entity, unless another refers to it, and gives it as it was.
    pub(super) fn remove(&self, organization: &mut Organization, id: &str) -> Result<Entity, ApiError> {
        let unknown = || ApiError::no_such(self.kind, id);
        if organization.collections.get(self.path, id).is_none() {
            return Err(unknown());
        }
        self.check_unused(organization, id)?;
        organization.collections.remove(self.path, id).ok_or_else(unknown)
    }

    /// Refuses the deletion of an entity to which another refers: 409.
    pub(super) fn check_unused(&self, organization: &Organization, id: &str) -> Result<(), ApiError> {
        let user = Uuid::try_parse(id).ok().and_then(|id| organization.referrer(self.path, id));
        let Some(user) = user else { return Ok(()) };
        let code = match (self.kind, user) {
            ("prompt", "queue") => "architect.prompt.cannot.delete.used.in.queues",
            ("prompt", _) => "architect.dependency.object.in.use",
            _ => "general.conflict",
        };
        Err(in_use(code, self.kind, id, user))
    }

    fn check_name(&self, all: &Collections, entity: &Map<String, Value>) -> Result<(), ApiError> {
        let name = entity::text(entity, "name").to_lowercase();
        let is_taken = |other: &Entity| {
            other.get("id") != entity.get("id")
                && other.get("type") == entity.get("type")
                && entity::text(other, "name").to_lowercase() == name
        };
        if !all.list(self.path).any(is_taken) {
            return Ok(());
        }
        Err(duplicate(self.duplicate, self.kind))
    }

    /// Reads the body of a new entity and adds the fields of the platform.
    pub(super) fn read_new(&self, call: &Call<'_>) -> Result<Map<String, Value>, ApiError> {
        let mut entity = self.read_body(call, true)?;
        entity.retain(|_, value| !value.is_null());
        if self.divided && !entity.contains_key("division") {
            entity.insert("division".to_owned(), home_division(call.tenant().id));
        }
        if self.stamped {
            entity.insert("dateCreated".to_owned(), json!(rfc3339(call.now)));
            entity.insert("state".to_owned(), json!("active"));
            let author = Author::of(call);
            author.sign_id(&mut entity, "createdBy", "createdByApp");
            stamp(&mut entity, &author, call);
        }
        Ok(entity)
    }

    /// Takes away what clients may set and `changes` leaves out, as a PUT does. The division stays, and the schema that
    /// the rows of a table have.
    pub(super) fn clear(&self, stored: &mut Map<String, Value>, changes: &Map<String, Value>) {
        let fields = self.fields.iter().map(|(field, _)| *field).filter(|field| *field != "schema");
        let fields = fields.chain(["description"]);
        for field in fields.filter(|field| !self.required.contains(field) && !changes.contains_key(*field)) {
            stored.shift_remove(field);
        }
    }

    /// Replaces what clients may set by the body, and increments the version.
    pub(super) fn update(&self, call: &Call<'_>, id: &str) -> Result<Entity, ApiError> {
        let changes = self.read_body(call, false)?;
        let author = self.stamped.then(|| Author::of(call));
        let named = call.json_object()?;
        self.change(call, id, |stored| {
            let version = stored.get("version").and_then(Value::as_u64);
            if let Some(version) = version.and_then(|version| u32::try_from(version).ok()) {
                check_version(version, &named)?;
            }
            self.clear(stored, &changes);
            patch_fields(stored, changes);
            if let Some(author) = author {
                stamp(stored, &author, call);
            }
            Ok(())
        })
    }
}

/// 409: another entity of the kind has the name.
pub(super) fn duplicate(code: &'static str, kind: &str) -> ApiError {
    let why = format!("Another {kind} has this name already.");
    ApiError { code: code.into(), ..ApiError::conflict(why) }
}

/// 409: an entity of the kind `user` refers to the entity that is to be deleted.
pub(super) fn in_use(code: &'static str, kind: &str, id: &str, user: &str) -> ApiError {
    let why = format!("The {kind} {id} is in use. What refers to it: {user}.");
    ApiError { code: code.into(), ..ApiError::conflict(why) }
}

/// Refuses a number of an IVR that another IVR has.
fn check_numbers(all: &Collections, path: &str, entity: &Map<String, Value>) -> Result<(), ApiError> {
    fn numbers(ivr: &Map<String, Value>) -> impl Iterator<Item = &str> {
        ivr.get(DNIS).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }
    if numbers(entity).next().is_none() {
        return Ok(());
    }
    let others = all.list(path).filter(|other| other.get("id") != entity.get("id"));
    let taken: HashSet<&str> = others.flat_map(|other| numbers(other)).collect();
    match numbers(entity).find(|number| taken.contains(number)) {
        Some(number) => Err(ApiError::constraint(
            DNIS,
            format!("The number [{number}] of [{DNIS}] belongs to another IVR.", number = quoted(number)),
        )),
        None => Ok(()),
    }
}

fn stamp(entity: &mut Map<String, Value>, author: &Author, call: &Call<'_>) {
    let version = entity.get("version").and_then(Value::as_u64).unwrap_or_default();
    entity.insert("version".to_owned(), json!(version.saturating_add(1)));
    entity.insert("dateModified".to_owned(), json!(rfc3339(call.now)));
    author.sign_id(entity, "modifiedBy", "modifiedByApp");
}

/// Sets each key of `changes`; `null` removes a key.
pub(super) fn patch_fields(entity: &mut Map<String, Value>, changes: Map<String, Value>) {
    for (key, value) in changes {
        if value.is_null() {
            entity.shift_remove(&key);
        } else {
            entity.insert(key, value);
        }
    }
}

/// The path of the operation's collection: its template up to the first parameter.
fn collection_path<'a>(call: &Call<'a>) -> &'a str {
    let template = call.operation.map_or("", |operation| &*operation.template);
    let literal = template.split("/{").next().unwrap_or_default();
    literal.strip_suffix("/divisionviews").unwrap_or(literal)
}

/// The last parameter of the path, which is the id of the entity.
pub(super) fn last_param<'a>(call: &Call<'a>) -> Result<Cow<'a, str>, ApiError> {
    let template = call.operation.map_or("", |operation| &*operation.template);
    let last = template.rsplit_once('{').and_then(|(_, rest)| rest.split_once('}'));
    call.param(last.map_or("", |(name, _)| name))
}

/// The fields of `entity` that `keys` names, in the stored order.
pub(super) fn pick(entity: &Map<String, Value>, keys: &[&str]) -> Map<String, Value> {
    let picked = entity.iter().filter(|(key, _)| keys.contains(&key.as_str()));
    picked.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Lists a collection.
pub(super) fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let path = Resource::of(call)?.path;
    Reply::ok(&entity::list_where(call, path, |entity| filters::matches(call, entity))?)
}

/// Lists the names of a collection, for callers that may only see names.
pub(super) fn list_views(call: &Call<'_>) -> Result<Reply, ApiError> {
    let page = entity::list(call, Resource::of(call)?.path)?;
    Reply::ok(&entity::map_page(page, |entity| pick(entity, &["id", "name", "division", "selfUri"])))
}

/// Creates an entity.
pub(super) fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let resource = Resource::of(call)?;
    Reply::ok(&resource.store(call, resource.read_new(call)?)?)
}

/// Answers with an entity.
pub(super) fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let resource = Resource::of(call)?;
    Reply::ok(&entity::get(call, resource.path, resource.kind, &last_param(call)?)?)
}

/// Updates an entity.
pub(super) fn update(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&Resource::of(call)?.update(call, &last_param(call)?)?)
}

/// Deletes an entity.
pub(super) fn delete(call: &Call<'_>) -> Result<Reply, ApiError> {
    let (resource, id) = (Resource::of(call)?, last_param(call)?);
    call.change(|organization| resource.remove(organization, &id))?;
    Ok(Reply::empty(resource.removed))
}
