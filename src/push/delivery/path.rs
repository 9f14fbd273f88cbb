//! JSON paths of conditions: the part of Goessner's notation that names fields.
//!
//! `name`, `a.b`, `a[0].b`, `a[*].b`, `a.*`, `a['b c']` and `..name`, each with or without `$` before it. A filter
//! expression, a slice or a negative index is refused.

use serde_json::Value;

/// The most characters of a path.
const LONGEST: usize = 500;
/// The most values that a path selects; further ones are left out.
const MOST: usize = 1000;

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Field(String),
    Item(usize),
    Every,
    /// A field of the value or of anything in it.
    Anywhere(String),
}

/// A path that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JsonPath(Vec<Step>);

impl JsonPath {
    /// Reads a path. `None` where it is not of the notation above.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() || text.len() > LONGEST {
            return None;
        }
        let (mut rest, mut steps) = (text.strip_prefix('$').unwrap_or(text), Vec::new());
        while !rest.is_empty() {
            let (step, after) = read_step(rest, steps.is_empty())?;
            steps.push(step);
            rest = after;
        }
        Some(Self(steps))
    }

    /// The values of `body` that the path names.
    pub(crate) fn select<'v>(&self, body: &'v Value) -> Vec<&'v Value> {
        let mut found = vec![body];
        for step in &self.0 {
            let mut next = Vec::new();
            for value in found {
                step.follow(value, &mut next);
            }
            next.truncate(MOST);
            found = next;
        }
        found
    }
}

impl Step {
    fn follow<'v>(&self, value: &'v Value, into: &mut Vec<&'v Value>) {
        if into.len() >= MOST {
            return;
        }
        match (self, value) {
            (Self::Field(name), Value::Object(object)) => into.extend(object.get(name)),
            (Self::Item(at), Value::Array(items)) => into.extend(items.get(*at)),
            (Self::Every, _) => into.extend(children(value)),
            (Self::Anywhere(name), _) => {
                into.extend(value.get(name));
                for child in children(value) {
                    self.follow(child, into);
                }
            }
            _ => {}
        }
    }
}

/// The values of an object's fields, or the items of an array.
fn children(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Object(object) => Box::new(object.values()),
        Value::Array(items) => Box::new(items.iter()),
        _ => Box::new(std::iter::empty()),
    }
}

/// Reads the first step of a path, and returns what follows it. Only the first may be a bare name.
fn read_step(text: &str, is_first: bool) -> Option<(Step, &str)> {
    if let Some(rest) = text.strip_prefix("..") {
        let (name, rest) = read_name(rest)?;
        return Some((Step::Anywhere(name.to_owned()), rest));
    }
    if let Some(rest) = text.strip_prefix('[') {
        return read_bracket(rest);
    }
    let named = match text.strip_prefix('.') {
        Some(rest) => rest,
        None if is_first => text,
        None => return None,
    };
    if let Some(rest) = named.strip_prefix('*') {
        return Some((Step::Every, rest));
    }
    let (name, rest) = read_name(named)?;
    Some((Step::Field(name.to_owned()), rest))
}

fn read_name(text: &str) -> Option<(&str, &str)> {
    let is_end = |c: char| matches!(c, '.' | '[' | ']' | '*' | '?' | '(' | ')' | '\'' | '"' | '$' | '@');
    let (name, rest) = text.split_at(text.find(is_end).unwrap_or(text.len()));
    (!name.is_empty()).then_some((name, rest))
}

/// Reads what follows an opening bracket.
fn read_bracket(text: &str) -> Option<(Step, &str)> {
    if let Some(quote) = text.chars().next().filter(|c| matches!(c, '\'' | '"')) {
        let (name, rest) = text[1..].split_once(quote)?;
        return Some((Step::Field(name.to_owned()), rest.strip_prefix(']')?));
    }
    let (inside, rest) = text.split_once(']')?;
    match inside {
        "*" => Some((Step::Every, rest)),
        _ if inside.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some((Step::Item(inside.parse().ok()?), rest))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn selected(path: &str, body: &Value) -> Vec<Value> {
        let path = JsonPath::read(path).unwrap_or_else(|| panic!("{path} is a path"));
        path.select(body).into_iter().cloned().collect()
    }

    #[test]
    fn a_path_selects_the_values_that_it_names() {
        let body = json!({ "media": "CALL", "parties": [{ "id": 1, "of": { "id": 2 } }, { "id": 3 }],
            "a b": true });
        for (path, expected) in [
            ("media", json!(["CALL"])),
            ("$.media", json!(["CALL"])),
            ("$['media']", json!(["CALL"])),
            ("['a b']", json!([true])),
            ("parties[0].id", json!([1])),
            ("$.parties[*].id", json!([1, 3])),
            ("parties.*.of.id", json!([2])),
            ("$..id", json!([1, 2, 3])),
            ("parties[7].id", json!([])),
            ("media.id", json!([])),
            ("$", json!([body])),
        ] {
            assert_eq!(json!(selected(path, &body)), expected, "{path}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let long = "x".repeat(LONGEST + 1);
        for path in
            ["", "  ", ".", "a.", "a..", "a[", "a[]", "a[-1]", "a[0:2]", "a[?(@.b)]", "a]", "a['b'", &long]
        {
            assert_eq!(JsonPath::read(path), None, "{path}");
        }
    }

    #[test]
    fn a_path_selects_a_bounded_number_of_values() {
        let body = json!(vec![vec![1; 2000]; 4]);
        assert_eq!(selected("$[*][*]", &body).len(), MOST);
    }

    proptest! {
        #[test]
        fn no_text_is_more_than_refused(text in "[-a-z.\\[\\]*'\"$?0-9() ]{0,40}") {
            if let Some(path) = JsonPath::read(&text) {
                path.select(&json!({ "a": [1, { "b": 2 }] }));
            }
        }

        #[test]
        fn a_path_of_fields_selects_what_their_nesting_has(names in prop::collection::vec("[a-z]{1,6}", 1..6)) {
            let body = names.iter().rev().fold(json!(7), |value, name| json!({ name.as_str(): value }));
            prop_assert_eq!(selected(&names.join("."), &body), vec![json!(7)]);
            let quoted = names.iter().map(|name| format!("['{name}']")).collect::<Vec<_>>().concat();
            prop_assert_eq!(selected(&format!("${quoted}"), &body), vec![json!(7)]);
        }
    }
}
