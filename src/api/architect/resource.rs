//! What most resources of Architect share: the rules of their bodies, and the usual handlers.
//!
//! A [`Resource`] is a row of a table; the handlers find theirs by the operation's own template, so
//! a family writes one line an endpoint and no handler of its own. What is special goes beside it.

use std::borrow::Cow;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::author::Author;
use super::{flows, outcomes, prompts, tables, telephony};
use crate::api::call::Call;
use crate::api::entity;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::collection::Entity;
use crate::world::seed::home_division;

/// A kind of entity and what a body of it may say.
pub(super) struct Resource {
    /// Where it is kept and listed.
    pub(super) path: &'static str,
    /// What errors call it.
    pub(super) kind: &'static str,
    /// What a new one has to say.
    pub(super) required: &'static [&'static str],
    /// The types of what it may say.
    pub(super) fields: &'static [(&'static str, Type)],
    /// What only the platform says, and so is passed over in bodies.
    pub(super) own: &'static [&'static str],
    /// Whether writers, dates and a `version` are noted.
    pub(super) stamped: bool,
    /// Whether it belongs to a division.
    pub(super) divided: bool,
    /// The status of a successful DELETE.
    pub(super) removed: StatusCode,
}

/// What a field of a body holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Flag,
    Object,
    Texts,
    Objects,
    /// A date and time without a zone.
    LocalTime,
}

impl Type {
    fn fits(self, value: &Value) -> bool {
        let all = |fits: fn(&Value) -> bool| value.as_array().is_some_and(|items| items.iter().all(fits));
        match self {
            Self::Text | Self::LocalTime => value.is_string(),
            Self::Flag => value.is_boolean(),
            Self::Object => value.is_object(),
            Self::Texts => all(Value::is_string),
            Self::Objects => all(Value::is_object),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Text | Self::LocalTime => "a string",
            Self::Flag => "true or false",
            Self::Object => "an object",
            Self::Texts => "an array of strings",
            Self::Objects => "an array of objects",
        }
    }

    pub(super) fn check(self, field: &str, value: &Value) -> Result<(), ApiError> {
        if !self.fits(value) {
            return Err(ApiError::bad_request(format!("The property {field} must be {}.", self.name())));
        }
        let is_date = |text: &str| text.trim_end_matches('Z').parse::<jiff::civil::DateTime>().is_ok();
        if self == Self::LocalTime && !value.as_str().is_some_and(is_date) {
            return Err(ApiError::invalid_date());
        }
        Ok(())
    }
}

/// What every body may say.
const COMMON: [(&str, Type); 3] =
    [("name", Type::Text), ("description", Type::Text), ("division", Type::Object)];

/// What no body says.
const OWN: [&str; 2] = ["id", "selfUri"];

/// What is noted about a stamped entity.
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

