//! SCIM 2.0 (RFC 7644): users and groups as identity providers manage them. A SCIM user is a user of the organization, and
//! a SCIM group is a group of its directory. Both are under two paths: `scim/v2` and the older `scim`.

mod discovery;
mod groups;
mod patch;
mod users;

use serde_json::{Map, Value, json};

use super::call::Call;
use super::route::{Answer, Route};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;

/// The most resources of a page.
const MAX_COUNT: usize = 100;
/// The default number of resources of a page.
const DEFAULT_COUNT: usize = 25;
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// The family's operations.
pub(super) fn routes() -> Vec<Route> {
    [users::routes(), groups::routes(), discovery::routes()].concat()
}

/// A route of `scim/v2` and the same of `scim`.
fn both(route: fn(&str, Answer) -> Route, below: &str, answer: Answer) -> [Route; 2] {
    [route(&format!("/api/v2/scim/v2/{below}"), answer), route(&format!("/api/v2/scim/{below}"), answer)]
}

/// The part of a listing that `startIndex` and `count` ask for.
fn list(call: &Call<'_>, all: Vec<Map<String, Value>>) -> Result<Reply, ApiError> {
    let number = |name: &'static str, default: usize| match call.query_text(name) {
        None => Ok(default),
        Some(text) => text.parse().map_err(|_| ApiError::invalid_value(name, &text, "whole numbers")),
    };
    let start = number("startIndex", 1)?.max(1);
    let count = number("count", DEFAULT_COUNT)?.min(MAX_COUNT);
    let total = all.len();
    let (wanted, excluded) = (call.query_list("attributes"), call.query_list("excludedAttributes"));
    let mut resources: Vec<_> = all.into_iter().skip(start - 1).take(count).collect();
    for resource in &mut resources {
        select(resource, &wanted, &excluded);
    }
    Reply::ok(&json!({
        "schemas": [LIST], "totalResults": total, "startIndex": start, "itemsPerPage": resources.len(),
        "Resources": resources,
    }))
}

/// Keeps the attributes that are asked for. The id stays.
fn select(resource: &mut Map<String, Value>, wanted: &[String], excluded: &[String]) {
    let has = |names: &[String], key: &str| {
        names.iter().any(|name| name.split('.').next() == Some(key) || name.ends_with(&format!(":{key}")))
    };
    resource.retain(|key, _| key == "id" || (wanted.is_empty() || has(wanted, key)) && !has(excluded, key));
}

/// Whether a resource passes `filter`: `attribute eq "value"`, joined by `and`. Another filter is refused.
fn matches(resource: &Map<String, Value>, filter: &str) -> Result<bool, ApiError> {
    let unknown = || ApiError::bad_request(format!("The filter is not understood: {filter}"));
    for term in filter.split(" and ") {
        let mut words = term.trim().splitn(3, ' ');
        let (attribute, operator, value) = (words.next(), words.next(), words.next());
        let (Some(attribute), Some(operator), Some(value)) = (attribute, operator, value) else {
            return Err(unknown());
        };
        if !operator.eq_ignore_ascii_case("eq") {
            return Err(unknown());
        }
        let value = value.trim().trim_matches('"');
        let first = attribute.split('.').next().unwrap_or_default();
        let found = resource.iter().find(|(key, _)| key.eq_ignore_ascii_case(first)).map(|(_, value)| value);
        let equals = |found: &Value| match found {
            Value::String(text) => text.eq_ignore_ascii_case(value),
            Value::Bool(flag) => flag.to_string() == value,
            _ => false,
        };
        let is_equal = match found {
            Some(Value::Array(items)) => items.iter().any(|item| item.get("value").is_some_and(equals)),
            Some(other) => equals(other),
            None => false,
        };
        if !is_equal {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The resources that pass the `filter` of the query.
fn filtered(call: &Call<'_>, all: Vec<Map<String, Value>>) -> Result<Vec<Map<String, Value>>, ApiError> {
    let Some(filter) = call.query_text("filter") else { return Ok(all) };
    let mut kept = Vec::new();
    for resource in all {
        if matches(&resource, &filter)? {
            kept.push(resource);
        }
    }
    Ok(kept)
}

/// `meta` of a resource.
fn meta(kind: &str, location: &str, version: u32, modified: &str) -> Value {
    json!({ "resourceType": kind, "location": location, "version": format!("W/\"{version}\""),
        "lastModified": modified })
}
