//! The listener, over raw sockets: what is on the wire, who is dropped when, and how it stops.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use bytes::Bytes;
use gcmock::server::{Bound, Bounds, Conn, ConnectionSlot, Options, Protection, Service, bind, serve};
use gcmock::wire::body::{Body, BodyError, collect};
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

mod unread;

/// How long anything may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(20);

const MAX_BODY: usize = 512_000;

/// More than the sockets of both sides buffer.
const LARGE: usize = 32 << 20;

/// Answers by path, and remembers what it saw.
#[derive(Default)]
struct Probe {
    conns: Mutex<Vec<Weak<Conn>>>,
    bodies: Mutex<Vec<Result<usize, BodyError>>>,
    protection: Arc<Protection>,
}

impl Service for Probe {
    async fn call(&self, conn: &Arc<Conn>, request: Request<Incoming>) -> Response<Body> {
        self.conns.lock().expect("no panic").push(Arc::downgrade(conn));
        match request.uri().path() {
            "/slow" => tokio::time::sleep(Duration::from_millis(300)).await,
            "/forever" => std::future::pending().await,
            "/body" => return self.take_body(request).await,
            "/stream" => return Response::new(endless()),
            "/mebibyte" => return Response::new(Body::from(vec![b'x'; 1 << 20])),
            "/large" => return Response::new(Body::from(vec![b'x'; LARGE])),
            _ => {}
        }
        let told = format!("{} {}", request.method(), request.uri());
        Response::builder()
            .header("retry-after", "3")
            .header("inin-correlation-id", "c1")
            .header("www-authenticate", "Bearer")
            .body(Body::from(told))
            .expect("valid headers")
    }

    fn seat(&self) -> ConnectionSlot {
        self.protection.seat()
    }

    fn is_exempt(&self, request: &Request<Incoming>) -> bool {
        request.uri().path() == "/exempt"
    }
}

impl Probe {
    async fn take_body(&self, request: Request<Incoming>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let taken = collect(&head.headers, body, MAX_BODY, Duration::from_millis(200)).await;
        self.bodies.lock().expect("no panic").push(taken.as_ref().map(Bytes::len).map_err(Clone::clone));
        let (status, text) = match taken {
            Ok(bytes) => (StatusCode::OK, format!("took {}", bytes.len())),
            Err(BodyError::TooLarge(_)) => (StatusCode::PAYLOAD_TOO_LARGE, "too large".to_owned()),
            Err(BodyError::Stalled) => (StatusCode::REQUEST_TIMEOUT, "stalled".to_owned()),
            Err(BodyError::Encoded(encoding)) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, encoding),
            Err(BodyError::Broken) => (StatusCode::BAD_REQUEST, "broken".to_owned()),
        };
        Response::builder().status(status).body(Body::from(text)).expect("valid")
    }
}

fn endless() -> Body {
    let beat = futures_util::stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        Some((Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"beat"))), ()))
    });
    Body::from(axum::body::Body::new(StreamBody::new(beat)))
}

struct Server {
    addr: SocketAddr,
    probe: Arc<Probe>,
    stop: CancellationToken,
    served: JoinHandle<()>,
}

impl Server {
    fn start() -> Self {
        Self::with(Options::default())
    }

    /// A server whose watchdog bites at once.
    fn impatient() -> Self {
        Self::with(Options { request_timeout: Duration::from_millis(300), ..Options::default() })
    }

    fn with(options: Options) -> Self {
        Self::of(Probe::default(), options)
    }

    fn of(probe: Probe, options: Options) -> Self {
        let listener = bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
        let addr = listener.local_addr().expect("bound");
        let probe = Arc::new(probe);
        let stop = CancellationToken::new();
        let served = tokio::spawn(serve(listener, Arc::clone(&probe), stop.clone(), options));
        Self { addr, probe, stop, served }
    }

    async fn connect(&self) -> Client {
        Client(TcpStream::connect(self.addr).await.expect("listening"))
    }

