//! Snapshots: what is read before equals what is read after. `refused` has the bad ones.

mod flows;
mod refused;

use std::time::Duration;

use gcmock::MockServer;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use reqwest::Method;
use serde_json::{Value, json};

use crate::conversations::{CALLS, conversation, id, queues};
use crate::rest::{Client, START, mock};
use crate::support::window;

const SNAPSHOT: &str = "/__admin/snapshot";
const QUEUES: &str = "/api/v2/routing/queues";

/// An answer of the admin API: its status and body.
async fn admin(mock: &MockServer, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
    let request = reqwest::Client::new().request(method, format!("{}{path}", mock.uri()));
    let request = match body {
        Some(body) => request.json(body),
        None => request,
    };
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    let text = response.text().await.expect("a whole body");
    (status, if text.is_empty() { Value::Null } else { text.parse().expect("JSON") })
}

async fn save(mock: &MockServer) -> Value {
    let (status, snapshot) = admin(mock, Method::GET, SNAPSHOT, None).await;
    assert_eq!(status, 200);
    snapshot
}

async fn load(mock: &MockServer, snapshot: &Value) -> Value {
    let (status, loaded) = admin(mock, Method::PUT, SNAPSHOT, Some(snapshot)).await;
    assert_eq!(status, 200, "{loaded}");
    loaded
}

/// Why a snapshot is refused.
async fn refused(mock: &MockServer, snapshot: &Value) -> String {
    let (status, error) = admin(mock, Method::PUT, SNAPSHOT, Some(snapshot)).await;
    assert_eq!(status, 400, "{error}");
    error["message"].as_str().expect("a message").to_owned()
}

async fn reset(mock: &MockServer) {
    assert_eq!(admin(mock, Method::POST, "/__admin/reset", None).await.0, 204);
}

/// The body of an answer, whatever its status.
async fn read(client: &Client, path: &str) -> Value {
    client.get(path).await.body
}

/// The listings that are answered by hand and need nothing in their path.
async fn listings(mock: &MockServer) -> Vec<String> {
    let (_, coverage) = admin(mock, Method::GET, "/__admin/coverage", None).await;
    let operations = coverage["operations"].as_array().expect("operations").clone();
    let by_hand = operations.iter().filter(|one| one["method"] == "GET" && one["byHand"] == true);
    let paths = by_hand.filter_map(|one| one["path"].as_str());
    let paths = paths.filter(|path| path.starts_with("/api/v2/") && !path.contains('{'));
    paths.map(str::to_owned).collect()
}

/// What a client reads of every listing that says the same twice.
async fn everything(mock: &MockServer, client: &Client) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for path in listings(mock).await {
        let [first, second] = [read(client, &path).await, read(client, &path).await];
        if first == second {
            all.push((path, first));
        }
    }
    all
}

/// Changes one thing of most kinds.
async fn use_it(mock: &MockServer, client: &Client) -> [String; 2] {
    let [queue, other] = queues(client).await;
    client.post(QUEUES, json!({ "name": "Kept" })).await.done();
    client.delete(&format!("{QUEUES}/{other}")).await;
    let user = json!({ "name": "Kept User", "email": "kept@example.org", "divisionId": "" });
    let user = client.post("/api/v2/users", user).await.ok();
    let members = json!([{ "id": user["id"] }]);
    client.post(&format!("{QUEUES}/{queue}/members"), members).await;
    client.post("/api/v2/routing/skills", json!({ "name": "Kept Skill" })).await.done();
    client.post("/api/v2/flows/milestones", json!({ "name": "Kept Milestone" })).await;
    client
        .post("/api/v2/externalcontacts/contacts", json!({ "firstName": "Ada", "lastName": "L" }))
        .await
        .done();
    client.post("/api/v2/oauth/clients", json!({ "name": "Kept", "authorizedGrantType": "CODE" })).await;
    let message = json!({ "fromAddress": "+13175550100", "toAddress": "+13175550101", "textBody": "hello",
        "toAddressMessengerType": "sms", "useExistingActiveConversation": true });
    client.post("/api/v2/conversations/messages/agentless", message).await.done();
    let call = id(&client.post(CALLS, json!({ "phoneNumber": "+13175550102" })).await.ok());
    mock.advance(Duration::from_millis(1500));
    let (status, _) =
        admin(mock, Method::PUT, "/__admin/agents/agent-1", Some(&json!({ "status": "On Break" }))).await;
    assert_eq!(status, 200);
    [queue, call]
}