impl Resource {
    /// The resource that the call's operation belongs to.
    fn of(call: &Call<'_>) -> Result<&'static Self, ApiError> {
        let all = [telephony::RESOURCES.as_slice(), &outcomes::RESOURCES];
        let single = [&prompts::PROMPT, &flows::FLOW, &tables::TABLE];
        let path = collection(call);
        let mut all = all.into_iter().flatten().chain(single);
        all.find(|resource| resource.path == path).ok_or_else(ApiError::internal)
    }

    /// What the body says, checked; what only the platform says is left out.
    pub(super) fn body(&self, call: &Call<'_>, new: bool) -> Result<Map<String, Value>, ApiError> {
        let mut body = call.json_object()?;
        let stamp = |key: &str| self.stamped && STAMPS.contains(&key);
        body.retain(|key, _| !(OWN.contains(&&**key) || self.own.contains(&&**key) || stamp(key)));
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

    /// The body of something new, with what the platform adds.
    pub(super) fn fresh(&self, call: &Call<'_>) -> Result<Map<String, Value>, ApiError> {
        let mut entity = self.body(call, true)?;
        entity.retain(|_, value| !value.is_null());
        if self.divided && !entity.contains_key("division") {
            entity.insert("division".to_owned(), home_division(call.tenant().id));
        }
        if self.stamped {
            entity.insert("dateCreated".to_owned(), json!(rfc3339(call.now)));
            entity.insert("state".to_owned(), json!("active"));
            let asker = Author::of(call);
            asker.sign_id(&mut entity, "createdBy", "createdByApp");
            stamp(&mut entity, &asker, call);
        }
        Ok(entity)
    }

    /// Lays the body over what is stored, and counts it.
    pub(super) fn write(&self, call: &Call<'_>, id: &str) -> Result<Entity, ApiError> {
        let changes = self.body(call, false)?;
        let asker = self.stamped.then(|| Author::of(call));
        entity::change(call, self.path, self.kind, id, |stored| {
            lay_over(stored, changes);
            if let Some(asker) = asker {
                stamp(stored, &asker, call);
            }
            Ok(())
        })
    }
}

fn stamp(entity: &mut Map<String, Value>, asker: &Author, call: &Call<'_>) {
    let version = entity.get("version").and_then(Value::as_u64).unwrap_or_default();
    entity.insert("version".to_owned(), json!(version.saturating_add(1)));
    entity.insert("dateModified".to_owned(), json!(rfc3339(call.now)));
    asker.sign_id(entity, "modifiedBy", "modifiedByApp");
}

/// Takes `changes` over, key by key; `null` takes a key away.
pub(super) fn lay_over(entity: &mut Map<String, Value>, changes: Map<String, Value>) {
    for (key, value) in changes {
        if value.is_null() {
            entity.shift_remove(&key);
        } else {
            entity.insert(key, value);
        }
    }
}

/// The path of the collection that an operation is about: its template up to the first value.
fn collection<'a>(call: &Call<'a>) -> &'a str {
    let template = call.operation.map_or("", |operation| &*operation.template);
    let literal = template.split("/{").next().unwrap_or_default();
    literal.strip_suffix("/divisionviews").unwrap_or(literal)
}

/// The last value of the path: the id of what is asked for.
pub(super) fn own_id<'a>(call: &Call<'a>) -> Result<Cow<'a, str>, ApiError> {
    let template = call.operation.map_or("", |operation| &*operation.template);
    let last = template.rsplit_once('{').and_then(|(_, rest)| rest.split_once('}'));
    call.param(last.map_or("", |(name, _)| name))
}

/// Of an entity what `keys` name, in the stored order.
pub(super) fn only(entity: &Map<String, Value>, keys: &[&str]) -> Map<String, Value> {
    let picked = entity.iter().filter(|(key, _)| keys.contains(&key.as_str()));
    picked.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// GET of a collection.
pub(super) fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&entity::page(call, Resource::of(call)?.path)?)
}

/// GET of a collection's view for people who may see names only.
pub(super) fn views(call: &Call<'_>) -> Result<Reply, ApiError> {
    let page = entity::page(call, Resource::of(call)?.path)?;
    Reply::ok(&entity::shown(page, |entity| only(entity, &["id", "name", "division", "selfUri"])))
}

/// POST to a collection.
pub(super) fn create(call: &Call<'_>) -> Result<Reply, ApiError> {
    let resource = Resource::of(call)?;
    Reply::ok(&entity::create(call, resource.path, resource.fresh(call)?))
}

/// GET of an entity.
pub(super) fn read(call: &Call<'_>) -> Result<Reply, ApiError> {
    let resource = Resource::of(call)?;
    Reply::ok(&entity::get(call, resource.path, resource.kind, &own_id(call)?)?)
}

/// PUT of an entity.
pub(super) fn write(call: &Call<'_>) -> Result<Reply, ApiError> {
    Reply::ok(&Resource::of(call)?.write(call, &own_id(call)?)?)
}

/// DELETE of an entity.
pub(super) fn remove(call: &Call<'_>) -> Result<Reply, ApiError> {
    let resource = Resource::of(call)?;
    entity::remove(call, resource.path, resource.kind, &own_id(call)?)?;
    Ok(Reply::empty(resource.removed))
}
