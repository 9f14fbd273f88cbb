//! Makes valid values, and completes stored ones.

use serde_json::{Map, Value};

use super::arena::{Kind, Object, Property, SchemaId, Schemas};
use super::check;
use super::check::fits;
use super::invention::{self, Seed};

/// How a value is made or completed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Example<'a> {
    /// Equal seeds give equal values. The id of an entity, so that it looks the same in each answer.
    pub(crate) seed: &'a str,
    /// The path of the request, for the `selfUri` of the value.
    pub(crate) self_uri: Option<&'a str>,
    /// Whether every property at the top is made, or only those that a schema requires.
    pub(crate) whole: bool,
}

#[cfg(test)]
impl<'a> Example<'a> {
    /// A value with every property at the top.
    pub(crate) fn of(seed: &'a str) -> Self {
        Self { seed, self_uri: None, whole: true }
    }
}

/// The deepest nesting that is made up. Schemas that require themselves end here, and are then not valid.
const DEEPEST: usize = 12;
/// The most parts that one value gets beside those that were stored.
const MOST_PARTS: usize = 20_000;

impl Schemas {
    /// A valid value of the schema. It has all properties at the top, and below them those that are required, and `id`,
    /// `name` and `selfUri`. Arrays have as many items as they must.
    pub(crate) fn example(&self, schema: SchemaId, example: Example<'_>) -> Value {
        self.complete(schema, Value::Null, example)
    }

    /// The stored value as the schema has it: what does not fit is dropped, and what is missing is made up. `Null`
    /// stands for nothing stored.
    pub(crate) fn complete(&self, schema: SchemaId, stored: Value, example: Example<'_>) -> Value {
        let mut maker = Maker { schemas: self, example, parts: MOST_PARTS };
        let place = Place { name: "", at: 0, depth: 0, seed: Seed::new(example.seed) };
        maker.value(schema, stored, place)
    }
}

struct Maker<'s> {
    schemas: &'s Schemas,
    example: Example<'s>,
    /// How many more parts may be made up.
    parts: usize,
}

/// Where a value stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// The property that has it, also through arrays.
    name: &'a str,
    /// The item that it is.
    at: usize,
    depth: usize,
    seed: Seed,
}

impl<'a> Place<'a> {
    fn property(self, name: &'a str) -> Self {
        Self { name, at: 0, depth: self.depth + 1, seed: self.seed.named(name) }
    }

    fn item(self, at: usize) -> Self {
        Self { at, depth: self.depth + 1, seed: self.seed.item(at), ..self }
    }
}

impl Maker<'_> {
    /// The stored value completed, or one that is made up.
    fn value(&mut self, schema: SchemaId, stored: Value, place: Place<'_>) -> Value {
        let kept = if stored.is_null() { None } else { self.completed(schema, stored, place) };
        kept.unwrap_or_else(|| self.made(schema, place))
    }

    /// The stored value with what it must have, if it has the schema's type.
    fn completed(&mut self, schema: SchemaId, stored: Value, place: Place<'_>) -> Option<Value> {
        if place.depth > check::DEEPEST {
            return None;
        }
        match (self.schemas.kind(schema), stored) {
            (Kind::Object(object), Value::Object(map)) => Some(self.object(object, Some(map), place)),
            (Kind::Array { items, min_items }, Value::Array(all)) => {
                Some(self.array(items, min_items, all, place))
            }
            (Kind::Map(values), Value::Object(map)) => Some(self.map(values, map, place)),
            (kind, mut stored) => fits(kind, &mut stored).then_some(stored),
        }
    }

    fn made(&mut self, schema: SchemaId, place: Place<'_>) -> Value {
        match self.schemas.kind(schema) {
            Kind::Any | Kind::Map(_) => Value::Object(Map::new()),
            Kind::Boolean => Value::Bool(false),
            Kind::Integer { range, .. } => invention::integer(place.name, range),
            Kind::Number(range) => invention::number(range),
            Kind::Text(rule) => invention::text(rule, place.name, place.at, place.seed).into(),
            Kind::Array { items, min_items } => self.array(items, min_items, Vec::new(), place),
            Kind::Object(object) => self.object(object, None, place),
        }
    }

    fn object(&mut self, object: Object<'_>, stored: Option<Map<String, Value>>, place: Place<'_>) -> Value {
        let is_stored = stored.is_some();
        let mut stored = stored.unwrap_or_default();
        let mut whole = Map::new();
        for property in object.properties() {
            let inner = place.property(property.name);
            let kept = stored.swap_remove(property.name);
            let kept = kept.and_then(|value| self.completed(property.schema, value, inner));
            let value = kept.or_else(|| {
                let is_made = self.is_made(property, is_stored, place);
                if is_made { self.made_property(property, place) } else { None }
            });
            whole.extend(value.map(|value| (property.name.to_owned(), value)));
        }
        Value::Object(whole)
    }

    /// Whether a property is made up where nothing fits it. A stored object below the top refers to another entity,
    /// whose name is not for us to invent.
    fn is_made(&self, property: Property<'_>, is_stored: bool, place: Place<'_>) -> bool {
        let is_handle = !is_stored && matches!(property.name, "id" | "name" | "selfUri");
        property.required || (self.example.whole && (place.depth == 0 || is_handle))
    }

    fn made_property(&mut self, property: Property<'_>, place: Place<'_>) -> Option<Value> {
        if place.depth >= DEEPEST {
            return None;
        }
        self.parts = self.parts.checked_sub(1)?;
        match (property.name, place.depth, self.example.self_uri) {
            ("selfUri", 0, Some(path)) => Some(path.into()),
            _ => Some(self.made(property.schema, place.property(property.name))),
        }
    }

    /// The items that fit, and as many more as there must be.
    fn array(&mut self, items: SchemaId, min_items: u32, all: Vec<Value>, place: Place<'_>) -> Value {
        let mut whole: Vec<Value> = Vec::with_capacity(all.len());
        for item in all {
            let item = self.completed(items, item, place.item(whole.len()));
            whole.extend(item);
        }
        while whole.len() < min_items as usize && self.parts > 0 && place.depth < DEEPEST {
            self.parts -= 1;
            let item = self.made(items, place.item(whole.len()));
            whole.push(item);
        }
        Value::Array(whole)
    }

    fn map(&mut self, values: SchemaId, map: Map<String, Value>, place: Place<'_>) -> Value {
        let completed = map.into_iter().filter_map(|(name, value)| {
            let value = self.completed(values, value, place.property(&name))?;
            Some((name, value))
        });
        Value::Object(completed.collect())
    }
}