#[tokio::test]
async fn every_listing_reads_the_same_in_another_server() {
    let [one, other] = [mock().await, mock().await];
    let [client, there] = [&one, &other].map(Client::new);
    let [queue, call] = use_it(&one, &client).await;
    let query = json!({ "interval": "2026-03-07T00:00:00.000Z/2026-03-08T00:10:00.000Z" });
    let details = "/api/v2/analytics/conversations/details/query";
    let analyzed = client.post(details, query.clone()).await.ok();
    let before = everything(&one, &client).await;
    assert!(before.len() > 50, "{} listings", before.len());
    let snapshot = save(&one).await;
    let loaded = load(&other, &snapshot).await;
    assert_eq!((&loaded["organizations"], &loaded["conversations"]), (&json!(2), &json!(2)), "{loaded}");
    for (path, body) in before {
        assert_eq!(read(&there, &path).await, body, "{path}");
    }
    assert_eq!(there.post(details, query).await.ok(), analyzed, "with the history of the day before");
    let members = format!("{QUEUES}/{queue}/members");
    assert_eq!(read(&there, &members).await, read(&client, &members).await);
    assert_eq!(conversation(&there, &call).await, conversation(&client, &call).await);
    // The clock moves both in the same way.
    for mock in [&one, &other] {
        mock.advance(Duration::from_secs(10));
    }
    assert_eq!(conversation(&there, &call).await, conversation(&client, &call).await);
}

#[tokio::test]
async fn a_second_snapshot_says_what_the_first_one_said() {
    let [one, other] = [mock().await, mock().await];
    use_it(&one, &Client::new(&one)).await;
    let first = save(&one).await;
    load(&other, &first).await;
    assert_eq!(sorted(save(&other).await), sorted(first));
}

/// The snapshot, with arrays in one order: those that are made of hash maps have none.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut all: Vec<_> = items.into_iter().map(sorted).collect();
            all.sort_by_cached_key(ToString::to_string);
            Value::Array(all)
        }
        Value::Object(entries) => {
            let mut all: Vec<_> = entries.into_iter().collect();
            all.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(all.into_iter().map(|(key, value)| (key, sorted(value))).collect())
        }
        other => other,
    }
}

#[tokio::test]
async fn the_clock_is_part_of_it() {
    let system = MockServer::builder().limits_toml("").start().await.expect("a free port");
    let frozen = mock().await;
    frozen.advance(Duration::from_secs(90));
    let snapshot = save(&frozen).await;
    load(&system, &snapshot).await;
    let (_, clock) = admin(&system, Method::GET, "/__admin/clock", None).await;
    assert_eq!(clock, json!({ "now": "2026-03-08T00:01:30.000Z", "mode": "manual" }));
    assert_eq!(system.now(), START + 90_000_000_000);
}

