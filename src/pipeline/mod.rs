//! The story of one emulated request.
//!
//! Straight down [`emulate`]: what is asked, who asks, the body, the limits (all or none), the wait,
//! the answer, its headers, and one record of it all. The clock is read once. No lock is held across
//! an await. Admin routes never come through here, so nothing can lock the operator out.

pub(crate) mod decide;
mod explain;
pub mod handshake;
pub mod latency;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gcmock_limit::{Decision, LimitStatus, Subject};
use http::header::HOST;
use http::uri::Authority;
use http::{HeaderValue, Method, Request, Response, request};
use hyper::body::Incoming;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::decide::Verdict;
use self::latency::Latencies;
use crate::api;
use crate::api::call::Call;
use crate::api::login::{Form, Login};
use crate::api::route::{Handler, Routes};
use crate::catalog::path::normalize;
use crate::catalog::{Access, Found, Operation, OperationId, counted_method};
use crate::identity::Principal;
use crate::identity::bearer;
use crate::identity::scopes;
use crate::observe::journal::{self, Exchange, SocketEvent, SocketNote};
use crate::observe::scenario_check::GCMOCK_SCENARIO;
use crate::panics;
use crate::platform::Platform;
use crate::platform::limiter::{self, Charges};
use crate::push::event;
use crate::push::registry::Socket;
use crate::rules::{Config, PatternMethod};
use crate::server::Conn;
use crate::time::Nanos;
use crate::time::clock::Stopwatch;
use crate::wire::body::{self, Body, BodyError};
use crate::wire::cors;
use crate::wire::error::{ApiError, Dialect, LimitBody};
use crate::wire::header_block::HeaderBlock;
use crate::wire::redact::redacted;
use crate::wire::reply::Reply;

/// What answers requests: the platform, its handlers, and what one request may take.
pub struct Pipeline {
    /// What all organizations share.
    pub platform: Arc<Platform>,
    /// The handlers of all operations.
    pub routes: Routes,
    /// What requests wait for.
    pub latencies: Latencies,
    /// The largest body, in bytes.
    pub max_body: usize,
    /// How long a body may take to arrive, in wire time.
    pub request_timeout: Duration,
    /// Cancelled when the server drains: no request waits longer then.
    pub stop: CancellationToken,
}

/// Answers one request to the emulated platform.
pub async fn emulate(pipeline: &Pipeline, conn: &Arc<Conn>, request: Request<Incoming>) -> Response<Body> {
    let platform = &pipeline.platform;
    let (now, started) = platform.clock.read();
    let (mut head, incoming) = request.into_parts();
    if cors::is_preflight(&head) {
        return cors::preflight(&head.headers);
    }
    let extensions = std::mem::take(&mut head.extensions);
    let path = normalize(head.uri.path());
    let found = platform.catalog.find_any(&head.method, &path);
    let handler = found.as_ref().and_then(|found| pipeline.routes.handler(found.operation.id));
    if let Some(Handler::Socket(open)) = handler {
        let (found, context) = (found.as_ref(), Uuid::new_v4());
        let asked = RequestContext {
            pipeline,
            conn,
            head: &head,
            path: &path,
            found,
            handler,
            now,
            started,
            context,
        };
        return handshake::answer(&asked, open, extensions).await.into_response();
    }
    let asker = identify(platform, &head, &path, found.as_ref(), now);
    let body = body::collect(&head.headers, incoming, pipeline.max_body, pipeline.request_timeout).await;
    let (found, context) = (found.as_ref(), Uuid::new_v4());
    let asked =
        RequestContext { pipeline, conn, head: &head, path: &path, found, handler, now, started, context };

    let config = platform.config.current();
    let (asker, body) = match admit(asker, body) {
        Ok(admitted) => admitted,
        Err((asker, error)) => {
            let (reply, lines) = asked.finish(&asker, &config, None, asked.error(&error));
            return reply.into_response(head.headers, lines);
        }
    };
    let asker = asker.claim(&platform.realm(), || asked.form(&body).client_id().map(str::to_owned));
    let verdict = Verdict::of(asked.decide(&config, &asker));
    asked.wait(&config, &verdict).await;
    // Others may have been answered since this request was taken.
    conn.room().await;
    let reply = if verdict.is_refused() { asked.refusal(&verdict) } else { asked.answer(&asker, &body) };
    let (reply, lines) = asked.finish(&asker, &config, Some(&verdict), reply);
    reply.into_response(head.headers, lines)
}

