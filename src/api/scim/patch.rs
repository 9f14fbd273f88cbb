//! The operations of a SCIM PATCH (RFC 7644, 3.5.2): add, replace and remove of attributes, of values of lists, and of
//! parts of them.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::attributes::{Access, Attribute, Kind, find, resolve};
use super::filter::Filter;
use crate::api::call::Call;
use crate::wire::error::ApiError;
use crate::wire::quoted::quoted;

/// The most operations of a request (assumed).
const MAX_OPERATIONS: usize = 1000;

/// An operation.
pub(super) struct Operation {
    op: Op,
    /// `None` where `value` is an object of attributes.
    path: Option<Path>,
    value: Value,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Add,
    Replace,
    Remove,
}

/// The attributes that an operation goes through, from the outermost on.
pub(super) struct Path(Vec<Step>);

struct Step {
    attribute: &'static Attribute,
    /// Selects values of a list.
    filter: Option<Filter>,
}

/// Reads the operations of a body on a resource with these attributes.
pub(super) fn read(call: &Call<'_>, all: &'static [Attribute]) -> Result<Vec<Operation>, ApiError> {
    let body = call.json_object()?;
    let operations = body.get("Operations").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if operations.len() > MAX_OPERATIONS {
        let why = format!("A request has at most {MAX_OPERATIONS} operations.");
        return Err(ApiError::scim("tooMany", why));
    }
    operations.iter().map(|operation| read_one(all, operation)).collect()
}

fn read_one(all: &'static [Attribute], operation: &Value) -> Result<Operation, ApiError> {
    let name = operation.get("op").and_then(Value::as_str).unwrap_or_default();
    let op = match name.to_ascii_lowercase().as_str() {
        "add" => Op::Add,
        "replace" => Op::Replace,
        "remove" => Op::Remove,
        _ => return Err(ApiError::invalid_value("op", name, "add, replace, remove")),
    };
    let path = operation.get("path").and_then(Value::as_str).map(str::trim).filter(|path| !path.is_empty());
    let path = path.map(|path| Path::parse(all, path)).transpose()?;
    let value = operation.get("value").cloned().unwrap_or_default();
    match (op, &path) {
        (Op::Remove, None) => Err(ApiError::scim("noTarget", "An operation remove needs a path.")),
        (Op::Add | Op::Replace, None) if !value.is_object() => {
            Err(ApiError::scim("invalidValue", "An operation without a path needs an object as value."))
        }
        (Op::Add | Op::Replace, Some(_)) if operation.get("value").is_none() => {
            Err(ApiError::scim("invalidValue", format!("An operation {name} needs a value.")))
        }
        _ => Ok(Operation { op, path, value }),
    }
}

impl Path {
    /// Reads `attribute`, `attribute.part`, `attribute[filter]` or `attribute[filter].part`, each after the name of a
    /// schema or without it.
    fn parse(all: &'static [Attribute], text: &str) -> Result<Self, ApiError> {
        let unknown =
            || ApiError::scim("invalidPath", format!("There is no attribute {text}.", text = quoted(text)));
        let Some((list, rest)) = text.split_once('[') else {
            return Ok(Self::of(resolve(all, text).ok_or_else(unknown)?));
        };
        let (filter, rest) = rest.rsplit_once(']').ok_or_else(unknown)?;
        let mut path = Self::of(resolve(all, list).ok_or_else(unknown)?);
        let last = path.0.last_mut().filter(|last| matches!(last.attribute.kind, Kind::List(_)));
        let last = last.ok_or_else(unknown)?;
        last.filter = Some(Filter::parse(filter)?);
        if !rest.is_empty() {
            let part = rest.strip_prefix('.').and_then(|name| find(last.attribute.inner(), name));
            path.0.extend(Self::of(vec![part.ok_or_else(unknown)?]).0);
        }
        Ok(path)
    }

    fn of(chain: Vec<&'static Attribute>) -> Self {
        Self(chain.into_iter().map(|attribute| Step { attribute, filter: None }).collect())
    }
}

/// Applies the operations to a resource in their order.
pub(super) fn apply(
    all: &'static [Attribute],
    resource: &mut Map<String, Value>,
    operations: &[Operation],
) -> Result<(), ApiError> {
    operations.iter().try_for_each(|operation| match (&operation.path, &operation.value) {
        (Some(path), value) => change(resource, &path.0, operation.op, value),
        (None, Value::Object(attributes)) => merge(all, resource, operation.op, attributes),
        (None, _) => Ok(()),
    })
}

/// Sets the attributes that an object has. Those that a client can not set, or that are unknown, are ignored, as in the
/// body of a new resource.
pub(super) fn merge(
    all: &'static [Attribute],
    resource: &mut Map<String, Value>,
    op: Op,
    attributes: &Map<String, Value>,
) -> Result<(), ApiError> {
    let known = attributes.iter().filter_map(|(key, value)| Some((resolve(all, key)?, value)));
    let known = known.filter(|(chain, _)| chain.iter().all(|one| one.access != Access::ReadOnly));
    known.into_iter().try_for_each(|(chain, value)| change(resource, &Path::of(chain).0, op, value))
}