#[tokio::test]
async fn tokens_are_recognized_and_not_written() {
    let [one, other] = [mock().await, mock().await];
    let (_, tokens) = admin(&one, Method::POST, "/__admin/tokens", Some(&json!({ "count": 2 }))).await;
    let [first, second] =
        [0, 1].map(|index| tokens["tokens"][index]["token"].as_str().expect("a token").to_owned());
    let status = async |mock: &MockServer, token: &str| {
        let request = reqwest::Client::new().get(format!("{}/api/v2/users/me", mock.uri()));
        request.bearer_auth(token).send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(status(&other, &first).await, 401);
    let snapshot = save(&one).await;
    assert!(!snapshot.to_string().contains(&first), "a digest is enough");
    load(&other, &snapshot).await;
    assert_eq!([status(&other, &first).await, status(&other, &second).await], [200, 200]);
    let delete = reqwest::Client::new().delete(format!("{}/api/v2/tokens/me", other.uri()));
    delete.bearer_auth(&first).send().await.expect("an answer");
    assert_eq!([status(&other, &first).await, status(&other, &second).await], [401, 200], "one is revoked");
    load(&other, &save(&other).await).await;
    assert_eq!([status(&other, &first).await, status(&other, &second).await], [401, 200], "and stays so");
}

/// Limits of each kind that is kept, by token, by user and operation, and by edge.
fn limits() -> String {
    let lockout = "retry_after = \"7s\"\nlockout = \"90s\"";
    let bucket = "algorithm = \"token-bucket\"\ncapacity = 7\nrefill = 3\nperiod = \"10s\"\n";
    [
        window("by-token", "token", "GET /api/v2/users/me", 5, ""),
        window("locks", "user+endpoint", "GET /api/v2/routing/queues", 3, lockout),
        crate::support::limit("refills", "tenant+edge", "GET /api/v2/routing/skills", bucket),
    ]
    .concat()
}

async fn limited() -> MockServer {
    let builder = MockServer::builder().limits_toml(limits()).manual_clock_at(START).no_latency();
    builder.start().await.expect("a free port")
}

/// A server that numbers its limits in another way.
async fn numbered_otherwise() -> MockServer {
    let others: String =
        (0..5).map(|n| window(&format!("other-{n}"), "tenant", "GET /api/v2/users/*", 9, "")).collect();
    let builder = MockServer::builder().limits_toml(others).manual_clock_at(START).no_latency();
    builder.start().await.expect("a free port")
}

const LIMITED: [&str; 3] = ["/api/v2/users/me", "/api/v2/routing/queues", "/api/v2/routing/skills"];

/// Each status, with the wait that a refusal names.
async fn ask(client: &Client, path: &str) -> (u16, String) {
    let answer = client.get(path).await;
    let wait = answer.headers.get("retry-after").and_then(|wait| wait.to_str().ok()).unwrap_or_default();
    (answer.status.as_u16(), wait.to_owned())
}

#[test]
fn restored_limits_admit_and_refuse_what_the_kept_ones_would_have() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let step = (0..3_usize, 0..4_u64);
    let steps = (prop::collection::vec(step.clone(), 0..25), prop::collection::vec(step, 1..25));
    let mut runner = TestRunner::new(Config { cases: 12, ..Config::default() });
    let outcome = runner.run(&steps, |(before, after)| {
        runtime.block_on(async {
            let [one, other] = [limited().await, numbered_otherwise().await];
            let [client, there] = [&one, &other].map(Client::new);
            for (path, seconds) in before {
                one.advance(Duration::from_secs(seconds));
                ask(&client, LIMITED[path]).await;
            }
            load(&other, &save(&one).await).await;
            for (path, seconds) in after {
                one.advance(Duration::from_secs(seconds));
                other.advance(Duration::from_secs(seconds));
                prop_assert_eq!(ask(&client, LIMITED[path]).await, ask(&there, LIMITED[path]).await);
            }
            Ok(())
        })
    });
    outcome.expect("both servers answer alike");
}

#[tokio::test]
async fn the_limits_in_force_are_part_of_it() {
    let [one, other] = [limited().await, mock().await];
    let change = json!({ "capacity": 6 });
    let (status, _) = admin(&one, Method::PATCH, "/__admin/limits/by-token", Some(&change)).await;
    assert_eq!(status, 200);
    load(&other, &save(&one).await).await;
    let client = Client::new(&other);
    for _ in 0..6 {
        assert_eq!(client.get(LIMITED[0]).await.status, 200);
    }
    assert_eq!(client.get(LIMITED[0]).await.status, 429);
}

#[tokio::test]
async fn a_reset_goes_back_to_the_loaded_snapshot() {
    let [one, other] = [limited().await, mock().await];
    let client = Client::new(&one);
    client.post(QUEUES, json!({ "name": "Kept" })).await.done();
    for _ in 0..3 {
        client.get(LIMITED[0]).await;
    }
    load(&other, &save(&one).await).await;
    let there = Client::new(&other);
    for _ in 0..2 {
        let before = read(&there, QUEUES).await;
        assert!(before.to_string().contains("\"Kept\""), "{before}");
        for status in [200, 200, 429] {
            assert_eq!(there.get(LIMITED[0]).await.status, status);
        }
        there.post(QUEUES, json!({ "name": "Gone" })).await.done();
        other.advance(Duration::from_secs(3600));
        reset(&other).await;
        assert_eq!(other.now(), START, "with its clock");
        assert!(!read(&there, QUEUES).await.to_string().contains("\"Gone\""));
    }
}

