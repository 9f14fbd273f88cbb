//! What tests of the emulated platform share: a server, a client, and a bare socket.

pub(crate) mod ws;

use std::net::SocketAddr;
use std::time::Duration;

use gcmock::{Credentials, LimitUsage, MockServer, Nanos};
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, redirect};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The time after which a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A server with these limits and a clock that stands.
pub(crate) async fn mock(limits: &str) -> MockServer {
    let builder = MockServer::builder().limits_toml(limits).manual_clock();
    builder.start().await.expect("limits without mistakes")
}

/// A `[[limit]]` of `capacity` a minute; `more` is further lines of it.
pub(crate) fn window(name: &str, scope: &str, pattern: &str, capacity: u32, more: &str) -> String {
    let algorithm = format!("algorithm = \"fixed-window\"\ncapacity = {capacity}\nperiod = \"60s\"");
    limit(name, scope, pattern, &format!("{algorithm}\n{more}"))
}

/// A `[[limit]]`; `rest` is everything below `match`.
pub(crate) fn limit(name: &str, scope: &str, pattern: &str, rest: &str) -> String {
    let scopes: Vec<_> = scope.split('+').filter(|scope| !scope.is_empty()).collect();
    format!(
        "[[limit]]\nname = \"{name}\"\nnamespace = \"test\"\nkey = \"{name}.rate\"\nscope = {scopes:?}\n\
         match = [\"{pattern}\"]\n{rest}\n\n"
    )
}

/// A client that follows no redirect and knows no proxy.
pub(crate) struct Client {
    base: String,
    bearer: Option<String>,
    http: reqwest::Client,
}

impl Client {
    /// One with a pasted token.
    pub(crate) fn of(mock: &MockServer) -> Self {
        Self::anonymous(mock).with_bearer("pasted")
    }

    /// One without a token.
    pub(crate) fn anonymous(mock: &MockServer) -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(redirect::Policy::none());
        Self { base: mock.uri(), bearer: None, http: http.build().expect("a client") }
    }

    /// The client with another bearer.
    pub(crate) fn with_bearer(&self, bearer: &str) -> Self {
        Self { base: self.base.clone(), bearer: Some(bearer.to_owned()), http: self.http.clone() }
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let request = self.http.request(method, format!("{}{path}", self.base)).timeout(PATIENCE);
        match &self.bearer {
            Some(bearer) => request.bearer_auth(bearer),
            None => request,
        }
    }

    pub(crate) async fn ask(&self, method: &str, path: &str) -> Answer {
        Answer::to(self.request(method, path)).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::to(self.request("POST", path).json(body)).await
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) async fn to(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.text().await.expect("a whole body") }
    }

    /// A header's text; empty without it.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("visible"))
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {:?}", self.body))
    }

    /// The error's code, after looking whether the answer is an error in the vendor's words.
    pub(crate) fn code(&self) -> String {
        let body = self.json();
        assert_eq!(self.header("content-type"), "application/json");
        assert_eq!(body["status"], self.status, "{body}");
        assert_eq!(body["contextId"], self.header("inin-correlation-id"), "{body}");
        assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
        assert!(body["details"].is_array() && body["errors"].is_array(), "{body}");
        body["code"].as_str().expect("a code").to_owned()
    }
}

/// A bare socket.
pub(crate) struct Raw(pub(crate) TcpStream);

impl Raw {
    pub(crate) async fn connect(mock: &MockServer) -> Self {
        let address: SocketAddr = mock.uri().trim_start_matches("http://").parse().expect("an address");
        Self(TcpStream::connect(address).await.expect("listening"))
    }

    /// Sends; the server may have closed meanwhile.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.0.write_all(bytes.as_ref()).await;
    }

    /// Sends a GET and reads its answer: status and whole text.
    pub(crate) async fn get(&mut self, path: &str, headers: &str) -> (u16, String) {
        let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer pasted\r\n{headers}\r\n");
        self.send(head).await;
        self.answer().await
    }

    /// Reads one answer that has a length.
    pub(crate) async fn answer(&mut self) -> (u16, String) {
        let mut read = Vec::new();
        let reading = async {
            while !is_whole(&read) {
                read.push(self.0.read_u8().await.expect("more of the answer"));
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.expect("an answer in time");
        let text = String::from_utf8(read).expect("UTF-8");
        (text[9..12].parse().expect("a status"), text)
    }

    /// Everything until the server closes; a reset is an end as well.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let reading = self.0.read_to_end(&mut rest);
        let _ = tokio::time::timeout(PATIENCE, reading).await.expect("closed in time");
        rest
    }
}

fn is_whole(read: &[u8]) -> bool {
    let Some(head) = read.windows(4).position(|end| end == b"\r\n\r\n") else { return false };
    let text = String::from_utf8_lossy(&read[..head]).to_lowercase();
    let length = text.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
    read.len() >= head + 4 + length.unwrap_or(0)
}

/// What the limit of that name did.
pub(crate) fn usage(mock: &MockServer, name: &str) -> LimitUsage {
    mock.limit(name).expect("a limit of that name")
}

/// Units of the limit that are in use, over all keys.
pub(crate) fn used(mock: &MockServer, name: &str) -> u64 {
    usage(mock, name).in_use
}

/// A client of the default organization.
pub(crate) fn credentials(mock: &MockServer, name: &str) -> Credentials {
    mock.client("Rehearsal", name).expect("a seeded client")
}

/// A client of the other seeded organization.
pub(crate) fn neighbour(mock: &MockServer) -> Credentials {
    mock.client("Neighbour", "neighbour").expect("a seeded client")
}

/// A counter of `/metrics` that has no labels.
pub(crate) async fn metric(mock: &MockServer, name: &str) -> u64 {
    let metrics = Client::anonymous(mock).get("/metrics").await.body;
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|value| value.parse().ok()).expect(name)
}

/// An RFC 3339 text as the clock of a server has it.
pub(crate) fn instant(text: &str) -> Nanos {
    let instant: jiff::Timestamp = text.parse().expect("an instant");
    instant.as_nanosecond().try_into().expect("after 1970")
}

/// Waits until `what` holds.
pub(crate) async fn eventually(what: impl Fn() -> bool) {
    let waiting = async {
        while !what() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("in time");
}
