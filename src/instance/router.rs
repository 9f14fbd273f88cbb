//! Routes each request to the pipeline or to the admin API.
//!
//! | path | goes to |
//! |---|---|
//! | `/__admin/**`, `/metrics`, `/` | `admin`, an axum router with its layers |
//! | everything else | `pipeline`, the emulated platform |
//!
//! A client can also use this server as its proxy. Absolute requests and `CONNECT` for the vendor's own hosts are
//! served here. Any other host is refused with the reason. Nothing is forwarded.
//!
//! Emulated routes have no tower layers: each layer costs as much as all limits together. The admin routes have
//! layers, because they carry no load.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::ConnectInfo;
use futures_util::FutureExt;
use http::header::{CONNECTION, HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, Version};
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;
use uuid::Uuid;

use super::Assembly;
use crate::pipeline::{self, Pipeline};
use crate::server::Protection;
use crate::server::tls::LazyEnds;
use crate::server::tls::names::{self, Hosts};
use crate::server::{Conn, ConnectionSlot, Service};
use crate::wire::body::{self, Body};
use crate::wire::error::{ApiError, Dialect};
use crate::wire::header_block::HeaderBlock;
use crate::wire::reply::Reply;

/// The service of one listener.
pub(crate) struct Surface {
    pipeline: Arc<Pipeline>,
    protection: Arc<Protection>,
    tls: Arc<LazyEnds>,
    admin: axum::Router,
    emulates: bool,
    /// The hosts that proxy mode serves.
    hosts: Hosts,
}

impl Surface {
    /// The platform, and beside it the admin routes of `admin`.
    pub(super) fn platform(assembly: &Assembly, admin: axum::Router) -> Self {
        Self::new(assembly, admin, true)
    }

    /// The admin routes alone.
    pub(super) fn admin_only(assembly: &Assembly, admin: axum::Router) -> Self {
        Self::new(assembly, admin, false)
    }

    fn new(assembly: &Assembly, admin: axum::Router, emulates: bool) -> Self {
        let (pipeline, protection) = (Arc::clone(&assembly.pipeline), Arc::clone(&assembly.protection));
        let (tls, hosts) = (Arc::clone(&assembly.tls), assembly.hosts.clone());
        Self { pipeline, protection, tls, admin, emulates, hosts }
    }

    async fn administer(&self, conn: &Arc<Conn>, request: Request<Incoming>) -> Response<Body> {
        if let Some(why) = foreign_page(&self.hosts, conn, &request) {
            return unread(request, forbidden(why)).await;
        }
        let (head, body) = request.into_parts();
        let (headers, (lent, unread)) = (head.headers.clone(), body::lend(body));
        let mut request = Request::from_parts(head, axum::body::Body::new(lent));
        request.extensions_mut().insert(ConnectInfo(conn.peer));
        request.extensions_mut().insert(Arc::clone(conn));
        let answered = AssertUnwindSafe(self.admin.clone().oneshot(request)).catch_unwind().await;
        if let Some(mut body) = unread.take() {
            body::discard(&headers, &mut body).await;
        }
        match answered {
            Ok(Ok(response)) => response.map(Body::Right),
            Ok(Err(never)) => match never {},
            Err(_) => refusal(&ApiError::internal()),
        }
    }
}

impl Service for Surface {
    async fn call(&self, conn: &Arc<Conn>, request: Request<Incoming>) -> Response<Body> {
        if request.headers().get_all(HOST).iter().nth(1).is_some() {
            let refused = refusal(&ApiError::bad_request("A request has one Host header."));
            return unread(request, refused).await;
        }
        if let Some(host) = foreign_host(&self.hosts, &request) {
            return unread(request, not_forwarded(&host)).await;
        }
        if !self.emulates || is_admin(request.uri().path()) {
            return last_if_over(conn, self.administer(conn, request).await);
        }
        match self.protection.request(&conn.slot) {
            Ok(_in_flight) => pipeline::emulate(&self.pipeline, conn, request).await,
            Err(why) => unread(request, overloaded(conn, why)).await,
        }
    }

    fn take_slot(&self) -> ConnectionSlot {
        if self.emulates { self.protection.take_slot() } else { self.protection.uncounted_slot() }
    }

    /// Exempts the probes from waiting, so that the operator sees the state of a busy server.
    fn is_exempt(&self, request: &Request<Incoming>) -> bool {
        matches!(request.uri().path(), "/__admin/health" | "/__admin/ready")
    }

    async fn tunnel(&self, conn: &Arc<Conn>, asked: &Uri) -> Result<TlsAcceptor, Response<Body>> {
        if !self.emulates || conn.tunnelled {
            const WHY: &str =
                "A tunnel can be opened only on the platform's port, and not within another tunnel.";
            return Err(forbidden(WHY.to_owned()));
        }
        if has_bad_port(asked) {
            return Err(refusal(&ApiError::bad_request("The port of the tunnel's host is not a port.")));
        }
        let host = asked.host().unwrap_or_default().to_ascii_lowercase();
        if !is_served(&self.hosts, &host) {
            return Err(not_forwarded(&host));
        }
        let _in_flight = self.protection.request(&conn.slot).map_err(|why| overloaded(conn, why))?;
        self.tls.get().await.map(|ends| ends.acceptor).map_err(|error| {
            tracing::error!(error = format!("{error:#}"), "no certificates for a tunnel");
            refusal(&ApiError::internal())
        })
    }
}