#[tokio::test]
async fn a_created_organization_is_created_again_with_its_credentials() {
    let [one, other] = [mock().await, mock().await];
    let (status, made) =
        admin(&one, Method::POST, "/__admin/tenants", Some(&json!({ "name": "mine" }))).await;
    assert_eq!(status, 201);
    admin(&other, Method::POST, "/__admin/tenants", Some(&json!({ "name": "theirs" }))).await;
    load(&other, &save(&one).await).await;
    let (_, listed) = admin(&other, Method::GET, "/__admin/tenants", None).await;
    let names: Vec<_> =
        listed["tenants"].as_array().expect("a list").iter().map(|one| &one["name"]).collect();
    assert!(names.contains(&&json!("mine")) && !names.contains(&&json!("theirs")), "{listed}");
    let client = &made["clients"][0];
    let login = reqwest::Client::new().post(format!("{}/oauth/token", other.uri()));
    let login = login.basic_auth(client["id"].as_str().expect("an id"), client["secret"].as_str());
    let login = login.form(&[("grant_type", "client_credentials")]).send().await.expect("an answer");
    assert_eq!(login.status(), 200);
}

#[tokio::test]
async fn one_organization_is_kept_and_brought_back_alone() {
    let one = mock().await;
    let default = Client::new(&one);
    let own = default.of_new_organization().await;
    let (_, listed) = admin(&one, Method::GET, "/__admin/tenants", None).await;
    let name = listed["tenants"].as_array().and_then(|all| all.last()).expect("one")["name"].clone();
    let path = format!("{SNAPSHOT}?tenant={}", name.as_str().expect("a name").replace(' ', "%20"));
    own.post(QUEUES, json!({ "name": "Kept" })).await.done();
    let (status, snapshot) = admin(&one, Method::GET, &path, None).await;
    assert_eq!((status, &snapshot["server"]), (200, &Value::Null));
    let before = read(&own, QUEUES).await;
    for client in [&own, &default] {
        client.post(QUEUES, json!({ "name": "Later" })).await.done();
    }
    let of_default = read(&default, QUEUES).await;
    let (status, loaded) = admin(&one, Method::PUT, &path, Some(&snapshot)).await;
    assert_eq!((status, &loaded["organizations"]), (200, &json!(1)), "{loaded}");
    assert_eq!(read(&own, QUEUES).await, before, "with the token that it had");
    assert_eq!(read(&default, QUEUES).await, of_default);
    // A whole server has the organization as well.
    let whole = save(&one).await;
    own.post(QUEUES, json!({ "name": "Later" })).await.done();
    assert_eq!(admin(&one, Method::PUT, &path, Some(&whole)).await.0, 200);
    assert_eq!(read(&own, QUEUES).await, before);
    own.post(QUEUES, json!({ "name": "Later" })).await.done();
    reset(&one).await;
    let (_, again) = admin(&one, Method::GET, &path, None).await;
    assert!(again.to_string().contains("\"Kept\"") && !again.to_string().contains("\"Later\""));
    assert!(refused(&one, &snapshot).await.contains("?tenant="), "it is not a whole server");
}

#[tokio::test]
async fn an_organization_of_the_future_is_refused() {
    let [one, other] = [mock().await, mock().await];
    other.advance(Duration::from_secs(60));
    let later = save(&other).await;
    let (status, error) =
        admin(&one, Method::PUT, &format!("{SNAPSHOT}?tenant=Rehearsal"), Some(&later)).await;
    assert_eq!(status, 409);
    assert!(error["message"].as_str().expect("a message").contains("2026-03-08T00:01:00.000Z"), "{error}");
}

#[tokio::test]
async fn without_a_file_the_state_cannot_be_written() {
    let mock = mock().await;
    let (status, error) = admin(&mock, Method::POST, SNAPSHOT, None).await;
    assert_eq!(status, 409);
    assert!(error["message"].as_str().expect("a message").contains("--state"), "{error}");
}
