//! The conditions of a trigger on the body of an event.
//!
//! The operators are the vendor's (`MatchCriteria` of the API document). What each does with several values that a path
//! selects is assumed: a condition holds if it holds for one of them, and `NotEqual` and `NotIn` hold if their opposites
//! do not.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::path::JsonPath;

/// The most conditions of one trigger.
pub(crate) const MOST: usize = 50;

/// How a selected value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    Contains,
    All,
    Exists,
    Size,
}

impl Operator {
    fn read(word: &str) -> Option<Self> {
        Some(match word {
            "Equal" => Self::Equal,
            "NotEqual" => Self::NotEqual,
            "LessThan" => Self::Less,
            "LessThanOrEqual" => Self::LessOrEqual,
            "GreaterThan" => Self::Greater,
            "GreaterThanOrEqual" => Self::GreaterOrEqual,
            "In" => Self::In,
            "NotIn" => Self::NotIn,
            "Contains" => Self::Contains,
            "All" => Self::All,
            "Exists" => Self::Exists,
            "Size" => Self::Size,
            _ => return None,
        })
    }

    /// Whether the operator takes a list in `values`, in place of one `value`.
    const fn takes_list(self) -> bool {
        matches!(self, Self::In | Self::NotIn | Self::All)
    }
}

/// One condition.
#[derive(Clone, Debug)]
pub(crate) struct Criterion {
    path: JsonPath,
    operator: Operator,
    value: Value,
}

/// What is wrong with a condition: the field of it, and a sentence.
pub(crate) type Mistake = (&'static str, String);

impl Criterion {
    /// Reads a condition.
    ///
    /// # Errors
    /// The field that is wrong or missing, and what was expected.
    pub(crate) fn read(criterion: &Value) -> Result<Self, Mistake> {
        let text = |field: &str| criterion.get(field).and_then(Value::as_str).unwrap_or_default();
        let path = JsonPath::read(text("jsonPath")).ok_or_else(|| {
            let why =
                "expected a JSON path of fields and indices, such as mediaType or participants[*].purpose";
            ("jsonPath", why.to_owned())
        })?;
        let operator = Operator::read(text("operator"))
            .ok_or_else(|| ("operator", "expected an operator, such as Equal".to_owned()))?;
        Ok(Self { path, operator, value: operand(operator, criterion)? })
    }

    /// Whether the condition holds for the body of an event.
    pub(crate) fn holds(&self, body: &Value) -> bool {
        let selected = self.path.select(body);
        let any = |holds: fn(&Value, &Value) -> bool| selected.iter().any(|value| holds(value, &self.value));
        match self.operator {
            Operator::Equal => any(is_equal),
            Operator::NotEqual => !any(is_equal),
            Operator::Less => any(|one, other| order(one, other) == Some(Ordering::Less)),
            Operator::LessOrEqual => any(|one, other| order(one, other).is_some_and(Ordering::is_le)),
            Operator::Greater => any(|one, other| order(one, other) == Some(Ordering::Greater)),
            Operator::GreaterOrEqual => any(|one, other| order(one, other).is_some_and(Ordering::is_ge)),
            Operator::In => any(is_in),
            Operator::NotIn => !any(is_in),
            Operator::Contains => any(contains),
            Operator::All => any(has_all),
            Operator::Exists => selected.is_empty() != is_true(&self.value),
            Operator::Size => any(|one, other| size(one).is_some_and(|size| other.as_u64() == Some(size))),
        }
    }
}

/// What a selected value is compared with: `value`, or `values` of an operator that takes a list.
fn operand(operator: Operator, criterion: &Value) -> Result<Value, Mistake> {
    let given = |field: &str| criterion.get(field).filter(|value| !value.is_null()).cloned();
    let (value, values) = (given("value"), given("values"));
    match (operator, value, values) {
        (_, Some(_), Some(_)) => Err(("values", "only one of value and values can be included".to_owned())),
        (of, None, Some(list @ Value::Array(_))) if of.takes_list() => Ok(list),
        // The vendor's examples have the list in either.
        (of, Some(list @ Value::Array(_)), None) if of.takes_list() => Ok(list),
        (of, ..) if of.takes_list() => Err(("values", "expected an array".to_owned())),
        (Operator::Exists, None, None) => Ok(Value::Bool(true)),
        (_, Some(value), None) => Ok(value),
        _ => Err(("value", "expected a value".to_owned())),
    }
}

/// Equality of JSON, in which `1` and `1.0` are one number.
fn is_equal(one: &Value, other: &Value) -> bool {
    one == other
        || one.as_f64().is_some_and(|one| other.as_f64().is_some_and(|other| one.total_cmp(&other).is_eq()))
}

/// The order of two numbers, or of two strings.
fn order(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64()?.partial_cmp(&other.as_f64()?),
        (Value::String(one), Value::String(other)) => Some(one.cmp(other)),
        _ => None,
    }
}

fn is_in(one: &Value, list: &Value) -> bool {
    list.as_array().is_some_and(|list| list.iter().any(|other| is_equal(one, other)))
}

