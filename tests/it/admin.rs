//! The control plane over a socket: each route, and failures that change nothing.

use std::time::Duration;

use gcmock::MockServer;
use http::{Method, StatusCode};
use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

pub(crate) const LIMITS: &str = include_str!("admin/limits.toml");

/// 2026-03-08T00:00:00Z.
pub(crate) const START: u64 = 1_772_928_000_000_000_000;

pub(crate) async fn mock() -> MockServer {
    let builder = MockServer::builder().limits_toml(LIMITS).manual_clock_at(START);
    builder.start().await.expect("a port is free")
}

/// A status and a JSON body; no body is null.
pub(crate) type Told = (StatusCode, Value);

pub(crate) async fn told(request: reqwest::RequestBuilder) -> Told {
    let response = request.send().await.expect("an answer");
    let status = response.status();
    let json = response.headers().get("content-type").is_some_and(|of| of == "application/json");
    let text = response.text().await.expect("a body");
    assert!(json || text.is_empty(), "{status} is not JSON: {text}");
    let body = if text.is_empty() { Value::Null } else { text.parse().expect("JSON") };
    (status, body)
}

pub(crate) fn ask(mock: &MockServer, method: Method, path: &str) -> reqwest::RequestBuilder {
    reqwest::Client::new().request(method, format!("{}{path}", mock.uri()))
}

pub(crate) async fn get(mock: &MockServer, path: &str) -> Told {
    told(ask(mock, Method::GET, path)).await
}

pub(crate) async fn send(mock: &MockServer, method: Method, path: &str, body: Value) -> Told {
    told(ask(mock, method, path).json(&body)).await
}

pub(crate) async fn put_limits(mock: &MockServer, media_type: &str, text: impl Into<String>) -> Told {
    let request = ask(mock, Method::PUT, "/__admin/limits").header("content-type", media_type);
    told(request.body(text.into())).await
}

/// Asks the emulated platform something with a pasted token.
pub(crate) async fn emulated(mock: &MockServer, method: Method, path: &str, bearer: &str) -> StatusCode {
    let request = ask(mock, method, path).bearer_auth(bearer);
    request.send().await.expect("an answer").status()
}

/// The message of a 400.
pub(crate) fn why((status, body): Told) -> String {
    assert_eq!(status, 400, "{body}");
    assert_eq!((&body["code"], &body["status"]), (&json!("bad.request"), &json!(400)));
    body["message"].as_str().expect("a message").to_owned()
}

#[tokio::test]
async fn health_and_readiness_are_told() {
    let mock = mock().await;
    let (version, pid) = (env!("CARGO_PKG_VERSION"), std::process::id());
    let ok = |scenarios: &[&str]| {
        let body = json!({ "status": "ok", "version": version, "pid": pid, "scenarios": scenarios });
        (StatusCode::OK, body)
    };
    for path in ["/__admin/health", "/__admin/ready"] {
        assert_eq!(get(&mock, path).await, ok(&[]), "{path}");
    }
    let scenario = MockServer::builder().scenario("wem-availability").start().await.expect("a free port");
    assert_eq!(get(&scenario, "/__admin/health").await, ok(&["wem-availability"]));
}

#[tokio::test]
async fn the_index_lists_routes_that_exist() {
    let mock = mock().await;
    let (_, index) = get(&mock, "/__admin").await;
    assert_json_snapshot!(index, { ".version" => "VERSION" });
    assert_eq!(get(&mock, "/").await.1, index);
    // The feed has no end.
    for route in index["routes"].as_array().expect("routes").iter().filter(|of| of["path"] != "/__admin/feed")
    {
        let method: Method = route["method"].as_str().expect("a method").parse().expect("a method");
        let path = route["path"].as_str().expect("a path");
        let response = ask(&mock, method, path).send().await.expect("an answer");
        assert_ne!(response.status(), 405, "{route}");
        let body = response.text().await.expect("a body");
        assert!(!body.contains("\"routes\":[\""), "no such route: {route}");
    }
}

