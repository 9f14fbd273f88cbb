//! Hostile requests: each gets an error or a closed connection, and the next client is served.

use gcmock::MockServer;
use serde_json::json;

use crate::support::{Answer, Client, Raw, eventually, mock, used, window};

const ME: &str = "/api/v2/users/me";

async fn is_well(mock: &MockServer) {
    assert_eq!(Client::of(mock).get("/api/v2/organizations/me").await.status, 200);
}

/// What comes back is a whole answer in the vendor's words, an empty one of the protocol, or nothing.
fn assert_no_plain_text(sent: &str, answer: &[u8]) {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        assert!(text.is_empty(), "{sent}: {text}");
        return;
    };
    assert!(head.starts_with("HTTP/1.1 "), "{sent}: {text}");
    assert!(body.is_empty() || serde_json::from_str::<serde_json::Value>(body).is_ok(), "{sent}: {text}");
    assert!(!head.contains(" 500 "), "{sent}: {text}");
}

#[tokio::test]
async fn broken_requests_get_an_error_or_a_closed_connection() {
    let mock = mock("").await;
    let long = "x".repeat(60_000);
    let close = "Host: x\r\nAuthorization: Bearer a\r\nConnection: close\r\n";
    for request in [
        "\r\n\r\n\r\nnonsense\r\n\r\n".to_owned(),
        "GET\r\n\r\n".to_owned(),
        format!("GET /api/v2/%zz/%/%e2%82 HTTP/1.1\r\n{close}\r\n"),
        format!("GET /api/v2/oauth/clients/%ff%fe HTTP/1.1\r\n{close}\r\n"),
        format!("GET /api/v2/oauth/clients/%00 HTTP/1.1\r\n{close}\r\n"),
        format!("GET /api/v2/users?{long} HTTP/1.1\r\n{close}\r\n"),
        format!("GET /api/v2/{long} HTTP/1.1\r\n{close}\r\n"),
        format!("GET /api/v2{} HTTP/1.1\r\n{close}\r\n", "/a".repeat(30_000)),
        format!("GET /api/v2/greetings{} HTTP/1.1\r\n{close}\r\n", "/a".repeat(30_000)),
        format!("GET /api/v2/greetings?{} HTTP/1.1\r\n{close}\r\n", "id=a&".repeat(12_000)),
        format!("{long} /api/v2/users/me HTTP/1.1\r\n{close}\r\n"),
        format!("GET * HTTP/1.1\r\n{close}\r\n"),
        format!("OPTIONS * HTTP/1.1\r\n{close}\r\n"),
        format!("CONNECT www.example.com:443 HTTP/1.1\r\n{close}\r\n"),
        format!("GET http://user:secret@host/api/v2/users/me HTTP/1.1\r\n{close}\r\n"),
        format!("GET /api/v2/users/me HTTP/1.1\r\n{close}Host: y\r\n\r\n"),
        format!("GET /api/v2/users/me HTTP/1.1\r\n{close}Authorization: Bearer b\r\n\r\n"),
        format!("GET /api/v2/users/me HTTP/1.1\r\n{close}X: a\r\n b\r\n\r\n"),
        format!("POST /api/v2/usage/query HTTP/1.1\r\n{close}Content-Length: -1\r\n\r\n"),
        format!("POST /api/v2/usage/query HTTP/1.1\r\n{close}Content-Length: 99999999999999999999\r\n\r\n"),
        format!(
            "POST /api/v2/usage/query HTTP/1.1\r\n{close}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        format!(
            "POST /api/v2/usage/query HTTP/1.1\r\n{close}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"
        ),
        format!("POST /api/v2/usage/query HTTP/1.1\r\n{close}Expect: tea\r\nContent-Length: 2\r\n\r\n{{}}"),
        format!("GET /api/v2/users/me HTTP/1.1\r\n{close}Upgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n"),
    ] {
        let mut raw = Raw::connect(&mock).await;
        raw.send(&request).await;
        let answer = raw.rest().await;
        assert_no_plain_text(&request[..request.len().min(80)], &answer);
    }
    is_well(&mock).await;
}

#[tokio::test]
async fn twenty_thousand_headers_are_refused() {
    let mock = mock("").await;
    let mut raw = Raw::connect(&mock).await;
    raw.send(format!("GET {ME} HTTP/1.1\r\nHost: x\r\n{}\r\n", "a: b\r\n".repeat(20_000))).await;
    let answer = raw.rest().await;
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 431 "), "{answer:?}");
    is_well(&mock).await;
}

#[tokio::test]
async fn five_hundred_half_open_connections_do_not_hinder_others() {
    let mock = mock(&window("one", "", "* /**", 1, "")).await;
    let mut half_open = Vec::new();
    for sent in ["", "GET", "POST /api/v2/usage/query HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nContent-Length: 9\r\n\r\n{"].iter().cycle().take(500) {
        let mut raw = Raw::connect(&mock).await;
        raw.send(sent).await;
        half_open.push(raw);
    }
    is_well(&mock).await;
    drop(half_open);
    assert_eq!(Client::of(&mock).get(ME).await.status, 429, "that one was the first that counted");
}

