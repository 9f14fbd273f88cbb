//! Generic answers, and paths outside of the platform.

use std::time::Duration;

use gcmock::MockServer;
use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::rest::{Client, START, mock};

const FORMS: &str = "/api/v2/quality/forms";
const CONTACT_LISTS: &str = "/api/v2/outbound/contactlists";

#[tokio::test]
async fn an_answer_by_shape_says_so() {
    let mock = mock().await;
    let client = Client::new(&mock);
    for path in [FORMS, "/api/v2/outbound/contactlists/1"] {
        assert_eq!(client.get(path).await.header("gcmock-note"), "generic", "{path}");
    }
    assert_eq!(client.get("/api/v2/organizations/me").await.header("gcmock-note"), "");
}

#[tokio::test]
async fn entities_are_created_read_changed_and_deleted_by_shape() {
    let mock = mock().await;
    let client = Client::new(&mock);
    for path in [FORMS, CONTACT_LISTS] {
        let before = client.get(path).await.ok()["total"].as_u64().expect("a total");
        let created = client.post(path, json!({ "name": "Mine", "kept": [1] })).await.ok();
        let one = created["selfUri"].as_str().expect("an address").to_owned();
        assert_eq!(one, format!("{path}/{}", created["id"].as_str().expect("an id")));
        assert_eq!(client.get(&one).await.ok(), created);
        client.put(&one, json!({ "name": "Yours" })).await.ok();
        let patched = client.patch(&one, json!({ "more": true, "id": "other" })).await.ok();
        assert_eq!(patched["name"], "Yours");
        assert_eq!((&patched["kept"], &patched["more"]), (&json!([1]), &json!(true)));
        assert_eq!(patched["id"], created["id"], "an id stays");
        assert_eq!(client.get(path).await.ok()["total"], before + 1);
        assert_eq!(client.delete(&one).await.status, 204);
        assert_eq!(client.get(path).await.ok()["total"], before);
        client.delete(&one).await.refused(404);
    }
}

#[tokio::test]
async fn an_entity_that_was_never_created_gets_a_plausible_answer() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let read = client.get(&format!("{FORMS}/form-7")).await.ok();
    assert_eq!(read, json!({ "id": "form-7", "name": "form-7", "selfUri": format!("{FORMS}/form-7") }));
    let spaced = client.put(&format!("{FORMS}/form%207"), json!({ "name": "Seven" })).await.ok();
    assert_eq!(spaced["id"], "form 7");
    assert_eq!(client.get(&format!("{FORMS}/form%207")).await.ok()["name"], "Seven");
}

#[tokio::test]
async fn settings_that_are_no_list_are_given_back_as_they_were_put() {
    let mock = mock().await;
    let client = Client::new(&mock);
    for body in [json!({ "enabled": true, "": 1 }), json!([1, 2]), json!("text")] {
        client.put("/api/v2/quality/settings", body.clone()).await.ok();
        assert_eq!(client.get("/api/v2/quality/settings").await.ok(), body);
    }
}

#[tokio::test]
async fn queries_and_searches_find_nothing_in_the_usual_shape() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let query = client.post("/api/v2/quality/evaluations/query", json!({ "pageSize": 10 })).await.ok();
    assert_json_snapshot!("empty_query", query);
    client.post("/api/v2/quality/evaluations/search", json!({ "pageSize": 0 })).await.refused(400);
}

#[tokio::test]
async fn a_job_by_shape_moves_with_the_clock() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let started = client.post("/api/v2/speechandtextanalytics/jobs", json!({})).await;
    assert_eq!(started.status, 202);
    let one = format!("/api/v2/speechandtextanalytics/jobs/{}", started.body["id"].as_str().expect("an id"));
    assert_eq!(client.get(&one).await.ok()["state"], "RUNNING");
    mock.advance(Duration::from_secs(2));
    let done = client.get(&one).await.ok();
    assert_json_snapshot!("finished_job", done, { ".id" => "[id]", ".jobId" => "[id]", ".selfUri" => "[uri]" });
    client.put(&one, json!({ "submissionDate": "2554-07-21T23:34:33Z" })).await.ok();
    assert_eq!(client.get(&one).await.ok()["state"], "RUNNING", "a date at the end of time breaks nothing");
}

