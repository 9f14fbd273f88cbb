//! A scenario's server under the manual clock, its clients, and the checks that every refusal passes.

use std::cell::Cell;
use std::time::Duration;

use bytes::Bytes;
use gcmock::MockServer;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{HeaderMap, Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

/// A bearer of the default organization that gcmock did not issue.
pub(super) const PASTED: &str = "pasted";

/// A scenario on the stage.
pub(super) struct Stage {
    pub(super) mock: MockServer,
    limit: ExpectedLimit,
    elapsed: Cell<Duration>,
}

/// What each refusal of a scenario has to say.
#[derive(Clone, Copy)]
pub(super) struct ExpectedLimit {
    pub(super) name: &'static str,
    pub(super) namespace: &'static str,
    pub(super) key: &'static str,
    pub(super) scope: &'static str,
    pub(super) capacity: u32,
    pub(super) retry_after: u32,
}

/// The result of a run.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Outcome {
    pub(super) admitted: usize,
    pub(super) refused: usize,
    pub(super) first_refusal: Option<Duration>,
}

impl Stage {
    /// Starts `scenario`, whose refusals are to say `limit`.
    pub(super) async fn set(scenario: &str, limit: ExpectedLimit) -> Self {
        let mock = MockServer::builder().scenario(scenario).manual_clock().no_latency().start().await;
        Self { mock: mock.expect("the scenario starts"), limit, elapsed: Cell::default() }
    }

    /// Expects refusals by another limit of the scenario.
    pub(super) fn expecting(self, limit: ExpectedLimit) -> Self {
        Self { limit, ..self }
    }

    /// Moves the clock to `at`, counted from the start.
    pub(super) fn at(&self, at: Duration) {
        let by = at.checked_sub(self.elapsed.replace(at)).expect("time goes forward");
        self.mock.advance(by);
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.elapsed.get()
    }

    pub(super) async fn connect(&self) -> Client {
        let host = self.mock.uri().trim_start_matches("http://").to_owned();
        let stream = TcpStream::connect(&host).await.expect("listening");
        stream.set_nodelay(true).expect("a TCP socket");
        let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("an open connection");
        tokio::spawn(connection);
        Client { sender, host }
    }

    /// Sends one request per arrival over `client`, and checks every refusal.
    pub(super) async fn run(
        &self,
        client: &mut Client,
        arrivals: impl IntoIterator<Item = Duration>,
        ask: impl Fn(usize) -> Ask,
    ) -> Outcome {
        let start = self.elapsed();
        let mut outcome = Outcome::default();
        for (i, arrival) in arrivals.into_iter().enumerate() {
            self.at(start + arrival);
            let answer = client.send(&ask(i)).await;
            outcome.note(self.admits(&answer), arrival);
        }
        outcome
    }

    /// Whether it was admitted; a refusal must explain itself.
    pub(super) fn admits(&self, answer: &Answer) -> bool {
        if answer.status == 429 {
            self.limit.explains(answer);
        } else {
            assert!(!answer.headers.contains_key("retry-after"), "{answer:?}");
            assert!(!answer.headers.contains_key("gcmock-limit"), "{answer:?}");
        }
        answer.status != 429
    }

    /// The journal knows `refused` refusals, each by the name of the limit.
    pub(super) fn journal_names_the_limit(&self, refused: usize) {
        let entries = self.mock.requests().into_iter().filter(|entry| entry.limit.is_some());
        let seen = entries.map(|entry| {
            assert_eq!(entry.limit.as_deref(), Some(self.limit.name));
            assert_eq!((entry.status, entry.retry_after), (429, Some(self.limit.retry_after)));
        });
        assert_eq!(seen.count(), refused);
    }

    /// A client sends requests until it is refused, waits for `Retry-After`, and is admitted.
    pub(super) async fn waiting_helps(&self, client: &mut Client, ask: &Ask) {
        let mut answer = client.send(ask).await;
        for _ in 0..self.limit.capacity {
            if !self.admits(&answer) {
                break;
            }
            answer = client.send(ask).await;
        }
        assert!(!self.admits(&answer), "as many requests at once are more than the limit");
        self.at(self.elapsed() + seconds(self.limit.retry_after.into()));
        assert!(self.admits(&client.send(ask).await));
    }

    /// A client-credentials token of an organization's client.
    pub(super) async fn login(&self, client: &mut Client, organization: &str, name: &str) -> String {
        let answer = client.send(&self.token_request(organization, name)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["access_token"].as_str().expect("a token").to_owned()
    }

    /// The request for such a token.
    pub(super) fn token_request(&self, organization: &str, name: &str) -> Ask {
        let client = self.mock.client(organization, name).expect("embedded");
        let secret = client.secret.as_deref().expect("a confidential client");
        let form = format!("grant_type=client_credentials&client_id={}&client_secret={secret}", client.id);
        Ask {
            method: Method::POST,
            path: "/oauth/token".into(),
            bearer: String::new(),
            body: Body::Form(form),
        }
    }
}

impl Outcome {
    pub(super) fn note(&mut self, admitted: bool, at: Duration) {
        if admitted {
            self.admitted += 1;
        } else {
            self.refused += 1;
            self.first_refusal.get_or_insert(at);
        }
    }

