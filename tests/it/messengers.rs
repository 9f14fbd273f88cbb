//! Messaging integrations, what they support, and web deployments.

use std::time::Duration;

use serde_json::{Value, json};

use crate::rest::{Client, mock};
use crate::support::ws::open;

const MESSAGING: &str = "/api/v2/conversations/messaging";
const RECIPIENTS: &str = "/api/v2/routing/message/recipients";
const CONFIGURATIONS: &str = "/api/v2/webdeployments/configurations";
const DEPLOYMENTS: &str = "/api/v2/webdeployments/deployments";
const UNKNOWN: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

fn id(body: &Value) -> String {
    body["id"].as_str().unwrap_or_else(|| panic!("no id: {body}")).to_owned()
}

fn names(page: &Value) -> Vec<&str> {
    let entities = page["entities"].as_array().unwrap_or_else(|| panic!("no entities: {page}"));
    entities.iter().filter_map(|entity| entity["name"].as_str()).collect()
}

fn open_integration() -> Value {
    json!({ "name": "Mine", "outboundNotificationWebhookUrl": "https://example.org/hook",
        "outboundNotificationWebhookSignatureSecretToken": "hush" })
}

#[tokio::test]
async fn a_messaging_integration_is_created_by_the_clock_and_makes_its_recipient() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let all = format!("{MESSAGING}/integrations/open");
    let made = client.post(&all, open_integration()).await.ok();
    assert_eq!(made["createStatus"], "Initiated");
    let one = format!("{all}/{}", id(&made));
    mock.advance(Duration::from_secs(2));
    let read = client.get(&one).await.ok();
    assert_eq!((&read["createStatus"], &read["status"]), (&json!("Completed"), &json!("Active")));
    assert_eq!(read["supportedContent"]["name"], "Default");
    let recipient = format!("{RECIPIENTS}/{}", read["recipient"]["id"].as_str().expect("an id"));
    assert_eq!(client.get(&recipient).await.ok()["messengerType"], "open");
    let listed = client.get(&format!("{MESSAGING}/integrations")).await.ok();
    assert_eq!(
        (names(&listed), &listed["entities"][1]["messengerType"]),
        (vec!["Open Messaging", "Mine"], &json!("open"))
    );
    client.get(&format!("{MESSAGING}/integrations/apple/{}", id(&made))).await.refused(404);
    let dangling = json!({ "name": "Mine", "supportedContent": { "id": UNKNOWN } });
    assert_eq!(client.patch(&one, dangling).await.refused(400), "resource.not.found");
    assert_eq!(client.patch(&one, json!({ "name": "Other" })).await.ok()["name"], "Other");
    assert_eq!(client.delete(&one).await.status, 204);
    client.get(&recipient).await.refused(404);
}

#[tokio::test]
async fn an_inbound_message_needs_an_open_integration_that_exists() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let made = client.post(&format!("{MESSAGING}/integrations/open"), open_integration()).await.ok();
    let message = json!({ "text": "hi", "channel": {
        "from": { "id": "ada", "idType": "Opaque" }, "time": "2026-03-08T00:00:00Z" } });
    let path = |id: &str| {
        format!("/api/v2/conversations/messages/{id}/inbound/open/message?prefetchConversationId=true")
    };
    let sent = client.post(&path(&id(&made)), message.clone()).await;
    assert_eq!(sent.status, 202);
    let conversation = sent.body["conversationId"].as_str().expect("an id");
    let read = client.get(&format!("/api/v2/conversations/messages/{conversation}")).await.ok();
    assert!(read.to_string().contains(&id(&made)), "{read}");
    client.post(&path(UNKNOWN), message.clone()).await.refused(404);
    client.delete(&format!("{MESSAGING}/integrations/open/{}", id(&made))).await;
    client.post(&path(&id(&made)), message).await.refused(404);
}

#[tokio::test]
async fn a_setting_that_is_used_or_the_default_is_not_deleted() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let settings = format!("{MESSAGING}/settings");
    let setting = client.post(&settings, json!({ "name": "Quiet" })).await.ok();
    let one = format!("{settings}/{}", id(&setting));
    client.put(&format!("{settings}/default"), json!({ "settingId": setting["id"] })).await.ok();
    assert_eq!(client.get(&format!("{settings}/default")).await.ok()["id"], setting["id"]);
    client.delete(&one).await.refused(409);
    assert_eq!(client.delete(&format!("{settings}/default")).await.status, 204);
    client.get(&format!("{settings}/default")).await.refused(404);
    assert_eq!(client.delete(&one).await.status, 204);
    let contents = format!("{MESSAGING}/supportedcontent");
    let content = client.get(&format!("{contents}/default")).await.ok();
    client.delete(&format!("{contents}/{}", id(&content))).await.refused(409);
    assert_eq!(
        client.put(&format!("{contents}/default"), json!({ "id": UNKNOWN })).await.refused(400),
        "resource.not.found"
    );
}

