//! Every error is in the vendor's JSON, and says what is wrong.

use gcmock::MockServer;
use serde_json::json;

use crate::support::{Answer, Client, Raw, mock};

#[tokio::test]
async fn a_404_tells_what_is_not_there() {
    let mock = mock("").await;
    let client = Client::of(&mock);
    for (path, hint) in [
        ("/api/v2/oauth/clients/nobody", "there is no OAuth client nobody"),
        ("/api/v2/organisations/limits/namespace", "Did you mean /api/v2/organizations/limits/namespaces?"),
        ("/api/v2", "not in the Genesys Cloud platform API"),
        ("/api/v2/users//me", "not in the Genesys Cloud platform API"),
        ("/api/v2/api/v2/users", "not in the Genesys Cloud platform API"),
        ("/api/v2/oauth/token", "POST /oauth/token, without /api/v2"),
        ("/login/oauth/token", "POST /oauth/token, without /api/v2"),
        ("/api/v1/users", "begin with /api/v2"),
        ("/favicon.ico", "begin with /api/v2"),
        ("/__administration", "begin with /api/v2"),
    ] {
        let answer = client.get(path).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not.found"), "{path}");
        assert!(answer.body.contains(hint), "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_404_of_an_entity_names_it() {
    let mock = mock("").await;
    let body = Client::of(&mock).get("/api/v2/oauth/clients/%22x%0A").await.json();
    assert_eq!(body["entityId"], "\"x\n");
    assert_eq!(body["entityName"], "OAuth client");
}

#[tokio::test]
async fn a_405_lists_the_methods_that_would_do() {
    let mock = mock("").await;
    let client = Client::of(&mock);
    for (method, path, allow) in [
        ("POST", "/api/v2/organizations/limits/docs", "GET, HEAD"),
        ("PUT", "/api/v2/tokens/me", "DELETE, GET, HEAD"),
        ("GET", "/oauth/token", "POST"),
        ("DELETE", "/oauth/authorize", "GET, HEAD"),
        ("TRACE", "/api/v2/greetings", "GET, HEAD, POST"),
        ("BREW", "/api/v2/usage/query", "POST"),
    ] {
        let answer = client.ask(method, path).await;
        assert_eq!((answer.code().as_str(), answer.header("allow")), ("method.not.allowed", allow), "{path}");
    }
}

async fn posted(mock: &MockServer, media_type: &str, body: &[u8]) -> Answer {
    let request = Client::of(mock).request("POST", "/api/v2/usage/query").body(body.to_vec());
    Answer::to(if media_type.is_empty() { request } else { request.header("content-type", media_type) }).await
}

#[tokio::test]
async fn a_body_that_is_not_what_is_expected_is_a_400_that_says_why() {
    let mock = mock("").await;
    for (body, code, why) in [
        (&b"{\"interval\":"[..], "bad.request", "not valid JSON"),
        (b"\xff\xfe", "bad.request", "not valid JSON"),
        (b"{\"interval\": 1}", "invalid.value", "[interval]"),
        (b"[]", "invalid.value", "[body]"),
        (b"{}", "constraint.validation", "[interval]"),
        (b"\"text\"", "invalid.value", "[body]"),
        (b"{\"interval\":\"x\",\"groupBy\":{}}", "invalid.date", "ISO-8601"),
        (b"{\"groupBy\":{},\"interval\":\"x\"}", "invalid.value", "[groupBy]"),
        (b"null", "bad.request", "A JSON body is required."),
        (b"", "bad.request", "A JSON body is required."),
        (b" \r\n", "bad.request", "A JSON body is required."),
        (b"1e999", "bad.request", "not valid JSON"),
    ] {
        let answer = posted(&mock, "application/json", body).await;
        let shown = String::from_utf8_lossy(&body[..body.len().min(30)]);
        assert_eq!((answer.status, answer.code().as_str()), (400, code), "{shown}");
        assert!(answer.body.contains(why), "{shown}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_body_in_another_media_type_is_a_415() {
    let mock = mock("").await;
    let body = br#"{"interval":"2026-01-01T00:00:00Z/2026-01-02T00:00:00Z"}"#;
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "json", "/"] {
        let answer = posted(&mock, media_type, body).await;
        assert_eq!((answer.status, answer.code().as_str()), (415, "unsupported.media.type"), "{media_type}");
    }
    for media_type in
        ["", "application/json", "APPLICATION/JSON; charset=UTF-8", "application/merge-patch+json"]
    {
        assert_eq!(posted(&mock, media_type, body).await.status, 202, "{media_type}");
    }
}

#[tokio::test]
async fn a_client_that_writes_first_sees_that_its_body_is_too_large() {
    let mock = mock("").await;
    let mut raw = Raw::connect(&mock).await;
    let large = 4 << 20;
    raw.send(format!("POST /api/v2/usage/query HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nContent-Length: {large}\r\n\r\n")).await;
    raw.send(vec![b'x'; large]).await;
    let (status, text) = raw.answer().await;
    assert_eq!(status, 413, "{text}");
    assert!(text.contains(r#""code":"request.entity.too.large","status":413"#), "{text}");
    assert!(text.contains("Maximum bytes: 512000"), "{text}");
    assert_eq!(raw.get("/api/v2/organizations/me", "").await.0, 200, "the connection stays of use");
}

#[tokio::test]
async fn the_greatest_lengths_that_can_be_written_are_too_large() {
    let mock = mock("").await;
    // hyper keeps the two greatest numbers for bodies without a length, and refuses them by itself.
    for (length, expected) in
        [("18446744073709551613", 413), ("18446744073709551614", 431), ("18446744073709551615", 431)]
    {
        let mut raw = Raw::connect(&mock).await;
        raw.send(format!("POST /api/v2/usage/query HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nContent-Length: {length}\r\n\r\n")).await;
        let (status, text) = raw.answer().await;
        assert_eq!(status, expected, "{length}: {text}");
    }
}

#[tokio::test]
async fn the_largest_body_is_taken() {
    let mock = mock("").await;
    let text = "x".repeat(512_000 - 12);
    let body = format!("{{\"text\": \"{text}\"}}");
    assert_eq!(body.len(), 512_000);
    let request = |body: String| Client::of(&mock).request("POST", "/api/v2/greetings").body(body);
    assert_eq!(Answer::to(request(body.clone())).await.status, 200);
    assert_eq!(Answer::to(request(body + " ")).await.status, 413);
}

#[tokio::test]
async fn null_and_empty_bodies_are_no_bodies() {
    let mock = mock("").await;
    let client = Client::of(&mock);
    for body in ["", "null", " "] {
        for (method, path, status) in [
            ("POST", "/api/v2/greetings", 400),
            ("GET", "/api/v2/organizations/me", 200),
            ("POST", "/api/v2/conversations/calls/1/participants/1/coach", 404),
            ("POST", "/api/v2/alerting/alerts/query", 200),
        ] {
            let request = client.request(method, path).header("content-type", "application/json");
            assert_eq!(Answer::to(request.body(body)).await.status, status, "{method} {path} {body:?}");
        }
    }
}

#[tokio::test]
async fn list_parameters_are_taken_repeated_and_joined() {
    let mock = mock("").await;
    let client = Client::of(&mock);
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        let created = client.post("/api/v2/greetings", &json!({ "name": name })).await.json();
        ids.push(created["id"].as_str().expect("an id").to_owned());
    }
    for query in [
        format!("id={}&id={}", ids[0], ids[2]),
        format!("id={},{}", ids[0], ids[2]),
        format!("id={}%2C{}", ids[0], ids[2]),
        format!("id={}%2C%20{}&id=", ids[0], ids[2]),
    ] {
        let page = client.get(&format!("/api/v2/greetings?{query}")).await.json();
        let names: Vec<_> = page["entities"].as_array().expect("a list").iter().map(|e| &e["name"]).collect();
        assert_eq!(names, ["a", "c"], "{query}");
    }
}

#[tokio::test]
async fn paging_is_checked_and_never_overflows() {
    let mock = mock("").await;
    let client = Client::of(&mock);
    for bad in [
        "pageSize=0",
        "pageSize=-1",
        "pageNumber=x",
        "pageSize=1.5",
        "pageNumber=18446744073709551616",
        "pageSize=",
    ] {
        assert_eq!(
            client.get(&format!("/api/v2/oauth/clients?{bad}")).await.code(),
            "invalid.value",
            "{bad}"
        );
    }
    let far = client
        .get("/api/v2/oauth/clients?pageNumber=18446744073709551615&pageSize=18446744073709551615")
        .await;
    assert_eq!(far.json()["entities"], json!([]));
}

#[tokio::test]
async fn strict_paths_answer_nothing_by_shape() {
    let mock = MockServer::builder().strict_paths().start().await.expect("started");
    let client = Client::of(&mock);
    assert_eq!(client.get("/api/v2/greetings").await.code(), "not.found");
    assert_eq!(client.get("/api/v2/organizations/me").await.status, 200);
}

#[tokio::test]
async fn a_plan_hears_that_its_scenario_is_not_served_until_it_is() {
    let mock = mock("").await;
    let client = Client::of(&mock);
    let ask = async |path: &str| {
        Answer::to(client.request("GET", path).header("gcmock-scenario", "messaging-digital")).await
    };
    let none = "plan=\"messaging-digital\"; served=\"none\"";
    for path in ["/api/v2/users/me", "/api/v2/nonsense", "/api/v2/platform/websocket", "/__admin/health"] {
        assert_eq!(ask(path).await.header("gcmock-scenario"), none, "{path}");
    }
    assert_eq!(client.get("/api/v2/users/me").await.header("gcmock-scenario"), "", "no other client gets it");
    let limits = include_str!("../../../fixtures/limits/messaging-digital.toml");
    let put =
        client.request("PUT", "/__admin/limits").header("content-type", "application/toml").body(limits);
    assert_eq!(Answer::to(put).await.status, 200);
    assert_eq!(ask("/api/v2/users/me").await.header("gcmock-scenario"), "");
}
