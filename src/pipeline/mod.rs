//! The story of one emulated request.
//!
//! [`emulate`] has its steps from top to bottom: the operation, the principal, the body, the limits (all or none) or a
//! fault in their place, the wait, the answer, its headers, and one record. The clock is read once. No lock is held
//! across an await. Admin requests do not pass here, so no limit can lock the operator out.

mod context;
mod decide;
mod explain;
mod fault;
mod finish;
mod handshake;
pub(crate) mod latency;
#[cfg(feature = "otlp")]
mod trace;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::context::{RequestContext, host_of};
use self::decide::Verdict;
use self::latency::Latencies;
use crate::api;
use crate::api::call::Call;
use crate::api::login::Form;
use crate::api::request::Request as Asked;
use crate::api::route::{Handler, Routes};
use crate::catalog::Access;
use crate::catalog::path::normalize;
use crate::identity::Principal;
use crate::identity::scopes;
use crate::panics;
use crate::platform::Platform;
use crate::server::Conn;
use crate::wire::body::{self, Body, BodyError};
use crate::wire::cors;
use crate::wire::error::{ApiError, Dialect, LimitBody};
use crate::wire::reply::Reply;

/// The platform, its handlers, and the bounds of one request.
pub(crate) struct Pipeline {
    /// The platform that is emulated.
    pub(crate) platform: Arc<Platform>,
    /// The handlers of all operations.
    pub(crate) routes: Routes,
    /// The latencies of requests.
    pub(crate) latencies: Latencies,
    /// The largest body, in bytes.
    pub(crate) max_body: usize,
    /// The time in which a body must arrive, in real time.
    pub(crate) request_timeout: Duration,
    /// Cancelled when the server drains: no request waits longer then.
    pub(crate) stop: CancellationToken,
}

/// Answers one request to the emulated platform.
pub(crate) async fn emulate(
    pipeline: &Pipeline,
    conn: &Arc<Conn>,
    request: Request<Incoming>,
) -> Response<Body> {
    let platform = &pipeline.platform;
    let (now, started) = platform.clock.read();
    let (mut head, incoming) = request.into_parts();
    if cors::is_preflight(&head) {
        return cors::preflight(&head.headers);
    }
    let extensions = std::mem::take(&mut head.extensions);
    let (path, host) = (normalize(head.uri.path()), host_of(&head));
    let found = platform.catalog.find_any(&head.method, &path);
    let handler = found.as_ref().and_then(|found| pipeline.routes.handler(found.operation.id));
    let (found, context) = (found.as_ref(), Uuid::new_v4());
    let asked = RequestContext {
        pipeline,
        conn,
        head: &head,
        path: &path,
        host,
        found,
        handler,
        now,
        started,
        context,
    };
    if let Some(Handler::Socket(open)) = handler {
        return handshake::answer(&asked, open, extensions).await.into_response();
    }
    let principal = asked.identify();
    let mut room = conn.body_room(body::due(&incoming, pipeline.max_body)).await;
    let encodings = api::encodings_of(&path);
    let body =
        body::collect(&head.headers, incoming, pipeline.max_body, encodings, pipeline.request_timeout).await;
    room.shrink_to(body.as_ref().map_or(0, Bytes::len));

    let config = platform.config.current();
    let (principal, body) = match admit(principal, body) {
        Ok(admitted) => admitted,
        Err((principal, error)) => {
            let (reply, lines) = asked.finish(&principal, &config, None, asked.error(&error));
            return reply.into_response(head.headers, lines);
        }
    };
    let principal =
        principal.claim(&platform.realm(), || Form::of(&asked.request(&body)).client_id().map(str::to_owned));
    let verdict = match asked.fault(&config, &principal) {
        Some(fault) => fault::verdict(fault, &config, now),
        None => asked.judge(&config, &principal, false).await,
    };
    asked.wait(&config, &verdict).await;
    // Others may have been answered since this request was taken.
    conn.room().await;
    let answer = || asked.answer(&principal, &body);
    let reply = match verdict.fault {
        Some(fault) => asked.struck(fault, &verdict, answer),
        None if verdict.is_refused() => asked.refusal(&verdict),
        None => answer(),
    };
    let (reply, lines) = asked.finish(&principal, &config, Some(&verdict), reply);
    let response = fault::on_the_wire(verdict.fault, reply.into_response(head.headers, lines));
    platform.limiter.free(verdict.decision.permits).await;
    response
}