#[tokio::test]
async fn an_answer_repeats_little_of_a_huge_body() {
    let mock = mock().await;
    let huge = "[".repeat(1 << 18);
    let limit = |name: &str| format!("[[limit]]\nname = \"{name}\"\nmatch = [\"{name}\"]\n");
    for (media_type, text) in [
        ("application/toml", huge.clone()),
        ("application/toml", limit(&huge)),
        ("application/toml", format!("{}{}", limit(&huge), limit(&huge))),
        ("application/json", huge.clone()),
        (
            "application/json",
            json!({ huge.as_str(): 1, "limit": [{ huge.as_str(): 1, "name": huge }] }).to_string(),
        ),
    ] {
        let (status, body) = put_limits(&mock, media_type, text).await;
        assert_eq!(status, 400);
        assert!(body.to_string().len() < 20_000, "{} bytes", body.to_string().len());
    }
    let (status, body) = send(&mock, Method::POST, "/__admin/verify", json!({ "expect": huge })).await;
    assert_eq!(status, 400);
    assert!(
        body.to_string().len() < 2000 && body["message"].as_str().expect("a string").contains("line 1"),
        "{body}"
    );
}

#[tokio::test]
async fn the_clock_is_stopped_let_go_and_moved() {
    let mock = mock().await;
    let start = json!({ "now": "2026-03-08T00:00:00.000Z", "mode": "manual" });
    assert_eq!(get(&mock, "/__admin/clock").await.1, start);
    let advance = json!({ "action": "advance", "by": "90m" });
    let (status, body) = send(&mock, Method::PUT, "/__admin/clock", advance).await;
    let later = json!({ "now": "2026-03-08T01:30:00.000Z", "mode": "manual" });
    assert_eq!((status, body), (StatusCode::OK, later));
    let (_, resumed) = send(&mock, Method::PUT, "/__admin/clock", json!({ "action": "resume" })).await;
    assert_eq!(resumed["mode"], "system");
    let (_, frozen) = send(&mock, Method::PUT, "/__admin/clock", json!({ "action": "freeze" })).await;
    assert_eq!(frozen["mode"], "manual");
    assert_eq!(get(&mock, "/__admin/clock").await.1, frozen);
}

#[tokio::test]
async fn what_the_clock_does_not_understand_leaves_it_alone() {
    let mock = mock().await;
    for bad in [
        json!({ "action": "rewind" }),
        json!({ "action": "advance" }),
        json!({ "action": "advance", "by": "soon" }),
        json!({ "action": "advance", "by": "-1s" }),
        json!({ "action": "advance", "by": 60 }),
        json!({ "action": "freeze", "by": "1s" }),
        json!({ "action": "advance", "by": "1s", "twice": true }),
        json!({ "by": "1s" }),
        json!([]),
    ] {
        let told = send(&mock, Method::PUT, "/__admin/clock", bad.clone()).await;
        assert!(!why(told).is_empty(), "{bad}");
    }
    for _ in 0..4 {
        let century = json!({ "action": "advance", "by": "876000h" });
        assert_eq!(send(&mock, Method::PUT, "/__admin/clock", century).await.0, 200);
    }
    let before = get(&mock, "/__admin/clock").await;
    let too_far = json!({ "action": "advance", "by": "876000h" });
    assert!(why(send(&mock, Method::PUT, "/__admin/clock", too_far).await).contains("year 2500"));
    assert_eq!(get(&mock, "/__admin/clock").await, before);
}

