//! Says what is wrong with a value.

use serde_json::{Map, Number, Value};

use super::arena::{Kind, Object, SchemaId, Schemas};
use super::scalar::{another_type, check_range, check_whole, integer_name, value_in_words, whole};
use super::violation::{Violation, Wrong};

/// The deepest nesting that is followed. The JSON of a request can not be deeper.
pub(super) const DEEPEST: usize = 128;

/// The properties of a reference to an entity. Clients name the versions of a form by their context as well, and those of
/// a schema by their number.
const REFERENCE: [&str; 5] = ["id", "name", "selfUri", "contextId", "version"];

/// Who wrote the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A client. Required read-only properties may be missing, null stands for a missing property, and instants may
    /// leave parts out. A property that the schema lacks is ignored.
    Request,
    /// A client whose request says less than the document requires of the body itself. What its objects require is
    /// there.
    Part,
    /// A client whose request may leave out everything that is required.
    Types,
    /// A server. Each required property is there, and null is a value like others.
    Answer,
}

impl Schemas {
    /// Checks `value`, and returns the first place that is wrong. The time is linear in the size of the value.
    pub(crate) fn check(&self, schema: SchemaId, value: &Value, mode: Mode) -> Result<(), Violation> {
        Checker { schemas: self, mode }.value(schema, value, 0)
    }

    /// [`Self::check`] of an object, which stays with its owner.
    pub(crate) fn check_object(
        &self,
        schema: SchemaId,
        object: &Map<String, Value>,
        mode: Mode,
    ) -> Result<(), Violation> {
        let checker = Checker { schemas: self, mode };
        match self.kind(schema) {
            Kind::Object(declared) => checker.object(declared, object, 0),
            Kind::Map(values) => checker.map(values, object, 0),
            Kind::Any => Ok(()),
            kind => {
                let (expected, value) = (kind.name(), "an object".to_owned());
                Err(Violation::here(Wrong::Type { expected, value }))
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Checker<'s> {
    schemas: &'s Schemas,
    mode: Mode,
}

impl Checker<'_> {
    fn value(self, schema: SchemaId, value: &Value, depth: usize) -> Result<(), Violation> {
        if depth > DEEPEST {
            return Err(Violation::here(Wrong::TooDeep));
        }
        match (self.schemas.kind(schema), value) {
            (Kind::Array { items, min_items }, Value::Array(all)) => self.array(items, min_items, all, depth),
            (Kind::Map(values), Value::Object(map)) => self.map(values, map, depth),
            (Kind::Object(object), Value::Object(map)) => self.object(object, map, depth),
            (kind, value) => check_scalar(kind, value, self.mode).map_err(Violation::here),
        }
    }

    fn array(self, items: SchemaId, min_items: u32, all: &[Value], depth: usize) -> Result<(), Violation> {
        if all.len() < min_items as usize {
            let (expected, value) = (format!("at least {min_items} items"), all.len().to_string());
            return Err(Violation::here(Wrong::Range { expected, value }));
        }
        for (at, item) in all.iter().enumerate() {
            self.value(items, item, depth + 1).map_err(|found| found.in_item(at))?;
        }
        Ok(())
    }

    fn map(self, values: SchemaId, map: &Map<String, Value>, depth: usize) -> Result<(), Violation> {
        let given = map.iter().filter(|(_, value)| !self.is_absent(value));
        for (name, value) in given {
            self.value(values, value, depth + 1).map_err(|found| found.in_property(name))?;
        }
        Ok(())
    }

    fn object(self, object: Object<'_>, map: &Map<String, Value>, depth: usize) -> Result<(), Violation> {
        // A look-up for each property that is there, and none for those that could be: a body of many small objects
        // costs no more than its text.
        for (name, value) in map.iter().filter(|(_, value)| !self.is_absent(value)) {
            let Some(property) = object.find(name) else { continue };
            self.value(property.schema, value, depth + 1).map_err(|found| found.in_property(name))?;
        }
        if !self.is_complete(object, map, depth) {
            return Ok(());
        }
        let missing = object.required().find(|property| {
            let is_asked = self.mode == Mode::Answer || !property.read_only;
            is_asked && map.get(property.name).is_none_or(|value| self.is_absent(value))
        });
        missing.map_or(Ok(()), |property| Err(Violation::here(Wrong::Missing).in_property(property.name)))
    }

    /// Whether an object has to have what its schema requires. Inside of a request, an entity of which nothing is said
    /// but its id and name is a reference (assumed: clients send references so).
    fn is_complete(self, object: Object<'_>, map: &Map<String, Value>, depth: usize) -> bool {
        let is_reference = || {
            let names_one = map.get("id").is_some_and(Value::is_string) && object.find("selfUri").is_some();
            names_one && map.keys().all(|name| REFERENCE.contains(&name.as_str()))
        };
        match self.mode {
            Mode::Answer => true,
            Mode::Request => depth == 0 || !is_reference(),
            Mode::Part => depth > 0 && !is_reference(),
            Mode::Types => false,
        }
    }

    /// Whether `value` counts as none: a client that sends null for a property leaves it out.
    fn is_absent(self, value: &Value) -> bool {
        self.mode != Mode::Answer && value.is_null()
    }
}

/// Checks a value that has no parts, or that has another type.
pub(super) fn check_scalar(kind: Kind<'_>, value: &Value, mode: Mode) -> Result<(), Wrong> {
    let is_answer = mode == Mode::Answer;
    match (kind, value) {
        (Kind::Any, _) | (Kind::Boolean, Value::Bool(_)) => Ok(()),
        (Kind::Integer { wide, range }, Value::Number(number)) => match whole(number, is_answer) {
            Some(number) => check_whole(number, wide, range),
            None => Err(another_type(integer_name(wide), value)),
        },
        (Kind::Number(range), Value::Number(number)) => {
            check_range(number.as_f64().unwrap_or_default(), range)
                .map_err(|expected| Wrong::Range { expected, value: value_in_words(value) })
        }
        (Kind::Text(rule), Value::String(text)) => rule.check(text, is_answer),
        (kind, value) => Err(another_type(kind.name(), value)),
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

impl Kind<'_> {
    /// The kind as an error names it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Any => "a value",
            Self::Boolean => "a boolean",
            Self::Integer { wide, .. } => integer_name(*wide),
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::Array { .. } => "an array",
            Self::Map(_) | Self::Object(_) => "an object",
        }
    }
}
