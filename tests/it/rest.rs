//! Helpers of the tests of families: a mock with a frozen clock, and a client of it.

use gcmock::{Credentials, MockServer};
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::Value;

/// 8 March 2026, 00:00 UTC: the time of the clock of [`mock`].
pub(crate) const START: u64 = 1_772_928_000_000_000_000;

/// A server with a clock that is frozen at [`START`], without latency.
pub(crate) async fn mock() -> MockServer {
    let builder = MockServer::builder().limits_toml("").manual_clock_at(START).no_latency();
    builder.start().await.expect("a free port")
}

/// A caller with a pasted token.
#[derive(Clone)]
pub(crate) struct Client {
    base: String,
    token: String,
    http: reqwest::Client,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// `null` where there was no body.
    pub(crate) body: Value,
}

impl Client {
    pub(crate) fn new(mock: &MockServer) -> Self {
        Self { base: mock.uri(), token: "pasted".to_owned(), http: reqwest::Client::new() }
    }

    /// A caller with a token of client credentials.
    pub(crate) async fn login_as(&self, client: &Credentials) -> Self {
        let request = self.http.post(format!("{}/oauth/token", self.base));
        let request = request.basic_auth(&client.id, client.secret.as_ref());
        let request = request.form(&[("grant_type", "client_credentials")]);
        let answer: Value =
            request.send().await.expect("the mock answers").json().await.expect("a body of JSON");
        let token = answer["access_token"].as_str().expect("a token").to_owned();
        Self { token, ..self.clone() }
    }

    /// A caller with a token of a new organization.
    pub(crate) async fn of_new_organization(&self) -> Self {
        let request = self.http.post(format!("{}/__admin/tenants", self.base));
        let tenant: Value = request.send().await.expect("an answer").json().await.expect("a body of JSON");
        let client = &tenant["clients"][0];
        let request = self.http.post(format!("{}/oauth/token", self.base));
        let request = request.basic_auth(client["id"].as_str().expect("an id"), client["secret"].as_str());
        let request = request.form(&[("grant_type", "client_credentials")]);
        let answer: Value = request.send().await.expect("an answer").json().await.expect("a body of JSON");
        Self { token: answer["access_token"].as_str().expect("a token").to_owned(), ..self.clone() }
    }

    /// A caller with another token.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    /// Its bearer.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        let request = match &body {
            Some(body) => request.json(body),
            None => request,
        };
        let response = request.send().await.expect("the mock answers");
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.expect("a whole body");
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).expect("every body is JSON")
        };
        Answer { status, headers, body }
    }
}

impl Answer {
    /// The body of any success.
    #[track_caller]
    pub(crate) fn done(self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.body);
        self.body
    }

    /// The body of a 200.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }

    /// The code of an error with that status.
    #[track_caller]
    pub(crate) fn refused(self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.body["status"], status);
        self.body["code"].as_str().expect("an error has a code").to_owned()
    }

    /// A header as text, empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("headers are ASCII"))
    }
}

/// The id of the first wrap-up code.
pub(crate) async fn wrap_up_code(client: &Client) -> String {
    id(&client.get("/api/v2/routing/wrapupcodes").await.ok()["entities"][0])
}

/// The id of an entity.
#[track_caller]
pub(crate) fn id(body: &Value) -> String {
    body["id"].as_str().unwrap_or_else(|| panic!("no id: {body}")).to_owned()
}

/// `key` of every entity of a listing.
#[track_caller]
pub(crate) fn all(page: &Value, key: &str) -> Vec<String> {
    let entities = page["entities"].as_array().unwrap_or_else(|| panic!("no entities: {page}"));
    entities.iter().map(|entity| entity[key].as_str().unwrap_or_default().to_owned()).collect()
}
