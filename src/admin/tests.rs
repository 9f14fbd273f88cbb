//! Tests of the answers without a token, and of refusals that a test writes into the journal.

use std::net::{Ipv4Addr, SocketAddr};

use axum::extract::ConnectInfo;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use insta::assert_json_snapshot;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::entry::newest;
use super::{open_router, router};
use crate::instance::mock_server::MockServer;
use crate::observe::compact_method::CompactMethod;
use crate::observe::filter::{Filter, StatusFilter};
use crate::observe::journal::Exchange;
use crate::world::id::{ClientIndex, EdgeIndex, TenantIndex};

const LIMITS: &str = include_str!("../../tests/it/admin/limits.toml");

/// 2026-03-08T00:00:00Z.
const START: u64 = 1_772_928_000_000_000_000;

async fn mock() -> MockServer {
    let builder = MockServer::builder().limits_toml(LIMITS).manual_clock_at(START);
    builder.start().await.expect("a port is free")
}

/// A status and a JSON body; no body is null.
type Told = (StatusCode, Value);

async fn told(request: reqwest::RequestBuilder) -> Told {
    let response = request.send().await.expect("an answer");
    let status = response.status();
    let text = response.text().await.expect("a body");
    (status, if text.is_empty() { Value::Null } else { text.parse().expect("JSON") })
}

fn ask(mock: &MockServer, method: Method, path: &str) -> reqwest::RequestBuilder {
    reqwest::Client::new().request(method, format!("{}{path}", mock.uri()))
}

async fn get(mock: &MockServer, path: &str) -> Told {
    told(ask(mock, Method::GET, path)).await
}

async fn send(mock: &MockServer, method: Method, path: &str, body: Value) -> Told {
    told(ask(mock, method, path).json(&body)).await
}

/// Asks the emulated platform something with a pasted token.
async fn emulated(mock: &MockServer, method: Method, path: &str, bearer: &str) -> StatusCode {
    let request = ask(mock, method, path).bearer_auth(bearer);
    request.send().await.expect("an answer").status()
}

/// A request as the listener hands it to the admin router.
fn request(method: Method, path: &str, bearer: Option<&str>) -> Request<axum::body::Body> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(bearer) = bearer {
        request = request.header("authorization", format!("Bearer {bearer}"));
    }
    let peer = SocketAddr::from((Ipv4Addr::new(192, 0, 2, 7), 4711));
    request.extension(ConnectInfo(peer)).body(axum::body::Body::empty()).expect("a request")
}

async fn direct(
    router: &axum::Router,
    request: Request<axum::body::Body>,
) -> (StatusCode, Value, http::HeaderMap) {
    let answered: Result<_, std::convert::Infallible> = router.clone().oneshot(request).await;
    let (head, body) = answered.expect("an answer").into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    (head.status, serde_json::from_slice(&body).unwrap_or_default(), head.headers)
}

/// A refusal of the limit `name`, as the pipeline writes one down.
fn refuse(mock: &MockServer, name: &str, operation: &str) {
    let (app, config) = (mock.platform(), mock.platform().config.current());
    let limit = config.limits.iter().find(|limit| &*limit.rule.name == name);
    let operation = app.catalog.iter().find(|of| format!("{} {}", of.method, of.template) == operation);
    let operation = operation.expect("a known operation");
    app.journal.record(Exchange {
        time: app.clock.now(),
        correlation: uuid::Uuid::nil(),
        token: 0xfeed_beef_cafe_f00d,
        method: CompactMethod::of(&operation.method).expect("a standard method"),
        operation: operation.id,
        tenant: Some(TenantIndex(0)),
        client: Some(ClientIndex(0)),
        user: None,
        governing: limit.map(|limit| limit.rule.id),
        used_percent: 100,
        details: None,
        connection: 0,
        refused: true,
        generic: false,
        status: 429,
        retry_after: Some(30),
        took_micros: 1500,
        edge: Some(EdgeIndex(0)),
    });
}

#[tokio::test]
async fn a_browser_gets_the_live_page_whose_files_ask_nobody_else() {
    let mock = mock().await;
    let request = ask(&mock, Method::GET, "/").header("accept", "text/html,*/*;q=0.8");
    let page = request.send().await.expect("an answer");
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let policy = page.headers()["content-security-policy"].to_str().expect("text").to_owned();
    for part in ["default-src 'none'", "script-src 'self'", "form-action 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{part} is missing from {policy}");
    }
    let page = page.text().await.expect("a page");
    let files = page.split('"').filter(|text| text.starts_with("/__admin/ui/"));
    let script = ask(&mock, Method::GET, "/__admin/ui/app.js").send().await.expect("an answer");
    let script = script.text().await.expect("a script");
    let imported = script.lines().filter_map(|line| line.split_once("from \"./")?.1.strip_suffix("\";"));
    let imported = imported.map(|name| format!("/__admin/ui/{name}"));
    let files: Vec<_> = files.map(str::to_owned).chain(imported).collect();
    assert!(files.len() > 6, "{files:?}");
    for path in files {
        let file = ask(&mock, Method::GET, &path).send().await.expect("an answer");
        assert_eq!(file.status(), 200, "{path}");
        let text = file.text().await.expect("text");
        for part in ["https://", "innerHTML", "localStorage", "document.cookie", "eval("] {
            assert!(!text.contains(part), "{part} is in {path}");
        }
    }
}

