//! One TCP connection: its requests, its watchdog and its end.
//!
//! The connection's task owns the socket and, through hyper, every request in flight. When the
//! client closes, half-closes or resets, or the server gives up, the task ends and drops them all:
//! whatever must not outlive a connection belongs into [`Conn`].

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use gcmock_limit::HeldSlots;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, Version};
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulConnection;
use tokio::time::{Interval, MissedTickBehavior};

use super::answer::{Answer, InFlight};
use super::fault::{self, Cut};
use super::heads::Heads;
use super::intake::BodyRoom;
use super::unread::Unread;
use super::watch::{Watch, Watched, Wire};
use super::{ConnectionSlot, Lifetime, Options, Server, Service, tunnel};
use crate::wire::body::{self, Body};

/// The number of the watchdog's checks within the timeout of a head.
const LOOKS: u32 = 6;

/// The time between checks of a connection over the bound. It is closed after its answer.
const OVER_BOUND_CHECK: Duration = Duration::from_millis(500);

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// One TCP connection. It lives as long as its socket: until the client or the server closes it, or,
/// after an upgrade, until the upgraded socket and the tasks spawned for it end.
#[derive(Debug)]
pub(crate) struct Conn {
    /// Unique in this process.
    pub(crate) id: u64,
    /// The client's address.
    pub(crate) peer: SocketAddr,
    /// Whether it came over TLS.
    pub(crate) secure: bool,
    /// Whether it came through a tunnel.
    pub(crate) tunnelled: bool,
    /// The slots of `hold = "connection"`, held until the connection ends.
    pub(crate) held: HeldSlots,
    /// Its slot among the connections.
    pub(crate) slot: ConnectionSlot,
    pub(super) watch: Watch,
    pub(super) unread: Unread,
    /// How a fault cuts it.
    pub(super) cut: Cut,
    /// The connection that carries it, within a tunnel.
    outer: Option<Arc<Self>>,
    heads: Heads,
    lifetime: Arc<Lifetime>,
}

impl Conn {
    pub(super) fn new(peer: SocketAddr, secure: bool, slot: ConnectionSlot, lifetime: Arc<Lifetime>) -> Self {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let (held, watch, heads, cut) = Default::default();
        let unread = Unread::new(slot.unread());
        let (tunnelled, outer) = (false, None);
        Self { id, peer, secure, tunnelled, held, slot, watch, unread, cut, outer, heads, lifetime }
    }

    /// The connection within a tunnel over this one: the same client, with slots of its own.
    pub(super) fn within(self: &Arc<Self>, secure: bool) -> Self {
        let conn = Self::new(self.peer, secure, self.slot.within(), Arc::clone(&self.lifetime));
        Self { tunnelled: true, outer: Some(Arc::clone(self)), ..conn }
    }

    /// Ends the connection by a reset at its next write, and the one that carries it.
    pub(super) fn reset(&self) {
        self.cut.reset();
        if let Some(outer) = &self.outer {
            outer.cut.reset();
        }
    }

    /// Waits until this client, and all clients together, have read enough for another answer to be made.
    pub(crate) async fn room(&self) {
        self.unread.room().await;
    }

    /// Waits until there is room for a request's body of `bytes` bytes.
    pub(crate) async fn body_room(&self, bytes: usize) -> BodyRoom {
        self.slot.intake().room(bytes).await
    }

    /// Cancelled when the server stops, and nothing new is to be begun.
    pub(super) fn stopped(&self) -> impl Future<Output = ()> + '_ {
        self.lifetime.stop.cancelled()
    }

    /// Runs a task that belongs to this connection, as the reader of an upgraded socket does: the
    /// `Conn` lives until it ends, and the stopping server waits for it as for a request.
    pub(crate) fn spawn(self: &Arc<Self>, task: impl Future<Output = ()> + Send + 'static) {
        let conn = Arc::clone(self);
        // Boxed, or the future below would have room for it twice: as captured, and as awaited.
        let mut task = Box::pin(task);
        self.lifetime.tasks.spawn(async move {
            tokio::select! {
                () = &mut task => {}
                () = conn.lifetime.abort.cancelled() => {}
            }
        });
    }
}

/// Serves the requests of one connection, from whatever stream, until either side ends it.
pub(super) async fn serve_connection<H: Service, IO: Wire>(
    server: &Arc<Server<H>>,
    stream: IO,
    conn: Arc<Conn>,
) {
    let io = TokioIo::new(Watched::new(stream, Arc::clone(&conn)));
    let service = service_fn(|request| answer(Arc::clone(server), Arc::clone(&conn), request));
    let mut http = pin!(server.http.serve_connection_with_upgrades(io, service));
    match run(http.as_mut(), &conn, server.options).await {
        End::Closed => {}
        End::Stalled => {
            tracing::debug!(conn = conn.id, peer = %conn.peer, "closed: no complete request arrived");
        }
        End::Unread => tracing::debug!(conn = conn.id, peer = %conn.peer, "closed: reads no answer"),
        End::Idle | End::Stopping => drain(http, &conn).await,
    }
}

/// The end of a connection.
enum End {
    Closed,
    Idle,
    Stalled,
    Unread,
    Stopping,
}