#[tokio::test]
async fn a_deployment_of_a_published_configuration_opens_the_socket_of_a_guest() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let made = client.post(CONFIGURATIONS, json!({ "name": "Mine", "languages": ["en-us"] })).await.ok();
    assert_eq!(made["version"], "draft");
    let versions = format!("{CONFIGURATIONS}/{}/versions", id(&made));
    let body = json!({ "name": "Mine", "configuration": { "id": made["id"], "version": "1" } });
    assert_eq!(client.post(DEPLOYMENTS, body.clone()).await.refused(400), "resource.not.found");
    let published = client.post(&format!("{versions}/draft/publish"), json!({})).await.ok();
    assert_eq!(published["version"], "1");
    client.put(&format!("{versions}/draft"), json!({ "name": "Renamed" })).await.ok();
    assert_eq!(client.get(&format!("{versions}/1")).await.ok()["name"], "Mine");
    assert_eq!(client.post(&format!("{versions}/draft/publish"), json!({})).await.ok()["version"], "2");
    assert_eq!(client.get(&versions).await.ok()["total"], 2);
    client.get(&format!("{versions}/3")).await.refused(404);
    let deployed = client.post(DEPLOYMENTS, body).await.ok();
    assert_eq!((&deployed["status"], &deployed["configuration"]["version"]), (&json!("Active"), &json!("1")));
    let socket = format!("/v1?deploymentId={}", id(&deployed));
    assert!(open(&mock, &socket, &[]).await.is_ok());
    client.delete(&format!("{CONFIGURATIONS}/{}", id(&made))).await.refused(409);
    let one = format!("{DEPLOYMENTS}/{}", id(&deployed));
    let mut off = deployed.clone();
    off["status"] = json!("Inactive");
    assert_eq!(client.put(&one, off).await.ok()["status"], "Inactive");
    assert_eq!(open(&mock, &socket, &[]).await.err().map(|no| no.status), Some(404));
    assert_eq!(client.delete(&one).await.status, 204);
    assert_eq!(client.delete(&format!("{CONFIGURATIONS}/{}", id(&made))).await.status, 204);
}

#[tokio::test]
async fn the_default_organization_has_three_deployments_of_one_configuration() {
    let mock = mock().await;
    let client = Client::new(&mock);
    let listed = client.get(&format!("{DEPLOYMENTS}?expand=Configuration")).await.ok();
    assert_eq!(names(&listed), ["Web Messenger", "Help Center", "Mobile App"]);
    assert_eq!(listed["entities"][0]["configuration"]["datePublished"], "2026-03-08T00:00:00.000Z");
    let flow = json!({ "name": "x", "flow": { "id": UNKNOWN }, "configuration": listed["entities"][0]["configuration"] });
    assert_eq!(client.post(DEPLOYMENTS, flow).await.refused(400), "resource.not.found");
    let published = client.get(&format!("{CONFIGURATIONS}?showOnlyPublished=true")).await.ok();
    assert_eq!(
        (names(&published), &published["entities"][0]["version"]),
        (vec!["Default Messenger"], &json!("1"))
    );
}

#[tokio::test]
async fn an_embedded_signup_makes_an_integration_whose_number_its_activation_chooses() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let all = format!("{MESSAGING}/integrations/whatsapp");
    let body = json!({ "name": "Signed up", "embeddedSignupAccessToken": "t" });
    let made = api.post(&format!("{all}/embeddedsignup"), body).await.done();
    let one = format!("{all}/{}", id(&made));
    assert_eq!(api.get(&one).await.ok()["phoneNumber"], made["phoneNumber"]);
    assert_eq!(names(&api.get(&all).await.ok()), ["Signed up"]);
    let chosen = json!({ "phoneNumber": "+13175550042", "pin": "123456" });
    api.patch(&format!("{all}/embeddedsignup/{}", id(&made)), chosen).await.done();
    assert_eq!(api.get(&one).await.ok()["phoneNumber"], "+13175550042");
}