/// Requires a valid principal and a valid body. The error of the principal comes first.
fn admit(
    principal: Result<Principal, ApiError>,
    body: Result<Bytes, BodyError>,
) -> Result<(Principal, Bytes), (Principal, ApiError)> {
    match (principal, body) {
        (Err(error), _) => Err((Principal::Anonymous, error)),
        (Ok(principal), Err(error)) => Err((principal, error.into())),
        (Ok(principal), Ok(body)) => Ok((principal, body)),
    }
}

impl RequestContext<'_> {
    /// Identifies the principal. The bearer of a guest belongs to its session, every other one to the platform.
    fn identify(&self) -> Result<Principal, ApiError> {
        let (platform, headers) = (self.platform(), &self.head.headers);
        let access = self.operation().map(|operation| operation.access);
        if access == Some(Access::Guest) {
            return api::guest_principal(platform, headers, self.host, self.now);
        }
        Principal::identify(&platform.realm(), access, headers, self.host, self.path, self.now)
    }

    /// The refusal, in the format of the platform or of the login host.
    pub(super) fn refusal(&self, verdict: &Verdict<'_>) -> Reply {
        let retry_after = verdict.retry_after().unwrap_or(1);
        let dialect = self.dialect();
        if let Some(adherence) = &verdict.adherence {
            let error = ApiError::not_adherent(&adherence.message, retry_after);
            return Reply::error(&error, dialect, self.context, Some(LimitBody::ADHERENCE));
        }
        let error = match dialect {
            Dialect::OAuth => ApiError::oauth_throttled(retry_after),
            Dialect::Platform | Dialect::Scim => ApiError::too_many_requests(retry_after),
        };
        let limit = verdict.decision.governing.as_ref().map(|status| LimitBody::of(status.rule));
        Reply::error(&error, dialect, self.context, limit)
    }

    pub(super) fn error(&self, error: &ApiError) -> Reply {
        Reply::error(error, self.dialect(), self.context, None)
    }

    /// Runs the handler; a bug in it is one 500 and one line in the log.
    pub(super) fn answer(&self, principal: &Principal, body: &Bytes) -> Reply {
        let answered = panics::caught(|| self.run(principal, body)).unwrap_or_else(|bug| {
            tracing::error!(method = %self.head.method, path = %self.kept_path(), "a handler panicked: {bug}");
            Err(ApiError::internal())
        });
        answered.unwrap_or_else(|error| self.error(&error))
    }

    pub(super) fn run(&self, principal: &Principal, body: &Bytes) -> Result<Reply, ApiError> {
        let platform = self.platform();
        let caller = match (principal, self.handler) {
            (_, Some(Handler::Login(answer) | Handler::Public(answer) | Handler::Guest(answer))) => {
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
        let asked = self.request(body);
        let query = api::respelled_query(&asked, &platform.catalog.schemas);
        let asked = Asked { query: query.as_deref().unwrap_or(asked.query), ..asked };
        let call = Call::new(asked, caller, platform);
        let routes = &self.pipeline.routes;
        let reply = match self.handler {
            Some(Handler::Platform(answer)) => api::check(&call, routes).and_then(|()| answer(&call)),
            _ => api::generic::answer(&call, routes),
        }?;
        api::note(&call, &reply);
        api::announce(&call, &reply, routes);
        Ok(reply)
    }
}
