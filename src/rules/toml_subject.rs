//! Which value a span of a TOML text is, for a message about it.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::plain::Subject;

/// The value at `span`. A text that is not TOML has none.
pub(super) fn subject_of(text: &str, span: &Range<usize>) -> Subject {
    let table = DeTable::parse(text).ok();
    table.and_then(|table| within(table.get_ref(), span)).unwrap_or(Subject::Unknown)
}

/// The innermost one, because the first table of an array may begin where the array does.
fn within(table: &DeTable<'_>, span: &Range<usize>) -> Option<Subject> {
    table.iter().find_map(|(key, value)| {
        let found = at(key.get_ref(), value, span);
        found.or_else(|| (value.span() == *span).then(|| Subject::Field(key.get_ref().to_string())))
    })
}

/// A value below the one of `key`.
fn at(key: &str, value: &Spanned<DeValue<'_>>, span: &Range<usize>) -> Option<Subject> {
    match value.get_ref() {
        DeValue::Table(table) => within(table, span),
        DeValue::Array(values) => values.iter().find_map(|value| {
            let found = at(key, value, span);
            found.or_else(|| (value.span() == *span).then(|| Subject::Within(key.to_owned())))
        }),
        _ => None,
    }
}
