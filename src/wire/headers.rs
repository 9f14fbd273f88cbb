//! Names of headers, and what a decision says in them.
//!
//! The one place where limits become headers, on refusals and errors too. To add a header set: a
//! flag in `config::HeaderSets` and its arm in [`limits`].

use std::fmt::{self, Write as _};

use bytes::Bytes;
use gcmock_limit::{Algorithm, Decision, LimitStatus, Scope, Scopes};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName, HeaderValue, ORIGIN, RETRY_AFTER, VARY,
};
use http::{Method, StatusCode, request};
use smallvec::SmallVec;
use uuid::Uuid;

use super::body::Body;
use crate::pipeline::decide::Verdict;
use crate::rules::Response;
use crate::time::clock::seconds_up;
use crate::world::workforce::AdherenceRefusal;

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

/// Headers of an answer whose values are made for it.
///
/// They share one piece of memory: a piece for each value would cost more than the decision they tell
/// of.
#[derive(Debug, Default)]
pub struct HeaderBlock {
    text: String,
    ends: SmallVec<[(HeaderName, usize); 8]>,
}

impl HeaderBlock {
    /// No headers yet, and room for those of a refusal.
    pub fn new() -> Self {
        Self { text: String::with_capacity(256), ends: SmallVec::new() }
    }

    /// One more header, of the value that `write` appends.
    pub fn add(&mut self, name: HeaderName, write: impl FnOnce(&mut String)) {
        write(&mut self.text);
        self.ends.push((name, self.text.len()));
    }

    fn number(&mut self, name: HeaderName, value: impl itoa::Integer) {
        self.add(name, |text| text.push_str(itoa::Buffer::new().format(value)));
    }

    /// The id of the exchange.
    pub fn correlation(&mut self, context: Uuid) {
        let mut buffer = Uuid::encode_buffer();
        let id = context.hyphenated().encode_lower(&mut buffer);
        self.add(CORRELATION_ID, |text| text.push_str(id));
    }

    /// Hands them over. Names of limits are any text; what no header can hold is left out.
    pub fn move_into(self, headers: &mut HeaderMap) {
        let (text, mut start) = (Bytes::from(self.text), 0);
        for (name, end) in self.ends {
            if let Ok(value) = HeaderValue::from_maybe_shared(text.slice(start..end)) {
                headers.insert(name, value);
            }
            start = end;
        }
    }
}

/// Writes what `decision` says, in the sets that `response` asks for.
pub fn limits(lines: &mut HeaderBlock, response: &Response, decision: &Decision<'_>) {
    if let Some(seconds) = decision.retry_after {
        lines.number(RETRY_AFTER, seconds);
    }
    let Some(status) = &decision.governing else { return };
    if decision.refused && response.explain {
        lines.add(GCMOCK_LIMIT, |text| explain(status, text));
    }
    let reset = seconds_up(status.resets_in);
    if response.headers.x_ratelimit {
        lines.number(X_LIMIT, status.rule.value);
        lines.number(X_REMAINING, status.remaining);
        lines.number(X_RESET, reset);
    }
    if response.headers.inin {
        lines.number(ININ_COUNT, status.used);
        lines.number(ININ_ALLOWED, status.rule.value);
        lines.number(ININ_RESET, reset);
    }
    if response.headers.ietf {
        lines.add(IETF_POLICY, |text| text.push_str(&policy(status)));
        let (name, remaining) = (&status.rule.name, status.remaining);
        lines.add(IETF_LIMIT, |text| {
            // Writing to a string can not fail.
            let _ = write!(text, "\"{name}\";r={remaining};t={reset}");
        });
    }
}

/// `name="…"; scope="tenant"; capacity=1500; remaining=0; retry-in=29.871`.
///
/// Piece by piece: a load test reads thousands of these a second, and `write!` takes twice as long.
fn explain(status: &LimitStatus<'_>, text: &mut String) {
    let millis = status.wait.div_ceil(1_000_000);
    let mut number = itoa::Buffer::new();
    text.push_str("name=\"");
    text.push_str(&status.rule.name);
    text.push_str("\"; scope=\"");
    ScopeName(status.rule.scope).each(|piece| text.push_str(piece));
    text.push_str("\"; capacity=");
    text.push_str(number.format(status.capacity));
    text.push_str("; remaining=");
    text.push_str(number.format(status.remaining));
    text.push_str("; retry-in=");
    text.push_str(number.format(millis / 1000));
    // A thousand in front keeps the zeros.
    let rest = number.format(1000 + millis % 1000);
    text.push('.');
    text.push_str(&rest[1..]);
}

