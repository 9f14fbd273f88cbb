//! A running gcmock for fuzz targets, and the plainest client there is.
//!
//! The server is real and answers over loopback, so that a target meets all that a stranger meets: hyper, the
//! pipeline, the sockets. libFuzzer ends the process at the first panic on any thread.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::LazyLock;
use std::time::Duration;

use gcmock::MockServer;
use tokio::runtime::Runtime;

/// How long an answer may take before it counts as none.
const PATIENCE: Duration = Duration::from_secs(20);

static SERVER: LazyLock<(Runtime, MockServer)> = LazyLock::new(|| {
    let runtime = Runtime::new().expect("a runtime");
    // Without limits nothing hides behind a 429, and the clock never moves by itself.
    let builder = MockServer::builder().limits_toml("").manual_clock().no_latency();
    let server = runtime.block_on(builder.start()).expect("a free port");
    (runtime, server)
});

/// The server of this process.
pub fn server() -> &'static MockServer {
    &SERVER.1
}

/// A connection to it.
pub fn connect() -> TcpStream {
    let address = server().uri();
    let stream = TcpStream::connect(address.trim_start_matches("http://")).expect("listening");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    stream.set_nodelay(true).expect("a socket");
    stream
}

/// A connection that is kept, as long as the server keeps it.
#[derive(Default)]
pub struct Client(Option<TcpStream>);

impl Client {
    /// The status of the answer to one request.
    pub fn ask(&mut self, method: &str, path: &str, media_type: &str, body: &[u8]) -> u16 {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let mut stream = self.0.take().unwrap_or_else(connect);
        stream.write_all(&[head.as_bytes(), body].concat()).expect("open");
        let head = read_head(&mut stream).expect("an answer");
        let length = header(&head, "content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut answer = vec![0; length];
        stream.read_exact(&mut answer).expect("a whole body");
        if header(&head, "connection").as_deref() != Some("close") {
            self.0 = Some(stream);
        }
        head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status")
    }
}

/// The head of an answer; nothing once the server has closed.
pub fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

fn header(head: &str, name: &str) -> Option<String> {
    let named = |line: &str| {
        line.split_once(':')
            .filter(|(of, _)| of.eq_ignore_ascii_case(name))
            .map(|(_, is)| is.trim().to_owned())
    };
    head.lines().find_map(named)
}
