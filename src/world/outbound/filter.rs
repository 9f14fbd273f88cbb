//! The conditions of contact list filters and of searches of contacts.

use serde_json::{Map, Value};

use super::contact::DialerContact;

/// Whether a contact passes the `clauses` of a filter or of a search. Clauses and their predicates are joined by
/// `filterType`: `AND`, or else `OR`.
pub(crate) fn matches(filter: &Map<String, Value>, contact: &DialerContact) -> bool {
    join(filter, "clauses", |clause| join(clause, "predicates", |predicate| holds(predicate, contact)))
}

fn join(parent: &Map<String, Value>, items: &str, holds: impl Fn(&Map<String, Value>) -> bool) -> bool {
    let items = parent.get(items).and_then(Value::as_array).into_iter().flatten();
    let mut items = items.filter_map(Value::as_object).peekable();
    if items.peek().is_none() {
        return true;
    }
    let is_any = parent.get("filterType").and_then(Value::as_str) == Some("OR");
    if is_any { items.any(holds) } else { items.all(holds) }
}

fn holds(predicate: &Map<String, Value>, contact: &DialerContact) -> bool {
    let text = |key: &str| predicate.get(key).and_then(Value::as_str).unwrap_or_default();
    let comparison = Comparison { value: text("value"), is_number: text("columnType") == "numeric" };
    let found = contact.column(text("column"));
    let range = predicate.get("range").unwrap_or(&Value::Null);
    let is_inverted = predicate.get("inverted").and_then(Value::as_bool).unwrap_or_default();
    comparison.holds(text("operator"), found, range) != is_inverted
}

/// The value that a column is compared with.
struct Comparison<'p> {
    value: &'p str,
    is_number: bool,
}

impl Comparison<'_> {
    fn holds(&self, operator: &str, found: &str, range: &Value) -> bool {
        use std::cmp::Ordering::{Greater, Less};
        let order = self.order(found, self.value);
        let has = |test: fn(&str, &str) -> bool| test(&found.to_lowercase(), &self.value.to_lowercase());
        match operator {
            "LESS_THAN" | "BEFORE" => order == Less,
            "LESS_THAN_EQUALS" => order != Greater,
            "GREATER_THAN" | "AFTER" => order == Greater,
            "GREATER_THAN_EQUALS" => order != Less,
            "CONTAINS" => has(|found, value| found.contains(value)),
            "BEGINS_WITH" => has(|found, value| found.starts_with(value)),
            "ENDS_WITH" => has(|found, value| found.ends_with(value)),
            "BETWEEN" => self.is_between(found, range),
            "IN" => range["inSet"].as_array().is_some_and(|set| set.iter().any(|one| one == found)),
            _ => found.eq_ignore_ascii_case(self.value),
        }
    }

    fn is_between(&self, found: &str, range: &Value) -> bool {
        let bound = |key: &str| self.order(found, range[key].as_str().unwrap_or_default());
        let includes = |key: &str| range[key].as_bool().unwrap_or_default();
        let (low, high) = (bound("min"), bound("max"));
        (low.is_gt() || low.is_eq() && includes("minInclusive"))
            && (high.is_lt() || high.is_eq() && includes("maxInclusive"))
    }

    fn order(&self, one: &str, other: &str) -> std::cmp::Ordering {
        match (one.parse::<f64>(), other.parse::<f64>()) {
            (Ok(one), Ok(other)) if self.is_number => one.total_cmp(&other),
            _ => one.cmp(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn passes(predicate: &Value) -> bool {
        let object = |value: &Value| value.as_object().cloned().unwrap_or_default();
        let data = object(&json!({ "City": "Chicago", "Age": "40" }));
        let contact =
            DialerContact { id: "c".to_owned(), data, callable: true, extra: Map::new(), created: 0 };
        matches(&object(&json!({ "clauses": [{ "predicates": [predicate] }] })), &contact)
    }

    #[test]
    fn a_predicate_compares_text_or_numbers() {
        for (predicate, expected) in [
            (json!({ "column": "City", "operator": "EQUALS", "value": "chicago" }), true),
            (json!({ "column": "City", "operator": "EQUALS", "value": "chicago", "inverted": true }), false),
            (json!({ "column": "City", "operator": "BEGINS_WITH", "value": "Chi" }), true),
            (json!({ "column": "City", "operator": "IN", "range": { "inSet": ["Boston"] } }), false),
            (
                json!({ "column": "Age", "columnType": "numeric", "operator": "LESS_THAN", "value": "100" }),
                true,
            ),
            (json!({ "column": "Age", "operator": "LESS_THAN", "value": "100" }), false),
            (
                json!({ "column": "Age", "columnType": "numeric", "operator": "BETWEEN",
                    "range": { "min": "40", "max": "50", "minInclusive": true } }),
                true,
            ),
        ] {
            assert_eq!(passes(&predicate), expected, "{predicate}");
        }
    }

    #[test]
    fn a_filter_without_clauses_passes_every_contact() {
        let contact = DialerContact {
            id: "c".to_owned(),
            data: Map::new(),
            callable: true,
            extra: Map::new(),
            created: 0,
        };
        assert!(matches(&Map::new(), &contact));
    }
}
