//! The feed of the live page, and the change of one limit that the page offers.

use gcmock::MockServer;
use http::{Method, StatusCode};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

const LIMITS: &str = r#"
[[limit]]
name = "me"
namespace = "n"
key = "k"
scope = ["user"]
match = ["GET /api/v2/users/me"]
algorithm = "fixed-window"
capacity = 3
period = "60s"
retry_after = "5s"
"#;

async fn mock() -> MockServer {
    MockServer::builder().limits_toml(LIMITS).start().await.expect("a port is free")
}

fn ask(mock: &MockServer, method: Method, path: &str) -> RequestBuilder {
    reqwest::Client::new().request(method, format!("{}{path}", mock.uri()))
}

async fn told(request: RequestBuilder) -> (StatusCode, Value) {
    let answer = request.send().await.expect("an answer");
    (answer.status(), answer.json().await.expect("JSON"))
}

async fn get(mock: &MockServer, path: &str) -> (StatusCode, Value) {
    told(ask(mock, Method::GET, path)).await
}

/// The events of a feed.
struct Events {
    answer: Response,
    text: String,
}

impl Events {
    async fn open(mock: &MockServer) -> Self {
        let answer = ask(mock, Method::GET, "/__admin/feed").send().await.expect("an answer");
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self { answer, text: String::new() }
    }

    /// The next event: its name and its content.
    async fn next(&mut self) -> (String, Value) {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let event: String = self.text.drain(..end + 2).collect();
                let (name, data) = event.trim_end().split_once('\n').expect("two lines");
                let name = name.strip_prefix("event: ").expect("a name").to_owned();
                let content = serde_json::from_str(data.strip_prefix("data: ").expect("data")).expect("JSON");
                return (name, content);
            }
            let piece = self.answer.chunk().await.expect("a piece").expect("the feed goes on");
            self.text.push_str(std::str::from_utf8(&piece).expect("UTF-8"));
        }
    }

    /// The next second in which something was asked.
    async fn next_busy(&mut self) -> Value {
        loop {
            let (name, second) = self.next().await;
            assert_eq!(name, "second");
            if second["requests"] != 0 {
                return second;
            }
        }
    }
}

async fn call(mock: &MockServer, token: &str) -> u16 {
    let request = reqwest::Client::new().get(format!("{}/api/v2/users/me", mock.uri())).bearer_auth(token);
    request.send().await.expect("an answer").status().as_u16()
}

async fn token(mock: &MockServer) -> String {
    let (_, issued) = told(ask(mock, Method::POST, "/__admin/tokens").json(&json!({ "count": 1 }))).await;
    issued["tokens"][0]["token"].as_str().expect("a token").to_owned()
}

