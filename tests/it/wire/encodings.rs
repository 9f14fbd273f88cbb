//! Bodies with a content encoding: a 415 that names it, in the words of each host, and nothing changes.

use gcmock::MockServer;
use reqwest::RequestBuilder;
use serde_json::json;

use crate::support::{Answer, Client, Raw, mock, usage, window};

/// A request whose body is gzip by its headers alone: no body with an encoding is looked into.
fn encoded(request: RequestBuilder, encodings: &[&str]) -> RequestBuilder {
    let request = request.json(&json!({ "name": "a" }));
    encodings.iter().fold(request, |request, encoding| request.header("content-encoding", *encoding))
}

async fn greeted(mock: &MockServer, encodings: &[&str]) -> Answer {
    Answer::to(encoded(Client::of(mock).request("POST", "/api/v2/greetings"), encodings)).await
}

#[tokio::test]
async fn an_encoded_body_is_a_415_that_names_the_encoding_and_changes_nothing() {
    let mock = mock(&window("all", "tenant", "POST /api/v2/**", 9, "")).await;
    for (encodings, named) in [
        (&["gzip"][..], "gzip"),
        (&["br"], "br"),
        (&["deflate"], "deflate"),
        (&["zstd"], "zstd"),
        (&["GZIP"], "GZIP"),
        (&["identity, gzip"], "gzip"),
        (&["gzip,br"], "gzip, br"),
        (&["identity", "x-gzip"], "x-gzip"),
        (&["deflate", "gzip"], "deflate, gzip"),
    ] {
        let answer = greeted(&mock, encodings).await;
        assert_eq!((answer.status, answer.code().as_str()), (415, "unsupported.media.type"), "{encodings:?}");
        let message = answer.json()["message"].as_str().expect("a string").to_owned();
        assert!(message.contains(&format!("Content-Encoding is {named};")), "{message}");
    }
    assert_eq!(usage(&mock, "all").requests, 0, "like every body that cannot be read it is charged nothing");
    assert_eq!(Client::of(&mock).get("/api/v2/greetings").await.json()["total"], 0);
}

#[tokio::test]
async fn a_body_without_an_encoding_passes() {
    let mock = mock("").await;
    for encodings in
        [&[][..], &[""], &["identity"], &["Identity"], &["identity, IDENTITY,"], &["identity", ""]]
    {
        assert_eq!(greeted(&mock, encodings).await.status, 200, "{encodings:?}");
    }
    let bare =
        Client::of(&mock).request("GET", "/api/v2/organizations/me").header("content-encoding", "gzip");
    assert_eq!(Answer::to(bare).await.status, 200, "there is no body to decode");
}

#[tokio::test]
async fn a_request_without_a_valid_token_hears_of_its_token_first() {
    let mock = mock("").await;
    let request = Client::anonymous(&mock).request("POST", "/api/v2/greetings");
    assert_eq!(Answer::to(encoded(request, &["gzip"])).await.status, 401);
}

#[tokio::test]
async fn the_login_host_says_it_in_the_words_of_oauth() {
    let mock = mock("").await;
    let request = Client::anonymous(&mock).request("POST", "/oauth/token").header("content-encoding", "gzip");
    let answer = Answer::to(request.form(&[("grant_type", "client_credentials")])).await;
    let body = answer.json();
    assert_eq!((answer.status, &body["error"]), (415, &json!("invalid_request")), "{body}");
    assert_eq!(body["description"], body["error_description"]);
    assert!(
        body["description"].as_str().is_some_and(|text| text.contains("Content-Encoding is gzip;")),
        "{body}"
    );
}

#[tokio::test]
async fn the_guest_endpoint_says_it_as_the_platform_does() {
    let mock = mock("").await;
    let deployments = Client::of(&mock).get("/api/v2/webdeployments/deployments").await.json();
    let deployment = deployments["entities"][0]["id"].as_str().expect("one is seeded");
    let path = format!("/v1?deploymentId={deployment}&application=test");
    let mut socket = crate::support::ws::open(&mock, &path, &[]).await.expect("a socket");
    let token = "0a6b8d3e-3e0c-4c5e-9a39-0d8f4d8a7b11";
    for action in ["configureSession", "getJwt"] {
        socket.say(json!({ "action": action, "token": token, "startNew": false }).to_string()).await;
    }
    let (_, told) = (socket.hear().await, socket.hear().await);
    let guest = Client::anonymous(&mock).with_bearer(told["body"]["jwt"].as_str().expect("a bearer"));
    let answer = Answer::to(encoded(guest.request("GET", "/api/v2/webmessaging/messages"), &["br"])).await;
    assert_eq!((answer.status, answer.code().as_str()), (415, "unsupported.media.type"));
    assert!(answer.body.contains("Content-Encoding is br;"), "{}", answer.body);
}

#[tokio::test]
async fn the_admin_api_says_it_too_and_changes_nothing() {
    let mock = mock("").await;
    let client = Client::anonymous(&mock);
    let before = client.get("/__admin/tenants").await.body;
    for (method, path) in [
        ("PUT", "/__admin/limits"),
        ("PUT", "/__admin/clock"),
        ("POST", "/__admin/tenants"),
        ("POST", "/__admin/tokens"),
        ("POST", "/__admin/events"),
        ("POST", "/__admin/verify"),
        ("POST", "/__admin/requests/count"),
    ] {
        let answer = Answer::to(encoded(client.request(method, path), &["gzip"])).await;
        let body = answer.json();
        assert_eq!(
            (answer.status, &body["code"]),
            (415, &json!("unsupported.media.type")),
            "{method} {path}"
        );
        assert!(answer.body.contains("Content-Encoding is gzip;"), "{path}: {body}");
    }
    assert_eq!(client.get("/__admin/tenants").await.body, before);
}

#[tokio::test]
async fn a_client_that_writes_first_reads_the_answer_and_goes_on() {
    let mock = mock("").await;
    let mut raw = Raw::connect(&mock).await;
    let body = vec![0x1f; 300_000];
    let head =
        "POST /api/v2/greetings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nContent-Encoding: gzip\r\n";
    raw.send(format!("{head}Content-Length: {}\r\n\r\n", body.len())).await;
    raw.send(&body).await;
    assert_eq!(raw.answer().await.0, 415);
    assert_eq!(raw.get("/api/v2/organizations/me", "").await.0, 200);
}