/// Whether a string has a part, or an array an item.
fn contains(one: &Value, part: &Value) -> bool {
    match one {
        Value::String(text) => part.as_str().is_some_and(|part| text.contains(part)),
        _ => is_in(part, one),
    }
}

fn has_all(one: &Value, list: &Value) -> bool {
    list.as_array().is_some_and(|list| list.iter().all(|item| is_in(item, one)))
}

fn is_true(value: &Value) -> bool {
    value == &Value::Bool(true) || value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// The number of items of an array, or of characters of a string.
fn size(value: &Value) -> Option<u64> {
    match value {
        Value::Array(items) => Some(items.len() as u64),
        Value::String(text) => Some(text.chars().count() as u64),
        _ => None,
    }
}

/// The fields of a body that are neither objects nor arrays, as `TopLevelPrimitives` has them.
pub(super) fn primitives(body: &Value) -> Value {
    let of = body.as_object().into_iter().flatten();
    let flat = of.filter(|(_, value)| !value.is_object() && !value.is_array());
    Value::Object(flat.map(|(key, value)| (key.clone(), value.clone())).collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn holds(criterion: &Value, body: &Value) -> bool {
        Criterion::read(criterion)
            .unwrap_or_else(|(field, why)| panic!("{criterion}: {field}: {why}"))
            .holds(body)
    }

    #[test]
    fn each_operator_compares_what_the_path_selects() {
        let body =
            json!({ "media": "CALL", "n": 7, "tags": ["a", "b"], "parties": [{ "p": 1 }, { "p": 2 }] });
        let cases = [
            ("media", "Equal", json!("CALL"), true),
            ("media", "Equal", json!("call"), false),
            ("n", "Equal", json!(7.0), true),
            ("parties[*].p", "Equal", json!(2), true),
            ("media", "NotEqual", json!("CALL"), false),
            ("missing", "NotEqual", json!("CALL"), true),
            ("n", "GreaterThan", json!(6), true),
            ("n", "GreaterThan", json!(7), false),
            ("n", "GreaterThanOrEqual", json!(7), true),
            ("n", "LessThan", json!(8), true),
            ("n", "LessThan", json!("8"), false),
            ("n", "LessThanOrEqual", json!(6), false),
            ("media", "LessThan", json!("D"), true),
            ("media", "Contains", json!("AL"), true),
            ("tags", "Contains", json!("b"), true),
            ("tags", "Contains", json!("c"), false),
            ("tags", "Size", json!(2), true),
            ("media", "Size", json!(3), false),
            ("media", "Exists", json!(true), true),
            ("missing", "Exists", json!(true), false),
            ("missing", "Exists", json!(false), true),
            ("media", "Exists", json!(false), false),
        ];
        for (path, operator, value, expected) in cases {
            let criterion = json!({ "jsonPath": path, "operator": operator, "value": value });
            assert_eq!(holds(&criterion, &body), expected, "{criterion}");
        }
        for (path, operator, values, expected) in [
            ("media", "In", json!(["CHAT", "CALL"]), true),
            ("media", "In", json!([]), false),
            ("media", "NotIn", json!(["CHAT"]), true),
            ("media", "NotIn", json!(["CALL"]), false),
            ("tags", "All", json!(["b", "a"]), true),
            ("tags", "All", json!(["a", "c"]), false),
        ] {
            let criterion = json!({ "jsonPath": path, "operator": operator, "values": values });
            assert_eq!(holds(&criterion, &body), expected, "{criterion}");
        }
    }

    #[test]
    fn a_mistake_names_its_field() {
        for (criterion, field) in [
            (json!({}), "jsonPath"),
            (json!({ "jsonPath": "a[?(@.b)]", "operator": "Equal", "value": 1 }), "jsonPath"),
            (json!({ "jsonPath": "a" }), "operator"),
            (json!({ "jsonPath": "a", "operator": "Like", "value": 1 }), "operator"),
            (json!({ "jsonPath": "a", "operator": "Equal" }), "value"),
            (json!({ "jsonPath": "a", "operator": "Equal", "values": [1] }), "value"),
            (json!({ "jsonPath": "a", "operator": "In" }), "values"),
            (json!({ "jsonPath": "a", "operator": "In", "value": 1 }), "values"),
            (json!({ "jsonPath": "a", "operator": "Equal", "value": 1, "values": [1] }), "values"),
            (json!("text"), "jsonPath"),
        ] {
            assert_eq!(Criterion::read(&criterion).expect_err("a mistake").0, field, "{criterion}");
        }
    }

    #[test]
    fn an_existence_needs_no_value() {
        assert!(holds(&json!({ "jsonPath": "a", "operator": "Exists" }), &json!({ "a": null })));
    }

    #[test]
    fn primitives_are_the_plain_fields_of_the_top() {
        let body = json!({ "a": 1, "b": "x", "c": null, "d": { "e": 1 }, "f": [1] });
        assert_eq!(primitives(&body), json!({ "a": 1, "b": "x", "c": null }));
    }
}