#[tokio::test]
async fn strict_paths_answer_nothing_by_shape() {
    let builder = MockServer::builder().manual_clock_at(START).strict_paths();
    let mock = builder.start().await.expect("a free port");
    let client = Client::new(&mock);
    assert_eq!(client.get(FORMS).await.refused(404), "not.found");
    client.post(CONTACT_LISTS, json!({})).await.refused(404);
    client.get("/api/v2/scripts").await.ok();
}

#[tokio::test]
async fn a_path_in_no_family_is_told_the_nearest_one() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let refused = client.get("/api/v2/architecture/ivr").await;
    let message = refused.body["message"].as_str().expect("a message").to_owned();
    assert_eq!(refused.refused(404), "not.found");
    assert!(message.contains("/api/v2/architect/ivrs"), "{message}");
    client.get("/api/v2").await.refused(404);
    client.get("/api/v2/api/v2/routing/queues").await.refused(404);
    client.get("/api/v1/flows").await.refused(404);
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let mock = mock().await;
    let client = Client::new(&mock);
    for (method, path, allow) in [
        (Method::PATCH, "/api/v2/flows", "DELETE, GET, HEAD, POST"),
        (Method::POST, "/api/v2/architect/ivrs/1", "DELETE, GET, HEAD, PUT"),
        (Method::DELETE, "/api/v2/scripts/1", "GET, HEAD"),
        (Method::TRACE, FORMS, "DELETE, GET, HEAD, PATCH, POST, PUT"),
    ] {
        let refused = client.send(method, path, None).await;
        assert_eq!(refused.header("allow"), allow, "{path}");
        assert_eq!(refused.refused(405), "method.not.allowed", "{path}");
    }
}

#[tokio::test]
async fn the_404_of_a_token_path_below_the_api_names_the_right_path() {
    let mock = mock().await;
    let client = Client::new(&mock);
    for path in ["/api/v2/oauth/token", "/api/v2/login", "/token"] {
        let refused = client.post(path, json!({})).await;
        let message = refused.body["message"].as_str().expect("a message").to_owned();
        refused.refused(404);
        assert!(message.contains("POST /oauth/token"), "{message}");
    }
}

/// Sends `path` unchanged, which correct clients do not.
async fn raw(mock: &MockServer, method: &str, path: &[u8]) -> (u16, String, Vec<u8>) {
    let address = mock.uri().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).await.expect("the mock listens");
    let head =
        format!(" HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer pasted\r\nconnection: close\r\n");
    let body = "content-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    let request = [method.as_bytes(), b" ", path, head.as_bytes(), body.as_bytes()].concat();
    stream.write_all(&request).await.expect("the mock reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("the mock answers and closes");
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a whole head");
    let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, head, answer.split_off(end + 4))
}

#[tokio::test]
async fn hostile_paths_get_nothing_but_the_vendors_json() {
    let mock = mock().await;
    let long = format!("/api/v2/routing/queues/{}", "7".repeat(4096));
    let long_words = format!("/api/v2/routing/{}", "x/".repeat(2048));
    let paths: [&str; 16] = [
        "/api/v2//routing/queues",
        "/api/v2/routing//queues",
        "/api/v2/routing/queues//",
        "/api/v2/routing/../users/1",
        "/api/v2/routing/%2e%2e/%2E%2E/1",
        "/api/v2/routing/queues/%2F",
        "/api/v2/routing/queues/..%2F..%2Fetc%2Fpasswd",
        "/api/v2/routing/queues/%FF%FE1",
        "/api/v2/routing/queues/%00",
        "/api/v2/routing/queues/%",
        "/api/v2/routing/queues/%zz1",
        "/api/v2/flows/%FF",
        "/api/v2/flows/datatables/%C3%28/rows/%FF",
        "/api/v2/flows/%2e%2e/versions/%2F%2F",
        &long,
        &long_words,
    ];
    for path in paths {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "BREW"] {
            let (status, head, body) = raw(&mock, method, path.as_bytes()).await;
            let shown: String = path.chars().take(80).collect();
            assert!(status < 500, "{method} {shown}: {status}");
            if status == 204 {
                assert!(body.is_empty(), "{method} {shown}");
                continue;
            }
            assert!(head.contains("content-type: application/json"), "{method} {shown}: {head}");
            let body: Value = serde_json::from_slice(&body).expect("every body is JSON");
            if status >= 400 {
                assert_eq!(body["status"], status, "{method} {shown}");
                assert!(body["message"].is_string() && body["code"].is_string(), "{method} {shown}");
            }
        }
    }
}
