//! Generic answers, and paths outside of the platform.

use std::time::Duration;

use gcmock::MockServer;
use insta::assert_json_snapshot;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::rest::{Client, START, mock};

const GREETINGS: &str = "/api/v2/greetings";
const FORMS: &str = "/api/v2/quality/forms";
const CASE_PLANS: &str = "/api/v2/casemanagement/caseplans";

#[tokio::test]
async fn a_generic_answer_says_so() {
    let mock = mock().await;
    let client = Client::new(&mock);
    for path in [GREETINGS, "/api/v2/contentmanagement/securityprofiles/1", CASE_PLANS] {
        assert_eq!(client.get(path).await.header("gcmock-note"), "generic", "{path}");
    }
    assert_eq!(client.get("/api/v2/organizations/me").await.header("gcmock-note"), "");
}

#[tokio::test]
async fn a_value_of_another_type_than_the_answer_has_is_refused() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let greeting =
        |name: Value| json!({ "name": name, "type": "STATION", "ownerType": "USER", "owner": { "id": "1" } });
    for name in [json!(7), json!(true)] {
        client.post(GREETINGS, greeting(name)).await.refused(400);
    }
    let made = client.post(GREETINGS, greeting(json!("Mine"))).await.ok();
    let one = made["selfUri"].as_str().expect("an address");
    client.put(one, json!({ "name": 7 })).await.refused(400);
    assert_eq!(client.get(one).await.ok()["name"], "Mine");
    let fraction = json!({ "name": "Plan", "defaultTtlSeconds": 2.5 });
    client.post("/api/v2/casemanagement/caseplans", fraction).await.refused(400);
}

#[tokio::test]
async fn an_interval_that_ends_before_it_starts_is_refused_with_its_field() {
    const REVERSED: &str = "2026-03-08T12:00:00Z/2026-03-07T12:00:00Z";
    let mock = mock().await;
    let client = Client::new(&mock);
    let paths = client.post("/api/v2/journey/flows/paths/query", json!({ "interval": REVERSED })).await;
    let history = client.get(&format!("/api/v2/conversations/calls/history?interval={REVERSED}")).await;
    let audits = json!({ "interval": REVERSED, "serviceName": "Routing" });
    for answer in [paths, history, client.post("/api/v2/audits/query", audits).await] {
        assert_eq!(answer.body["messageParams"]["field"], "interval", "{}", answer.body);
        assert_eq!(answer.refused(400), "constraint.validation");
    }
}

#[tokio::test]
async fn entities_are_created_listed_read_changed_and_deleted() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let body = json!({ "name": "Mine", "type": "STATION", "ownerType": "USER", "owner": { "id": "1" } });
    let created = client.post(GREETINGS, body).await.ok();
    let one = created["selfUri"].as_str().expect("an address").to_owned();
    assert_eq!(one, format!("{GREETINGS}/{}", created["id"].as_str().expect("an id")));
    assert_eq!(client.get(&one).await.ok(), created);
    let changed = client.put(&one, json!({ "name": "Yours", "type": "VOICEMAIL", "id": "other" })).await.ok();
    assert_eq!((&changed["name"], &changed["type"]), (&json!("Yours"), &json!("VOICEMAIL")));
    assert_eq!(changed["id"], created["id"], "an id stays");
    assert_eq!(client.get(GREETINGS).await.ok()["total"], 1);
    assert_eq!(client.delete(&one).await.status, 200);
    assert_eq!(client.get(GREETINGS).await.ok()["entities"], json!([]));
    for path in [one.clone(), format!("{one}/media")] {
        client.get(&path).await.refused(404);
    }
    client.put(&one, json!({ "name": "Again" })).await.refused(404);
    client.delete(&one).await.refused(404);
}

#[tokio::test]
async fn an_entity_that_was_never_created_is_missing_where_clients_could_create_it() {
    let mock = mock().await;
    let client = Client::new(&mock);
    client.get(&format!("{GREETINGS}/mine")).await.refused(404);
    client.get(&format!("{FORMS}/surveys/mine/versions")).await.refused(404);
    let path = "/api/v2/contentmanagement/securityprofiles/7";
    let example = client.get(path).await.ok();
    assert_eq!((&example["id"], &example["selfUri"]), (&json!("7"), &json!(path)));
    assert_eq!(client.get(path).await.ok(), example, "an example stays as it is");
}

