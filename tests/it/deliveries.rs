//! Events that leave the server: to webhooks on loopback, which real receivers answer, and to a file.

mod exports;
mod receiver;
mod triggers;

use std::time::Duration;

use gcmock::MockServer;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use self::receiver::Receiver;
use crate::notifications::{set_presence, user};
use crate::support::{Answer, Client, PATIENCE, eventually, instant};

const TRIGGERS: &str = "/api/v2/processautomation/triggers";
const PRESENCE: &str = "v2.users.{id}.presence";

/// A server whose clock stands, and that tries again at once.
async fn mock() -> MockServer {
    let builder = MockServer::builder().limits_toml("").manual_clock_at(instant("2026-03-10T03:00:00Z"));
    builder.webhook_retry(Duration::from_millis(1)).start().await.expect("it starts")
}

/// A trigger of presences whose webhook is `url`, signed with `hush`.
fn trigger(url: &str) -> Value {
    json!({ "name": "Hook", "enabled": true, "topicName": PRESENCE,
        "target": { "type": "Workflow", "id": "any", "webhook": { "url": url, "secret": "hush" } } })
}

/// Makes a trigger and returns it as the server shows it.
async fn make(client: &Client, body: &Value) -> Value {
    let made = client.post(TRIGGERS, body).await;
    assert_eq!(made.status, 200, "{made:?}");
    made.json()
}

async fn put(client: &Client, made: &Value, body: &Value) -> Answer {
    let path = format!("{TRIGGERS}/{}", made["id"].as_str().expect("an id"));
    Answer::to(client.request("PUT", &path).json(body)).await
}

