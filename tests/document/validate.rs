//! Compares a body with a schema of the document (JSON Schema, draft 4), and says which property is wrong.
//!
//! It is stricter than the draft: a property that the schema lacks is a fault, and so is `null`. A schema that is an
//! object without properties accepts any value, as the vendor's own SDKs do.

use serde_json::{Map, Value};

use crate::formats;
use crate::spec::Document;

/// What is wrong with `value`; empty if it is as `schema` says. Places are written as `entities[].id`.
pub(crate) fn faults(document: &'static Document, schema: &'static Value, value: &Value) -> Vec<String> {
    let mut faults = Faults { document, found: Vec::new() };
    faults.value(schema, value, "");
    faults.found.sort();
    faults.found.dedup();
    faults.found
}

struct Faults {
    document: &'static Document,
    found: Vec<String>,
}

impl Faults {
    fn add(&mut self, at: &str, what: impl std::fmt::Display) {
        let at = if at.is_empty() { "the body" } else { at };
        self.found.push(format!("{at} {what}"));
    }

    fn value(&mut self, schema: &'static Value, value: &Value, at: &str) {
        let schema = self.document.resolve(schema);
        if value.is_null() {
            return self.add(at, "is null");
        }
        match schema["type"].as_str().unwrap_or("object") {
            "object" => self.object(schema, value, at),
            "array" => self.array(schema, value, at),
            kind => self.scalar(kind, schema, value, at),
        }
    }

    fn object(&mut self, schema: &'static Value, value: &Value, at: &str) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let others = schema.get("additionalProperties");
        if properties.is_none() && others.is_none() {
            return;
        }
        let Some(object) = value.as_object() else { return self.add(at, "is not an object") };
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for missing in required.filter(|name| !object.contains_key(*name)) {
            self.add(&join(at, missing), "is missing");
        }
        self.members(properties, others, object, at);
    }

    fn members(
        &mut self,
        properties: Option<&'static Map<String, Value>>,
        others: Option<&'static Value>,
        object: &Map<String, Value>,
        at: &str,
    ) {
        for (name, value) in object {
            let declared = properties.and_then(|properties| properties.get(name));
            match (declared, others) {
                (Some(schema), _) => self.value(schema, value, &join(at, name)),
                (None, Some(schema)) if schema.is_object() => self.value(schema, value, &join(at, "*")),
                (None, Some(_)) => {}
                (None, None) => self.add(&join(at, name), "is not in the schema"),
            }
        }
    }

    fn array(&mut self, schema: &'static Value, value: &Value, at: &str) {
        let Some(items) = value.as_array() else { return self.add(at, "is not an array") };
        let count = items.len() as u64;
        if schema["minItems"].as_u64().is_some_and(|least| count < least) {
            self.add(at, "has too few items");
        }
        if schema["maxItems"].as_u64().is_some_and(|most| count > most) {
            self.add(at, "has too many items");
        }
        let Some(of) = schema.get("items") else { return };
        for item in items {
            self.value(of, item, &format!("{at}[]"));
        }
    }

    fn scalar(&mut self, kind: &str, schema: &'static Value, value: &Value, at: &str) {
        let fits = match kind {
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            _ => value.is_number(),
        };
        if !fits {
            return self.add(at, format_args!("is not of type {kind}"));
        }
        if let Some(words) = schema["enum"].as_array()
            && !words.contains(value)
        {
            return self.add(at, format_args!("is not in the enumeration: {value}"));
        }
        let format = schema["format"].as_str().unwrap_or_default();
        if !formats::fits(format, value) {
            self.add(at, format_args!("is not of format {format}"));
        }
    }
}

fn join(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}
