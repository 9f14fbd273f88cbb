//! The listeners: HTTP/1.1 and HTTP/2 on one port, in clear text or over TLS, until the stop.
//!
//! `mod` owns the accept loop and the end of everything, `connection` one TCP connection from its
//! first byte to its last (requests in flight, watchdog, drain), `tunnel` what a proxy's client asks,
//! `watch` the socket wrapper that records reads and writes, `protection` the server's own bounds,
//! `answer` the bytes of one answer, `unread` the count of those that clients have not read, `intake` the
//! room for bodies of requests, `fault` what a fault does to an answer, `heads` the bound on heads,
//! `spelling` how header names are written on HTTP/1.1.
//!
//! It knows nothing of limits, tenants or routes: a [`Service`] answers. It has no header
//! time-out of hyper's (that would close idle keep-alive connections, which load generators keep for
//! minutes) and never ends a slow handler. TLS joins in `welcome`, before the connection is served like any other.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioExecutor;
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

pub(crate) use self::connection::Conn;
pub(crate) use self::fault::WireFault;
pub(crate) use self::intake::BodyRoom;
pub(crate) use self::protection::{BODIES, Bound, Bounds, ConnectionSlot, Protection};
pub(crate) use self::unread::UnreadBounds;

use self::any_stream::AnyStream;
use self::spelling::Spelling;
use crate::wire::body::{self, Body};

mod answer;
mod any_stream;
mod connection;
mod fault;
mod heads;
mod intake;
mod protection;
mod spelling;
#[cfg(test)]
mod tests;
pub(crate) mod tls;
mod tunnel;
mod unread;
mod watch;

/// Requests that one HTTP/2 connection may have open at a time.
const MAX_STREAMS: u32 = 250;

/// Connections that the kernel may complete before they are accepted: a thread group bursts at start.
const BACKLOG: u32 = 4096;

/// What the kernel holds of an answer that is not read. Its own default is megabytes, which would also hide
/// for minutes whether a slow client reads.
const SEND_BUFFER: u32 = 64 << 10;

/// Request bodies that an HTTP/2 client may send before they are taken in, of all its streams and of one.
const H2_WINDOWS: (u32, u32) = (256 << 10, 64 << 10);

/// How long to leave the listener alone when the process is out of descriptors or memory.
const ACCEPT_BACK_OFF: Duration = Duration::from_millis(50);

/// One in this number of failures to accept is logged: at most a line every ten seconds.
const ACCEPT_FAILURES_A_LINE: u32 = 200;

/// How long tasks may take to notice that they were aborted.
const ABORT_NOTICE: Duration = Duration::from_millis(50);

/// Answers the requests of a listener.
pub(crate) trait Service: Send + Sync + 'static {
    /// Answers one request. The future is dropped, wherever it waits, when the client goes away.
    fn call(
        &self,
        conn: &Arc<Conn>,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Body>> + Send;

    /// Counts an accepted connection until the slot is dropped. The default counts nothing and refuses none.
    fn take_slot(&self) -> ConnectionSlot {
        ConnectionSlot::default()
    }

    /// Whether a request is answered at once, whatever clients have not read: its answer is small.
    fn is_exempt(&self, request: &Request<Incoming>) -> bool {
        let _ = request;
        false
    }

    /// Ends the TLS of a tunnel to the host of that authority; or the answer that there is none.
    fn tunnel(
        &self,
        conn: &Arc<Conn>,
        asked: &Uri,
    ) -> impl Future<Output = Result<TlsAcceptor, Response<Body>>> + Send {
        let _ = (conn, asked);
        let mut refusal = Response::new(body::empty());
        *refusal.status_mut() = hyper::StatusCode::METHOD_NOT_ALLOWED;
        std::future::ready(Err(refusal))
    }
}

/// The timeouts of a listener, in wire time, and the sizes that it reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// A client that has begun a request (or has never sent one) must finish its head within this,
    /// give or take a sixth; and then its body within as much.
    pub(crate) request_timeout: Duration,
    /// Connections that have been of use and then idle are closed after this, give or take a sixth of
    /// [`Self::request_timeout`]. Without it they are kept.
    pub(crate) idle_timeout: Option<Duration>,
    /// The largest head of a request (and the read buffer of a connection), in bytes; at least 8192.
    pub(crate) max_head: u32,
    /// The time for requests in flight once the server stops.
    pub(crate) grace: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            request_timeout: Duration::from_secs(30),
            idle_timeout: None,
            max_head: 65_536,
            grace: Duration::from_millis(900),
        }
    }
}