fn change(object: &mut Map<String, Value>, path: &[Step], op: Op, value: &Value) -> Result<(), ApiError> {
    let Some((step, rest)) = path.split_first() else { return Ok(()) };
    let name = step.attribute.name;
    let removes = op == Op::Remove || value.is_null();
    match step.attribute.access {
        Access::ReadOnly => {
            return Err(ApiError::scim("mutability", format!("The attribute {name} is read-only.")));
        }
        Access::Required if removes => {
            return Err(ApiError::scim("mutability", format!("The attribute {name} is required.")));
        }
        _ => {}
    }
    match step.attribute.kind {
        Kind::List(_) if step.filter.is_some() || !rest.is_empty() => {
            change_values(object, step, (rest, op), value)
        }
        Kind::Object(_) if !rest.is_empty() => {
            let inner = object.entry(name).or_insert_with(|| Map::new().into());
            inner.as_object_mut().map_or(Ok(()), |inner| change(inner, rest, op, value))
        }
        kind => {
            set(object, (name, kind), op, value);
            Ok(())
        }
    }
}

/// Changes the values of a list that the filter of the step selects, or all of them.
fn change_values(
    object: &mut Map<String, Value>,
    step: &Step,
    (rest, op): (&[Step], Op),
    value: &Value,
) -> Result<(), ApiError> {
    let items = object.entry(step.attribute.name).or_insert_with(|| Value::Array(Vec::new()));
    let Some(items) = items.as_array_mut() else { return Ok(()) };
    if rest.is_empty() && op == Op::Remove {
        return remove_values(items, step);
    }
    if op == Op::Add && !items.iter().any(|item| step.selects(item)) {
        // Identity providers add `phoneNumbers[type eq "mobile"].value` to a user that has no such number.
        items.extend(step.filter.as_ref().map(|filter| Value::Object(filter.to_object())));
    }
    let selected = items.iter_mut().filter(|item| step.selects(item));
    let mut selected = selected.filter_map(Value::as_object_mut).peekable();
    if selected.peek().is_none() {
        return Err(no_target(step));
    }
    selected.try_for_each(|item| match (rest, value) {
        ([], Value::Object(parts)) => merge(step.attribute.inner(), item, op, parts),
        ([], _) => Err(ApiError::scim("invalidValue", "The value of a list must be an object.")),
        (rest, value) => change(item, rest, op, value),
    })
}

fn remove_values(items: &mut Vec<Value>, step: &Step) -> Result<(), ApiError> {
    let before = items.len();
    items.retain(|item| !step.selects(item));
    if items.len() < before { Ok(()) } else { Err(no_target(step)) }
}

impl Step {
    /// Whether the step goes through a value of its list.
    fn selects(&self, item: &Value) -> bool {
        let matches = |filter: &Filter| item.as_object().is_some_and(|item| filter.matches(item));
        self.filter.as_ref().is_none_or(matches)
    }
}

fn no_target(step: &Step) -> ApiError {
    let why = format!("The attribute {} has no such value.", step.attribute.name);
    ApiError::scim("noTarget", why)
}

/// Sets or removes an attribute. Adding to a list extends it; removing with values removes those.
fn set(object: &mut Map<String, Value>, (name, kind): (&'static str, Kind), op: Op, value: &Value) {
    let value = match (kind, value) {
        (Kind::List(_), Value::Object(_)) => &Value::Array(vec![value.clone()]),
        // Identity providers send the id of a manager alone.
        (Kind::Object(inner), Value::String(_)) if find(inner, "value").is_some() => {
            &Value::Object(Map::from_iter([("value".to_owned(), value.clone())]))
        }
        (_, value) => value,
    };
    match (op, object.get_mut(name), value) {
        (Op::Add, Some(Value::Array(known)), Value::Array(more)) => extend(known, more),
        (Op::Add | Op::Replace, Some(Value::Object(known)), Value::Object(more)) => {
            known.extend(more.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        (Op::Remove, Some(Value::Array(known)), Value::Array(gone)) if !gone.is_empty() => {
            let gone = ids(gone);
            known.retain(|item| id(item).is_none_or(|id| !gone.contains(id)));
        }
        (Op::Remove, ..) | (_, _, Value::Null) => drop(object.shift_remove(name)),
        (Op::Add | Op::Replace, _, value) => drop(object.insert(name.to_owned(), value.clone())),
    }
}

fn id(item: &Value) -> Option<&str> {
    item.get("value").and_then(Value::as_str)
}

fn ids(items: &[Value]) -> HashSet<&str> {
    items.iter().filter_map(id).collect()
}

/// Adds the values that a list lacks.
fn extend(known: &mut Vec<Value>, more: &[Value]) {
    let new: Vec<_> = {
        let mut known = ids(known);
        more.iter().filter(|item| id(item).is_none_or(|id| known.insert(id))).cloned().collect()
    };
    known.extend(new);
}
