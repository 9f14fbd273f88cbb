//! What is refused inside of the objects and arrays of a body: wrong types, unknown words, wrong dates and intervals,
//! and missing fields.
//!
//! The objects of the accepted body are changed. For the other objects that the schema has, the body gets one.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::address::Address;
use crate::generate::{Fill, Generator};
use crate::refusals::wrong_values;
use crate::spec::Document;
use crate::written::Checked;

/// How deep bodies are changed.
const DEEPEST: usize = 4;
/// How deep bodies get objects that the accepted body lacks.
const DEEPEST_ADDED: usize = 3;

/// The properties of a reference to an entity, which needs no other property.
const REFERENCE: [&str; 4] = ["id", "name", "selfUri", "contextId"];

/// An object inside of a body.
struct Nested {
    pointer: String,
    schema: &'static Value,
    /// The whole body.
    body: Value,
    /// Whether the accepted body has the object.
    is_sent: bool,
}

impl Checked<'_> {
    /// Inside of objects and arrays of a body, wrong values and missing fields are a 400 as well.
    pub(crate) async fn wrong_inside(&mut self, address: &Address, schema: &'static Value, body: &Value) {
        let path = format!("{}{}", address.path(), self.places.query(self.operation));
        let (document, generator) = (self.places.document, &self.places.generator);
        let mut walk = Walk { document, generator, seen: BTreeSet::new(), found: Vec::new() };
        walk.visit(schema, body, "", true);
        for nested in walk.found {
            self.wrong_in(&path, &nested).await;
            self.missing_in(&path, &nested).await;
        }
    }

    /// Each property with a wrong value; of an object that was added, one property of each type.
    async fn wrong_in(&mut self, path: &str, nested: &Nested) {
        let document = self.places.document;
        let mut tried = BTreeSet::new();
        for (name, property) in document.properties(nested.schema).into_iter().flatten() {
            if property["readOnly"] == true {
                continue;
            }
            for (case, value) in wrong_values(document.resolve(property)) {
                if nested.is_sent || tried.insert(case) {
                    self.refuses_in(path, nested, name, (case, Some(value))).await;
                }
            }
        }
    }

    /// Each required property missing.
    async fn missing_in(&mut self, path: &str, nested: &Nested) {
        let document = self.places.document;
        let Some(properties) = document.properties(nested.schema) else { return };
        let required = document.resolve(nested.schema)["required"].as_array().into_iter().flatten();
        for name in required.filter_map(Value::as_str).filter(|name| properties[*name]["readOnly"] != true) {
            if !self.is_loose(name) && !is_reference_without(nested, properties, name) {
                self.refuses_in(path, nested, name, ("missing", None)).await;
            }
        }
    }

    async fn refuses_in(
        &mut self,
        path: &str,
        nested: &Nested,
        name: &str,
        (case, value): (&str, Option<Value>),
    ) {
        let mut wrong = nested.body.clone();
        let Some(object) = wrong.pointer_mut(&nested.pointer).and_then(Value::as_object_mut) else { return };
        match value {
            Some(value) => drop(object.insert(name.to_owned(), value)),
            None => drop(object.remove(name)),
        }
        self.refuses_field(path, &wrong, name, &format!("of {} {case}", nested.pointer)).await;
    }
}

/// Whether the object without the property is a reference to an entity.
fn is_reference_without(nested: &Nested, properties: &serde_json::Map<String, Value>, without: &str) -> bool {
    let Some(object) = nested.body.pointer(&nested.pointer).and_then(Value::as_object) else { return false };
    let mut others = object.keys().filter(|name| *name != without);
    let has_id = object.contains_key("id") && without != "id" && properties.contains_key("selfUri");
    has_id && others.all(|name| REFERENCE.contains(&name.as_str()))
}

/// Finds the objects inside of a body.
struct Walk<'w> {
    document: &'static Document,
    generator: &'w Generator,
    /// The schemas of the objects that were added: of each, one is.
    seen: BTreeSet<*const Value>,
    found: Vec<Nested>,
}

impl Walk<'_> {
    /// Notes the objects of `body`, from the one at `pointer` on.
    fn visit(&mut self, schema: &'static Value, body: &Value, pointer: &str, is_sent: bool) {
        let schema = self.document.resolve(schema);
        let depth = pointer.matches('/').count();
        if depth > DEEPEST {
            return;
        }
        match body.pointer(pointer) {
            Some(Value::Object(object)) => {
                if depth > 0 {
                    let (pointer, body) = (pointer.to_owned(), body.clone());
                    self.found.push(Nested { pointer, schema, body, is_sent });
                }
                let sent: BTreeSet<&str> = object.keys().map(String::as_str).collect();
                for (name, property) in self.document.properties(schema).into_iter().flatten() {
                    let inner = format!("{pointer}/{name}");
                    if sent.contains(&**name) {
                        self.visit(property, body, &inner, is_sent);
                    } else if property["readOnly"] != true && depth < DEEPEST_ADDED {
                        self.add(property, (body, name), pointer);
                    }
                }
            }
            Some(Value::Array(items)) if !items.is_empty() => {
                self.visit(&schema["items"], body, &format!("{pointer}/0"), is_sent);
            }
            _ => {}
        }
    }

    /// Adds the property to the object at `pointer`, and notes the objects in it.
    fn add(&mut self, property: &'static Value, (body, name): (&Value, &str), pointer: &str) {
        let property = self.document.resolve(property);
        let object = if property["type"] == "array" { &property["items"] } else { property };
        let object = self.document.resolve(object);
        if object.get("properties").is_none() || !self.seen.insert(std::ptr::from_ref(object)) {
            return;
        }
        let mut body = body.clone();
        if let Some(owner) = body.pointer_mut(pointer).and_then(Value::as_object_mut) {
            owner.insert(name.to_owned(), self.generator.body(property, name, Fill::Required));
            self.visit(property, &body, &format!("{pointer}/{name}"), false);
        }
    }
}
