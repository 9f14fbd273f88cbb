//! The queries of task management: filters, an order, and pages by cursors.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::rules;
use crate::api::call::Call;
use crate::api::entity::text;
use crate::api::json_entity::{self, Body, JsonEntity, answer};
use crate::wire::error::ApiError;
use crate::wire::paging::{self, PageRequest};
use crate::wire::reply::Reply;

/// `POST …/query`.
pub(super) fn query<K: JsonEntity>(call: &Call<'_>) -> Result<Reply, ApiError> {
    let body = call.json_object()?;
    check_filters(&body)?;
    let found = sorted(&body, select::<K>(call, &body));
    let count = found.len();
    if text(&body, "select") == "Count" {
        return answer::reply(call, json!({ "count": count, "entities": [] }));
    }
    let size = PageRequest::parse(|name| paging::written(body.get(name)).filter(|_| name == "pageSize"))?;
    let start = read_cursor(&body)?;
    let page: Vec<Body> = found.into_iter().skip(start).take(size.most()).collect();
    let end = start + page.len();
    let mut shown = json!({ "entities": page, "count": count });
    if end < count {
        shown["after"] = json!(end.to_string());
    }
    answer::reply(call, shown)
}

/// Refuses a filter without a value, and BETWEEN without two values in their order.
pub(super) fn check_filters(body: &Body) -> Result<(), ApiError> {
    for filter in body.get("filters").and_then(Value::as_array).into_iter().flatten() {
        let values = filter["values"].as_array().map_or(&[][..], Vec::as_slice);
        let is_between = filter["operator"] == "BETWEEN";
        match values {
            [] => return Err(rules::bad("invalid.input.filter.without.value", "A filter has values.")),
            [from, to] if is_between && compare(from, to).is_gt() => {
                let why = "The first value of BETWEEN is not greater than the second.";
                return Err(rules::bad("invalid.query.between.order.of.values", why));
            }
            _ if is_between && values.len() != 2 => {
                return Err(rules::bad("invalid.input.wrong.number.values", "BETWEEN has two values."));
            }
            _ => {}
        }
    }
    Ok(())
}

pub(super) fn select<K: JsonEntity>(call: &Call<'_>, body: &Body) -> Vec<Body> {
    let filters = body.get("filters").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let organization = call.tenant().read();
    let all = organization.collections.list(K::PATH);
    let all = all.map(|entity| json_entity::to_json::<K>(call, &organization, entity));
    all.filter(|entity| filters.iter().all(|filter| passes(entity, filter))).collect()
}

fn read_cursor(body: &Body) -> Result<usize, ApiError> {
    match text(body, "after") {
        "" => Ok(0),
        after => after.parse().map_err(|_| ApiError::invalid_value("after", after, "cursors of a query")),
    }
}

/// By the field of `sort`; without it in the order of creation.
pub(super) fn sorted(body: &Body, mut all: Vec<Body>) -> Vec<Body> {
    let Some(sort) = body.get("sort").filter(|sort| sort.is_object()) else { return all };
    let name = sort["name"].as_str().unwrap_or_default();
    all.sort_by(|one, other| {
        compare(one.get(name).unwrap_or(&Value::Null), other.get(name).unwrap_or(&Value::Null))
    });
    if sort["ascending"] == Value::Bool(false) {
        all.reverse();
    }
    all
}

/// Whether an entity passes a filter: `{"name": "typeId", "operator": "EQ", "values": ["…"]}`.
pub(super) fn passes(entity: &Body, filter: &Value) -> bool {
    let found = values_of(entity, filter["name"].as_str().unwrap_or_default());
    let wanted = filter["values"].as_array().map_or(&[][..], Vec::as_slice);
    let any = |is: &dyn Fn(&Value, &Value) -> bool| {
        found.iter().any(|value| wanted.iter().any(|wanted| is(value, wanted)))
    };
    match filter["operator"].as_str().unwrap_or_default() {
        "EXISTS" => !found.is_empty(),
        "NEQ" => !any(&|value, wanted| compare(value, wanted).is_eq()),
        "GT" => any(&|value, wanted| compare(value, wanted).is_gt()),
        "LT" => any(&|value, wanted| compare(value, wanted).is_lt()),
        "GTE" => any(&|value, wanted| compare(value, wanted).is_ge()),
        "LTE" => any(&|value, wanted| compare(value, wanted).is_le()),
        "CONTAINS" => any(&|value, wanted| lower(value).contains(&lower(wanted))),
        "BEGINS_WITH" => any(&|value, wanted| lower(value).starts_with(&lower(wanted))),
        "BETWEEN" => match wanted {
            [from, to] => found.iter().any(|one| compare(one, from).is_ge() && compare(one, to).is_le()),
            _ => false,
        },
        _ => any(&|value, wanted| compare(value, wanted).is_eq()),
    }
}

/// The values of an attribute: its own, the ids of what it refers to, or those of a custom field.
fn values_of<'e>(entity: &'e Map<String, Value>, name: &str) -> Vec<&'e Value> {
    let id = |value: &'e Value| value.get("id").unwrap_or(value);
    let stem = name
        .strip_suffix("Ids")
        .map(|stem| format!("{stem}s"))
        .or_else(|| Some(name.strip_suffix("Id")?.to_owned()));
    let referred = || entity.get(&stem?);
    let custom = || entity.get("customFields")?.get(name);
    match entity.get(name).or_else(referred).or_else(custom) {
        Some(Value::Array(all)) => all.iter().map(id).collect(),
        Some(value) if !value.is_null() => vec![id(value)],
        _ => Vec::new(),
    }
}

/// Numbers by value and before other things, which are compared as text without case. A number may be written as a text.
fn compare(one: &Value, other: &Value) -> Ordering {
    match (number(one), number(other)) {
        (Some(one), Some(other)) => one.total_cmp(&other),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => lower(one).cmp(&lower(other)),
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

fn lower(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            "[0-9]{0,2}[a-c]?".prop_map(Value::from),
            (0..20).prop_map(Value::from),
            Just(Value::Null)
        ]
    }

    proptest! {
        #[test]
        fn the_order_of_a_query_has_no_circle(one in value(), other in value(), third in value()) {
            prop_assert_eq!(compare(&one, &other), compare(&other, &one).reverse());
            if compare(&one, &other).is_le() && compare(&other, &third).is_le() {
                prop_assert!(compare(&one, &third).is_le());
            }
        }
    }
}
