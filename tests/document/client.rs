//! Sends requests to the server under test, and reads the answers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gcmock::MockServer;
use reqwest::Method;
use serde_json::{Value, json};

use crate::makers::OF_AGENTS;

/// A client with a token of its own: an operation that ends its caller's token harms no other.
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    /// The token of an agent.
    agent: String,
    /// A token of another organization.
    pub(crate) other: String,
    sent: AtomicUsize,
}

/// A request: its method, its path with its query, and its body.
#[derive(Clone, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: String,
    pub(crate) body: Body,
}

/// The body of a request.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    None,
    Json(Value),
    /// Text of a media type.
    Text(&'static str, &'static str),
}

impl From<Option<Value>> for Body {
    fn from(body: Option<Value>) -> Self {
        body.map_or(Self::None, Self::Json)
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
    /// `Null` where there is no JSON.
    pub(crate) json: Value,
}

impl Answer {
    pub(crate) const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }
}

impl Client {
    pub(crate) fn new(mock: &MockServer) -> Self {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60));
        let (http, agent) = (http.build().expect("a client"), String::new());
        Self { http, base: mock.uri(), agent, other: String::new(), sent: AtomicUsize::new(0) }
    }

    /// A client that acts as the first agent where only agents may ask. Returns the agent's id as well.
    pub(crate) async fn with_agent(mock: &MockServer) -> (Self, String) {
        let client = Self::new(mock);
        let body = Body::Json(json!({ "count": 1 }));
        let request = Request { method: "POST", path: "/__admin/tokens".to_owned(), body };
        let issued = client.send_as(request, None).await.json;
        let text = |name: &str| issued["tokens"][0][name].as_str().expect("a token of an agent").to_owned();
        let other = client.of_another_organization().await;
        (Self { agent: text("token"), other, ..client }, text("userId"))
    }

    /// Creates an organization, and returns a token of it.
    async fn of_another_organization(&self) -> String {
        let (method, path) = ("POST", "/__admin/tenants".to_owned());
        let made = self.send_as(Request { method, path, body: Body::Json(json!({})) }, None).await.json;
        let part = |name: &str| made["clients"][0][name].as_str().expect("a client").to_owned();
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}",
            part("id"),
            part("secret")
        );
        let body = Body::Text("application/x-www-form-urlencoded", form.leak());
        let request = Request { method, path: "/oauth/token".to_owned(), body };
        let token = self.send_as(request, None).await.json;
        token["access_token"].as_str().expect("a token").to_owned()
    }

    pub(crate) fn sent(&self) -> usize {
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) async fn send(&self, request: Request<'_>) -> Answer {
        let number = self.sent.fetch_add(1, Ordering::Relaxed);
        let bearer = match &request {
            request if ends_token(request) => format!("pasted-{number}"),
            request if is_of_agents(&request.path) => self.agent.clone(),
            _ => "pasted".to_owned(),
        };
        self.send_as(request, Some(&bearer)).await
    }

    /// Sends with this bearer, or without one.
    pub(crate) async fn send_as(&self, request: Request<'_>, bearer: Option<&str>) -> Answer {
        let method = Method::from_bytes(request.method.as_bytes()).expect("a method");
        let mut builder = self.http.request(method, format!("{}{}", self.base, request.path));
        if let Some(bearer) = bearer {
            builder = builder.bearer_auth(bearer);
        }
        builder = match request.body {
            Body::None => builder,
            Body::Json(json) => builder.json(&json),
            Body::Text(media, text) => builder.header("content-type", media).body(text),
        };
        let answer = builder.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("a whole body");
        let json = serde_json::from_str(&text).unwrap_or_default();
        Answer { status, text, json }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request { method: "GET", path: path.to_owned(), body: Body::None }).await
    }
}

fn ends_token(request: &Request<'_>) -> bool {
    request.method == "DELETE" && request.path.starts_with("/api/v2/tokens")
}

fn is_of_agents(path: &str) -> bool {
    OF_AGENTS.iter().any(|start| path.starts_with(start)) && !path.contains("/jobs/")
}