/// Who asks. A guest's bearer is its session's; the platform knows all others.
fn identify(
    platform: &Platform,
    head: &request::Parts,
    path: &str,
    found: Option<&Found<'_, '_>>,
    now: Nanos,
) -> Result<Principal, ApiError> {
    let access = found.map(|found| found.operation.access);
    if access == Some(Access::Guest) {
        return api::guest_principal(platform, &head.headers, host_of(head), now);
    }
    Principal::identify(&platform.realm(), access, &head.headers, host_of(head), path, now)
}

/// The host that was asked for, as the client wrote it.
fn host_of(head: &request::Parts) -> &str {
    let host = head.headers.get(HOST).and_then(|host| host.to_str().ok());
    host.or_else(|| head.uri.authority().map(Authority::as_str)).unwrap_or_default()
}

/// Both the caller and the body have to be good; a bad caller is told first.
fn admit(
    asker: Result<Principal, ApiError>,
    body: Result<Bytes, BodyError>,
) -> Result<(Principal, Bytes), (Principal, ApiError)> {
    match (asker, body) {
        (Err(error), _) => Err((Principal::Nobody, error)),
        (Ok(asker), Err(error)) => Err((asker, error.into())),
        (Ok(asker), Ok(body)) => Ok((asker, body)),
    }
}

/// A request, and what is known of it before anybody decides.
pub(crate) struct RequestContext<'a> {
    pub(crate) pipeline: &'a Pipeline,
    pub(crate) conn: &'a Arc<Conn>,
    pub(crate) head: &'a request::Parts,
    pub(crate) path: &'a str,
    pub(crate) found: Option<&'a Found<'a, 'a>>,
    pub(crate) handler: Option<Handler>,
    pub(crate) now: Nanos,
    pub(crate) started: Stopwatch,
    /// The id of this exchange: in a header, in the body of an error and in the journal.
    pub(crate) context: Uuid,
}