async fn run<C>(mut http: Pin<&mut C>, conn: &Conn, options: Options) -> End
where
    C: GracefulConnection,
{
    // Each request wakes this task. The set polls the watchdog only when the watchdog's own timer woke it.
    let mut watchdog = FuturesUnordered::from_iter([watchdog(conn, options)]);
    tokio::select! {
        biased;
        _ = http.as_mut() => End::Closed,
        Some(end) = watchdog.next() => end,
    }
}

/// Waits until the connection has to be ended.
async fn watchdog(conn: &Conn, options: Options) -> End {
    // A connection over --max-connections gets one response and is then closed.
    let over = conn.slot.is_over();
    let often = (options.request_timeout / LOOKS).max(Duration::from_millis(1));
    let mut checks = check_interval(if over { often.min(OVER_BOUND_CHECK) } else { often });
    let mut patience = Patience::new(options, checks.period());
    loop {
        tokio::select! {
            biased;
            () = conn.lifetime.stop.cancelled() => return End::Stopping,
            _ = checks.tick() => {
                if over && conn.watch.was_of_use() { return End::Idle }
                if let Some(end) = patience.check(conn) { return end }
            }
        }
    }
}

fn check_interval(period: Duration) -> Interval {
    let mut checks = tokio::time::interval(period);
    checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    checks
}

/// The number of checks that found the same unfinished head, or nothing at all.
struct Patience {
    call: u32,
    writes: u32,
    taken: u32,
    unfinished: u32,
    unread: u32,
    idle: u32,
    /// The number of checks with an unfinished head or an unread answer, before the connection is closed.
    most_unfinished: u32,
    /// The number of checks that found an idle connection.
    most_idle: u32,
}

impl Patience {
    fn new(options: Options, period: Duration) -> Self {
        let checks = |time: Duration| {
            u32::try_from(time.as_nanos().div_ceil(period.as_nanos().max(1))).unwrap_or(u32::MAX)
        };
        let most_unfinished = checks(options.request_timeout);
        let most_idle = options.idle_timeout.map_or(u32::MAX, checks);
        Self { call: 0, writes: 0, taken: 0, unfinished: 0, unread: 0, idle: 0, most_unfinished, most_idle }
    }

    fn check(&mut self, conn: &Conn) -> Option<End> {
        let watch = &conn.watch;
        let same = is_same(&mut self.call, watch.calls());
        let count = |checks: u32, holds: bool| if holds { checks.saturating_add(1) } else { 0 };
        self.unfinished = count(self.unfinished, same && watch.awaits_head());
        self.idle = count(self.idle, same && watch.is_idle());
        self.unread = count(self.unread, self.reads_nothing(conn));
        // The first tick of an interval is immediate.
        if self.unfinished > self.most_unfinished {
            return Some(End::Stalled);
        }
        if self.unread > self.most_unfinished {
            return Some(End::Unread);
        }
        (self.idle > self.most_idle).then_some(End::Idle)
    }

    /// Whether the client has read nothing since the last check, of the written bytes or of a waiting answer.
    fn reads_nothing(&mut self, conn: &Conn) -> bool {
        let (no_bytes, no_answer) =
            (is_same(&mut self.writes, conn.watch.writes()), is_same(&mut self.taken, conn.watch.taken()));
        (conn.watch.is_writing() && no_bytes) || (conn.unread.is_waiting() && no_answer)
    }
}

/// Whether a counter did not change since the last check.
fn is_same(seen: &mut u32, now: u32) -> bool {
    std::mem::replace(seen, now) == now
}

async fn drain<C: GracefulConnection>(mut http: Pin<&mut C>, conn: &Conn) {
    if conn.watch.has_nothing_to_give() {
        return;
    }
    http.as_mut().graceful_shutdown();
    tokio::select! {
        biased;
        _ = http => {}
        () = conn.lifetime.abort.cancelled() => {}
    }
}

async fn answer<H: Service>(
    server: Arc<Server<H>>,
    conn: Arc<Conn>,
    request: Request<Incoming>,
) -> Result<Response<Answer>, Infallible> {
    let http2 = request.version() == Version::HTTP_2;
    let flight = InFlight::begin(conn, http2);
    let head = http2.then(|| flight.conn.heads.count(&request));
    let is_head = request.method() == Method::HEAD;
    let response = match head {
        Some(None) => heads_too_large(),
        Some(Some(_)) | None => respond(&server, &flight.conn, request).await,
    };
    drop(head);
    let has_body = !is_head && !http_body::Body::is_end_stream(response.body());
    let mut response = fault::apply(&flight.conn, response, http2, has_body).await;
    if !http2 {
        server.spelling.apply(&mut response);
    }
    Ok(response.map(|body| Answer::new(body, flight)))
}

async fn respond<H: Service>(
    server: &Arc<Server<H>>,
    conn: &Arc<Conn>,
    request: Request<Incoming>,
) -> Response<Body> {
    // A tunnel's answer is empty; the requests within it wait for themselves.
    if tunnel::is_asked(&request) {
        return tunnel::open(server, conn, request).await;
    }
    if !server.handler.is_exempt(&request) {
        conn.room().await;
    }
    server.handler.call(conn, request).await
}

/// Empty, as hyper's own answer to a head that is too large.
fn heads_too_large() -> Response<Body> {
    let mut response = Response::new(body::empty());
    *response.status_mut() = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
    response
}
