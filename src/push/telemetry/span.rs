//! The span of a request, with the names of the semantic conventions for HTTP where they have one.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{Span as _, SpanBuilder, SpanKind, Status, Tracer};
use opentelemetry::{Context, KeyValue};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, Span, SpanData};
use uuid::Uuid;

use super::metric::scope;
use crate::time::clock;

/// The longest `tracestate` that a span keeps. Its specification asks for this much.
const LONGEST_STATE: usize = 512;
/// The method of a request whose own is not standard.
const OTHER: &str = "_OTHER";

/// A request that was served, without anything that may be a secret.
#[derive(Debug)]
pub(crate) struct Served<'a> {
    /// The method, where it is a standard one.
    pub(crate) method: Option<&'static str>,
    /// The template of its path, where it has an operation.
    pub(crate) route: Option<&'a Arc<str>>,
    /// The status; `None` where the connection was reset.
    pub(crate) status: Option<u16>,
    pub(crate) took: Duration,
    /// The id in the answer's header.
    pub(crate) correlation: Uuid,
    /// The id of the organization.
    pub(crate) organization: Option<Uuid>,
    /// The limit that refused.
    pub(crate) limit: Option<&'a Arc<str>>,
    /// The rule of adherence that refused.
    pub(crate) adherence: Option<&'static str>,
    /// The fault that struck.
    pub(crate) fault: Option<&'a Arc<str>>,
    /// The seconds that the client is asked to wait.
    pub(crate) retry_after: Option<u32>,
    /// Whether the answer is generic.
    pub(crate) generic: bool,
}

/// Starts and ends the span of a request that has just ended. The sampler decides whether it is kept.
pub(super) fn record(tracer: &SdkTracer, headers: &HeaderMap, served: &Served<'_>) {
    let end = clock::wall();
    let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(headers));
    let started = SpanBuilder::from_name(name(served))
        .with_kind(SpanKind::Server)
        .with_start_time(end.checked_sub(served.took).unwrap_or(end));
    let mut span = tracer.build_with_context(started, &parent);
    if span.is_recording() {
        describe(&mut span, served);
        span.end_with_timestamp(end);
    }
}

fn name(served: &Served<'_>) -> String {
    let method = served.method.unwrap_or("HTTP");
    served.route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}"))
}

fn describe(span: &mut Span, served: &Served<'_>) {
    let mut set = |name: &'static str, value: Option<opentelemetry::Value>| {
        if let Some(value) = value {
            span.set_attribute(KeyValue::new(name, value));
        }
    };
    set("http.request.method", Some(served.method.unwrap_or(OTHER).into()));
    set("http.route", served.route.map(|route| Arc::clone(route).into()));
    set("http.response.status_code", served.status.map(|status| i64::from(status).into()));
    set("gcmock.correlation.id", Some(served.correlation.to_string().into()));
    set("gcmock.organization.id", served.organization.map(|id| id.to_string().into()));
    set("gcmock.limit", served.limit.map(|limit| Arc::clone(limit).into()));
    set("gcmock.adherence", served.adherence.map(Into::into));
    set("gcmock.fault", served.fault.map(|fault| Arc::clone(fault).into()));
    set("gcmock.retry_after", served.retry_after.map(|seconds| i64::from(seconds).into()));
    set("gcmock.generic", served.generic.then(|| true.into()));
    let error = match served.status {
        None => Some("reset".to_owned()),
        Some(status) => (status >= 500).then(|| status.to_string()),
    };
    set("error.type", error.clone().map(Into::into));
    if error.is_some() {
        span.set_status(Status::error(""));
    }
}

/// The spans as they are sent.
pub(super) fn message(resource: &Resource, batch: Vec<SpanData>) -> ExportTraceServiceRequest {
    let spans = batch.into_iter().map(Into::into).collect();
    let scope_spans = vec![ScopeSpans { scope: Some(scope()), spans, ..ScopeSpans::default() }];
    let resource_spans =
        ResourceSpans { resource: Some(resource.into()), scope_spans, ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![resource_spans] }
}

/// The headers that say which span of the client a request belongs to.
struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        let value = self.0.get(key)?.to_str().ok()?;
        (value.len() <= LONGEST_STATE).then_some(value)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}
