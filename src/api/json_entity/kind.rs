//! A kind as a value, with the shared handlers as its methods.
//!
//! A generic function is compiled once for each kind. These are compiled once for all.

use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    Body, JsonEntity, MAX_NAME, SET_BY_SERVER, Version, answer, author_reference, path_of, read_body,
};
use crate::api::call::Call;
use crate::api::entity::{Filter, Order, text};
use crate::api::order;
use crate::time::clock::rfc3339;
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;
use crate::world::Organization;
use crate::world::collection::Entity;

/// Everything that a [`JsonEntity`] says of its kind.
pub(super) struct JsonKind {
    name: &'static str,
    path: &'static str,
    param: &'static str,
    version: Version,
    unique: bool,
    duplicate: (StatusCode, &'static str),
    set_by_server: &'static [&'static str],
    check_path: fn(&Call<'_>, &Organization) -> Result<(), ApiError>,
    check: fn(&Call<'_>, &Organization, Option<&Body>, &Body) -> Result<(), ApiError>,
    start: fn(&Call<'_>, &Organization, &mut Body),
    change: fn(&Call<'_>, &Organization, &Body, &mut Body),
    relate: fn(&Call<'_>, &mut Organization, &Body),
    show: fn(&Call<'_>, &Organization, &mut Body),
    matches: fn(&Call<'_>, &Organization, &Body) -> bool,
    order: fn(&Call<'_>) -> Order,
    may_delete: fn(&Call<'_>, &Organization, &Body) -> Result<(), ApiError>,
    forget: fn(&Call<'_>, &mut Organization, &Body),
}

impl JsonKind {
    pub(super) const fn of<K: JsonEntity>() -> &'static Self {
        const {
            &Self {
                name: K::NAME,
                path: K::PATH,
                param: K::PARAM,
                version: K::VERSION,
                unique: K::UNIQUE,
                duplicate: K::DUPLICATE,
                set_by_server: K::SET_BY_SERVER,
                check_path: K::check_path,
                check: K::check,
                start: K::start,
                change: K::change,
                relate: K::relate,
                show: K::show,
                matches: K::matches,
                order: K::order,
                may_delete: K::may_delete,
                forget: K::forget,
            }
        }
    }

    pub(super) fn find<'o>(
        &self,
        call: &Call<'_>,
        organization: &'o Organization,
    ) -> Result<&'o Entity, ApiError> {
        (self.check_path)(call, organization)?;
        self.find_by_id(call, organization, &call.param(self.param)?)
    }

    pub(super) fn find_by_id<'o>(
        &self,
        call: &Call<'_>,
        organization: &'o Organization,
        id: &str,
    ) -> Result<&'o Entity, ApiError> {
        let found = organization.collections.get(&path_of(call, self.path)?, id);
        found.ok_or_else(|| ApiError::no_such(self.name, id))
    }

    pub(super) fn select<'o>(
        &self,
        call: &Call<'_>,
        organization: &'o Organization,
    ) -> Result<Vec<&'o Entity>, ApiError> {
        (self.check_path)(call, organization)?;
        let (filter, order) = (Filter::of(call), (self.order)(call));
        let all = organization.collections.list(&path_of(call, self.path)?).collect::<Vec<_>>();
        let wanted = all
            .into_iter()
            .filter(|entity| filter.matches(entity) && (self.matches)(call, organization, entity));
        Ok(order.sort(wanted.collect()))
    }

    pub(super) fn to_json(&self, call: &Call<'_>, organization: &Organization, entity: &Body) -> Body {
        let mut entity = entity.clone();
        (self.show)(call, organization, &mut entity);
        entity
    }

    pub(super) fn list(&self, call: &Call<'_>) -> Result<Reply, ApiError> {
        let all: Vec<Body> = {
            let organization = call.tenant().read();
            let all = self.select(call, &organization)?;
            all.into_iter().map(|entity| self.to_json(call, &organization, entity)).collect()
        };
        answer::list(call, all)
    }

    pub(super) fn get(&self, call: &Call<'_>) -> Result<Reply, ApiError> {
        let entity = {
            let organization = call.tenant().read();
            self.to_json(call, &organization, self.find(call, &organization)?)
        };
        answer::reply(call, entity)
    }

    pub(super) fn create(&self, call: &Call<'_>) -> Result<Reply, ApiError> {
        answer::reply(call, self.add(call, read_body(call)?)?)
    }

    pub(super) fn add(&self, call: &Call<'_>, body: Body) -> Result<Body, ApiError> {
        let author = author_reference(call);
        call.change(|organization| self.add_to(call, organization, body, author))
    }

    pub(super) fn add_to(
        &self,
        call: &Call<'_>,
        organization: &mut Organization,
        body: Body,
        author: Value,
    ) -> Result<Body, ApiError> {
        (self.check_path)(call, organization)?;
        self.check_name(call, organization, None, &body)?;
        (self.check)(call, organization, None, &body)?;
        let (id, collection) = (Uuid::new_v4().to_string(), path_of(call, self.path)?);
        let mut entity = Map::from_iter([("id".to_owned(), json!(id))]);
        entity.extend(without_server_fields(body));
        for key in ["dateCreated", "dateModified"] {
            entity.insert(key.to_owned(), json!(rfc3339(call.now)));
        }
        entity.insert("createdBy".to_owned(), author.clone());
        entity.insert("modifiedBy".to_owned(), author);
        self.version.start(&mut entity);
        (self.start)(call, organization, &mut entity);
        entity.insert("selfUri".to_owned(), json!(format!("{collection}/{id}")));
        Ok(self.put(call, organization, (&collection, &id), entity))
    }

    pub(super) fn edit(&self, call: &Call<'_>, body: Body, whole: bool) -> Result<Body, ApiError> {
        let author = author_reference(call);
        call.change(|organization| self.edit_in(call, organization, body, author, whole))
    }

    pub(super) fn edit_in(
        &self,
        call: &Call<'_>,
        organization: &mut Organization,
        body: Body,
        author: Value,
        whole: bool,
    ) -> Result<Body, ApiError> {
        let id = call.param(self.param)?;
        self.edit_by_id(call, organization, (&id, body), author, whole)
    }

    pub(super) fn edit_by_id(
        &self,
        call: &Call<'_>,
        organization: &mut Organization,
        (id, body): (&str, Body),
        author: Value,
        whole: bool,
    ) -> Result<Body, ApiError> {
        let path = path_of(call, self.path)?;
        (self.check_path)(call, organization)?;
        let before = self.find_by_id(call, organization, id)?.clone();
        self.version.check(&before, &body)?;
        self.check_name(call, organization, Some(&before), &body)?;
        (self.check)(call, organization, Some(&before), &body)?;
        let mut entity = if whole { self.server_fields(&before) } else { Map::clone(&before) };
        entity.extend(without_server_fields(body));
        entity.insert("dateModified".to_owned(), json!(rfc3339(call.now)));
        entity.insert("modifiedBy".to_owned(), author);
        self.version.count(&before, &mut entity);
        (self.change)(call, organization, &before, &mut entity);
        order::check_object(self.path, &entity)?;
        Ok(self.put(call, organization, (&path, id), entity))
    }

    /// What a change that replaces an entity leaves of it.
    fn server_fields(&self, entity: &Body) -> Body {
        let mut kept = entity.clone();
        kept.retain(|key, _| {
            SET_BY_SERVER.contains(&key.as_str()) || self.set_by_server.contains(&key.as_str())
        });
        kept
    }

    fn put(
        &self,
        call: &Call<'_>,
        organization: &mut Organization,
        (collection, id): (&str, &str),
        entity: Body,
    ) -> Body {
        let entity = organization.collections.insert(collection, id, entity);
        (self.relate)(call, organization, &entity);
        self.to_json(call, organization, &entity)
    }

    pub(super) fn delete(&self, call: &Call<'_>) -> Result<Reply, ApiError> {
        let id = call.param(self.param)?.into_owned();
        let removed = call.change(|organization| {
            let entity = self.find(call, organization)?.clone();
            (self.may_delete)(call, organization, &entity)?;
            let removed = self.to_json(call, organization, &entity);
            self.remove_from(call, organization, &id)?;
            Ok(removed)
        })?;
        answer::reply(call, removed)
    }

    pub(super) fn remove_from(
        &self,
        call: &Call<'_>,
        organization: &mut Organization,
        id: &str,
    ) -> Result<bool, ApiError> {
        let collection = path_of(call, self.path)?;
        let Some(entity) = organization.collections.remove(&collection, id) else { return Ok(false) };
        organization.collections.remove_below(&format!("{collection}/{id}/"));
        (self.forget)(call, organization, &entity);
        Ok(true)
    }

    /// Refuses a body that refers to an entity that does not exist: 400 with the field named.
    pub(super) fn check_reference(
        &self,
        call: &Call<'_>,
        organization: &Organization,
        field: &'static str,
        id: Option<&Value>,
    ) -> Result<(), ApiError> {
        let Some(id) = id.and_then(Value::as_str) else { return Ok(()) };
        let known = organization.collections.get(&path_of(call, self.path)?, id);
        known.map(drop).ok_or_else(|| ApiError::no_reference(field, self.name, id))
    }

    /// Refuses a name that is empty or too long, and one that another entity has.
    fn check_name(
        &self,
        call: &Call<'_>,
        organization: &Organization,
        before: Option<&Body>,
        body: &Body,
    ) -> Result<(), ApiError> {
        let Some(name) = body.get("name").and_then(Value::as_str) else { return Ok(()) };
        if name.trim().is_empty() || name.chars().count() > MAX_NAME {
            let why = format!("The property name must have 1 to {MAX_NAME} characters.");
            return Err(ApiError::bad_request(why));
        }
        let own = before.map_or("", |before| text(before, "id"));
        let path = path_of(call, self.path)?;
        let mut others = organization.collections.list(&path);
        let is_taken =
            |other: &Entity| text(other, "id") != own && text(other, "name").eq_ignore_ascii_case(name);
        if self.unique && others.any(is_taken) {
            let (status, code) = self.duplicate;
            let why = format!("Another {} has this name already.", self.name);
            return Err(ApiError::new(status, code, why));
        }
        Ok(())
    }
}

fn without_server_fields(mut body: Body) -> Body {
    const MODIFIED: [&str; 2] = ["dateModified", "modifiedBy"];
    body.retain(|key, _| !SET_BY_SERVER.contains(&key.as_str()) && !MODIFIED.contains(&key.as_str()));
    body
}