/// The log of deliveries, once it has `count` of them and none of them waits.
async fn settled(client: &Client, count: usize) -> Vec<Value> {
    let waiting = async {
        loop {
            let log = client.get("/__admin/deliveries").await.json();
            let all = log["deliveries"].as_array().expect("a list").clone();
            if all.len() >= count && all.iter().all(|one| one["state"] != "waiting") {
                return all;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("the deliveries end in time")
}

fn statuses(delivery: &Value) -> Vec<u64> {
    let attempts = delivery["attempts"].as_array().expect("a list");
    attempts.iter().filter_map(|attempt| attempt["status"].as_u64()).collect()
}

#[tokio::test]
async fn an_event_is_delivered_signed_and_logged() {
    let (mock, mut receiver) = (mock().await, Receiver::start(&[]).await);
    let client = Client::of(&mock);
    let made = make(&client, &trigger(&receiver.url)).await;
    assert_eq!(made["target"]["webhook"], json!({ "url": receiver.url }), "no answer shows the secret");
    let agent = user(&client, "agent-1").await;
    set_presence(&client, &agent, "Busy").await;
    let heard = receiver.next().await;
    assert_eq!(heard.header("x-hub-signature-256"), heard.signature("hush"));
    assert_eq!((heard.header("content-type"), heard.header("gcmock-attempt")), ("application/json", "1"));
    let body = heard.json();
    assert_eq!(body["topicName"], format!("v2.users.{agent}.presence"));
    assert_eq!(body["trigger"], json!({ "id": made["id"], "name": "Hook" }));
    assert_eq!(body["timestamp"], "2026-03-10T03:00:00.000Z");
    assert_eq!(body["eventBody"]["presenceDefinition"]["systemPresence"], "BUSY");
    let log = settled(&client, 1).await;
    assert_eq!((&log[0]["state"], &log[0]["source"]), (&json!("delivered"), &json!("trigger")));
    assert_eq!(
        (&log[0]["id"], &log[0]["url"]),
        (&json!(heard.header("gcmock-delivery")), &json!(receiver.url))
    );
    assert_eq!(statuses(&log[0]), [200]);
    assert_eq!(client.ask("DELETE", "/__admin/deliveries").await.status, 204);
    assert_eq!(client.get("/__admin/deliveries").await.json()["deliveries"], json!([]));
}

#[tokio::test]
async fn a_busy_receiver_is_asked_again_until_it_takes_the_event() {
    let (mock, mut receiver) = (mock().await, Receiver::start(&[503, 429, 200]).await);
    let client = Client::of(&mock);
    make(&client, &trigger(&receiver.url)).await;
    set_presence(&client, &user(&client, "agent-1").await, "Busy").await;
    let mut ids = Vec::new();
    for attempt in ["1", "2", "3"] {
        let heard = receiver.next().await;
        assert_eq!(heard.header("gcmock-attempt"), attempt);
        ids.push(heard.header("gcmock-delivery").to_owned());
    }
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let log = settled(&client, 1).await;
    assert_eq!((&log[0]["state"], statuses(&log[0])), (&json!("delivered"), vec![503, 429, 200]));
}

#[tokio::test]
async fn the_server_gives_up_after_five_attempts_and_at_once_where_it_is_refused() {
    for (answers, expected) in
        [(&[500; 6][..], vec![500; 5]), (&[404][..], vec![404]), (&[302][..], vec![302])]
    {
        let (mock, receiver) = (mock().await, Receiver::start(answers).await);
        let client = Client::of(&mock);
        make(&client, &trigger(&receiver.url)).await;
        set_presence(&client, &user(&client, "agent-1").await, "Busy").await;
        let log = settled(&client, 1).await;
        assert_eq!((&log[0]["state"], statuses(&log[0])), (&json!("failed"), expected));
        let log = client.get("/__admin/deliveries?state=failed&limit=1").await.json();
        assert_eq!((&log["counts"]["failed"], &log["counts"]["waiting"]), (&json!(1), &json!(0)));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let mut other = Receiver::start(&[]).await;
    let receiver = Receiver::redirecting(&other.url).await;
    let mock = mock().await;
    let client = Client::of(&mock);
    make(&client, &trigger(&receiver.url)).await;
    set_presence(&client, &user(&client, "agent-1").await, "Busy").await;
    assert_eq!(settled(&client, 1).await[0]["state"], "failed");
    assert!(other.is_silent(), "the address of a redirect was not checked");
}

#[tokio::test]
async fn a_receiver_that_never_answers_holds_no_request_and_no_other_receiver() {
    // The kernel accepts its connections, and nothing reads them.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let deaf = format!("http://{}/", listener.local_addr().expect("bound"));
    let (mock, mut receiver) = (mock().await, Receiver::start(&[]).await);
    let client = Client::of(&mock);
    make(&client, &trigger(&deaf)).await;
    make(&client, &trigger(&receiver.url)).await;
    let agent = user(&client, "agent-1").await;
    for presence in ["Busy", "Meal", "Busy", "Meal", "Busy", "Meal"] {
        set_presence(&client, &agent, presence).await;
        let heard = receiver.next().await.json();
        assert_eq!(heard["eventBody"]["presenceDefinition"]["systemPresence"], presence.to_uppercase());
    }
    client.ask("POST", "/__admin/reset").await;
    assert_eq!(client.get(TRIGGERS).await.json()["entities"], json!([]));
    set_presence(&client, &agent, "Away").await;
    assert!(receiver.is_silent(), "no trigger is left");
    tokio::time::timeout(PATIENCE, mock.stop()).await.expect("the server ends though a receiver is deaf");
}

#[tokio::test]
async fn a_delay_follows_the_clock_of_the_model() {
    let (mock, mut receiver) = (mock().await, Receiver::start(&[]).await);
    let client = Client::of(&mock);
    let mut delayed = trigger(&receiver.url);
    delayed["delayBySeconds"] = json!(60);
    make(&client, &delayed).await;
    set_presence(&client, &user(&client, "agent-1").await, "Busy").await;
    mock.advance(Duration::from_secs(59));
    assert_eq!(client.get("/__admin/deliveries").await.json()["counts"]["waiting"], 1);
    assert!(receiver.is_silent());
    mock.advance(Duration::from_secs(1));
    assert_eq!(receiver.next().await.json()["timestamp"], "2026-03-10T03:00:00.000Z");
}

#[tokio::test]
async fn a_trigger_of_a_snapshot_sends_nothing_to_a_host_that_this_server_does_not_allow() {
    let builder = MockServer::builder().limits_toml("").manual_clock_at(instant("2026-03-10T03:00:00Z"));
    let one = builder.webhook_host("receiver.example").start().await.expect("it starts");
    let client = Client::of(&one);
    make(&client, &trigger("http://receiver.example/events")).await;
    let snapshot = client.get("/__admin/snapshot").await.json();
    let other = mock().await;
    let client = Client::of(&other);
    let loaded = Answer::to(client.request("PUT", "/__admin/snapshot").json(&snapshot)).await;
    assert_eq!(loaded.status, 200, "{loaded:?}");
    set_presence(&client, &user(&client, "agent-1").await, "Busy").await;
    let log = settled(&client, 1).await;
    assert_eq!((&log[0]["state"], &log[0]["attempts"]), (&json!("not-allowed"), &json!([])));
    let note = log[0]["note"].as_str().expect("a note");
    assert!(note.contains("--webhook-host") && note.contains("receiver.example"), "{note}");
}

#[tokio::test]
async fn the_log_refuses_what_it_does_not_know() {
    let mock = mock().await;
    let client = Client::of(&mock);
    for query in ["state=lost", "limit=many", "kind=trigger"] {
        assert_eq!(client.get(&format!("/__admin/deliveries?{query}")).await.status, 400, "{query}");
    }
    assert_eq!(client.get("/__admin/deliveries?tenant=nobody").await.status, 404);
    assert_eq!(client.get("/__admin/deliveries?tenant=Rehearsal&state=waiting").await.status, 200);
}