impl<'a> RequestContext<'a> {
    pub(crate) fn platform(&self) -> &'a Arc<Platform> {
        &self.pipeline.platform
    }

    pub(crate) fn operation(&self) -> Option<&'a Operation> {
        self.found.map(|found| found.operation)
    }

    fn operation_id(&self) -> OperationId {
        self.operation().map_or(OperationId::UNKNOWN, |operation| operation.id)
    }

    pub(crate) fn query(&self) -> &'a str {
        self.head.uri.query().unwrap_or_default()
    }

    fn form<'b>(&self, body: &'b Bytes) -> Form<'b>
    where
        'a: 'b,
    {
        Form::parse(&self.head.method, &self.head.headers, self.query(), body)
    }

    fn dialect(&self) -> Dialect {
        match self.operation().map(|operation| operation.access) {
            Some(Access::Login) => Dialect::OAuth,
            _ => Dialect::Platform,
        }
    }

    /// The ids that limits can be counted by.
    pub(crate) fn subject(&self, asker: &Principal) -> Subject {
        Subject {
            endpoint: self.operation_id().0,
            ip: Some(self.conn.peer.ip()),
            connection: Some(self.conn.id),
            ..asker.subject()
        }
    }

    /// The method that limits and latencies see.
    fn counted_method(&self) -> PatternMethod<'a> {
        match self.operation().map(|operation| operation.access) {
            Some(Access::Socket) => PatternMethod::Ws,
            _ => PatternMethod::Http(counted_method(&self.head.method, self.operation()).as_str()),
        }
    }

    /// All limits that match, as charges to this asker.
    pub(crate) fn charges<'c>(&self, config: &'c Config, asker: &Principal) -> Charges<'c> {
        let subject = self.subject(asker);
        let operation = self.operation().map(|operation| operation.id);
        config
            .limits_for(operation, self.counted_method(), self.path)
            .filter(|limit| limit.covers_grant(asker.grant()))
            .filter_map(|limit| limiter::charge(&limit.rule, &subject, self.query()))
            .collect()
    }

    /// All limits that match, all or nothing.
    fn decide<'c>(&self, config: &'c Config, asker: &Principal) -> Decision<'c> {
        let tenant = asker.tenant().map(Arc::as_ref);
        self.platform().limiter.decide(tenant, &self.conn.held, self.charges(config, asker), self.now)
    }

    /// Waits what the limits file says, in wire time; a drain ends it at once.
    pub(crate) async fn wait(&self, config: &Config, verdict: &Verdict<'_>) {
        let operation = self.operation().map(|operation| operation.id);
        let latency = config.latency_for(operation, self.counted_method(), self.path);
        let wait = self.pipeline.latencies.wait(latency, &verdict.decision, verdict.is_refused());
        if !wait.is_zero() {
            let _ = tokio::time::timeout(wait, self.pipeline.stop.cancelled()).await;
        }
    }

    /// The refusal, in the words of the host that was asked.
    pub(crate) fn refusal(&self, verdict: &Verdict<'_>) -> Reply {
        let retry_after = verdict.retry_after().unwrap_or(1);
        let dialect = self.dialect();
        if let Some(adherence) = &verdict.adherence {
            let error = ApiError::not_adherent(&adherence.message, retry_after);
            return Reply::error(&error, dialect, self.context, Some(LimitBody::ADHERENCE));
        }
        let error = match dialect {
            Dialect::OAuth => ApiError::oauth_throttled(retry_after),
            Dialect::Platform => ApiError::too_many_requests(retry_after),
        };
        let limit = verdict.decision.governing.as_ref().map(|status| LimitBody::of(status.rule));
        Reply::error(&error, dialect, self.context, limit)
    }

    pub(crate) fn error(&self, error: &ApiError) -> Reply {
        Reply::error(error, self.dialect(), self.context, None)
    }

    /// Runs the handler; a bug in it is one 500 and one line in the log.
    fn answer(&self, asker: &Principal, body: &Bytes) -> Reply {
        let answered = panics::caught(|| self.run(asker, body)).unwrap_or_else(|bug| {
            tracing::error!(method = %self.head.method, path = %self.kept_path(), "a handler panicked: {bug}");
            Err(ApiError::internal())
        });
        answered.unwrap_or_else(|error| self.error(&error))
    }

    fn run(&self, asker: &Principal, body: &Bytes) -> Result<Reply, ApiError> {
        let platform = self.platform();
        let caller = match (asker, self.handler) {
            (_, Some(Handler::Login(login))) => {
                return login(&Login { platform, form: self.form(body), now: self.now });
            }
            (_, Some(Handler::Public(answer) | Handler::Guest(answer))) => {
                return answer(platform, &self.request(body));
            }
            (Principal::Caller(caller), _) => caller,
            _ => return Err(api::outside(platform, &self.head.method, self.path)),
        };
        if platform.options.enforce_scopes {
            let held = &caller.token.client.scopes;
            scopes::check(held, self.operation(), &self.head.method, self.path)
                .map_err(|needed| ApiError::missing_permissions(&needed))?;
        }
        let call = Call { request: self.request(body), caller, platform };
        match self.handler {
            Some(Handler::Platform(answer)) => answer(&call),
            _ => api::generic::answer(&call),
        }
    }

    /// The request as handlers see it.
    pub(crate) fn request<'b>(&self, body: &'b Bytes) -> api::request::Request<'b>
    where
        'a: 'b,
    {
        api::request::Request {
            operation: self.operation(),
            params: self.found.map(|found| &found.params),
            method: &self.head.method,
            path: self.path,
            query: self.query(),
            host: host_of(self.head),
            secure: self.conn.secure,
            headers: &self.head.headers,
            body,
            now: self.now,
        }
    }

    /// The path as the journal and the log keep it: without tokens.
    fn kept_path(&self) -> Cow<'a, str> {
        redacted(self.path, bearer(&self.head.headers))
    }

    /// The headers that every answer has, and the record of the exchange.
    pub(crate) fn finish(
        &self,
        asker: &Principal,
        config: &Config,
        verdict: Option<&Verdict<'_>>,
        reply: Reply,
    ) -> (Reply, HeaderBlock) {
        self.finish_with(asker, config, verdict, reply, None)
    }

    /// The same for a handshake that opened `socket`.
    pub(crate) fn finish_socket(
        &self,
        asker: &Principal,
        config: &Config,
        verdict: &Verdict<'_>,
        reply: Reply,
        socket: &Socket,
    ) -> (Reply, HeaderBlock) {
        let note = SocketNote { id: socket.id, event: SocketEvent::Opened };
        self.finish_with(asker, config, Some(verdict), reply, Some(Box::new(note)))
    }

    fn finish_with(
        &self,
        asker: &Principal,
        config: &Config,
        verdict: Option<&Verdict<'_>>,
        mut reply: Reply,
        socket: Option<Box<SocketNote>>,
    ) -> (Reply, HeaderBlock) {
        let mut lines = HeaderBlock::new();
        lines.correlation(self.context);
        if let Some(verdict) = verdict {
            explain::limits(&mut lines, config.response, &verdict.decision);
            if let Some(adherence) = &verdict.adherence {
                explain::adherence(&mut lines, config.response, adherence);
            }
        }
        if let Some(note) = self.note(&reply) {
            reply.headers.push((explain::GCMOCK_NOTE, note));
        }
        if let Some(mismatch) = self.platform().scenario_check.compare(&self.head.headers, config) {
            reply.headers.push((GCMOCK_SCENARIO, mismatch));
        }
        if cors::is_cross_origin(&self.head.headers) {
            reply.headers.extend(cors::CORS);
        }
        if let Some(verdict) = verdict {
            self.warn(asker, &verdict.decision);
        }
        self.observe(asker, verdict, &reply, socket);
        (reply, lines)
    }

    fn note(&self, reply: &Reply) -> Option<HeaderValue> {
        if reply.generic {
            return Some(explain::NOTE_GENERIC);
        }
        let unpublished = self.operation().is_some_and(|operation| !operation.published);
        unpublished.then_some(explain::NOTE_UNPUBLISHED)
    }

    /// Warns the organization's subscribers when one of its limits has come to 90 %.
    fn warn(&self, asker: &Principal, decision: &Decision<'_>) {
        let hub = &self.platform().notifications.hub;
        if hub.is_silent() {
            return;
        }
        if let Some((tenant, status)) = asker.tenant().zip(decision.governing.as_ref())
            && self.platform().warnings.is_due(tenant.index, status)
        {
            event::rate_limit_warning(hub, tenant.index, status, self.now);
        }
    }

    /// One record, from which journal, metrics and usage endpoints are fed.
    fn observe(
        &self,
        asker: &Principal,
        verdict: Option<&Verdict<'_>>,
        reply: &Reply,
        socket: Option<Box<SocketNote>>,
    ) {
        let subject = self.subject(asker);
        let governing = verdict.and_then(|verdict| verdict.decision.governing.as_ref());
        let operation = self.operation();
        let took_micros = u32::try_from(self.started.elapsed().as_micros()).unwrap_or(u32::MAX);
        self.platform().metrics.count(self.operation_id(), reply.status, took_micros);
        self.platform().journal.record(Exchange {
            time: self.now,
            correlation: self.context,
            token: subject.token.unwrap_or_default(),
            path: operation.is_none().then(|| shortened(&self.kept_path())),
            method: known(&self.head.method),
            operation: self.operation_id(),
            tenant: asker.tenant().map(|tenant| tenant.index),
            client: journal::known(subject.client),
            user: subject.user,
            governing: governing.map(|status| status.rule.id),
            used_percent: governing.map_or(0, used_percent),
            refused: verdict.is_some_and(Verdict::is_refused),
            adherence: verdict.and_then(Verdict::adherence_note),
            generic: reply.generic,
            status: reply.status.as_u16(),
            retry_after: verdict.and_then(Verdict::retry_after),
            took_micros,
            edge: subject.edge,
            connection: journal::short(subject.connection),
            socket,
        });
    }
}

fn used_percent(status: &LimitStatus<'_>) -> u8 {
    let percent = u64::from(status.used) * 100 / u64::from(status.capacity).max(1);
    u8::try_from(percent.min(100)).unwrap_or(100)
}

/// As much of an unknown path as the journal keeps.
fn shortened(path: &str) -> Box<str> {
    const MOST: usize = 200;
    path.char_indices().nth(MOST).map_or(path, |(end, _)| &path[..end]).into()
}

/// A method as the journal keeps it: a made-up one may be as long as a head, and is not worth that.
fn known(method: &Method) -> Method {
    const MOST: usize = 16;
    if method.as_str().len() <= MOST {
        method.clone()
    } else {
        Method::from_bytes(b"OTHER").unwrap_or_default()
    }
}
