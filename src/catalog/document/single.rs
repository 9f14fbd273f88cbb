//! A JSON Schema by itself, such as a part of the contract of a data action.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

use super::convert::Converter;
use super::mistake::Mistake;
use super::raw::RawSchema;
use crate::catalog::schema::{Example, Mode, SchemaId, Schemas, Violation};

/// A schema that refers to no other.
#[derive(Debug)]
pub(crate) struct JsonSchema {
    schemas: Schemas,
    root: SchemaId,
}

impl JsonSchema {
    /// Reads a schema. The time is linear in its size, because a reference is a mistake: parts that refer to each other
    /// could be merged without end.
    ///
    /// # Errors
    /// With the first keyword that has a wrong value.
    pub(crate) fn read(schema: &Value) -> Result<Self, Mistake> {
        let raw = RawSchema::deserialize(schema).map_err(|error| Mistake::whole(error.to_string()))?;
        let definitions = IndexMap::new();
        let mut converter = Converter::new(&definitions, "#/definitions/");
        let root = converter.schema(&raw)?;
        let schemas =
            converter.builder.finish().map_err(|undefined| Mistake::whole(undefined.to_string()))?;
        Ok(Self { schemas, root })
    }

    /// Checks what a client has sent.
    ///
    /// # Errors
    /// With the first place that is wrong.
    pub(crate) fn check(&self, value: &Value) -> Result<(), Violation> {
        self.schemas.check(self.root, value, Mode::Request)
    }

    /// A valid value with every property at the top. Equal seeds give equal values.
    pub(crate) fn example(&self, seed: &str) -> Value {
        self.schemas.example(self.root, Example { seed, self_uri: None, whole: true })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_checked_and_made() {
        let schema = json!({ "type": "object", "required": ["id"],
            "properties": { "id": { "type": "string" }, "count": { "type": "integer" } } });
        let schema = JsonSchema::read(&schema).expect("a schema");
        assert!(schema.check(&json!({ "id": "a", "more": 1 })).is_ok());
        assert!(schema.check(&json!({ "count": 1 })).is_err());
        assert!(schema.check(&json!({ "id": 1 })).is_err());
        let made = schema.example("a");
        assert!(made["id"].is_string() && made["count"].is_i64(), "{made}");
        assert_eq!(made, schema.example("a"));
    }

    #[test]
    fn a_reference_and_a_keyword_of_a_wrong_type_are_mistakes() {
        assert!(JsonSchema::read(&json!({ "$ref": "#/definitions/a" })).is_err());
        assert!(JsonSchema::read(&json!({ "type": "object", "properties": [] })).is_err());
    }
}
