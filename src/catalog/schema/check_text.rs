//! Checks the text of a query or path parameter.

use super::arena::{Kind, SchemaId, Schemas};
use super::scalar::{check_range, check_whole, excerpt, integer_name};
use super::violation::Wrong;

impl Schemas {
    /// Checks one value of a parameter. For a parameter that is an array, `text` is one item or several with commas
    /// between them. An empty text counts as a parameter that is not given. Words of an enumeration may
    /// have another case.
    pub(crate) fn check_text(&self, schema: SchemaId, text: &str) -> Result<(), Wrong> {
        match self.kind(schema) {
            _ if text.is_empty() => Ok(()),
            Kind::Array { items, .. } => {
                let mut all = text.split(',').map(str::trim);
                all.try_for_each(|item| check_one(self.kind(items), item))
            }
            kind => check_one(kind, text),
        }
    }
}

fn check_one(kind: Kind<'_>, text: &str) -> Result<(), Wrong> {
    let another = |expected| Wrong::Type { expected, value: excerpt(text) };
    match kind {
        _ if text.is_empty() => Ok(()),
        Kind::Text(rule) => rule.check(text, false),
        Kind::Boolean if ["true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word)) => Ok(()),
        Kind::Boolean => Err(another("true or false")),
        Kind::Integer { wide, range } => {
            let number = text.parse().map_err(|_| another(integer_name(wide)))?;
            check_whole(number, wide, range)
        }
        Kind::Number(range) => {
            let number = text.parse().ok().filter(|number: &f64| number.is_finite());
            let number = number.ok_or_else(|| another("a number"))?;
            check_range(number, range).map_err(|expected| Wrong::Range { expected, value: excerpt(text) })
        }
        _ => Ok(()),
    }
}
