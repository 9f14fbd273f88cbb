//! Where a request goes: every URL family on one page.
//!
//! | path | goes to |
//! |---|---|
//! | `/__admin/**`, `/metrics`, `/` | `admin`, an axum router with its layers |
//! | everything else | `pipeline`, the emulated platform |
//!
//! A client may also take this server for its proxy: absolute requests and `CONNECT` for the vendor's own
//! hosts are served here, and any other host is refused with a sentence. Nothing is ever forwarded.
//!
//! Emulated routes have no tower layers: each costs as much as all limits together. The admin routes
//! have them, because nobody load-tests those.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::ConnectInfo;
use futures_util::FutureExt;
use http::header::{CONNECTION, HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;
use uuid::Uuid;

use crate::app::App;
use crate::body::Body;
use crate::error::{ApiError, Dialect};
use crate::headers::Lines;
use crate::pipeline;
use crate::server::{Conn, Handler, Seat};
use crate::tls::names;

/// What one listener serves.
pub struct Surface {
    app: Arc<App>,
    admin: axum::Router,
    emulates: bool,
}

impl Surface {
    /// The platform, and beside it the admin routes of `admin`.
    pub fn platform(app: Arc<App>, admin: axum::Router) -> Self {
        Self { app, admin, emulates: true }
    }

    /// The admin routes alone.
    pub fn admin_only(app: Arc<App>, admin: axum::Router) -> Self {
        Self { app, admin, emulates: false }
    }

    async fn administer(&self, conn: &Arc<Conn>, request: Request<Incoming>) -> Response<Body> {
        if let Some(refusal) = foreign_page(conn, request.headers()) {
            return refusal;
        }
        let mut request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(ConnectInfo(conn.peer));
        let answered = AssertUnwindSafe(self.admin.clone().oneshot(request)).catch_unwind().await;
        match answered {
            Ok(Ok(response)) => response.map(Body::from),
            Ok(Err(never)) => match never {},
            Err(_) => refusal(ApiError::internal()),
        }
    }
}

impl Handler for Surface {
    async fn call(&self, conn: &Arc<Conn>, request: Request<Incoming>) -> Response<Body> {
        if let Some(host) = foreign_host(&request) {
            return not_forwarded(&host);
        }
        if !self.emulates || is_admin(request.uri().path()) {
            return self.administer(conn, request).await;
        }
        match self.app.protection.request(&conn.seat) {
            Ok(_in_flight) => pipeline::emulate(&self.app, conn, request).await,
            Err(why) => overloaded(conn, why),
        }
    }

    fn seat(&self) -> Seat {
        if self.emulates { self.app.protection.seat() } else { Seat::default() }
    }

    async fn tunnel(&self, host: &str) -> Result<TlsAcceptor, Response<Body>> {
        if !self.emulates || !is_served(host) {
            return Err(not_forwarded(host));
        }
        self.app.tls().await.map(|ends| ends.acceptor).map_err(|error| {
            tracing::error!(error = format!("{error:#}"), "no certificates for a tunnel");
            refusal(ApiError::internal())
        })
    }
}

/// The host of a request that a proxy is to forward, where that is not one of those served here.
fn foreign_host(request: &Request<Incoming>) -> Option<String> {
    // Every request of HTTP/2 names its authority; only proxies are asked so by HTTP/1.
    let asked = request.version() != Version::HTTP_2 && request.uri().scheme().is_some();
    let host = request.uri().host().filter(|_| asked)?.to_ascii_lowercase();
    (!is_served(&host)).then_some(host)
}

/// Whether a proxy's client finds that host here: the vendor's hosts, and this machine.
fn is_served(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    names::is_vendors(host) || host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn not_forwarded(host: &str) -> Response<Body> {
    forbidden(format!(
        "gcmock forwards nothing to anybody, and {host} is none of the platform's hosts: point the proxy at it for \
         api., login., apps., streaming. and webmessaging. of the platform's regions alone."
    ))
}

/// Keeps pages of the internet out of the admin API: a browser tells where a page is from, and a name that
/// was made to point to this machine is none of this machine's.
fn foreign_page(conn: &Conn, headers: &HeaderMap) -> Option<Response<Body>> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let host = text(HOST).unwrap_or_default();
    if let Some(origin) =
        text(ORIGIN).filter(|origin| origin.split_once("://").is_none_or(|(_, from)| from != host))
    {
        let why = format!("A page of {origin} has no business with the admin API of this server.");
        return Some(forbidden(why));
    }
    let name = host.parse::<Authority>().map(|host| host.host().to_ascii_lowercase()).unwrap_or_default();
    let is_ours = name.is_empty() || is_served(&name) || name.ends_with(".localhost");
    let why =
        || format!("The admin API is not asked as {name}: from this machine it is 127.0.0.1 or localhost.");
    (conn.peer.ip().to_canonical().is_loopback() && !is_ours).then(|| forbidden(why()))
}

/// What exceeds this server's own bounds; who came over the bound of connections is closed with it.
fn overloaded(conn: &Conn, why: String) -> Response<Body> {
    let mut response = refusal(ApiError::unavailable(why));
    if conn.seat.is_over() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

fn forbidden(why: String) -> Response<Body> {
    refusal(ApiError::new(StatusCode::FORBIDDEN, "not.authorized", why))
}

/// An answer that no operation gives.
fn refusal(error: ApiError) -> Response<Body> {
    let reply = error.into_reply(Dialect::Platform, Uuid::new_v4(), None);
    reply.into_response(HeaderMap::new(), Lines::new())
}

fn is_admin(path: &str) -> bool {
    path == "/metrics"
        || path == "/"
        || path.strip_prefix("/__admin").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
