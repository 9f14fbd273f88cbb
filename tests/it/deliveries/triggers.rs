//! Triggers of process automation: what they are made of, what they refuse, and when they fire.

use serde_json::{Value, json};

use super::{Client, PRESENCE, Receiver, TRIGGERS, make, mock, put, set_presence, settled, trigger, user};
use crate::support::Answer;

/// A trigger with other fields.
fn with(url: &str, fields: &Value) -> Value {
    let mut body = trigger(url);
    for (key, value) in fields.as_object().expect("an object") {
        body[key] = value.clone();
    }
    body
}

#[tokio::test]
async fn a_trigger_lives_and_its_version_guards_it() {
    let (mock, mut receiver) = (mock().await, Receiver::start(&[]).await);
    let client = Client::of(&mock);
    let made = make(&client, &trigger(&receiver.url)).await;
    assert_eq!((&made["version"], &made["matchCriteria"]), (&json!(1), &json!([])));
    assert_eq!(made["selfUri"], format!("{TRIGGERS}/{}", made["id"].as_str().expect("an id")));
    assert_eq!(client.get(made["selfUri"].as_str().expect("a URI")).await.json(), made);
    let mut changed = made.clone();
    changed["enabled"] = json!(false);
    assert_eq!(put(&client, &made, &changed).await.json()["version"], 2);
    assert_eq!(put(&client, &made, &changed).await.status, 409, "the version is an old one");
    let agent = user(&client, "agent-1").await;
    set_presence(&client, &agent, "Busy").await;
    (changed["enabled"], changed["version"]) = (json!(true), json!(2));
    assert_eq!(put(&client, &made, &changed).await.status, 200);
    set_presence(&client, &agent, "Meal").await;
    let heard = receiver.next().await;
    assert_eq!(heard.json()["eventBody"]["presenceDefinition"]["systemPresence"], "MEAL", "it was disabled");
    assert_eq!(heard.header("x-hub-signature-256"), heard.signature("hush"), "the secret has stayed");
    (changed["topicName"], changed["version"]) = (json!("v2.users.{id}.routingStatus"), json!(3));
    assert_eq!(put(&client, &made, &changed).await.code(), "constraint.validation");
    assert_eq!(client.ask("DELETE", made["selfUri"].as_str().expect("a URI")).await.status, 204);
    set_presence(&client, &agent, "Busy").await;
    assert_eq!(settled(&client, 1).await.len(), 1, "a deleted trigger fires no more");
}

#[tokio::test]
async fn triggers_are_listed_and_filtered() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let url = "http://127.0.0.1:9/";
    make(&client, &trigger(url)).await;
    make(&client, &with(url, &json!({ "enabled": false }))).await;
    make(&client, &with(url, &json!({ "topicName": "v2.users.{id}.routingStatus", "delayBySeconds": 60 })))
        .await;
    for (query, count) in [
        ("", 3),
        ("?enabled=false", 1),
        ("?hasDelayBy=true", 1),
        ("?hasDelayBy=false", 2),
        ("?topicName=v2.users.{id}.presence", 2),
        ("?topicName=v2.users.{id}.presence,v2.users.{id}.routingStatus&enabled=true", 2),
        ("?pageSize=2", 2),
    ] {
        let listed = client.get(&format!("{TRIGGERS}{query}")).await.json();
        assert_eq!(listed["entities"].as_array().map(Vec::len), Some(count), "{query}: {listed}");
    }
    let topics = client.get(&format!("{TRIGGERS}/topics?pageSize=200")).await.json();
    assert!(topics["entities"].as_array().is_some_and(|all| all.contains(&json!(PRESENCE))), "{topics}");
}

#[tokio::test]
async fn a_wrong_trigger_is_refused_and_changes_nothing() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let criterion = |criterion: Value| json!({ "matchCriteria": [criterion] });
    let webhook =
        |webhook: Value| json!({ "target": { "type": "Workflow", "id": "any", "webhook": webhook } });
    for (fields, field) in [
        (json!({ "topicName": "v2.users.7.presence" }), "topicName"),
        (json!({ "topicName": null }), ""),
        (json!({ "name": null }), ""),
        (json!({ "enabled": "maybe" }), "enabled"),
        (json!({ "description": "x".repeat(513) }), "description"),
        (json!({ "delayBySeconds": 59 }), "delayBySeconds"),
        (json!({ "delayBySeconds": 901 }), "delayBySeconds"),
        (json!({ "eventTTLSeconds": 9 }), "eventTTLSeconds"),
        (json!({ "eventTTLSeconds": 10, "delayBySeconds": 60 }), "delayBySeconds"),
        (
            criterion(json!({ "jsonPath": "a[?(@.b)]", "operator": "Equal", "value": 1 })),
            "matchCriteria[0].jsonPath",
        ),
        (criterion(json!({ "jsonPath": "a", "operator": "Like", "value": 1 })), "matchCriteria[0].operator"),
        (criterion(json!({ "jsonPath": "a", "operator": "In", "value": 1 })), "matchCriteria[0].values"),
        (
            json!({ "matchCriteria": vec![json!({ "jsonPath": "a", "operator": "Exists" }); 51] }),
            "matchCriteria",
        ),
        (json!({ "target": { "type": "Flow", "id": "any" } }), "target.type"),
        (webhook(json!("http://127.0.0.1/")), "target.webhook.url"),
        (webhook(json!({ "url": "http://example.com/" })), "target.webhook.url"),
        (webhook(json!({ "url": "https://127.0.0.1/" })), "target.webhook.url"),
        (webhook(json!({ "url": "http://127.0.0.1:65616/" })), "target.webhook.url"),
        (webhook(json!({ "url": "http://127.0.0.1/", "secret": "" })), "target.webhook.secret"),
    ] {
        let refused = client.post(TRIGGERS, &with("http://127.0.0.1:9/", &fields)).await;
        assert_eq!(refused.status, 400, "{fields}");
        let named = refused.json()["messageParams"]["field"].as_str().unwrap_or_default().to_owned();
        assert!(field.is_empty() || named == field, "{fields}: {}", refused.body);
    }
    let refused = client.post(TRIGGERS, &trigger("http://example.com/")).await.json();
    let told = refused["message"].as_str().expect("a message");
    assert!(told.contains("--webhook-host") && told.contains("example.com"), "{told}");
    assert_eq!(client.get(TRIGGERS).await.json()["entities"], json!([]));
}