#[tokio::test]
async fn the_coverage_says_how_each_operation_is_answered() {
    let mock = mock().await;
    let (status, all) = get(&mock, "/__admin/coverage").await;
    let count = |name: &str| all[name].as_u64().expect("a count");
    assert_eq!((status, count("total")), (StatusCode::OK, count("byHand") + count("generic")));
    let operations = all["operations"].as_array().expect("a list");
    let find = |method: &str, path: &str| {
        let found = operations.iter().find(|one| one["method"] == method && one["path"] == path);
        found.unwrap_or_else(|| panic!("no {method} {path}"))
    };
    let queues = find("POST", "/api/v2/routing/queues");
    assert_eq!((&queues["byHand"], &queues["published"]), (&json!(true), &json!(true)));
    assert_eq!(find("GET", "/api/v2/greetings")["byHand"], false);
    assert_eq!(find("GET", "/api/v2/wfm/schedules/agents/{agentId}")["published"], false);
    let (_, routing) = get(&mock, "/__admin/coverage?family=routing").await;
    let routing = routing["operations"].as_array().expect("a list");
    let inside = |one: &Value| one["path"].as_str().is_some_and(|path| path.starts_with("/api/v2/routing/"));
    assert!(!routing.is_empty() && routing.iter().all(inside), "only those of the family");
    assert_eq!(get(&mock, "/__admin/coverage?famliy=routing").await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_long_listing_is_written_while_it_is_read() {
    let mock = mock().await;
    for _ in 0..500 {
        emulated(&mock, Method::GET, "/api/v2/organizations/me", "any").await;
    }
    for (query, count, whole) in [("", 100, true), ("?limit=499", 499, false), ("?limit=100000", 500, false)]
    {
        let url = format!("{}/__admin/requests{query}", mock.uri());
        let answer = reqwest::Client::new().get(url).send().await.expect("an answer");
        assert_eq!(answer.headers().contains_key("content-length"), whole, "{query}");
        assert_eq!(answer.headers()["content-type"], "application/json");
        let body: Value = answer.json().await.expect("JSON");
        assert_eq!(body["requests"].as_array().map(Vec::len), Some(count), "{query}");
        assert_eq!(body["requests"][99]["operation"], "GET /api/v2/organizations/me");
    }
}

#[tokio::test]
async fn emptying_the_journal_takes_no_filter() {
    let mock = mock().await;
    emulated(&mock, Method::GET, "/api/v2/organizations/me", "any").await;
    for query in ["status=429", "state=429"] {
        let refused = told(ask(&mock, Method::DELETE, &format!("/__admin/requests?{query}"))).await;
        assert!(why(refused).contains("takes no filter"), "{query}");
    }
    assert_eq!(mock.requests().len(), 1);
}

#[tokio::test]
async fn a_filter_that_is_none_is_refused() {
    let mock = mock().await;
    for query in [
        "state=429",
        "status=teapot",
        "status=99",
        "status=6xx",
        "status=",
        "correlationId=1",
        "caller=nobody",
    ] {
        assert!(!why(get(&mock, &format!("/__admin/requests?{query}")).await).is_empty(), "{query}");
    }
    for body in [
        json!({ "state": 429 }),
        json!({ "state": null }),
        json!({ "status": true }),
        json!({ "status": 42.9 }),
        json!({ "limit": 100 }),
        json!({ "tenant": 1 }),
        json!({ "operation": ["a"] }),
        json!([]),
    ] {
        assert!(
            !why(send(&mock, Method::POST, "/__admin/requests/count", body.clone()).await).is_empty(),
            "{body}"
        );
    }
    assert_eq!(get(&mock, "/__admin/requests?tenant=nowhere").await.0, 404);
    for query in ["state=429", "stauts=429", "page=2"] {
        let listed = why(get(&mock, &format!("/__admin/requests?{query}")).await);
        let counted = ask(&mock, Method::POST, &format!("/__admin/requests/count?{query}"));
        for told in [listed, why(told(counted).await)] {
            assert!(told.contains("expected: status, tenant, operation, limit"), "{told}");
        }
    }
    let unknown = why(get(&mock, "/__admin/requests?limit=message").await);
    assert!(unknown.contains("expected: ") && unknown.contains("messages, places, adherence"), "{unknown}");
    let malformed =
        ask(&mock, Method::POST, "/__admin/requests/count").header("content-type", "application/json");
    assert!(why(told(malformed.body("{\"status\":")).await).contains("not valid JSON"));
}

#[tokio::test]
async fn a_reset_forgets_tokens_and_changes_but_not_the_clock() {
    let mock = mock().await;
    let (_, issued) = send(&mock, Method::POST, "/__admin/tokens", json!({ "count": 1 })).await;
    let bearer = issued["tokens"][0]["token"].as_str().expect("a token");
    send(&mock, Method::PUT, "/__admin/agents/agent-1", json!({ "status": "Meal" })).await;
    emulated(&mock, Method::GET, "/api/v2/organizations/me", bearer).await;
    mock.advance(Duration::from_secs(60));
    assert_eq!(told(ask(&mock, Method::POST, "/__admin/reset")).await, (StatusCode::NO_CONTENT, Value::Null));
    assert_eq!(get(&mock, "/__admin/requests").await.1, json!({ "requests": [] }));
    assert_eq!(get(&mock, "/__admin/agents?limit=1").await.1["agents"][0]["status"], "On Queue");
    assert_eq!(get(&mock, "/__admin/clock").await.1["now"], "2026-03-08T00:01:00.000Z");
    assert_eq!(emulated(&mock, Method::GET, "/api/v2/organizations/me", bearer).await, 401);
}

#[tokio::test]
async fn every_mistake_is_told_in_the_vendors_error_shape() {
    let mock = mock().await;
    let (status, body) = get(&mock, "/__admin/nothing").await;
    assert_eq!(status, 404);
    assert_json_snapshot!(body, { ".contextId" => "ID" });
    let response = ask(&mock, Method::PATCH, "/__admin/clock").send().await.expect("an answer");
    assert_eq!(response.headers()["allow"], "GET, PUT");
    assert_eq!(response.status(), 405);
    let body: Value = response.json().await.expect("JSON");
    assert_json_snapshot!(body, { ".contextId" => "ID" });
    let text = ask(&mock, Method::PUT, "/__admin/clock").header("content-type", "text/plain").body("{}");
    let (status, body) = told(text).await;
    assert_eq!(status, 415);
    assert_json_snapshot!(body, { ".contextId" => "ID" });
    for other in [Method::POST, Method::DELETE, Method::OPTIONS] {
        assert_eq!(told(ask(&mock, other, "/__admin/health")).await.0, 405);
    }
}

#[tokio::test]
async fn pages_of_other_origins_get_no_leave_to_read_the_admin_api() {
    let mock = mock().await;
    let request = ask(&mock, Method::GET, "/__admin/limits").header("origin", "http://example.org");
    let response = request.send().await.expect("an answer");
    assert!(!response.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn metrics_show_what_was_asked_and_what_the_limits_did() {
    let mock = mock().await;
    emulated(&mock, Method::GET, "/api/v2/organizations/me", "any").await;
    emulated(&mock, Method::GET, "/a/raw/path", "any").await;
    let response = ask(&mock, Method::GET, "/metrics").send().await.expect("an answer");
    let of = response.headers()["content-type"].to_str().expect("text");
    assert!(of.starts_with("application/openmetrics-text"), "{of}");
    let text = response.text().await.expect("text");
    assert!(!text.contains("raw"), "a raw path is in {text}");
    insta::with_settings!({ filters => [
        (r#"version="[^"]*""#, r#"version="VERSION""#),
        (r"(gcmock_limit_\w+\{[^}]*\}|gcmock_live_buckets) \d+", "$1 N"),
        (r"(gcmock_request_duration_seconds_(?:bucket|sum)\{[^}]*\}) [\d.e-]+", "$1 T"),
    ] }, { assert_snapshot!(text) });
}

#[tokio::test]
async fn the_admin_plane_touches_neither_journal_nor_limits() {
    let mock = mock().await;
    for path in ["/", "/__admin/limits", "/__admin/requests", "/metrics", "/__admin/nothing"] {
        ask(&mock, Method::GET, path).send().await.expect("an answer");
    }
    assert_eq!(mock.requests(), []);
    assert_eq!(get(&mock, "/__admin/limits").await.1["limits"][2]["totals"]["hits"], 0);
}

#[tokio::test]
async fn no_answer_contains_a_bearer_that_was_used() {
    let mock = mock().await;
    let (_, issued) = send(&mock, Method::POST, "/__admin/tokens", json!({ "count": 1 })).await;
    let issued = issued["tokens"][0]["token"].as_str().expect("a token").to_owned();
    let bearers = [issued.as_str(), "pasted-and-secret"];
    for bearer in bearers {
        emulated(&mock, Method::GET, "/api/v2/organizations/me", bearer).await;
        emulated(&mock, Method::GET, "/api/v2/unknown/path", bearer).await;
    }
    mock.add_fault("[[fault]]\nname = \"users-per-minute\"\noauth_down = true\n").expect("a fault");
    let (_, index) = get(&mock, "/__admin").await;
    // The feed has no end.
    let ends = |route: &&Value| route["method"] == "GET" && route["path"] != "/__admin/feed";
    for route in index["routes"].as_array().expect("routes").iter().filter(ends) {
        let path = route["path"].as_str().expect("a path").replace("{name}", "users-per-minute");
        for accept in ["application/json", "text/html"] {
            let response =
                ask(&mock, Method::GET, &path).header("accept", accept).send().await.expect("an answer");
            assert_eq!(response.status(), 200, "{path}");
            let text = response.text().await.expect("text");
            assert!(bearers.iter().all(|bearer| !text.contains(bearer)), "{path}: {text}");
        }
    }
}
