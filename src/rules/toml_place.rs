//! The key of a place in a TOML text, for a message about its value.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::plain::Place;

/// The place of the value at `span`. A text that is not TOML has none.
pub(super) fn place_of(text: &str, span: &Range<usize>) -> Place {
    let table = DeTable::parse(text).ok();
    table.and_then(|table| within(table.get_ref(), span)).unwrap_or(Place::Unknown)
}

/// The innermost one, because the first table of an array may begin where the array does.
fn within(table: &DeTable<'_>, span: &Range<usize>) -> Option<Place> {
    table.iter().find_map(|(key, value)| {
        let found = at(key.get_ref(), value, span);
        found.or_else(|| (value.span() == *span).then(|| Place::Field(key.get_ref().to_string())))
    })
}

/// The place of a value below the one of `key`.
fn at(key: &str, value: &Spanned<DeValue<'_>>, span: &Range<usize>) -> Option<Place> {
    match value.get_ref() {
        DeValue::Table(table) => within(table, span),
        DeValue::Array(values) => values.iter().find_map(|value| {
            let found = at(key, value, span);
            found.or_else(|| (value.span() == *span).then(|| Place::Within(key.to_owned())))
        }),
        _ => None,
    }
}
