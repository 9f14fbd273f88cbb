//! SCIM 2.0 (RFC 7644): users and groups as identity providers manage them. A SCIM user is a user of the organization, and
//! a SCIM group is a group of its directory. Both are under two paths: `scim/v2` and the older `scim`.
//!
//! | file | owns |
//! |---|---|
//! | `users`, `employee` | users, and the enterprise extension of a user |
//! | `phones` | the phone numbers of a user |
//! | `abilities` | the roles of a user, and the extension of the platform: skills, languages and external ids |
//! | `groups` | groups and their members |
//! | `attributes` | which attributes a resource has, of which type, and which a client may write |
//! | `patch`, `filter` | the operations of a PATCH, and filters of listings and of paths |
//! | `discovery` | what the service says of itself |

mod abilities;
mod attributes;
mod discovery;
mod employee;
mod filter;
mod groups;
mod patch;
mod phones;
mod users;

use http::StatusCode;
use http::header::{ETAG, HeaderValue};
use serde_json::{Map, Value, json};

use self::filter::Filter;
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

/// The part of a listing that `startIndex` and `count` ask for. Only its resources are written.
fn list<T>(
    call: &Call<'_>,
    all: impl Iterator<Item = T>,
    to_json: impl Fn(T) -> Map<String, Value>,
) -> Result<Reply, ApiError> {
    let number = |name: &'static str, default: usize| match call.query_text(name) {
        None => Ok(default),
        Some(text) => text.parse().map_err(|_| ApiError::invalid_value(name, &text, "whole numbers")),
    };
    let start = number("startIndex", 1)?.max(1);
    let count = number("count", DEFAULT_COUNT)?.min(MAX_COUNT);
    let (wanted, excluded) = (call.query_list("attributes"), call.query_list("excludedAttributes"));
    let (mut resources, mut total) = (Vec::new(), 0);
    for one in all {
        total += 1;
        if total >= start && resources.len() < count {
            let mut resource = to_json(one);
            select(&mut resource, &wanted, &excluded);
            resources.push(resource);
        }
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

/// The `filter` of the query.
fn read_filter(call: &Call<'_>) -> Result<Option<Filter>, ApiError> {
    call.query_text("filter").map(|filter| Filter::parse(&filter)).transpose()
}

/// The version of a resource as its `ETag` and its `meta` have it.
fn etag(version: u32) -> String {
    format!("W/\"{version}\"")
}

/// Adds the `ETag` to an answer.
fn with_version(reply: Reply, version: u32) -> Reply {
    match HeaderValue::try_from(etag(version)) {
        Ok(value) => reply.with(ETAG, value),
        Err(_) => reply,
    }
}

/// Whether a header names this version among others, or any.
fn names_version(header: &str, version: u32) -> bool {
    let version = version.to_string();
    let mut names = header.split(',').map(|name| name.trim().trim_start_matches("W/").trim_matches('"'));
    names.any(|name| name == version || name == "*")
}

/// 304, if `If-None-Match` names the current version.
fn unchanged(call: &Call<'_>, version: u32) -> Option<Reply> {
    let named = call.header("if-none-match").is_some_and(|header| names_version(header, version));
    named.then(|| with_version(Reply::empty(StatusCode::NOT_MODIFIED), version))
}

/// Refuses a change of another version than the one that `If-Match` names. The status is documented.
fn check_version(call: &Call<'_>, version: u32) -> Result<(), ApiError> {
    match call.header("if-match").filter(|header| !names_version(header, version)) {
        None => Ok(()),
        Some(_) => Err(ApiError::conflict("The version of the resource does not match the current version.")),
    }
}

/// `meta` of a resource.
fn meta(kind: &str, location: &str, version: u32, modified: &str) -> Value {
    json!({ "resourceType": kind, "location": location, "version": etag(version),
        "lastModified": modified })
}