#[tokio::test]
async fn the_feed_has_the_seconds_before_and_each_second_from_then_on() {
    let mock = mock().await;
    let token = token(&mock).await;
    let mut events = Events::open(&mock).await;
    let (name, history) = events.next().await;
    assert_eq!(name, "history");
    assert_eq!(
        history["seconds"].as_array().map(Vec::len),
        history["last"].as_u64().and_then(|last| last.try_into().ok())
    );
    for _ in 0..4 {
        call(&mock, &token).await;
    }
    let (mut requests, mut refusals) = (0, Vec::new());
    let mut second = Value::Null;
    while requests < 4 {
        second = events.next_busy().await;
        requests += second["requests"].as_u64().expect("a number");
        refusals.extend(second["refusals"].as_array().expect("refusals").clone());
    }
    assert_eq!(requests, 4);
    assert_eq!(refusals.len(), 1);
    assert_eq!((&refusals[0]["limit"], &refusals[0]["retryAfter"]), (&json!("me"), &json!(5)));
    let limit = &second["limits"][0];
    assert_eq!((&limit["name"], &limit["level"], &limit["capacity"]), (&json!("me"), &json!(3), &json!(3)));
    assert_eq!(limit["key"], json!(r#"{"user":"agent-1"}"#));
    assert_eq!(second["clock"], "system");
    assert!(second["p50Ms"].as_f64() <= second["p99Ms"].as_f64());
}

#[tokio::test]
async fn a_page_that_is_opened_later_gets_what_happened_before() {
    let mock = mock().await;
    let token = token(&mock).await;
    let mut first = Events::open(&mock).await;
    first.next().await;
    call(&mock, &token).await;
    first.next_busy().await;
    let (_, history) = Events::open(&mock).await.next().await;
    let asked: u64 =
        history["seconds"].as_array().expect("seconds").iter().filter_map(|of| of[0].as_u64()).sum();
    assert_eq!(asked, 1);
    assert_eq!(history["limits"]["me"][0][1], 1);
}

#[tokio::test]
async fn feeds_are_bounded_and_end_with_the_server() {
    let mock = mock().await;
    let mut open = Vec::new();
    for _ in 0..256 {
        open.push(Events::open(&mock).await);
    }
    let (status, body) = get(&mock, "/__admin/feed").await;
    assert_eq!((status.as_u16(), &body["message"]), (503, &json!("Too many live pages are open.")));
    let mut last = open.pop().expect("a feed");
    drop(open);
    mock.stop().await;
    let end = loop {
        match last.answer.chunk().await {
            Ok(Some(_)) => {}
            end => break end,
        }
    };
    assert!(matches!(end, Ok(None)), "{end:?}");
}

async fn change(mock: &MockServer, limit: &str, keys: Value) -> (u16, Value) {
    let (status, body) =
        told(ask(mock, Method::PATCH, &format!("/__admin/limits/{limit}")).json(&keys)).await;
    (status.as_u16(), body)
}

#[tokio::test]
async fn a_changed_limit_keeps_its_levels_and_everything_else() {
    let mock = mock().await;
    let token = token(&mock).await;
    for status in [200, 200, 200, 429] {
        assert_eq!(call(&mock, &token).await, status);
    }
    let (status, changed) = change(&mock, "me", json!({ "capacity": 4, "retry_after": null })).await;
    assert_eq!(status, 200, "{changed}");
    assert_eq!(
        (&changed["capacity"], &changed["value"], &changed["retryAfter"]),
        (&json!(4), &json!(4), &Value::Null)
    );
    assert_eq!((&changed["period"], &changed["scope"]), (&json!("1m"), &json!(["user"])));
    assert!(changed["line"].as_u64().is_some(), "{changed}");
    for status in [200, 429] {
        assert_eq!(call(&mock, &token).await, status);
    }
    assert_eq!(change(&mock, "me", json!({ "capacity": 3, "retry_after": "5s" })).await.0, 200);
    assert_eq!(call(&mock, &token).await, 429);
}

#[tokio::test]
async fn a_change_with_a_mistake_changes_nothing() {
    let mock = mock().await;
    for (keys, part) in [
        (json!({ "capacity": 0 }), "capacity"),
        (json!({ "capacity": null }), "capacity"),
        (json!({ "capacitance": 3 }), "capacitance"),
        (json!({ "refill": 3 }), "refill"),
        (json!({ "period": "soon" }), "period"),
        (json!({ "mode": "off" }), "mode"),
        (json!({ "match": ["GET /nowhere"] }), "nowhere"),
        (json!({ "name": "other" }), "name"),
        (json!({}), "capacity"),
        (json!([]), "must be an object"),
    ] {
        let (status, body) = change(&mock, "me", keys.clone()).await;
        assert_eq!(status, 400, "{keys}: {body}");
        assert!(body.to_string().contains(part), "{keys}: {body}");
    }
    assert_eq!(change(&mock, "you", json!({ "capacity": 3 })).await.0, 404);
    assert_eq!(get(&mock, "/__admin/limits").await.1["limits"][0]["capacity"], 3);
}