#[tokio::test]
async fn the_journal_is_shown_newest_first() {
    let mock = mock().await;
    emulated(&mock, Method::GET, "/api/v2/organizations/me", "first").await;
    emulated(&mock, Method::GET, "/nowhere", "second").await;
    refuse(&mock, "messages", "GET /api/v2/organizations/me");
    let (_, body) = get(&mock, "/__admin/requests").await;
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| {
        assert_json_snapshot!("it__admin__the_journal_is_shown_newest_first", body, {
            ".requests[].correlationId" => "ID",
            ".requests[1:].token" => "HASH",
            ".requests[].tookMs" => "MS",
        });
    });
    let hash = body["requests"][2]["token"].as_str().expect("a hash");
    assert!(hash.len() == 12 && hash.bytes().all(|digit| digit.is_ascii_hexdigit()), "{hash}");
    assert_eq!(
        mock.requests().first().map(|entry| entry.operation.as_str()),
        Some("GET /api/v2/organizations/me")
    );
    assert_eq!(send(&mock, Method::DELETE, "/__admin/requests", Value::Null).await.0, 204);
    assert_eq!(get(&mock, "/__admin/requests").await.1, json!({ "requests": [] }));
}

#[tokio::test]
async fn the_journal_is_searched_and_counted_by_the_same_filters() {
    let mock = mock().await;
    for _ in 0..3 {
        emulated(&mock, Method::GET, "/api/v2/organizations/me", "any").await;
    }
    emulated(&mock, Method::GET, "/nowhere", "any").await;
    emulated(&mock, Method::GET, "/api/v2/users/agent-1", "any").await;
    refuse(&mock, "messages", "GET /api/v2/organizations/me");
    refuse(&mock, "places", "GET /oauth/authorize");
    for (query, filters, count) in [
        ("", json!({}), 7),
        ("status=429", json!({ "status": 429 }), 2),
        ("status=4xx", json!({ "status": "4xx" }), 3),
        ("limit=messages", json!({ "limit": "messages" }), 1),
        ("limit=100&limit=places", json!({ "limit": "places" }), 1),
        ("limit=places&limit=100&status=429", json!({ "limit": "places", "status": "429" }), 1),
        ("name=messages", json!({ "limitName": "messages" }), 1),
        ("limit=adherence", json!({ "limit": "adherence" }), 0),
        ("operation=/api/v2/organizations/me", json!({ "operation": "/api/v2/organizations/me" }), 4),
        (
            "operation=GET%20/api/v2/organizations/me",
            json!({ "operation": "GET /api/v2/organizations/me" }),
            4,
        ),
        (
            "operation=POST%20/api/v2/organizations/me",
            json!({ "operation": "POST /api/v2/organizations/me" }),
            0,
        ),
        ("operation=/nowhere", json!({ "operation": "GET /nowhere" }), 1),
        ("operation=/api/v2/users/agent-1", json!({ "operation": "GET /api/v2/users/agent-1" }), 1),
        ("operation=POST%20/api/v2/users/agent-1", json!({ "operation": "DELETE /api/v2/users/agent-1" }), 0),
        ("operation=/api/v2/organizations/*", json!({ "operation": "/api/v2/organizations/**" }), 4),
        ("limitName=messages&status=4XX", json!({ "limitName": "messages", "status": "4xx" }), 1),
        ("tenant=Rehearsal", json!({ "tenant": "Rehearsal" }), 6),
        ("tenant=Rehearsal&status=200", json!({ "tenant": "Rehearsal", "status": 200 }), 4),
        ("tenant=Rehearsal", json!({ "tenant": "Rehearsal", "status": null }), 6),
        (
            "correlationId=00000000-0000-0000-0000-000000000000",
            json!({ "correlationId": "00000000-0000-0000-0000-000000000000" }),
            2,
        ),
    ] {
        let (_, found) = get(&mock, &format!("/__admin/requests?{query}")).await;
        assert_eq!(found["requests"].as_array().map(Vec::len), Some(count), "{query}");
        let (status, counted) = send(&mock, Method::POST, "/__admin/requests/count", filters.clone()).await;
        assert_eq!((status, counted), (StatusCode::OK, json!({ "count": count })), "{filters}");
    }
    let in_query = ask(&mock, Method::POST, "/__admin/requests/count?status=4xx&limitName=messages");
    assert_eq!(told(in_query).await, (StatusCode::OK, json!({ "count": 1 })));
    let (_, found) = get(&mock, "/__admin/requests?limit=2").await;
    assert_eq!(found["requests"].as_array().map(Vec::len), Some(2));
    let refused = Filter { status: StatusFilter::parse("429"), ..Filter::default() };
    assert_eq!(
        newest(mock.platform(), 1, &refused).first().and_then(|entry| entry.limit.as_deref()),
        Some("places")
    );
}

