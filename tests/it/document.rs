//! A server with an API document of the user: what it checks, what it answers, what it keeps.

use std::path::PathBuf;

use gcmock::MockServer;
use serde_json::{Value, json};

use crate::support::{Answer, Client};

const THINGS: &str = "/api/v2/catalog/things";

fn things() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/documents/things.yaml"))
}

async fn mock() -> MockServer {
    MockServer::builder().limits_toml("").spec(things()).start().await.expect("a right document")
}

async fn send(client: &Client, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let answer = Answer::to(client.request(method, path).json(body)).await;
    let json = if answer.body.is_empty() { Value::Null } else { answer.json() };
    (answer.status, json)
}

#[tokio::test]
async fn what_is_created_is_listed_read_changed_and_removed_in_the_documents_shapes() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let body = json!({ "name": "Lamp", "size": 3, "secret": "x", "owner": { "id": "o", "more": 1 } });
    let (status, created) = send(&client, "POST", THINGS, &body).await;
    assert_eq!((status, &created["name"], &created["kind"]), (201, &json!("Lamp"), &json!("BIG")));
    assert_eq!((created.get("secret"), &created["owner"]), (None, &json!({ "id": "o" })));

    let path = format!("{THINGS}/{}", created["id"].as_str().expect("an id"));
    assert_eq!(client.get(&path).await.json(), created);
    let listing = client.get(THINGS).await.json();
    assert_eq!((&listing["total"], &listing["entities"][0]["id"]), (&json!(1), &created["id"]));
    let names: Vec<&str> = listing.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(names, ["entities", "pageSize", "pageNumber", "total"]);

    let (status, changed) = send(&client, "PATCH", &path, &json!({ "name": "Lamp", "size": 5 })).await;
    assert_eq!((status, &changed["size"]), (200, &json!(5)));
    assert_eq!(client.ask("DELETE", &path).await.status, 204);
    assert_eq!(client.get(&path).await.status, 404);
    assert_eq!(client.get(&format!("{THINGS}/nothing")).await.status, 404);
}

#[tokio::test]
async fn a_thing_that_no_client_made_is_an_example_and_stays_the_same() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let status = client.get("/api/v2/catalog/status").await.json();
    assert_eq!(status["state"], "UP");
    assert!(status["since"].as_str().is_some_and(|since| since.ends_with('Z')), "{status}");
    assert!(status["color"].as_str().is_some_and(|color| color.starts_with('#')), "{status}");
    assert_eq!(client.get("/api/v2/catalog/status").await.json(), status);
}

#[tokio::test]
async fn a_request_that_the_document_does_not_allow_is_refused_with_the_field() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let right = json!({ "name": "Lamp", "size": 3 });
    let cases = [
        ("name", json!(5), "invalid.value"),
        ("size", json!("abc"), "invalid.value"),
        ("size", json!(0), "constraint.validation"),
        ("kind", json!("NO_SUCH"), "invalid.value"),
        ("due", json!("soon"), "invalid.date"),
        ("name", Value::Null, "constraint.validation"),
        ("owner", json!({ "name": "x" }), "constraint.validation"),
    ];
    for (field, value, code) in cases {
        let mut body = right.clone();
        body[field] = value;
        let (status, error) = send(&client, "POST", THINGS, &body).await;
        assert_eq!((status, &error["code"]), (400, &json!(code)), "{body}: {error}");
        assert!(
            error["messageParams"]["field"].as_str().is_some_and(|named| named.starts_with(field)),
            "{error}"
        );
    }
    for query in ["pageSize=abc", "sortOrder=NO_SUCH"] {
        let refused = client.get(&format!("{THINGS}?{query}")).await;
        assert_eq!(
            (refused.status, refused.code()),
            (400, "invalid.query.param.value".to_owned()),
            "{query}"
        );
    }
    assert_eq!(client.get(THINGS).await.json()["total"], 0, "nothing was kept");
}

#[tokio::test]
async fn operations_that_are_written_by_hand_are_checked_as_well() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let (status, error) =
        send(&client, "POST", "/api/v2/routing/queues", &json!({ "name": "Q", "description": [] })).await;
    assert_eq!((status, &error["messageParams"]["field"]), (400, &json!("description")));
    let (status, queue) = send(&client, "POST", "/api/v2/routing/queues", &json!({ "name": "Q" })).await;
    assert_eq!((status, &queue["name"]), (200, &json!("Q")));
}

#[tokio::test]
async fn a_path_that_neither_the_document_nor_a_handler_has_is_a_404_and_a_method_a_405() {
    let mock = mock().await;
    let client = Client::of(&mock);
    assert_eq!(client.get("/api/v2/alerting/rules").await.status, 404);
    assert_eq!(client.ask("PUT", THINGS).await.status, 405);
    assert_eq!(client.get("/api/v2/users/me").await.status, 200);
}

#[tokio::test]
async fn the_default_limits_hold_although_the_document_lacks_most_of_their_operations() {
    let mock = MockServer::builder().spec(things()).manual_clock().start().await.expect("right limits");
    let client = Client::of(&mock);
    for _ in 0..180 {
        assert_eq!(client.get("/api/v2/users/me").await.status, 200);
    }
    assert_eq!(client.get("/api/v2/users/me").await.status, 429);
}

#[tokio::test]
async fn a_wrong_document_fails_the_start_with_its_place() {
    let builder = MockServer::builder().spec(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
    let error = builder.start().await.map(drop).expect_err("no API document").to_string();
    assert!(error.contains("--spec") && error.contains("Cargo.toml:"), "{error}");
}
