//! The kind of an answer, told by its schema.

use crate::catalog::schema::{self, Object, SchemaId, Schemas};

/// The kind of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// No body.
    Nothing,
    /// An object that lists entities under one of its properties.
    Listing(&'static str),
    /// A bare array.
    Array,
    /// A thing with an id.
    Entity,
    /// Another object: settings, counts, the result of an action.
    Object,
    /// A string, a number or a boolean.
    Scalar,
}

/// The properties under which the platform lists entities.
const LISTS: [&str; 6] = ["entities", "results", "items", "Resources", "values", "conversations"];

impl Kind {
    /// The kind of an answer of that schema.
    pub(super) fn of(schemas: &Schemas, answer: Option<SchemaId>) -> Self {
        let Some(answer) = answer else { return Self::Nothing };
        match schemas.kind(answer) {
            schema::Kind::Array { .. } => Self::Array,
            schema::Kind::Object(object) => Self::of_object(schemas, object),
            schema::Kind::Any | schema::Kind::Map(_) => Self::Object,
            _ => Self::Scalar,
        }
    }

    fn of_object(schemas: &Schemas, object: Object<'_>) -> Self {
        if ["id", "jobId"].iter().any(|name| object.find(name).is_some()) {
            return Self::Entity;
        }
        let lists = |name: &&&str| object.find(name).is_some_and(|of| is_array(schemas, of.schema));
        LISTS.iter().find(lists).map_or(Self::Object, |name| Self::Listing(name))
    }
}

fn is_array(schemas: &Schemas, schema: SchemaId) -> bool {
    matches!(schemas.kind(schema), schema::Kind::Array { .. })
}