/// Binds a listener with a deep backlog; port 0 picks a free one.
pub(crate) fn bind(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // On Windows the option would let two servers share the port.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    // Accepted sockets inherit it.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

/// Serves the listener until `stop`, then gives requests in flight the grace to end. New connections are answered
/// meanwhile.
///
/// When it returns (or is dropped) every connection it accepted is closed.
pub(crate) async fn serve<H: Service>(
    listener: TcpListener,
    handler: Arc<H>,
    stop: CancellationToken,
    options: Options,
) {
    serve_with(listener, handler, stop, options, None).await;
}

/// Serves the listener over TLS until `stop`.
pub(crate) async fn serve_tls<H: Service>(
    listener: TcpListener,
    handler: Arc<H>,
    stop: CancellationToken,
    options: Options,
    tls: TlsAcceptor,
) {
    serve_with(listener, handler, stop, options, Some(tls)).await;
}

async fn serve_with<H: Service>(
    listener: TcpListener,
    handler: Arc<H>,
    stop: CancellationToken,
    options: Options,
    tls: Option<TlsAcceptor>,
) {
    let lifetime = Arc::new(Lifetime::child_of(&stop));
    let _end_all_if_dropped = lifetime.guards();
    let (http, spelling) = (protocols(options.max_head), Spelling::learn().await);
    let server = Arc::new(Server { handler, http, spelling, options, lifetime, tls });
    accept_until_stopped(&listener, &server).await;
    let late = Arc::new(server.draining());
    let _end_the_late_too = late.lifetime.guards();
    tokio::select! {
        () = server.lifetime.drain(options.grace) => {}
        () = accept_until_stopped(&listener, &late) => {}
    }
    late.lifetime.stop.cancel();
    late.lifetime.drain(Duration::ZERO).await;
}

/// The state that all connections of one listener share.
struct Server<H> {
    handler: Arc<H>,
    http: auto::Builder<TokioExecutor>,
    spelling: Spelling,
    options: Options,
    lifetime: Arc<Lifetime>,
    tls: Option<TlsAcceptor>,
}

impl<H> Server<H> {
    /// Accepts connections during the drain, so that a readiness probe gets its 503. The drain does not wait for them.
    fn draining(&self) -> Self {
        let lifetime = Arc::new(Lifetime::child_of(&CancellationToken::new()));
        let (handler, http, tls) = (Arc::clone(&self.handler), self.http.clone(), self.tls.clone());
        Self { handler, http, spelling: self.spelling.clone(), options: self.options, lifetime, tls }
    }
}

/// Ends everything that a listener started.
#[derive(Debug)]
struct Lifetime {
    /// Finish the requests in flight.
    stop: CancellationToken,
    /// Drop the requests in flight.
    abort: CancellationToken,
    tasks: TaskTracker,
}

impl Lifetime {
    fn child_of(stop: &CancellationToken) -> Self {
        Self { stop: stop.child_token(), abort: CancellationToken::new(), tasks: TaskTracker::new() }
    }

    fn guards(&self) -> [DropGuard; 2] {
        [self.abort.clone().drop_guard(), self.stop.clone().drop_guard()]
    }

    async fn drain(&self, grace: Duration) {
        self.tasks.close();
        if tokio::time::timeout(grace, self.tasks.wait()).await.is_ok() {
            return;
        }
        self.abort.cancel();
        if tokio::time::timeout(ABORT_NOTICE, self.tasks.wait()).await.is_err() {
            tracing::warn!(tasks = self.tasks.len(), "stopped while tasks were still running");
        }
    }
}

fn protocols(max_head: u32) -> auto::Builder<TokioExecutor> {
    let mut http = auto::Builder::new(TokioExecutor::new());
    // Clients that look for `Retry-After` case-sensitively would not find hyper's lower case.
    // Heads and bodies are small: one piece is written faster than two that are gathered.
    http.http1().title_case_headers(true).max_buf_size(max_head as usize).writev(false);
    let (connection, stream) = H2_WINDOWS;
    http.http2()
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(max_head)
        .initial_connection_window_size(connection)
        .initial_stream_window_size(stream)
        .max_send_buf_size(stream as usize);
    http
}

async fn accept_until_stopped<H: Service>(listener: &TcpListener, server: &Arc<Server<H>>) {
    let mut failures: u32 = 0;
    loop {
        let accepted = tokio::select! {
            biased;
            () = server.lifetime.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => serve_stream(stream, peer, server),
            Err(error) if concerns_one_client(&error) => {}
            Err(error) => {
                if failures.is_multiple_of(ACCEPT_FAILURES_A_LINE) {
                    tracing::warn!(%error, "cannot accept connections at the moment");
                }
                failures = failures.wrapping_add(1);
                tokio::time::sleep(ACCEPT_BACK_OFF).await;
            }
        }
    }
}

fn concerns_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

fn serve_stream<H: Service>(stream: TcpStream, peer: SocketAddr, server: &Arc<Server<H>>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, %peer, "a connection without TCP_NODELAY");
    }
    let slot = server.handler.take_slot();
    if slot.is_hopeless() {
        return;
    }
    let conn = Arc::new(Conn::new(peer, server.tls.is_some(), slot, Arc::clone(&server.lifetime)));
    let server = Arc::clone(server);
    let tasks = server.lifetime.tasks.clone();
    match server.tls.clone() {
        None => tasks.spawn(async move { connection::serve_connection(&server, stream, conn).await }),
        Some(tls) => tasks.spawn(async move {
            if let Some(stream) = accept_tls(&server, &tls, stream).await {
                connection::serve_connection(&server, stream, conn).await;
            }
        }),
    };
}

/// Ends the client's TLS. A client that is too slow, or does not use TLS, is dropped.
async fn accept_tls<H>(server: &Server<H>, tls: &TlsAcceptor, stream: TcpStream) -> Option<AnyStream> {
    let accepted = tls::accept(tls, stream);
    let accepted = tokio::time::timeout(server.options.request_timeout, accepted);
    tokio::select! {
        accepted = accepted => match accepted {
            Ok(Ok(stream)) => Some(AnyStream::new(stream)),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a TLS handshake failed");
                None
            }
            Err(_) => None,
        },
        () = server.lifetime.stop.cancelled() => None,
    }
}