#[tokio::test]
async fn an_answer_is_of_the_documented_kind() {
    let mock = mock().await;
    let client = Client::new(&mock);
    for (path, keys) in [
        (GREETINGS, "entities pageSize pageNumber total firstUri lastUri selfUri pageCount"),
        ("/api/v2/journey/sessions/1/events", "entities selfUri"),
        ("/api/v2/contentmanagement/securityprofiles/1", "id name selfUri"),
    ] {
        let answer = client.get(path).await.ok();
        let mut found: Vec<_> = answer.as_object().expect("an object").keys().map(String::as_str).collect();
        let mut expected: Vec<_> = keys.split_whitespace().collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{path}");
    }
    assert_eq!(client.get("/api/v2/license/toggles/x").await.status, 200);
    let nothing = client.send(Method::PUT, "/api/v2/screenmonitors/settings", Some(json!({}))).await;
    assert_eq!((nothing.status.as_u16(), &nothing.body), (204, &Value::Null));
}

#[tokio::test]
async fn settings_keep_what_was_put() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let path = "/api/v2/chats/settings";
    client.put(path, json!({ "messageRetentionPeriodDays": 2 })).await.ok();
    assert_eq!(client.get(path).await.ok()["messageRetentionPeriodDays"], 2);
    client.put(path, json!([1])).await.refused(400);
    client.put(path, json!("text")).await.refused(400);
    assert_eq!(client.get(path).await.ok()["messageRetentionPeriodDays"], 2);
}

#[tokio::test]
async fn a_query_lists_what_its_collection_has() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let query = client.post("/api/v2/alerting/alerts/query", json!({ "pageSize": 10 })).await.ok();
    assert_json_snapshot!("empty_query", query);
    client.post("/api/v2/alerting/alerts/query", json!({ "pageSize": 0 })).await.refused(400);
}

#[tokio::test]
async fn a_job_ends_as_the_clock_moves() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let jobs = "/api/v2/infrastructureascode/jobs";
    let started = client.post(jobs, json!({ "acceleratorId": "1" })).await.ok();
    assert_eq!(started["status"], "Queued");
    let one = format!("{jobs}/{}", started["id"].as_str().expect("an id"));
    assert_eq!(client.get(&one).await.ok(), started);
    mock.advance(Duration::from_secs(2));
    assert_eq!(client.get(&one).await.ok()["status"], "Complete");
    client.get(&format!("{jobs}/3f2504e0-4f89-41d3-9a0c-0305e82c3301")).await.refused(404);
}

#[tokio::test]
async fn a_word_of_a_path_is_no_id() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let refused = client.delete("/api/v2/architect/ivrs/divisionviews").await;
    assert_eq!(refused.header("allow"), "GET, HEAD");
    refused.refused(405);
    client.get("/api/v2/telephony/providers/edges/phonebasesettings").await.ok();
    client.get("/api/v2/users/query").await.ok();
}

#[tokio::test]
async fn a_removed_operation_says_so() {
    let mock = mock().await;
    let client = Client::new(&mock);
    for path in ["/api/v2/webchat/deployments", "/api/v2/widgets/deployments", "/api/v2/conversations/chats"]
    {
        let refused = client.get(path).await;
        let message = refused.body["message"].as_str().expect("a message").to_owned();
        assert!(message.contains("was removed from the Genesys Cloud platform API in 2026"), "{message}");
        refused.refused(404);
    }
}

#[tokio::test]
async fn an_unknown_path_below_a_family_is_a_404_with_the_nearest_one() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let refused = client.get("/api/v2/quality/evaluation/forms/all").await;
    let message = refused.body["message"].as_str().expect("a message").to_owned();
    assert!(message.contains("Did you mean /api/v2/quality/"), "{message}");
    refused.refused(404);
}

#[tokio::test]
async fn strict_paths_answer_nothing_by_shape() {
    let builder = MockServer::builder().manual_clock_at(START).strict_paths();
    let mock = builder.start().await.expect("a free port");
    let client = Client::new(&mock);
    assert_eq!(client.get(CASE_PLANS).await.refused(404), "not.found");
    client.post(GREETINGS, json!({})).await.refused(404);
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
        (Method::TRACE, GREETINGS, "GET, HEAD, POST"),
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