    /// Connects, sends, and leaves the rest to the test.
    async fn send(&self, bytes: impl AsRef<[u8]>) -> Client {
        let mut client = self.connect().await;
        client.send(bytes).await;
        client
    }

    fn live_conns(&self) -> usize {
        self.probe.conns.lock().expect("no panic").iter().filter(|conn| conn.strong_count() > 0).count()
    }

    fn calls(&self) -> usize {
        self.probe.conns.lock().expect("no panic").len()
    }

    async fn answers(&self) {
        let mut client = self.send(get("/alive")).await;
        assert_eq!(client.answer().await.body, "GET /alive");
    }

    async fn stopped(self) {
        self.stop.cancel();
        in_time(self.served).await.expect("serve ends without a panic");
    }
}

struct Client(TcpStream);

struct Answer {
    head: String,
    body: String,
}

impl Client {
    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        in_time(self.0.write_all(bytes.as_ref())).await.expect("the server reads");
    }

    async fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(in_time(self.0.read_u8()).await.expect("a whole head"));
        }
        String::from_utf8(head).expect("text")
    }

    /// One answer with a Content-Length.
    async fn answer(&mut self) -> Answer {
        let head = self.head().await;
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().expect("a number"))];
        in_time(self.0.read_exact(&mut body)).await.expect("a whole body");
        Answer { head, body: String::from_utf8(body).expect("text") }
    }

    /// What still comes until the server closes; a reset counts as closed.
    async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        match in_time(self.0.read_to_end(&mut rest)).await {
            Ok(_) => rest,
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => rest,
            Err(error) => panic!("{error}"),
        }
    }
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")
}

fn post(headers: &str) -> String {
    format!("POST /body HTTP/1.1\r\nhost: x\r\n{headers}\r\n\r\n")
}

async fn in_time<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("in time")
}