#[tokio::test]
async fn a_draining_server_lives_but_is_not_ready() {
    let mock = mock().await;
    let router = open_router(mock.control_plane().clone());
    mock.control_plane().stop.cancel();
    let (status, body, _) = direct(&router, request(Method::GET, "/__admin/ready", None)).await;
    assert_eq!((status, &body["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("service.unavailable")));
    assert_eq!(direct(&router, request(Method::GET, "/__admin/health", None)).await.0, 200);
}

#[tokio::test]
async fn with_an_admin_token_everything_but_health_and_metrics_asks_for_it() {
    let mock = mock().await;
    let router = router(mock.control_plane().clone(), Some("the token".to_owned()));
    for open in ["/__admin/health", "/__admin/ready", "/metrics"] {
        assert_eq!(direct(&router, request(Method::GET, open, None)).await.0, 200, "{open}");
    }
    let (status, body, headers) = direct(&router, request(Method::POST, "/__admin/reset", None)).await;
    assert_eq!((status, &body["code"]), (StatusCode::UNAUTHORIZED, &json!("authentication.required")));
    assert_eq!(headers["www-authenticate"], "Bearer");
    for path in ["/", "/__admin/nothing"] {
        let (status, body, _) = direct(&router, request(Method::GET, path, Some("the toke"))).await;
        assert_eq!((status, &body["code"]), (StatusCode::UNAUTHORIZED, &json!("bad.credentials")));
    }
    assert_eq!(direct(&router, request(Method::GET, "/__admin/limits", Some("the token"))).await.0, 200);
    let in_query = request(Method::GET, "/__admin/limits?token=the%20token", None);
    assert_eq!(direct(&router, in_query).await.0, 401);
}

#[tokio::test]
async fn guessing_is_slowed_and_the_right_token_never() {
    let mock = mock().await;
    let router = router(mock.control_plane().clone(), Some("right".to_owned()));
    let mut examined = 0;
    let mut slowed = None;
    for guess in 0..1000 {
        let (status, body, headers) =
            direct(&router, request(Method::GET, "/__admin/limits", Some(&guess.to_string()))).await;
        match status.as_u16() {
            401 => examined += 1,
            _ => slowed = Some((status, body, headers)),
        }
        let right = request(Method::GET, "/__admin/clock", Some("right"));
        assert_eq!(direct(&router, right).await.0, 200);
    }
    assert!((5..100).contains(&examined), "{examined} of 1000 guesses were examined");
    let (status, body, headers) = slowed.expect("a guess that was slowed");
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!("too.many.requests.retry.after"))
    );
    assert_eq!(headers["retry-after"], "1");
}

#[tokio::test]
async fn beside_an_admin_address_only_what_needs_no_token_is_left() {
    let mock = mock().await;
    let router = open_router(mock.control_plane().clone());
    assert_eq!(direct(&router, request(Method::GET, "/__admin/health", None)).await.0, 200);
    let (status, body, _) = direct(&router, request(Method::GET, "/__admin/limits", None)).await;
    assert_eq!(status, 404);
    assert_eq!(body["routes"], json!(["GET /__admin/health", "GET /__admin/ready", "GET /metrics"]));
}

#[tokio::test]
async fn the_files_of_the_page_need_no_token_and_the_rest_does() {
    let mock = MockServer::builder().start().await.expect("the default limits are right");
    let router = router(mock.control_plane().clone(), Some("the token".to_owned()));
    for (path, accept, status) in [
        ("/", "text/html", 200),
        ("/", "*/*", 401),
        ("/__admin/ui", "*/*", 200),
        ("/__admin/ui/app.js", "*/*", 200),
        ("/__admin/ui/other.js", "*/*", 401),
        ("/__admin/feed", "text/event-stream", 401),
    ] {
        let request = Request::get(path).header("accept", accept).body(axum::body::Body::empty());
        let answered: Result<_, std::convert::Infallible> =
            router.clone().oneshot(request.expect("a request")).await;
        assert_eq!(answered.expect("an answer").status(), status, "{path} {accept}");
    }
}