    pub(super) const fn all_admitted(admitted: usize) -> Self {
        Self { admitted, refused: 0, first_refusal: None }
    }
}

impl ExpectedLimit {
    /// Body, `Retry-After` and explanation, as promised for every refusal.
    fn explains(&self, answer: &Answer) {
        let header =
            |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        assert_eq!(header("retry-after"), self.retry_after.to_string(), "{answer:?}");
        assert_eq!(header("x-ratelimit-remaining"), "0", "{answer:?}");
        let start = format!(
            "name=\"{}\"; scope=\"{}\"; capacity={}; remaining=0; retry-in=",
            self.name, self.scope, self.capacity
        );
        let rest = header("gcmock-limit").strip_prefix(&start).unwrap_or_else(|| panic!("{answer:?}"));
        let wait: f64 = rest.parse().expect("seconds");
        assert!(wait > 0.0 && wait <= f64::from(self.retry_after), "{answer:?}");
        let expected = json!({
            "message": format!("Rate limit exceeded the maximum. Retry the request in [{}] seconds", self.retry_after),
            "code": "too.many.requests.retry.after",
            "status": 429,
            "contextId": header("inin-correlation-id"),
            "details": [],
            "errors": [],
            "limit": { "key": self.key, "namespace": self.namespace, "value": self.capacity },
        });
        assert_eq!(answer.json(), expected);
    }
}

/// One keep-alive connection.
pub(super) struct Client {
    sender: SendRequest<Full<Bytes>>,
    host: String,
}

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    method: Method,
    path: String,
    bearer: String,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    None,
    Json(&'static str),
    Form(String),
}

/// A response.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Client {
    pub(super) async fn send(&mut self, ask: &Ask) -> Answer {
        self.sender.ready().await.expect("kept alive");
        let response = self.sender.send_request(ask.request(&self.host)).await.expect("an answer");
        Answer::read(response).await
    }

    pub(super) async fn admitted(&mut self, ask: &Ask) -> bool {
        self.send(ask).await.status != 429
    }
}

impl Ask {
    pub(super) fn get(path: impl Into<String>, bearer: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), bearer: bearer.into(), body: Body::None }
    }

    pub(super) fn post(path: impl Into<String>, bearer: impl Into<String>, json: &'static str) -> Self {
        Self { method: Method::POST, path: path.into(), bearer: bearer.into(), body: Body::Json(json) }
    }

    pub(super) fn put(path: impl Into<String>, bearer: impl Into<String>, json: &'static str) -> Self {
        Self { method: Method::PUT, ..Self::post(path, bearer, json) }
    }

    fn request(&self, host: &str) -> Request<Full<Bytes>> {
        let mut request = Request::builder().method(&self.method).uri(&self.path).header(HOST, host);
        if !self.bearer.is_empty() {
            request = request.header(AUTHORIZATION, format!("Bearer {}", self.bearer));
        }
        let (media_type, body) = match &self.body {
            Body::None => return request.body(Full::default()).expect("a valid request"),
            Body::Json(json) => ("application/json", Bytes::from_static(json.as_bytes())),
            Body::Form(form) => ("application/x-www-form-urlencoded", Bytes::from(form.clone())),
        };
        request.header(CONTENT_TYPE, media_type).body(Full::new(body)).expect("a valid request")
    }
}

impl Answer {
    async fn read(response: Response<hyper::body::Incoming>) -> Self {
        let (head, body) = response.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        Self { status: head.status.as_u16(), headers: head.headers, body }
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// `X-RateLimit-Remaining`.
    pub(super) fn remaining(&self) -> u32 {
        self.headers["x-ratelimit-remaining"]
            .to_str()
            .ok()
            .and_then(|text| text.parse().ok())
            .expect("a number")
    }
}

/// The i-th of `count` arrivals at `i * over / count`.
pub(super) fn evenly(count: u64, over: Duration) -> impl Iterator<Item = Duration> {
    let over = u64::try_from(over.as_nanos()).expect("a test's length");
    (0..count).map(move |i| Duration::from_nanos(over * i / count))
}

/// `count` arrivals at one instant.
pub(super) fn at_once(count: usize) -> impl Iterator<Item = Duration> {
    std::iter::repeat_n(Duration::ZERO, count)
}

pub(super) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