/// Writes why an agent is not admitted, and when to come back.
pub fn adherence(lines: &mut HeaderBlock, response: &Response, refused: &AdherenceRefusal) {
    lines.number(RETRY_AFTER, refused.retry_after());
    if response.explain {
        lines.add(GCMOCK_LIMIT, |text| {
            let millis = refused.wait.div_ceil(1_000_000);
            // Writing to a string can not fail.
            let _ = write!(
                text,
                "name=\"adherence\"; scope=\"user\"; reason=\"{}\"; retry-in={}.{:03}; message=\"{}\"",
                refused.why.name(),
                millis / 1000,
                millis % 1000,
                quoted(&refused.message),
            );
        });
    }
}

/// A text as a quoted string of a header holds it; names of agents are any text.
fn quoted(text: &str) -> String {
    text.chars()
        .filter(|char| char.is_ascii() && !char.is_ascii_control() && *char != '"' && *char != '\\')
        .collect()
}

/// What the status line of a refused handshake says: all that some clients show of it.
pub(crate) fn reason_phrase(verdict: &Verdict<'_>) -> String {
    let retry_after = verdict.retry_after().unwrap_or(1);
    let why = match (&verdict.adherence, &verdict.decision.governing) {
        (Some(refused), _) => format!("adherence: {}", quoted(&refused.message)),
        (None, Some(status)) => {
            format!(
                "{} ({} limit of {})",
                quoted(&status.rule.name),
                ScopeName(status.rule.scope),
                status.capacity
            )
        }
        (None, None) => String::from("refused"),
    };
    format!("Too Many Requests: {why}, retry in {retry_after} s")
}

/// The scopes of a limit in one word: `tenant+endpoint`, or `server` for a limit of everybody.
#[derive(Clone, Copy, Debug)]
pub struct ScopeName(pub Scopes);

impl ScopeName {
    fn each(self, mut write: impl FnMut(&'static str)) {
        let mut names = self.0.iter().map(Scope::name);
        write(names.next().unwrap_or("server"));
        names.for_each(|name| {
            write("+");
            write(name);
        });
    }
}

impl fmt::Display for ScopeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all = Ok(());
        self.each(|piece| all = all.and_then(|()| f.write_str(piece)));
        all
    }
}

fn policy(status: &LimitStatus<'_>) -> String {
    let (name, quota) = (&status.rule.name, status.capacity);
    match status.rule.algorithm {
        Algorithm::FixedWindow { period, .. } | Algorithm::TokenBucket { period, .. } => {
            format!("\"{name}\";q={quota};w={}", seconds_up(period))
        }
        Algorithm::Concurrency { .. } => format!("\"{name}\";q={quota};qu=\"concurrent-requests\""),
    }
}

/// Whether a browser asks what it may ask; such a question is never counted.
pub fn is_preflight(head: &request::Parts) -> bool {
    head.method == Method::OPTIONS
        && head.headers.contains_key(ORIGIN)
        && head.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a browser that asks what it may ask.
pub fn preflight(request: &HeaderMap) -> http::Response<Body> {
    let mut lines = HeaderBlock::new();
    lines.correlation(Uuid::new_v4());
    let mut response = http::Response::new(Body::default());
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

/// The base address of this server, as a client that asked `host` reaches it.
pub fn base_uri(secure: bool, host: &str) -> String {
    format!("http{}://{host}", if secure { "s" } else { "" })
}

/// The address of a socket of this server, likewise.
pub fn socket_uri(secure: bool, host: &str, path: &str) -> String {
    format!("ws{}://{host}{path}", if secure { "s" } else { "" })
}

/// Whether a page of a browser asks.
pub fn is_cross_origin(request: &HeaderMap) -> bool {
    request.contains_key(ORIGIN)
}

/// Lets pages of any origin read an answer.
pub const CORS: [(HeaderName, HeaderValue); 2] = [
    (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    (
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(
            "Retry-After, ININ-Correlation-Id, Gcmock-Limit, Gcmock-Note, Location, RateLimit, \
             RateLimit-Policy, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, \
             inin-ratelimit-count, inin-ratelimit-allowed, inin-ratelimit-reset",
        ),
    ),
];