#[tokio::test]
async fn only_the_events_that_meet_every_condition_fire() {
    let (mock, mut receiver) = (mock().await, Receiver::start(&[]).await);
    let client = Client::of(&mock);
    let criteria = json!([
        { "jsonPath": "$.presenceDefinition.systemPresence", "operator": "In", "values": ["MEAL", "BUSY"] },
        { "jsonPath": "presenceDefinition.systemPresence", "operator": "NotEqual", "value": "BUSY" },
    ]);
    make(&client, &with(&receiver.url, &json!({ "matchCriteria": criteria }))).await;
    let agent = user(&client, "agent-1").await;
    for presence in ["Busy", "Away", "Meal"] {
        set_presence(&client, &agent, presence).await;
    }
    assert_eq!(receiver.next().await.json()["eventBody"]["presenceDefinition"]["systemPresence"], "MEAL");
    assert_eq!(settled(&client, 1).await.len(), 1);
}

#[tokio::test]
async fn a_flat_target_gets_the_plain_fields_alone() {
    let (mock, mut receiver) = (mock().await, Receiver::start(&[]).await);
    let client = Client::of(&mock);
    let mut flat = trigger(&receiver.url);
    flat["target"]["workflowTargetSettings"] = json!({ "dataFormat": "TopLevelPrimitives" });
    make(&client, &flat).await;
    let body = json!({ "topic": "v2.users.7.presence", "eventBody": { "a": 1, "b": { "c": 2 }, "d": [3] } });
    assert_eq!(client.post("/__admin/events", &body).await.status, 200);
    assert_eq!(receiver.next().await.json()["eventBody"], json!({ "a": 1 }));
}

#[tokio::test]
async fn a_trigger_without_a_webhook_is_logged_and_sends_nothing() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let target = |flow: &Value| with("", &json!({ "target": { "type": "Workflow", "id": flow } }));
    let unknown = client.post(TRIGGERS, &target(&json!("any"))).await;
    assert_eq!((unknown.status, unknown.code().as_str()), (400, "resource.not.found"));
    let flow = client.get("/api/v2/flows").await.json()["entities"][0]["id"].clone();
    make(&client, &target(&flow)).await;
    set_presence(&client, &user(&client, "agent-1").await, "Busy").await;
    let log = settled(&client, 1).await;
    assert_eq!((&log[0]["state"], &log[0]["url"]), (&json!("matched"), &Value::Null));
}

#[tokio::test]
async fn organizations_have_triggers_of_their_own() {
    let (mock, mut receiver) = (mock().await, Receiver::start(&[]).await);
    let client = Client::of(&mock);
    make(&client, &trigger(&receiver.url)).await;
    let made = client.post("/__admin/tenants", &json!({ "name": "mine" })).await;
    assert_eq!(made.status, 201, "{made:?}");
    let event = json!({ "topic": "v2.users.7.presence", "eventBody": { "n": 1 } });
    let published = client.post("/__admin/events?tenant=mine", &event).await;
    assert_eq!(published.status, 200);
    let ours = json!({ "topic": "v2.users.7.presence", "eventBody": { "n": 2 } });
    client.post("/__admin/events", &ours).await;
    assert_eq!(receiver.next().await.json()["eventBody"]["n"], 2, "the other organization has no trigger");
    assert_eq!(Answer::to(client.request("DELETE", "/__admin/tenants/mine")).await.status, 204);
}

#[tokio::test]
async fn a_trigger_of_a_loaded_snapshot_fires() {
    let (mock, mut receiver) = (mock().await, Receiver::start(&[]).await);
    let client = Client::of(&mock);
    let made = make(&client, &trigger(&receiver.url)).await;
    let snapshot = client.get("/__admin/snapshot").await.json();
    let agent = user(&client, "agent-1").await;
    assert_eq!(client.ask("DELETE", made["selfUri"].as_str().expect("a URI")).await.status, 204);
    set_presence(&client, &agent, "Busy").await;
    assert_eq!(Answer::to(client.request("PUT", "/__admin/snapshot").json(&snapshot)).await.status, 200);
    set_presence(&client, &agent, "Meal").await;
    let heard = receiver.next().await;
    assert_eq!(heard.json()["eventBody"]["presenceDefinition"]["systemPresence"], "MEAL");
    assert_eq!(heard.header("x-hub-signature-256"), heard.signature("hush"), "the snapshot has the secret");
}
