//! Journeys: segments, outcomes, action maps and templates, journey views, and the events of deployments.

mod actions;
mod deployments;
mod outcomes;
mod segments;
mod views;

use serde_json::Value;

use super::call::Call;
use super::entity::text;
use super::json_entity::Body;
use crate::api::route::Route;
use crate::wire::error::ApiError;
use crate::world::Organization;

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    [actions::routes(), deployments::routes(), outcomes::routes(), segments::routes(), views::routes()]
        .concat()
}

/// Refuses a `displayName` that another entity of the collection has: 409.
fn check_display_name(
    organization: &Organization,
    collection: &str,
    before: Option<&Body>,
    body: &Body,
) -> Result<(), ApiError> {
    let (name, own) = (text(body, "displayName"), before.map_or("", |before| text(before, "id")));
    let mut others = organization.collections.list(collection);
    if !name.is_empty()
        && others
            .any(|other| text(other, "id") != own && text(other, "displayName").eq_ignore_ascii_case(name))
    {
        return Err(ApiError::conflict("An entity with this displayName exists already."));
    }
    Ok(())
}

/// Refuses ids that a collection does not have: 400 with the field named.
fn check_ids(
    organization: &Organization,
    collection: &str,
    (field, kind): (&'static str, &'static str),
    body: &Body,
) -> Result<(), ApiError> {
    let ids = body.get(field).and_then(Value::as_array).into_iter().flatten();
    let mut ids = ids.filter_map(Value::as_str);
    ids.try_for_each(|id| match organization.collections.get(collection, id) {
        Some(_) => Ok(()),
        None => Err(ApiError::no_reference(field, kind, id)),
    })
}

/// Whether the query selects an entity: by ids under `parameter`, by a text in one of its `queryFields`, and by the
/// `filterValue` of the `filterField`, such as `action.actionTemplate.id`.
fn is_selected(call: &Call<'_>, entity: &Body, parameter: &str) -> bool {
    let ids = call.query_list(parameter);
    let (fields, value) = (call.query_list("queryFields"), call.query_text("queryValue"));
    let value = value.map(|value| value.to_lowercase());
    let has = |value: &str| {
        let mut texts = entity.iter().filter(|(key, _)| fields.is_empty() || fields.contains(key));
        texts.any(|(_, of)| of.as_str().is_some_and(|of| of.to_lowercase().contains(value)))
    };
    (ids.is_empty() || ids.iter().any(|id| id == text(entity, "id")))
        && value.is_none_or(|value| has(&value))
        && has_filtered(call, entity)
}

fn has_filtered(call: &Call<'_>, entity: &Body) -> bool {
    let (field, wanted) = (call.query_text("filterField"), call.query_text("filterValue"));
    let (Some(field), Some(wanted)) = (field, wanted) else { return true };
    let mut parts = field.split('.');
    let first = parts.next().and_then(|part| entity.get(part));
    let found = first.and_then(|first| parts.try_fold(first, |value, part| value.get(part)));
    found.is_some_and(|found| match found {
        Value::String(found) => *found == wanted,
        found => found.to_string() == wanted,
    })
}
