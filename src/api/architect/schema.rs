//! The schemas of data tables: which schemas a table may have, and which rows fit them.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::wire::error::ApiError;
use crate::wire::quoted::quoted;

/// The property that identifies a row.
pub(super) const KEY: &str = "key";
/// The types of properties.
const TYPES: [&str; 4] = ["string", "boolean", "integer", "number"];

/// The refusal of a schema or a row, with the field that is wrong.
pub(super) fn refused(field: &str, why: impl Into<Cow<'static, str>>) -> ApiError {
    ApiError { code: "flows.datatables.schema.exception".into(), ..ApiError::constraint(field, why) }
}

/// Refuses a table whose schema is not one of rows: an object with the string `key`, which identifies a row, and
/// properties of known types.
pub(super) fn check(table: &Map<String, Value>) -> Result<(), ApiError> {
    let Some(schema) = table.get("schema").and_then(Value::as_object) else { return Ok(()) };
    if schema.get("type").is_some_and(|kind| kind != "object") {
        return Err(refused("schema.type", "The type of the schema must be object."));
    }
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return Ok(()) };
    if properties.get(KEY).is_none_or(|key| key.get("type").is_some_and(|kind| kind != "string")) {
        return Err(refused(
            "schema.properties.key",
            "The schema must have a property named key of type string.",
        ));
    }
    properties.iter().try_for_each(|(name, property)| check_property(name, property))?;
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    match required.into_iter().find(|name| name.as_str().is_none_or(|name| !properties.contains_key(name))) {
        Some(name) => Err(refused(
            "schema.required",
            format!("The schema has no property {name}.", name = quoted(&name.to_string())),
        )),
        None => Ok(()),
    }
}

/// Refuses a schema that lacks a property of the one before: rows may have it.
pub(super) fn check_kept(before: &Map<String, Value>, table: &Map<String, Value>) -> Result<(), ApiError> {
    let properties = |of: &'_ Map<String, Value>| of.get("schema")?.get("properties")?.as_object().cloned();
    let (Some(before), Some(after)) = (properties(before), properties(table)) else { return Ok(()) };
    let Some(lost) = before.keys().find(|name| !after.contains_key(*name)) else { return Ok(()) };
    let why = format!("The schema must keep the property {}.", quoted(lost));
    let code = "flows.datatables.cannot.remove.fields".into();
    Err(ApiError { code, ..ApiError::constraint("schema.properties", why) })
}

fn check_property(name: &str, property: &Value) -> Result<(), ApiError> {
    let field = |part: &str| format!("schema.properties.{name}{part}");
    let Some(property) = property.as_object() else {
        return Err(refused(
            &field(""),
            format!("The property {name} must be an object.", name = quoted(name)),
        ));
    };
    let kind = match property.get("type") {
        None => return Ok(()),
        Some(kind) => kind.as_str().filter(|kind| TYPES.contains(kind)),
    };
    let kind = kind.ok_or_else(|| {
        refused(
            &field(".type"),
            format!(
                "The type of the property {name} must be one of {}.",
                TYPES.join(", "),
                name = quoted(name)
            ),
        )
    })?;
    match property.get("default") {
        Some(default) if !has_type(kind, default) => Err(refused(
            &field(".default"),
            format!("The default of {name} must be of type {kind}.", name = quoted(name)),
        )),
        _ => Ok(()),
    }
}

/// Adds the defaults of the schema and refuses a row that does not match it.
pub(super) fn apply(row: &mut Map<String, Value>, table: &Map<String, Value>) -> Result<(), ApiError> {
    let schema = table.get("schema");
    let Some(properties) = schema.and_then(|schema| schema.get("properties")?.as_object()) else {
        return Ok(());
    };
    let closed = schema.and_then(|schema| schema.get("additionalProperties")) == Some(&Value::Bool(false));
    if let Some(unknown) = row.keys().find(|key| closed && !properties.contains_key(*key)) {
        return Err(refused(
            unknown,
            format!("The schema has no property {unknown}.", unknown = quoted(unknown)),
        ));
    }
    for (name, property) in properties {
        let wanted = property.get("type").and_then(Value::as_str).unwrap_or_default();
        match (row.get(name), property.get("default")) {
            (Some(value), _) if !has_type(wanted, value) => {
                return Err(refused(
                    name,
                    format!("The property {name} must be of type {wanted}.", name = quoted(name)),
                ));
            }
            (Some(value), _) => check_bounds(name, property, value)?,
            (None, Some(default)) => drop(row.insert(name.clone(), default.clone())),
            (None, None) => {}
        }
    }
    let required = schema.and_then(|schema| schema.get("required")?.as_array()).into_iter().flatten();
    match required.filter_map(Value::as_str).find(|name| !row.contains_key(*name)) {
        Some(name) => Err(refused(name, format!("The property {name} is required.", name = quoted(name)))),
        None => Ok(()),
    }
}

/// Refuses a string that is too short or too long for its property, and a number that is too small or too great.
fn check_bounds(name: &str, property: &Value, value: &Value) -> Result<(), ApiError> {
    let length = value.as_str().map(|text| u32::try_from(text.chars().count()).map_or(f64::MAX, f64::from));
    let (number, least, most) = match length {
        Some(length) => (Some(length), "minLength", "maxLength"),
        None => (value.as_f64(), "minimum", "maximum"),
    };
    let bound = |key: &str| property.get(key).and_then(Value::as_f64);
    let Some(number) = number else { return Ok(()) };
    let broken = [
        (least, bound(least).is_some_and(|least| number < least)),
        (most, bound(most).is_some_and(|most| number > most)),
    ];
    match broken.into_iter().find(|(_, is_broken)| *is_broken) {
        Some((key, _)) => {
            Err(refused(name, format!("The property {} breaks the {key} of the schema.", quoted(name))))
        }
        None => Ok(()),
    }
}

fn has_type(wanted: &str, value: &Value) -> bool {
    match wanted {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => true,
    }
}
