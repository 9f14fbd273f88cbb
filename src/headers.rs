//! Names of headers, and what a decision says in them.
//!
//! The one place where limits become headers, on refusals and errors too. To add a header set: a
//! flag in `config::HeaderSets` and its arm in [`limits`].

use std::fmt::{self, Write as _};

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName, HeaderValue, ORIGIN, RETRY_AFTER, VARY,
};
use http::{Method, StatusCode, request};
use uuid::Uuid;

use crate::body::Body;
use crate::clock::seconds_up;
use crate::config::Response;
use crate::limit::{Algorithm, Decision, Scope, Scopes, Status};

/// The media type of every body here.
pub const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Names the exchange; the same as `contextId` of an error's body.
pub const CORRELATION_ID: HeaderName = HeaderName::from_static("inin-correlation-id");
/// Explains a refusal.
pub const GCMOCK_LIMIT: HeaderName = HeaderName::from_static("gcmock-limit");
/// Says that an answer was made by shape, or that its endpoint is not the platform's.
pub const GCMOCK_NOTE: HeaderName = HeaderName::from_static("gcmock-note");

/// A page of the internet asks for a server of this machine.
const REQUEST_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-request-private-network");
const ALLOW_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// The note of an answer by shape.
pub const NOTE_GENERIC: HeaderValue = HeaderValue::from_static("generic");
/// The note of an endpoint that only users' reports know.
pub const NOTE_UNPUBLISHED: HeaderValue = HeaderValue::from_static("not in the published Genesys Cloud API");

const X_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const X_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const X_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const ININ_COUNT: HeaderName = HeaderName::from_static("inin-ratelimit-count");
const ININ_ALLOWED: HeaderName = HeaderName::from_static("inin-ratelimit-allowed");
const ININ_RESET: HeaderName = HeaderName::from_static("inin-ratelimit-reset");
const IETF_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const IETF_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// A response with room for the headers of an ordinary answer: growing in between would cost as much
/// as writing some of them.
pub fn response(body: Body) -> http::Response<Body> {
    const ORDINARY: usize = 12;
    let mut response = http::Response::new(body);
    response.headers_mut().reserve(ORDINARY);
    response
}

/// Writes what `decision` says, in the sets that `response` asks for.
pub fn limits(headers: &mut HeaderMap, response: &Response, decision: &Decision<'_>) {
    if let Some(seconds) = decision.retry_after {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    let Some(status) = &decision.governing else { return };
    if decision.refused && response.explain {
        insert(headers, GCMOCK_LIMIT, explanation(status));
    }
    let reset = seconds_up(status.resets_in);
    if response.headers.x_ratelimit {
        headers.insert(X_LIMIT, status.rule.value.into());
        headers.insert(X_REMAINING, status.remaining.into());
        headers.insert(X_RESET, reset.into());
    }
    if response.headers.inin {
        headers.insert(ININ_COUNT, status.used.into());
        headers.insert(ININ_ALLOWED, status.rule.value.into());
        headers.insert(ININ_RESET, reset.into());
    }
    if response.headers.ietf {
        insert(headers, IETF_POLICY, policy(status));
        let limit = format!("\"{}\";r={};t={reset}", status.rule.name, status.remaining);
        insert(headers, IETF_LIMIT, limit);
    }
}

/// `name="…"; scope="tenant"; capacity=1500; remaining=0; retry-in=29.871`.
fn explanation(status: &Status<'_>) -> String {
    let millis = status.wait.div_ceil(1_000_000);
    let (name, scope, capacity) = (&status.rule.name, ScopeName(status.rule.scope), status.capacity);
    let (remaining, seconds, rest) = (status.remaining, millis / 1000, millis % 1000);
    let mut text = String::with_capacity(128);
    // Writing to a string can not fail.
    let _ = write!(
        text,
        "name=\"{name}\"; scope=\"{scope}\"; capacity={capacity}; remaining={remaining}; retry-in={seconds}.{rest:03}"
    );
    text
}

/// The scopes of a limit in one word: `tenant+endpoint`, or `server` for a limit of everybody.
#[derive(Clone, Copy, Debug)]
pub struct ScopeName(pub Scopes);

impl fmt::Display for ScopeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = self.0.iter().map(Scope::name);
        f.write_str(names.next().unwrap_or("server"))?;
        names.try_for_each(|name| write!(f, "+{name}"))
    }
}

fn policy(status: &Status<'_>) -> String {
    let (name, quota) = (&status.rule.name, status.capacity);
    match status.rule.algorithm {
        Algorithm::FixedWindow { period, .. } | Algorithm::TokenBucket { period, .. } => {
            format!("\"{name}\";q={quota};w={}", seconds_up(period))
        }
        Algorithm::Concurrency { .. } => format!("\"{name}\";q={quota};qu=\"concurrent-requests\""),
    }
}

/// Rule names are any text; what no header can hold is left out.
fn insert(headers: &mut HeaderMap, name: HeaderName, text: String) {
    if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(text)) {
        headers.insert(name, value);
    }
}

/// The header value of a correlation id.
pub fn correlation(context: Uuid) -> HeaderValue {
    let mut buffer = Uuid::encode_buffer();
    HeaderValue::from_str(context.hyphenated().encode_lower(&mut buffer))
        .unwrap_or(HeaderValue::from_static("00000000-0000-0000-0000-000000000000"))
}

/// Whether a browser asks what it may ask; such a question is never counted.
pub fn is_preflight(head: &request::Parts) -> bool {
    head.method == Method::OPTIONS
        && head.headers.contains_key(ORIGIN)
        && head.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a browser that asks what it may ask.
pub fn preflight(request: &HeaderMap) -> http::Response<Body> {
    let mut response = http::Response::new(Body::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    cors(request, headers);
    headers.insert(CORRELATION_ID, correlation(Uuid::new_v4()));
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

/// Lets pages of any origin read an answer.
pub fn cors(request: &HeaderMap, response: &mut HeaderMap) {
    if !request.contains_key(ORIGIN) {
        return;
    }
    response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(
            "Retry-After, ININ-Correlation-Id, Gcmock-Limit, Gcmock-Note, Location, RateLimit, \
             RateLimit-Policy, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, \
             inin-ratelimit-count, inin-ratelimit-allowed, inin-ratelimit-reset",
        ),
    );
}
