//! Lets a page in a browser use the emulated platform.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName, HeaderValue, ORIGIN, VARY,
};
use http::{Method, StatusCode, request};
use uuid::Uuid;

use super::body::{self, Body};
use super::header_block::HeaderBlock;

/// The header by which a public page asks for access to a server of this machine.
const REQUEST_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-request-private-network");
const ALLOW_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// Whether this is a CORS preflight. No limit counts preflights.
pub(crate) fn is_preflight(head: &request::Parts) -> bool {
    head.method == Method::OPTIONS
        && head.headers.contains_key(ORIGIN)
        && head.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a preflight.
pub(crate) fn preflight(request: &HeaderMap) -> http::Response<Body> {
    let mut lines = HeaderBlock::new();
    lines.correlation(Uuid::new_v4());
    let mut response = http::Response::new(body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    lines.move_into(headers);
    headers.extend(CORS.map(|(name, value)| (Some(name), value)));
    headers.insert(VARY, HeaderValue::from_static("Access-Control-Request-Headers"));
    headers.insert(
        ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE"),
    );
    let asked = request.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let asked = asked.unwrap_or(HeaderValue::from_static("Authorization, Content-Type"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked);
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    if request.contains_key(REQUEST_PRIVATE_NETWORK) {
        headers.insert(ALLOW_PRIVATE_NETWORK, HeaderValue::from_static("true"));
    }
    response
}

/// Whether the request comes from a page of another origin.
pub(crate) fn is_cross_origin(request: &HeaderMap) -> bool {
    request.contains_key(ORIGIN)
}

/// Lets pages of any origin read an answer.
pub(crate) const CORS: [(HeaderName, HeaderValue); 2] = [
    (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    (
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(
            "Retry-After, ININ-Correlation-Id, Gcmock-Fault, Gcmock-Limit, Gcmock-Note, Gcmock-Scenario, Gcmock-Store, Location, \
             RateLimit, RateLimit-Policy, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, \
             inin-ratelimit-count, inin-ratelimit-allowed, inin-ratelimit-reset",
        ),
    ),
];
