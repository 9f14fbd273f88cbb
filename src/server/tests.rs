//! The listener, over raw sockets. This file has the server and the clients of the tests; the tests are beside it.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use super::{Bound, Bounds, Conn, ConnectionSlot, Options, Protection, Service, bind, serve};
use crate::wire::body::{Body, BodyError, Encodings, collect, full};

mod bodies;
mod bounds;
mod exchange;
mod slow;
mod stop;
mod unread;
mod vanished;

/// The time after which a test fails.
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
            "/mebibyte" => return Response::new(full(vec![b'x'; 1 << 20])),
            "/large" => return Response::new(full(vec![b'x'; LARGE])),
            _ => {}
        }
        let told = format!("{} {}", request.method(), request.uri());
        Response::builder()
            .header("retry-after", "3")
            .header("inin-correlation-id", "c1")
            .header("www-authenticate", "Bearer")
            .body(full(told))
            .expect("valid headers")
    }

    fn take_slot(&self) -> ConnectionSlot {
        self.protection.take_slot()
    }

    fn is_exempt(&self, request: &Request<Incoming>) -> bool {
        request.uri().path() == "/exempt"
    }
}

impl Probe {
    async fn take_body(&self, request: Request<Incoming>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let taken =
            collect(&head.headers, body, MAX_BODY, Encodings::Identity, Duration::from_millis(200)).await;
        self.bodies.lock().expect("no panic").push(taken.as_ref().map(Bytes::len).map_err(Clone::clone));
        let (status, text) = match taken {
            Ok(bytes) => (StatusCode::OK, format!("took {}", bytes.len())),
            Err(BodyError::TooLarge(_)) => (StatusCode::PAYLOAD_TOO_LARGE, "too large".to_owned()),
            Err(BodyError::Stalled) => (StatusCode::REQUEST_TIMEOUT, "stalled".to_owned()),
            Err(BodyError::Encoded(encoding)) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, encoding),
            Err(BodyError::Broken) => (StatusCode::BAD_REQUEST, "broken".to_owned()),
        };
        Response::builder().status(status).body(full(text)).expect("valid")
    }
}

fn endless() -> Body {
    let beat = futures_util::stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        Some((Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"beat"))), ()))
    });
    Body::Right(axum::body::Body::new(StreamBody::new(beat)))
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
