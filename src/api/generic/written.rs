//! Asks the hand-written handlers of other paths: generic answers show what these have.

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::Value;

use crate::api::call::Call;
use crate::api::request::Request;
use crate::api::route::{Handler, Routes};
use crate::wire::error::ApiError;
use crate::wire::reply::Reply;

/// The answer of the hand-written GET at `path` with `query`. `None` where there is no such operation.
fn get(call: &Call<'_>, routes: &Routes, path: &str, query: &str) -> Option<Result<Reply, ApiError>> {
    let method = Method::GET;
    let found = routes.catalog.find(&method, path)?;
    let Some(Handler::Platform(answer)) = routes.handler(found.operation.id) else { return None };
    let (operation, params, body) = (Some(found.operation), Some(found.params), Bytes::new());
    let request = Request { operation, params, method: &method, path, query, body: &body, ..call.request };
    Some(answer(&Call::new(request, call.caller, call.platform)))
}

/// Whether the hand-written GET at `path` says that nothing is there. `None` where there is no such operation.
pub(super) fn is_missing(call: &Call<'_>, routes: &Routes, path: &str) -> Option<bool> {
    let answer = get(call, routes, path, "")?;
    Some(answer.is_err_and(|error| error.status == StatusCode::NOT_FOUND))
}

/// The entities that the hand-written listing at `path` answers to `query`, and their whole number.
pub(super) fn list(call: &Call<'_>, routes: &Routes, path: &str, query: &str) -> Option<(Vec<Value>, usize)> {
    let mut answer: Value = serde_json::from_slice(&get(call, routes, path, query)?.ok()?.body).ok()?;
    if let Value::Array(entities) = answer {
        let total = entities.len();
        return Some((entities, total));
    }
    let total = answer.get("total").and_then(Value::as_u64).and_then(|total| usize::try_from(total).ok());
    let entities =
        ["entities", "results", "items"].iter().find_map(|name| match answer.get_mut(*name)?.take() {
            Value::Array(entities) => Some(entities),
            _ => None,
        })?;
    let total = total.unwrap_or(entities.len());
    Some((entities, total))
}

/// The entity that the hand-written GET at `path` answers.
pub(super) fn read(call: &Call<'_>, routes: &Routes, path: &str) -> Option<Result<Value, ApiError>> {
    let answer = get(call, routes, path, "")?;
    Some(answer.and_then(|reply| serde_json::from_slice(&reply.body).map_err(|_| ApiError::internal())))
}