#[tokio::test]
async fn a_client_that_leaves_before_its_body_is_whole_charges_nothing() {
    let mock = mock(&window("one", "tenant", "* /api/v2/**", 1, "")).await;
    for _ in 0..5 {
        let mut raw = Raw::connect(&mock).await;
        raw.send("POST /api/v2/usage/query HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nContent-Length: 9\r\n\r\n{").await;
    }
    let told = |mock: &MockServer| mock.requests().len();
    let client = Client::of(&mock);
    assert_eq!(client.get(ME).await.status, 200);
    eventually(|| told(&mock) > 0).await;
    assert_eq!(used(&mock, "one"), 1);
}

#[tokio::test]
async fn neither_tokens_nor_queries_nor_endless_words_reach_the_journal() {
    let mock = mock("").await;
    let mut raw = Raw::connect(&mock).await;
    let method = "M".repeat(30_000);
    raw.send(format!("{method} /api/v2/nowhere{}?key=secret-query HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret-token\r\n\r\n", "/a".repeat(1000))).await;
    assert_eq!(raw.answer().await.0, 404);
    let journal = format!("{:?}", mock.requests());
    assert!(journal.contains("/api/v2/nowhere/a"), "{journal}");
    assert!(journal.len() < 1500 && !journal.contains("secret"), "{journal}");
}

#[tokio::test]
async fn an_error_gives_back_only_the_beginning_of_what_was_sent() {
    let mock = mock("").await;
    let client = Client::of(&mock);
    let long = "\u{20ac}".repeat(100_000);
    let interval = "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z";
    let invalid =
        client.post("/api/v2/usage/query", &json!({ "interval": interval, "groupBy": [long] })).await;
    assert_eq!(invalid.code(), "invalid.value");
    assert!(invalid.body.len() < 10_000, "{}", invalid.body.len());
    let grant = [("grant_type", "x".repeat(100_000)), ("client_id", String::new())];
    let (id, secret) = mock.credentials();
    let request =
        Client::anonymous(&mock).request("POST", "/oauth/token").basic_auth(id, Some(secret)).form(&grant);
    let refused = Answer::to(request).await;
    assert_eq!(refused.json()["error"], "unsupported_grant_type");
    assert!(refused.body.len() < 3000, "{}", refused.body.len());
}

#[tokio::test]
async fn a_body_that_is_nested_without_end_is_a_400() {
    let mock = mock("").await;
    for open in ["[", "{\"a\":"] {
        let request = Client::of(&mock).request("POST", "/api/v2/greetings").body(open.repeat(80_000));
        let answer = Answer::to(request).await;
        assert_eq!(answer.code(), "bad.request");
        assert!(answer.body.contains("recursion limit"), "{}", answer.body);
    }
}

#[tokio::test]
async fn no_header_is_injected_by_what_a_client_sends() {
    let mock = mock("").await;
    let mut raw = Raw::connect(&mock).await;
    for path in [
        "/api/v2/oauth/clients/a%0d%0aX-Injected:%201",
        "/api/v2/nowhere%0d%0aX-Injected:1?a=%0d%0aX-Injected:1",
    ] {
        let (status, text) = raw.get(path, "Origin: a%0d%0ab\r\n").await;
        let (head, _) = text.split_once("\r\n\r\n").expect("a head");
        assert_eq!((status, head.to_lowercase().contains("x-injected")), (404, false), "{text}");
    }
}

#[tokio::test]
async fn a_body_that_no_route_reads_leaves_the_connection_open() {
    let mock = mock("").await;
    for request in [
        "GET /__admin/limits",
        "DELETE /__admin/requests",
        "PUT /__admin/nowhere",
        "POST /__admin/health",
        "GET /metrics",
        "POST /",
        "POST http://www.example.com/x",
    ] {
        let mut raw = Raw::connect(&mock).await;
        raw.send(format!("{request} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n\r\n")).await;
        raw.send("x".repeat(100_000)).await;
        let (status, text) = raw.answer().await;
        assert!(status < 500 && !text.to_lowercase().contains("connection: close"), "{request}: {text}");
        assert_eq!(raw.get(ME, "").await.0, 200, "{request}");
    }
}

#[tokio::test]
async fn a_request_names_one_host_and_a_tunnel_a_port() {
    let mock = mock("").await;
    let close = "Host: x\r\nAuthorization: Bearer a\r\nConnection: close\r\n";
    for request in [
        format!("GET {ME} HTTP/1.1\r\n{close}Host: y\r\n\r\n"),
        format!("GET /__admin/health HTTP/1.1\r\n{close}Host: x\r\n\r\n"),
        format!("CONNECT api.mypurecloud.com:notaport HTTP/1.1\r\n{close}\r\n"),
        format!("CONNECT api.mypurecloud.com:99999 HTTP/1.1\r\n{close}\r\n"),
    ] {
        let mut raw = Raw::connect(&mock).await;
        raw.send(&request).await;
        let answer = raw.rest().await;
        let text = String::from_utf8_lossy(&answer);
        assert!(text.starts_with("HTTP/1.1 400 "), "{request}: {text}");
    }
}
