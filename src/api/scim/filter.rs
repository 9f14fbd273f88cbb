//! Filters of listings and of values in the path of an operation: `attribute eq "value"`, joined by `and`.

use serde_json::{Map, Value};

use crate::wire::error::ApiError;
use crate::wire::quoted::quoted;

/// A filter.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Filter(Vec<Term>);

#[derive(Clone, Debug, PartialEq)]
struct Term {
    attribute: String,
    value: Value,
}

impl Filter {
    /// Reads a filter. Another operator than `eq` is refused.
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        let unknown = || {
            ApiError::scim(
                "invalidFilter",
                format!("The filter is not understood: {text}", text = quoted(text)),
            )
        };
        let words = split(text).ok_or_else(unknown)?;
        let terms = words.split(|word| word.eq_ignore_ascii_case("and"));
        terms.map(|words| Term::of(words).ok_or_else(unknown)).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a resource, or a value of an attribute, has each value that is asked for.
    pub(super) fn matches(&self, object: &Map<String, Value>) -> bool {
        self.0.iter().all(|term| term.matches(object))
    }

    /// Whether the filter asks for an attribute.
    pub(super) fn names(&self, attribute: &str) -> bool {
        self.0.iter().any(|term| term.path().0.eq_ignore_ascii_case(attribute))
    }

    /// The value that has what the filter asks for, and nothing else.
    pub(super) fn to_object(&self) -> Map<String, Value> {
        self.0.iter().map(|term| (term.attribute.clone(), term.value.clone())).collect()
    }
}

/// The words of a filter. A string in quotation marks is one word. `None` if such a string does not end.
fn split(text: &str) -> Option<Vec<&str>> {
    let (mut words, mut rest) = (Vec::new(), text.trim_start());
    while !rest.is_empty() {
        let end = match rest.strip_prefix('"') {
            Some(quoted) => closing(quoted)? + 2,
            None => rest.find(char::is_whitespace).unwrap_or(rest.len()),
        };
        words.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    Some(words)
}

/// The place of the quotation mark that ends a string.
fn closing(text: &str) -> Option<usize> {
    let mut escaped = false;
    let mut ends = |character: char| {
        let ends = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        ends
    };
    text.char_indices().find(|(_, character)| ends(*character)).map(|(at, _)| at)
}

impl Term {
    fn of(words: &[&str]) -> Option<Self> {
        let [attribute, operator, value] = words else { return None };
        // A word without quotation marks is a string as well, as lenient clients write it.
        let value = match serde_json::from_str(value) {
            Ok(value) => value,
            Err(_) if value.starts_with('"') => return None,
            Err(_) => Value::String((*value).to_owned()),
        };
        let is_equality = operator.eq_ignore_ascii_case("eq");
        is_equality.then(|| Self { attribute: (*attribute).to_owned(), value })
    }

    /// The attribute, and the part of it that is compared. A value of a list is compared by its `value`.
    fn path(&self) -> (&str, &str) {
        self.attribute.split_once('.').unwrap_or((&self.attribute, "value"))
    }

    fn matches(&self, object: &Map<String, Value>) -> bool {
        let (first, part) = self.path();
        let has_part = |value: &Value| {
            let part = value.as_object().and_then(|object| find(object, part));
            part.is_some_and(|part| self.is(part))
        };
        match find(object, first) {
            Some(Value::Array(items)) => items.iter().any(has_part),
            Some(value @ Value::Object(_)) => has_part(value),
            Some(value) => self.is(value),
            None => false,
        }
    }

    fn is(&self, value: &Value) -> bool {
        match (value, &self.value) {
            (Value::String(value), Value::String(wanted)) => value.eq_ignore_ascii_case(wanted),
            (Value::Bool(flag), Value::String(wanted)) => flag.to_string().eq_ignore_ascii_case(wanted),
            (value, wanted) => value == wanted,
        }
    }
}

/// The value under a name in any case.
fn find<'o>(object: &'o Map<String, Value>, name: &str) -> Option<&'o Value> {
    object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}
