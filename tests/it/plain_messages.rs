//! Messages about values of a wrong type name the field, what it must be, and what came.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::{Answer, Client, mock};

/// The words of the program's own types.
const OWN: [&str; 8] =
    ["u64", "u32", "usize", "i64", "struct ", "invalid type", "a sequence", "missing field"];

async fn refused(client: &Client, method: &str, path: &str, body: &Value) -> String {
    let answer = Answer::to(client.request(method, path).json(body)).await;
    assert_eq!(answer.status, 400, "{method} {path} {body}: {}", answer.body);
    let text = answer.json()["message"].as_str().expect("a sentence").to_owned();
    assert!(!OWN.iter().any(|word| text.contains(word)), "{method} {path} {body}: {text}");
    text
}

#[tokio::test]
async fn bodies_of_the_admin_api_are_told_their_field_in_plain_words() {
    let mock = mock("").await;
    let client = Client::of(&mock);
    for (method, path, body, expected) in [
        ("POST", "/__admin/tokens", json!({ "count": "x" }), "`count` must be a whole number from"),
        ("POST", "/__admin/tokens", json!({ "count": -1 }), "not -1"),
        ("POST", "/__admin/tokens", json!([]), "the text must be an object, not an array"),
        ("PUT", "/__admin/clock", json!({ "action": "advance", "by": 5 }), "`by` must be a string, not 5"),
        ("PUT", "/__admin/clock", json!({}), "the field `action` is missing"),
    ] {
        let text = refused(&client, method, path, &body).await;
        assert!(text.contains(expected), "{path} {body}: {text}");
    }
}

#[tokio::test]
async fn bodies_of_operations_are_told_their_field_in_plain_words() {
    let mock = mock("").await;
    let client = Client::of(&mock);
    for (path, body) in [
        ("/api/v2/outbound/contactlists/bulk", json!({})),
        ("/api/v2/notifications/channels", json!(7)),
        ("/api/v2/users/me/queues", json!({ "a": 1 })),
    ] {
        let answer = Answer::to(client.request("POST", path).json(&body)).await;
        assert!(!OWN.iter().any(|word| answer.body.contains(word)), "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_search_in_base64_is_told_the_place_of_its_mistake() {
    let mock = mock("").await;
    let search = r#"{"query":[{"type":"EXACT","fields":["name",5]}]}"#;
    let path = format!("/api/v2/users/search?q64={}", BASE64_URL_SAFE_NO_PAD.encode(search));
    let answer = Client::of(&mock).get(&path).await;
    let told = "The search is not understood: `query[0].fields[1]` must be a string, not 5";
    assert_eq!((answer.status, &answer.json()["message"]), (400, &json!(told)));
}
