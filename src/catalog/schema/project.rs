//! Keeps what a schema has.

use serde_json::{Map, Number, Value};

use super::arena::{Kind, Object, SchemaId, Schemas};
use super::check::{DEEPEST, Mode, check_scalar};
use super::scalar::whole;

impl Schemas {
    /// `value` without the properties that the schema lacks, and without the parts whose values do not fit. `None`
    /// where the whole does not fit. Nothing is made up: required properties may be missing.
    pub(crate) fn project(&self, schema: SchemaId, mut value: Value) -> Option<Value> {
        self.keep(schema, &mut value, 0).then_some(value)
    }

    /// Drops what does not fit from `value`, and returns whether the rest does.
    fn keep(&self, schema: SchemaId, value: &mut Value, depth: usize) -> bool {
        if depth > DEEPEST {
            return false;
        }
        match (self.kind(schema), value) {
            (Kind::Array { items, min_items }, Value::Array(all)) => {
                all.retain_mut(|item| self.keep(items, item, depth + 1));
                all.len() >= min_items as usize
            }
            (Kind::Map(values), Value::Object(map)) => {
                map.retain(|_, value| self.keep(values, value, depth + 1));
                true
            }
            (Kind::Object(object), Value::Object(map)) => {
                self.keep_properties(object, map, depth);
                true
            }
            (kind, value) => fits(kind, value),
        }
    }

    fn keep_properties(&self, object: Object<'_>, map: &mut Map<String, Value>, depth: usize) {
        let is_kept = |name: &str, value: &mut Value| {
            object.find(name).is_some_and(|property| self.keep(property.schema, value, depth + 1))
        };
        map.retain(|name, value| is_kept(name, value));
    }
}

/// Whether `value` fits a schema without parts. A whole number that is written with a fraction of zero is rewritten.
pub(super) fn fits(kind: Kind<'_>, value: &mut Value) -> bool {
    if let (Kind::Integer { .. }, Value::Number(number)) = (kind, &*value)
        && let Some(number) = whole(number, false)
    {
        *value = Value::Number(Number::from(number));
    }
    check_scalar(kind, value, Mode::Answer).is_ok()
}
