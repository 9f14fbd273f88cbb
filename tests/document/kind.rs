//! The kind of an answer: a page, a cursor page, an array, a single thing, or nothing.

use serde_json::Value;

use crate::client::Answer;
use crate::spec::{Document, Documented, Operation};

/// The form of an answer's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Nothing,
    Array,
    /// Entities in an envelope: a page, a cursor page, or the results of a query.
    Listing(&'static str),
    Thing,
}

/// The kind that a schema describes.
pub(crate) fn of_schema(document: &'static Document, schema: Option<&'static Value>) -> Kind {
    let Some(schema) = schema else { return Kind::Nothing };
    let resolved = document.resolve(schema);
    if resolved["type"] == "array" {
        return Kind::Array;
    }
    listing_of(document, schema).map_or(Kind::Thing, Kind::Listing)
}

/// Whether a generic answer has the documented status and the kind of its schema: an envelope has its listing and no
/// property that the schema lacks; a single thing is never a page.
pub(crate) fn fits(
    document: &'static Document,
    operation: &Operation,
    answer: &Answer,
) -> Result<(), String> {
    let schema = match operation.answer(answer.status) {
        Documented::NoSuchStatus => return Err(format!("answers {}", answer.status)),
        Documented::Nothing => None,
        Documented::Body(schema) => Some(schema),
    };
    let kind = of_schema(document, schema);
    let object = answer.json.as_object();
    let declared = schema.and_then(|schema| document.properties(schema));
    let extra = object.and_then(|object| {
        object.keys().find(|key| declared.is_some_and(|declared| !declared.contains_key(*key)))
    });
    let wrong = match kind {
        Kind::Nothing => !answer.text.is_empty(),
        Kind::Array => !answer.json.is_array(),
        Kind::Listing(name) => !answer.json[name].is_array(),
        Kind::Thing => declared.is_some() && object.is_none(),
    };
    match (wrong, extra) {
        (true, _) => Err(format!("is no {kind:?}")),
        (_, Some(extra)) => Err(format!("has {extra}, which the schema lacks")),
        _ => Ok(()),
    }
}

/// The property of an envelope that lists entities.
pub(crate) fn listing_of(document: &'static Document, schema: &'static Value) -> Option<&'static str> {
    const NAMES: [&str; 8] =
        ["entities", "results", "items", "Resources", "values", "conversations", "userDetails", "topics"];
    let properties = document.properties(schema)?;
    // An entity that has a list is no listing.
    if properties.contains_key("id") {
        return None;
    }
    NAMES.into_iter().find(|name| properties.get(*name).is_some_and(|of| of["type"] == "array"))
}