/// Whether an authority has something behind its host that is no port.
fn has_bad_port(asked: &Uri) -> bool {
    asked.authority().is_some_and(|of| of.port_u16().is_none() && of.as_str() != of.host())
}

/// The host of a proxy request, if this server does not serve it.
fn foreign_host(hosts: &Hosts, request: &Request<Incoming>) -> Option<String> {
    // Every request of HTTP/2 names its authority. A request of HTTP/1 does so only to a proxy.
    let asked = request.version() != Version::HTTP_2 && request.uri().scheme().is_some();
    let host = request.uri().host().filter(|_| asked)?.to_ascii_lowercase();
    (!is_served(hosts, &host)).then_some(host)
}

/// Whether proxy mode serves the host: the platform's hosts, the added ones, and this machine.
fn is_served(hosts: &Hosts, host: &str) -> bool {
    hosts.serves(host) || is_this_machine(host)
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn not_forwarded(host: &str) -> Response<Body> {
    tracing::debug!(host, "a proxy's client asked for a host that is not served");
    let mut response = forbidden(format!(
        "gcmock forwards nothing, and {host} is not a host of the platform: use this proxy only for \
         api., login., apps., streaming. and webmessaging. of the platform's regions. --also-serve HOST \
         serves another host."
    ));
    // All that a client shows of an answer to CONNECT.
    if let Ok(phrase) = ReasonPhrase::try_from(format!("gcmock does not forward to {host}")) {
        response.extensions_mut().insert(phrase);
    }
    response
}

/// Refuses pages of other origins at the admin API. A browser names the origin of a page. A host name that an attacker
/// points to this machine is not one of this machine's names.
fn foreign_page<B>(hosts: &Hosts, conn: &Conn, request: &Request<B>) -> Option<String> {
    let Ok(host) = host_of(request) else {
        return Some("The admin API needs one Host header with a host name.".to_owned());
    };
    let own = |origin: &&HeaderValue| {
        let from = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
        from.is_some_and(|(_, from)| host.as_ref().is_some_and(|host| from == host.as_str()))
    };
    if let Some(origin) = request.headers().get_all(ORIGIN).iter().find(|origin| !own(origin)) {
        return Some(format!("A page of {origin:?} may not use the admin API of this server."));
    }
    let name = host.as_ref().map(|host| host.host().to_ascii_lowercase())?;
    // Names below a domain that is not the vendor's may be made to point to this machine.
    let is_ours = names::is_vendors(&name)
        || hosts.adds(&name)
        || is_this_machine(&name)
        || name.ends_with(".localhost");
    (conn.peer.ip().to_canonical().is_loopback() && !is_ours).then(|| {
        format!(
            "The admin API does not answer to the name {name}; from this machine, use 127.0.0.1 or localhost."
        )
    })
}

/// The host of a request, if it names one. Several hosts are an error.
fn host_of<B>(request: &Request<B>) -> Result<Option<Authority>, ()> {
    let mut hosts = request.headers().get_all(HOST).iter().filter(|host| !host.is_empty());
    let host = hosts.next();
    if hosts.next().is_some() {
        return Err(());
    }
    let asked = host.map(|host| Authority::try_from(host.as_bytes()).map_err(|_| ())).transpose()?;
    Ok(asked.or_else(|| request.uri().authority().cloned()))
}

/// The answer to a request beyond the server's own bounds.
fn overloaded(conn: &Conn, why: String) -> Response<Body> {
    last_if_over(conn, refusal(&ApiError::unavailable(why)))
}

/// Tells a connection over the bound that it is closed after this answer.
fn last_if_over(conn: &Conn, mut response: Response<Body>) -> Response<Body> {
    if conn.slot.is_over() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// The answer to a request whose body has no reader.
async fn unread(request: Request<Incoming>, answer: Response<Body>) -> Response<Body> {
    let (head, mut body) = request.into_parts();
    body::discard(&head.headers, &mut body).await;
    answer
}

fn forbidden(why: String) -> Response<Body> {
    refusal(&ApiError::new(StatusCode::FORBIDDEN, "not.authorized", why))
}

/// An answer that no operation gives.
fn refusal(error: &ApiError) -> Response<Body> {
    let reply = Reply::error(error, Dialect::Platform, Uuid::new_v4(), None);
    reply.into_response(HeaderMap::new(), HeaderBlock::new())
}

fn is_admin(path: &str) -> bool {
    path == "/metrics"
        || path == "/"
        || path.strip_prefix("/__admin").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
