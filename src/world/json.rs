//! JSON as it is kept.

use serde_json::{Map, Value};

/// The object that `value` is; empty for another value.
pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
