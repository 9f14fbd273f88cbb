//! Messages of open messaging, and events in the form of `EventBridge`.

use std::fs;

use serde_json::{Value, json};

use super::{Client, MockServer, Receiver, eventually, mock, set_presence, settled, user};

const INTEGRATIONS: &str = "/api/v2/conversations/messaging/integrations/open";

/// An open messaging integration with this webhook; its id.
async fn integration(client: &Client, url: &str) -> String {
    let body = json!({ "name": "Mine", "outboundNotificationWebhookUrl": url,
        "outboundNotificationWebhookSignatureSecretToken": "hush",
        "webhookHeaders": { "X-Mine": "yes", "Host": "elsewhere" } });
    let made = client.post(INTEGRATIONS, &body).await;
    assert_eq!(made.status, 200, "{made:?}");
    made.json()["id"].as_str().expect("an id").to_owned()
}

async fn send(client: &Client, integration: &str, text: &str) {
    let body = json!({ "fromAddress": integration, "toAddress": "ada", "toAddressMessengerType": "open",
        "textBody": text });
    let sent = client.post("/api/v2/conversations/messages/agentless", &body).await;
    assert_eq!(sent.status, 202, "{sent:?}");
}

#[tokio::test]
async fn an_outbound_message_goes_to_the_webhook_of_its_integration() {
    let (mock, mut receiver) = (mock().await, Receiver::start(&[]).await);
    let client = Client::of(&mock);
    let integration = integration(&client, &receiver.url).await;
    send(&client, &integration, "hello").await;
    let heard = receiver.next().await;
    assert_eq!(heard.header("x-hub-signature-256"), heard.signature("hush"));
    assert_eq!(heard.header("x-mine"), "yes");
    assert!(receiver.url.contains(heard.header("host")), "{}", heard.header("host"));
    let body = heard.json();
    assert_eq!(
        (&body["type"], &body["text"], &body["direction"]),
        (&json!("Text"), &json!("hello"), &json!("Outbound"))
    );
    assert_eq!(body["channel"]["from"]["id"], json!(integration));
    assert_eq!(body["channel"]["to"], json!({ "id": "ada", "idType": "Opaque" }));
    assert_eq!(settled(&client, 1).await[0]["source"], "open-messaging");
    assert_eq!(client.ask("DELETE", &format!("{INTEGRATIONS}/{integration}")).await.status, 204);
    send(&client, &integration, "again").await;
    assert_eq!(settled(&client, 1).await.len(), 1, "a deleted integration gets nothing");
}

#[tokio::test]
async fn an_integration_may_name_a_foreign_webhook_that_is_never_called() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let integration = integration(&client, "https://example.org/hook").await;
    send(&client, &integration, "hello").await;
    let log = settled(&client, 1).await;
    assert_eq!((&log[0]["state"], &log[0]["attempts"]), (&json!("not-allowed"), &json!([])));
    assert!(log[0]["note"].as_str().is_some_and(|note| !note.is_empty()), "{log:?}");
}

#[tokio::test]
async fn every_event_is_exported_in_the_form_of_event_bridge() {
    let mut receiver = Receiver::start(&[]).await;
    let file = std::env::temp_dir().join(format!("gcmock-it-{}.jsonl", uuid::Uuid::new_v4()));
    let builder = MockServer::builder().limits_toml("").manual_clock();
    let builder = builder.events_file(&file).events_url(&receiver.url, "hush");
    let mock = builder.start().await.expect("it starts");
    let client = Client::of(&mock);
    let agent = user(&client, "agent-1").await;
    let body = json!({ "topic": format!("v2.users.{agent}.geolocation"), "eventBody": { "city": "Rome" } });
    assert_eq!(client.post("/__admin/events", &body).await.status, 200);
    let heard = receiver.next().await;
    assert_eq!(heard.header("x-hub-signature-256"), heard.signature("hush"));
    let event = heard.json();
    assert_eq!(event["detail-type"], "v2.users.{id}.geolocation");
    assert_eq!(event["detail"]["topicName"], body["topic"]);
    assert_eq!(event["detail"]["eventBody"], json!({ "city": "Rome" }));
    set_presence(&client, &agent, "Busy").await;
    let lines = || fs::read_to_string(&file).unwrap_or_default();
    eventually(|| lines().contains("v2.users.{id}.presence")).await;
    mock.stop().await;
    let written = lines();
    let all: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(all[0], event, "the file and the URL get one event");
    fs::remove_file(&file).expect("it was written");
}

#[tokio::test]
async fn an_address_of_events_that_is_not_allowed_fails_the_start() {
    let started = MockServer::builder().events_url("http://example.com/", "hush").start().await;
    let told = started.err().expect("it does not start").to_string();
    assert!(told.contains("--events-url") && told.contains("--webhook-host"), "{told}");
    let named = MockServer::builder().webhook_host("Example.com").events_url("http://example.com/", "hush");
    assert!(named.start().await.is_ok(), "nothing is sent before there is an event");
}
