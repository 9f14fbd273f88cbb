//! Schemas of values that Rust's types do not describe: names from a list, and durations.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};

/// A string that is one of `names`.
pub(super) fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).into()
}

/// A value of `schema`, or null.
pub(super) fn or_null(schema: RefOr<Schema>) -> RefOr<Schema> {
    OneOfBuilder::new().item(schema).item(null()).into()
}

/// Null alone.
pub(super) fn null() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::Null).into()
}

/// A duration in the units that clients of the admin API need.
pub(super) fn duration() -> RefOr<Schema> {
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[0-9]{1,4}(ms|s|m)$"));
    text.examples(["60s"]).into()
}

/// Such a duration, or null.
pub(super) fn duration_or_null() -> RefOr<Schema> {
    or_null(duration())
}
