//! A decision as headers, and as the status line of a refused handshake.
//!
//! Only this file writes limits into headers, on refusals and errors too. To add a header set, add a flag in
//! `rules::HeaderSets` and its arm in [`limits`].

use std::fmt::Write as _;

use gcmock_limit::{Algorithm, Decision, LimitStatus};
use http::header::{HeaderName, HeaderValue, RETRY_AFTER};

use super::decide::Verdict;
use crate::rules::Response;
use crate::time::clock::seconds_up;
use crate::wire::header_block::HeaderBlock;
use crate::world::workforce::AdherenceRefusal;

/// Names the fault that struck.
pub(super) const GCMOCK_FAULT: HeaderName = HeaderName::from_static("gcmock-fault");
/// Explains a refusal.
pub(super) const GCMOCK_LIMIT: HeaderName = HeaderName::from_static("gcmock-limit");
/// Says that shared limits acted without their store.
pub(super) const GCMOCK_STORE: HeaderName = HeaderName::from_static("gcmock-store");
/// Says that an answer is generic, or that its endpoint is not the platform's.
pub(super) const GCMOCK_NOTE: HeaderName = HeaderName::from_static("gcmock-note");

/// The note of a generic answer.
pub(super) const NOTE_GENERIC: HeaderValue = HeaderValue::from_static("generic");
/// The note of an endpoint that no published document has.
pub(super) const NOTE_UNPUBLISHED: HeaderValue =
    HeaderValue::from_static("not in the published Genesys Cloud API");

const X_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const X_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const X_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const ININ_COUNT: HeaderName = HeaderName::from_static("inin-ratelimit-count");
const ININ_ALLOWED: HeaderName = HeaderName::from_static("inin-ratelimit-allowed");
const ININ_RESET: HeaderName = HeaderName::from_static("inin-ratelimit-reset");
const IETF_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const IETF_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Writes `decision` in the header sets that `response` asks for.
pub(super) fn limits(lines: &mut HeaderBlock, response: Response, decision: &Decision<'_>) {
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
/// Appends piece by piece: a load test reads thousands of these a second, and `write!` takes twice as long.
fn explain(status: &LimitStatus<'_>, text: &mut String) {
    let millis = status.wait.div_ceil(1_000_000);
    let mut number = itoa::Buffer::new();
    text.push_str("name=\"");
    text.push_str(&status.rule.name);
    text.push_str("\"; scope=\"");
    status.rule.scope.each_name(|piece| text.push_str(piece));
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

/// Writes the fault that struck, and its `Retry-After`.
pub(super) fn fault(lines: &mut HeaderBlock, verdict: &Verdict<'_>) {
    let Some(fault) = verdict.fault else { return };
    if let Some(seconds) = verdict.retry_after().filter(|_| !verdict.is_refused()) {
        lines.number(RETRY_AFTER, seconds);
    }
    lines.add(GCMOCK_FAULT, |text| text.push_str(&fault.name));
}

/// Says that the store did not take part.
pub(super) fn store(lines: &mut HeaderBlock, verdict: &Verdict<'_>) {
    if verdict.store_failed {
        lines.add(GCMOCK_STORE, |text| text.push_str("failed"));
    }
}

/// Writes the reason of an adherence refusal, and the time of the next attempt.
pub(super) fn adherence(lines: &mut HeaderBlock, response: Response, refused: &AdherenceRefusal) {
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

/// The reason phrase of a refused handshake. Some clients show nothing else of it.
pub(super) fn reason_phrase(verdict: &Verdict<'_>) -> String {
    let retry_after = verdict.retry_after().unwrap_or(1);
    let why = match (&verdict.adherence, &verdict.decision.governing) {
        (Some(refused), _) => format!("adherence: {}", quoted(&refused.message)),
        (None, Some(status)) => {
            format!("{} ({} limit of {})", quoted(&status.rule.name), status.rule.scope, status.capacity)
        }
        (None, None) => String::from("refused"),
    };
    format!("Too Many Requests: {why}, retry in {retry_after} s")
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