async fn eventually(what: impl Fn() -> bool) {
    in_time(async {
        while !what() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

/// The tasks of an HTTP/2 client, so that all of it can vanish at once.
#[derive(Clone, Default)]
struct Tasks(Arc<Mutex<JoinSet<()>>>);

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Tasks {
    fn execute(&self, task: F) {
        self.0.lock().expect("no panic").spawn(task);
    }
}

type H2 = hyper::client::conn::http2::SendRequest<Empty<Bytes>>;

async fn h2(server: &Server) -> (H2, JoinHandle<hyper::Result<()>>) {
    h2_on(server, Tasks::default()).await
}

async fn h2_on(server: &Server, tasks: Tasks) -> (H2, JoinHandle<hyper::Result<()>>) {
    let io = TokioIo::new(server.connect().await.0);
    let shaken = hyper::client::conn::http2::handshake(tasks.clone(), io).await;
    let (sender, connection) = shaken.expect("the server speaks HTTP/2");
    // The tasks must outlive the connection that they are of.
    let connection = async move {
        let ended = connection.await;
        drop(tasks);
        ended
    };
    (sender, tokio::spawn(connection))
}

fn h2_get(path: &str) -> Request<Empty<Bytes>> {
    Request::get(format!("http://x{path}")).body(Empty::new()).expect("a request")
}

#[tokio::test]
async fn header_names_are_spelled_as_the_vendor_spells_them_on_http1() {
    let server = Server::start();
    let answer = server.send(get("/hello")).await.answer().await;
    let names: Vec<_> = answer.head.lines().filter_map(|line| Some(line.split_once(": ")?.0)).collect();
    insta::assert_debug_snapshot!(names, @r#"
    [
        "Retry-After",
        "ININ-Correlation-Id",
        "WWW-Authenticate",
        "Content-Length",
        "Date",
    ]
    "#);
}

#[tokio::test]
async fn a_connection_serves_one_request_after_the_other() {
    let server = Server::start();
    let mut client = server.connect().await;
    for path in ["/one", "/two", "/three"] {
        client.send(get(path)).await;
        assert_eq!(client.answer().await.body, format!("GET {path}"));
    }
    let conns: Vec<_> = server.probe.conns.lock().unwrap().iter().map(Weak::as_ptr).collect();
    assert_eq!(conns, [conns[0]; 3], "all three belong to one Conn");
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = Server::start();
    let mut client = server.send([get("/one"), get("/slow"), get("/three")].concat()).await;
    for path in ["/one", "/slow", "/three"] {
        assert_eq!(client.answer().await.body, format!("GET {path}"));
    }
}

#[tokio::test]
async fn targets_of_proxies_reach_the_handler_untouched() {
    let server = Server::start();
    let mut absolute = server.send(get("http://api.mypurecloud.com/api/v2/users?x=1")).await;
    assert_eq!(absolute.answer().await.body, "GET http://api.mypurecloud.com/api/v2/users?x=1");
    let connect = "CONNECT api.mypurecloud.com:443 HTTP/1.1\r\nhost: x\r\n\r\n";
    let head = server.send(connect).await.head().await;
    assert!(head.starts_with("HTTP/1.1 405"), "a handler has no tunnels unless it says so: {head}");
}

#[tokio::test]
async fn http2_is_served_on_the_same_port() {
    let server = Server::start();
    let (mut sender, _connection) = h2(&server).await;
    let (one, two) = (sender.send_request(h2_get("/slow")), sender.clone().send_request(h2_get("/two")));
    let (one, two) = in_time(async { (one.await.unwrap(), two.await.unwrap()) }).await;
    assert_eq!(one.headers()["retry-after"], "3");
    assert_eq!(one.into_body().collect().await.unwrap().to_bytes(), "GET http://x/slow");
    assert_eq!(two.into_body().collect().await.unwrap().to_bytes(), "GET http://x/two");
    server.answers().await;
}

#[tokio::test]
async fn every_kind_of_half_open_client_is_dropped() {
    let server = Server::impatient();
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let settings = b"\0\0\0\x04\0\0\0\0\0";
    let mut half_open = vec![
        server.connect().await,
        server.send("P").await,
        server.send("GET / HTTP/1.1\r\nhost:").await,
        server.send(preface).await,
        server.send([preface.as_bytes(), settings].concat()).await,
    ];
    let mut after_one_answer = server.send(get("/one")).await;
    after_one_answer.answer().await;
    after_one_answer.send("GET /two HT").await;
    half_open.push(after_one_answer);
    for client in &mut half_open {
        client.rest().await;
    }
}

#[tokio::test]
async fn a_client_that_drips_its_head_is_dropped() {
    let server = Server::impatient();
    let (mut reads, mut writes) = server.connect().await.0.into_split();
    let dripping = tokio::spawn(async move {
        writes.write_all(b"GET / HTTP/1.1\r\nx: ").await.unwrap();
        while writes.write_all(b"y").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let _ended = in_time(reads.read_to_end(&mut Vec::new())).await;
    in_time(dripping).await.unwrap();
}

#[tokio::test]
async fn idle_connections_and_slow_handlers_outlive_the_watchdog() {
    let server = Server::impatient();
    let mut idle = server.send(get("/one")).await;
    idle.answer().await;
    let (mut idle_h2, _connection) = h2(&server).await;
    in_time(idle_h2.send_request(h2_get("/one"))).await.unwrap();
    let waiting = server.send(get("/forever")).await;
    // A silent client is dropped meanwhile, twice over: the watchdog has looked.
    server.connect().await.rest().await;
    server.connect().await.rest().await;
    idle.send(get("/two")).await;
    assert_eq!(idle.answer().await.body, "GET /two");
    assert_eq!(in_time(idle_h2.send_request(h2_get("/two"))).await.unwrap().status(), 200);
    assert_eq!(waiting.0.try_read(&mut [0]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn five_hundred_half_open_clients_do_not_hinder_a_good_one() {
    let server = Server::start();
    let mut half_open = Vec::new();
    for bytes in ["", "G", "GET / HTTP/1.1\r\nx: ", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\r\n"]
        .iter()
        .cycle()
        .take(500)
    {
        half_open.push(server.send(bytes).await);
    }
    server.answers().await;
    server.stopped().await;
    for mut client in half_open {
        client.rest().await;
    }
}

#[tokio::test]
async fn twenty_thousand_headers_are_refused_and_harm_nobody() {
    let server = Server::start();
    let mut client = server.connect().await;
    let head = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(20_000));
    // The server may close before all of it is written.
    let _written = in_time(client.0.write_all(head.as_bytes())).await;
    let answer = client.rest().await;
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 431 "), "{answer:?}");
    assert_eq!(server.calls(), 0);
    server.answers().await;
}

#[tokio::test]
async fn a_client_that_vanishes_while_its_request_waits_takes_its_conn_along() {
    let server = Server::start();
    for request in [get("/forever"), [get("/forever"), get("/two")].concat(), get("/stream")] {
        let calls = server.calls();
        let client = server.send(request).await;
        eventually(|| server.calls() > calls && server.live_conns() == 1).await;
        drop(client);
        eventually(|| server.live_conns() == 0).await;
    }
}

#[tokio::test]
async fn a_client_that_ends_its_side_takes_its_conn_along() {
    let server = Server::start();
    for request in [get("/forever"), [get("/forever"), get("/two")].concat()] {
        let mut client = server.send(request).await;
        eventually(|| server.live_conns() == 1).await;
        client.0.shutdown().await.unwrap();
        eventually(|| server.live_conns() == 0).await;
        assert!(client.rest().await.is_empty());
    }
}

#[tokio::test]
async fn a_client_that_resets_takes_its_conn_along() {
    let server = Server::start();
    let client = server.send(get("/forever")).await;
    eventually(|| server.live_conns() == 1).await;
    client.0.set_zero_linger().unwrap();
    drop(client);
    eventually(|| server.live_conns() == 0).await;
}

#[tokio::test]
async fn an_idle_client_that_leaves_takes_its_conn_along() {
    let server = Server::start();
    let mut client = server.send(get("/one")).await;
    client.answer().await;
    assert_eq!(server.live_conns(), 1);
    drop(client);
    eventually(|| server.live_conns() == 0).await;
}

#[tokio::test]
async fn an_http2_client_that_vanishes_takes_its_conn_along() {
    let server = Server::start();
    let tasks = Tasks::default();
    let (mut sender, _connection) = h2_on(&server, tasks.clone()).await;
    let _answers = [sender.send_request(h2_get("/forever")), sender.send_request(h2_get("/stream"))];
    eventually(|| server.calls() == 2 && server.live_conns() == 2).await;
    tasks.0.lock().unwrap().abort_all();
    eventually(|| server.live_conns() == 0).await;
}

#[tokio::test]
async fn bodies_arrive_whole_in_one_piece_or_many() {
    let server = Server::start();
    let mut client = server.send(post("content-length: 3") + "abc").await;
    assert_eq!(client.answer().await.body, "took 3");
    client.send(post("content-length: 0")).await;
    assert_eq!(client.answer().await.body, "took 0");
    client.send(post("transfer-encoding: chunked") + "3\r\nabc\r\n2\r\nde\r\n").await;
    client.send("4\r\nfghi\r\n0\r\n\r\n").await;
    assert_eq!(client.answer().await.body, "took 9");
    client.send(post(&format!("content-length: {MAX_BODY}"))).await;
    client.send(vec![b'x'; MAX_BODY]).await;
    assert_eq!(client.answer().await.body, format!("took {MAX_BODY}"));
}

#[tokio::test]
async fn a_client_that_writes_first_sees_that_its_body_is_too_large() {
    let server = Server::start();
    let large = 8 << 20;
    let mut client = server.send(post(&format!("content-length: {large}"))).await;
    client.send(vec![b'x'; large]).await;
    assert_eq!(client.answer().await.body, "too large");
    client.send(post("transfer-encoding: chunked")).await;
    client.send([format!("{large:x}\r\n").into_bytes(), vec![b'x'; large]].concat()).await;
    client.send("\r\n0\r\n\r\n").await;
    assert_eq!(client.answer().await.body, "too large");
    client.send(get("/next")).await;
    assert_eq!(client.answer().await.body, "GET /next", "the connection stays of use");
}

#[tokio::test]
async fn a_client_that_asks_first_is_told_to_go_on_or_that_its_body_is_too_large() {
    let server = Server::start();
    let mut client = server.send(post("expect: 100-continue\r\ncontent-length: 3")).await;
    assert_eq!(client.head().await, "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("abc").await;
    assert_eq!(client.answer().await.body, "took 3");
    client.send(post("expect: 100-continue\r\ncontent-length: 600000")).await;
    let answer = client.answer().await;
    assert!(answer.head.starts_with("HTTP/1.1 413 "), "{}", answer.head);
}

#[tokio::test]
async fn a_body_that_stalls_is_an_error_not_a_wait() {
    let server = Server::start();
    let mut client = server.send(post("content-length: 10") + "abc").await;
    assert_eq!(client.answer().await.body, "stalled");
}

#[tokio::test]
async fn a_body_that_is_not_what_it_says_is_broken() {
    let server = Server::start();
    let mut client = server.send(post("transfer-encoding: chunked") + "nonsense\r\n").await;
    client.rest().await;
    eventually(|| server.calls() == 1 && server.live_conns() == 0).await;
    let bodies = server.probe.bodies.lock().unwrap();
    assert!(matches!(bodies[..], [Err(BodyError::Broken)] | []), "{bodies:?}");
}

#[tokio::test]
async fn a_stop_answers_what_is_in_flight_and_says_that_the_connection_ends() {
    let server = Server::start();
    let mut client = server.send(get("/slow")).await;
    let (mut sender, connection) = h2(&server).await;
    let answer = sender.send_request(h2_get("/slow"));
    eventually(|| server.calls() == 2).await;
    let addr = server.addr;
    let (slow, answer, ()) = tokio::join!(client.answer(), answer, server.stopped());
    assert!(slow.head.starts_with("HTTP/1.1 200 "), "{}", slow.head);
    assert!(slow.head.contains("\r\nConnection: close\r\n"), "{}", slow.head);
    assert_eq!(answer.unwrap().status(), 200);
    assert!(client.rest().await.is_empty());
    in_time(connection).await.unwrap().unwrap();
    TcpStream::connect(addr).await.expect_err("nobody listens any more");
}

#[tokio::test]
async fn a_stop_waits_for_nobody_who_has_nothing_in_flight() {
    // With a grace that a test would not outlast.
    let server = Server::with(Options { grace: PATIENCE * 10, ..Options::default() });
    let mut idle = server.send(get("/one")).await;
    idle.answer().await;
    let (mut sender, connection) = h2(&server).await;
    in_time(sender.send_request(h2_get("/one"))).await.unwrap();
    let mut clients = [
        idle,
        server.connect().await,
        server.send("GET /").await,
        server.send("PRI * HTTP/2.0\r\n\r\nSM").await,
    ];
    server.answers().await;
    server.stopped().await;
    for client in &mut clients {
        assert!(client.rest().await.is_empty());
    }
    in_time(connection).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_stop_lets_a_slow_reader_have_the_rest_of_its_answer() {
    let server = Server::with(Options { grace: PATIENCE, ..Options::default() });
    let mut client = server.send(get("/large")).await;
    client.head().await;
    server.stop.cancel();
    let (rest, ()) = tokio::join!(client.rest(), server.stopped());
    assert_eq!(rest.len(), LARGE);
}

#[tokio::test]
async fn a_stop_ends_what_outlasts_the_grace() {
    let server = Server::with(Options { grace: Duration::from_millis(100), ..Options::default() });
    let mut client = server.send(get("/forever")).await;
    let mut stream = server.send(get("/stream")).await;
    let (mut sender, _connection) = h2(&server).await;
    let answer = sender.send_request(h2_get("/forever"));
    eventually(|| server.calls() == 3).await;
    let probe = Arc::clone(&server.probe);
    server.stopped().await;
    eventually(|| probe.conns.lock().unwrap().iter().all(|conn| conn.strong_count() == 0)).await;
    assert!(client.rest().await.is_empty());
    stream.rest().await;
    in_time(answer).await.unwrap_err();
}

#[tokio::test]
async fn a_server_that_is_dropped_closes_its_connections() {
    let server = Server::start();
    let mut client = server.send(get("/forever")).await;
    eventually(|| server.live_conns() == 1).await;
    server.served.abort();
    assert!(client.rest().await.is_empty());
    eventually(|| server.live_conns() == 0).await;
}

#[tokio::test]
async fn connections_that_idle_too_long_are_closed_and_busy_ones_are_not() {
    let waits = Options {
        request_timeout: Duration::from_millis(60),
        idle_timeout: Some(Duration::from_millis(100)),
        ..Options::default()
    };
    let server = Server::with(waits);
    let mut idle = server.send(get("/one")).await;
    idle.answer().await;
    assert!(idle.rest().await.is_empty());
    let mut busy = server.send(get("/slow")).await;
    assert_eq!(busy.answer().await.body, "GET /slow");
    let (mut sender, connection) = h2(&server).await;
    in_time(sender.send_request(h2_get("/slow"))).await.expect("answered");
    in_time(connection).await.expect("no panic").expect("said goodbye");
}

#[tokio::test]
async fn connections_over_the_bound_know_it_and_their_seats_come_free() {
    let bounds = Bounds { connections: NonZeroUsize::new(2), ..Bounds::default() };
    let probe = Probe { protection: Arc::new(Protection::new(bounds)), ..Probe::default() };
    let server = Server::of(probe, Options::default());
    let protection = Arc::clone(&server.probe.protection);
    let mut clients = Vec::new();
    for over in [false, false, true] {
        let mut client = server.send(get("/one")).await;
        client.answer().await;
        let conns = server.probe.conns.lock().unwrap();
        // Who is over the bound may be gone as soon as it was answered.
        let conn = conns.last().and_then(Weak::upgrade);
        assert!(over || conn.is_some());
        if let Some(conn) = &conn {
            assert_eq!(conn.seat.is_over(), over);
            assert_eq!(protection.request(&conn.seat).is_err(), over);
        }
        drop((conn, conns));
        clients.push(client);
    }
    let closed = clients.pop().expect("the one over the bound").rest().await;
    assert!(closed.is_empty(), "it was answered, and has no place to stay");
    eventually(|| protection.connections() == 2).await;
    // So many are told; the next is not even that.
    for _ in 0..256 {
        clients.push(server.connect().await);
    }
    eventually(|| protection.connections() == 258).await;
    assert!(server.connect().await.rest().await.is_empty());
    drop(clients);
    eventually(|| protection.connections() == 0).await;
    server.answers().await;
}

#[test]
fn requests_in_flight_are_bounded_where_they_are_to_be() {
    let bounds = Bounds { requests: NonZeroUsize::new(1), ..Bounds::default() };
    let protection = Arc::new(Protection::new(bounds));
    let seat = protection.seat();
    let first = protection.request(&seat).expect("room");
    let why = protection.request(&seat).expect_err("none left");
    assert!(why.contains("--max-in-flight") && why.contains("own protection"), "{why}");
    drop(first);
    protection.request(&seat).expect("room again");
    let refused = Bound::ALL.map(|bound| protection.refused(bound));
    assert_eq!(refused, [0, 1]);
}
