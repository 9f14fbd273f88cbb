//! A request in the pipeline: its parts, its limits and its wait.

use std::sync::Arc;

use bytes::Bytes;
use gcmock_limit::Subject;
use http::header::HOST;
use http::uri::Authority;
use http::{Version, request};
use uuid::Uuid;

use super::Pipeline;
use super::decide::Verdict;
use crate::api;
use crate::api::route::Handler;
use crate::catalog::{Access, Found, Operation, OperationId, counted_method};
use crate::identity::Principal;
use crate::platform::Platform;
use crate::platform::limiter::{self, ChargeContext, Charges, LimiterDecision};
use crate::rules::{Config, PatternMethod};
use crate::server::Conn;
use crate::server::tls::names;
use crate::time::Nanos;
use crate::time::clock::Stopwatch;
use crate::wire::error::Dialect;

/// A request and everything known about it before the decision.
pub(super) struct RequestContext<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) conn: &'a Arc<Conn>,
    pub(super) head: &'a request::Parts,
    pub(super) path: &'a str,
    /// The requested host, as the client wrote it.
    pub(super) host: &'a str,
    pub(super) found: Option<&'a Found<'a, 'a>>,
    pub(super) handler: Option<Handler>,
    pub(super) now: Nanos,
    pub(super) started: Stopwatch,
    /// The id of this exchange: in a header, in the body of an error and in the journal.
    pub(super) context: Uuid,
}

impl<'a> RequestContext<'a> {
    pub(super) fn platform(&self) -> &'a Arc<Platform> {
        &self.pipeline.platform
    }

    pub(super) fn operation(&self) -> Option<&'a Operation> {
        self.found.map(|found| found.operation)
    }

    pub(super) fn operation_id(&self) -> OperationId {
        self.operation().map_or(OperationId::UNKNOWN, |operation| operation.id)
    }

    pub(super) fn query(&self) -> &'a str {
        self.head.uri.query().unwrap_or_default()
    }

    pub(super) fn dialect(&self) -> Dialect {
        match self.operation() {
            Some(operation) if operation.access == Access::Login => Dialect::OAuth,
            Some(operation) if operation.template.starts_with("/api/v2/scim/") => Dialect::Scim,
            _ => Dialect::Platform,
        }
    }

    /// The ids that limits can be counted by.
    pub(super) fn subject(&self, principal: &Principal) -> Subject {
        Subject {
            endpoint: self.operation_id().0,
            ip: Some(self.conn.peer.ip()),
            connection: Some(self.conn.id),
            ..principal.subject()
        }
    }

    /// The method that limits and latencies see.
    pub(super) fn counted_method(&self) -> PatternMethod<'a> {
        match self.operation().map(|operation| operation.access) {
            Some(Access::Socket) => PatternMethod::Ws,
            _ => PatternMethod::Http(counted_method(&self.head.method, self.operation()).as_str()),
        }
    }

    /// Whether the client uses this server as its proxy. Every request of HTTP/2 names its authority; a request of
    /// HTTP/1 does so only to a proxy.
    fn is_proxied(&self) -> bool {
        self.conn.tunnelled || self.head.version != Version::HTTP_2 && self.head.uri.scheme().is_some()
    }

    /// The request as handlers see it.
    pub(super) fn request<'b>(&self, body: &'b Bytes) -> api::request::Request<'b>
    where
        'a: 'b,
    {
        api::request::Request {
            operation: self.operation(),
            params: self.found.map(|found| found.params),
            method: &self.head.method,
            path: self.path,
            query: self.query(),
            host: self.host,
            domain: self.is_proxied().then(|| names::domain_of(self.host)).flatten(),
            secure: self.conn.secure,
            headers: &self.head.headers,
            body,
            now: self.now,
        }
    }

    /// All limits that match, as charges to this principal.
    pub(super) fn charges<'c>(&self, config: &'c Config, principal: &Principal) -> Charges<'c> {
        let subject = self.subject(principal);
        let operation = self.operation().map(|operation| operation.id);
        config
            .limits_for(operation, self.counted_method(), self.path)
            .filter(|limit| limit.covers_grant(principal.grant()))
            .filter_map(|limit| limiter::charge(&limit.rule, &subject, self.query()))
            .collect()
    }

    /// All limits that match, all or nothing.
    pub(super) async fn judge<'c>(
        &self,
        config: &'c Config,
        principal: &Principal,
        peeks: bool,
    ) -> Verdict<'c> {
        let tenant = principal.tenant().map(|tenant| &**tenant);
        let asking = ChargeContext { tenant, held: &self.conn.held, now: self.now, peeks };
        let mut charges = self.charges(config, principal);
        let LimiterDecision { decision, store_failed } =
            self.platform().limiter.judge(asking, config, &mut charges).await;
        Verdict { store_failed, ..Verdict::of(decision) }
    }

    /// Waits the configured latency, in wire time. A drain ends the wait at once.
    pub(super) async fn wait(&self, config: &Config, verdict: &Verdict<'_>) {
        let operation = self.operation().map(|operation| operation.id);
        let latency = config.latency_for(operation, self.counted_method(), self.path);
        let wait = self.pipeline.latencies.wait(latency, &verdict.decision, verdict.is_refused());
        if !wait.is_zero() {
            let _ = tokio::time::timeout(wait, self.pipeline.stop.cancelled()).await;
        }
    }
}

/// The requested host, as the client wrote it. The host of an absolute request has precedence over its Host field.
pub(super) fn host_of(head: &request::Parts) -> &str {
    let field = || head.headers.get(HOST).and_then(|host| host.to_str().ok());
    head.uri.authority().map(Authority::as_str).or_else(field).unwrap_or_default()
}
