//! The operations of a SCIM PATCH (RFC 7644, 3.5.2): add, replace and remove of attributes and of members of lists.

use serde_json::{Map, Value};

use crate::api::call::Call;
use crate::wire::error::ApiError;

/// An operation.
pub(super) struct Operation {
    op: Op,
    /// The attribute; empty where `value` is an object of attributes.
    path: String,
    value: Value,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Op {
    Add,
    Replace,
    Remove,
}

/// Reads the operations of a body.
pub(super) fn read(call: &Call<'_>) -> Result<Vec<Operation>, ApiError> {
    let body = call.json_object()?;
    let operations = body.get("Operations").and_then(Value::as_array).into_iter().flatten();
    operations.map(read_one).collect()
}

fn read_one(operation: &Value) -> Result<Operation, ApiError> {
    let name = operation.get("op").and_then(Value::as_str).unwrap_or_default();
    let op = match name.to_ascii_lowercase().as_str() {
        "add" => Op::Add,
        "replace" => Op::Replace,
        "remove" => Op::Remove,
        _ => return Err(ApiError::invalid_value("op", name, "add, replace, remove")),
    };
    let path = operation.get("path").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Operation { op, path, value: operation.get("value").cloned().unwrap_or_default() })
}

/// Applies the operations to a resource in their order.
pub(super) fn apply(resource: &mut Map<String, Value>, operations: &[Operation]) -> Result<(), ApiError> {
    for operation in operations {
        match (&operation.value, operation.path.as_str()) {
            (Value::Object(attributes), "") => {
                for (key, value) in attributes {
                    set(resource, operation.op, key, value);
                }
            }
            (_, "") => {
                return Err(ApiError::bad_request("An operation without a path needs an object as value."));
            }
            (value, path) => match path.split_once('[') {
                Some((list, rest)) => remove_member(resource, list, rest),
                None => set(resource, operation.op, path, value),
            },
        }
    }
    Ok(())
}

/// Sets or removes an attribute. Adding to a list extends it; removing with a value removes its members.
fn set(resource: &mut Map<String, Value>, op: Op, key: &str, value: &Value) {
    let key = resource
        .keys()
        .find(|known| known.eq_ignore_ascii_case(key))
        .cloned()
        .unwrap_or_else(|| key.to_owned());
    match (op, resource.get_mut(&key), value) {
        (Op::Add, Some(Value::Array(known)), Value::Array(more)) => known.extend(more.iter().cloned()),
        (Op::Remove, Some(Value::Array(known)), Value::Array(gone)) if !gone.is_empty() => {
            known.retain(|item| !gone.iter().any(|gone| gone.get("value") == item.get("value")));
        }
        (Op::Remove, Some(Value::Array(known)), _) => known.clear(),
        (Op::Remove, _, _) => drop(resource.shift_remove(&key)),
        (Op::Add | Op::Replace, _, value) => drop(resource.insert(key, value.clone())),
    }
}

/// Removes the member of a list that `value eq "ID"]` names.
fn remove_member(resource: &mut Map<String, Value>, list: &str, rest: &str) {
    let id = rest.split('"').nth(1).unwrap_or_default();
    if let Some(Value::Array(members)) = resource.get_mut(list) {
        members.retain(|member| member.get("value").and_then(Value::as_str) != Some(id));
    }
}
