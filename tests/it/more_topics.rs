//! Topics of what follows from a change that has an answer of its own: external metrics, interfaces, units, tokens,
//! typing customers, and the statistics of a campaign.

use std::time::Duration;

use serde_json::{Value, json};

use crate::entity_events::{change, hearing};
use crate::notifications::{listening, mock, user};
use crate::support::ws::Ws;
use crate::support::{Answer, Client};

const WFM: &str = "/api/v2/workforcemanagement";

fn id(entity: &Value) -> &str {
    entity["id"].as_str().unwrap_or_else(|| panic!("no id: {entity}"))
}

/// The body of the next event, which is of that topic.
async fn event(socket: &mut Ws, topic: &str) -> Value {
    let heard = socket.hear().await;
    assert_eq!(heard["topicName"], topic, "{heard}");
    heard["eventBody"].clone()
}

#[tokio::test]
async fn definitions_of_external_metrics_are_published() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let topic = "v2.employeeperformance.externalmetrics.definitions";
    let mut socket = hearing(&mock, &client, topic).await;
    let path = "/api/v2/employeeperformance/externalmetrics/definitions";
    let body = json!({ "name": "Sales", "unit": "Number", "precision": 2,
        "defaultObjectiveType": "HigherIsBetter", "enabled": true });
    let made = change(&client, "POST", path, &body).await;
    assert_eq!(event(&mut socket, topic).await, made);
    change(&client, "PATCH", &format!("{path}/{}", id(&made)), &json!({ "precision": 1 })).await;
    assert_eq!(event(&mut socket, topic).await["precision"], 1);
}

#[tokio::test]
async fn logical_interfaces_are_published_to_the_topic_of_their_edge() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let edges = "/api/v2/telephony/providers/edges";
    let edge = client.get(edges).await.json()["entities"][0].clone();
    let topic = format!("v2.telephony.providers.edges.{}.logicalinterfaces", id(&edge));
    let mut socket = hearing(&mock, &client, &topic).await;
    let path = format!("{edges}/{}/logicalinterfaces", id(&edge));
    let body = json!({ "name": "a", "friendlyName": "a", "hardwareAddress": "02:00:00:00:00:01",
        "physicalAdapterId": "port", "vlanTagId": 7 });
    let made = change(&client, "POST", &path, &body).await;
    assert_eq!(event(&mut socket, &topic).await["id"], made["id"]);
    let mut body = made.clone();
    body["friendlyName"] = json!("b");
    change(&client, "PUT", &format!("{path}/{}", id(&made)), &body).await;
    assert_eq!(event(&mut socket, &topic).await["friendlyName"], "b");
}

#[tokio::test]
async fn a_management_unit_is_published_and_jobs_of_its_adherence_are() {
    let mock = mock().await;
    let query = "v2.users.{id}.workforcemanagement.historicaladherencequery";
    let admin = Client::of(&mock);
    let unit =
        admin.get(&format!("{WFM}/agents/agent-1/managementunit")).await.json()["managementUnit"].clone();
    let topic = format!("v2.workforcemanagement.managementunits.{}", id(&unit));
    let mut socket = hearing(&mock, &admin, &topic).await;
    let path = format!("{WFM}/managementunits/{}", id(&unit));
    let made = change(&admin, "PATCH", &path, &json!({ "name": "Renamed" })).await;
    assert_eq!(event(&mut socket, &topic).await, made);
    let me = admin.get("/api/v2/users/me").await.json();
    let topic = query.replace("{id}", id(&me));
    let mut socket = hearing(&mock, &admin, &topic).await;
    let asked = json!({ "startDate": "2026-03-09T00:00:00Z", "endDate": "2026-03-10T00:00:00Z",
        "timeZone": "UTC", "userIds": [user(&admin, "agent-1").await] });
    let job = change(&admin, "POST", &format!("{path}/historicaladherencequery"), &asked).await;
    mock.advance(Duration::from_secs(2));
    let body = event(&mut socket, &topic).await;
    assert_eq!((&body["id"], &body["queryState"]), (&job["id"], &json!("Complete")));
    assert_eq!(body["downloadUrls"], job["downloadUrls"]);
}

#[tokio::test]
async fn the_end_of_a_token_is_published_to_its_user() {
    let mock = mock().await;
    let (client, agent, mut socket) = listening(&mock, &["v2.users.{id}.tokens"]).await;
    let topic = format!("v2.users.{agent}.tokens");
    let issue = async || {
        let issued = Answer::to(client.request("POST", "/__admin/tokens").json(&json!({ "count": 1 }))).await;
        issued.json()["tokens"][0]["token"].as_str().expect("a token").to_owned()
    };
    let own = client.with_bearer(&issue().await);
    assert_eq!(own.ask("DELETE", "/api/v2/tokens/me").await.status, 200);
    assert_eq!(event(&mut socket, &topic).await["user"]["id"], json!(agent));
    issue().await;
    assert_eq!(client.ask("DELETE", &format!("/api/v2/tokens/{agent}")).await.status, 204);
    assert!(event(&mut socket, &topic).await["tokenExpirationDate"].is_string());
}

#[tokio::test]
async fn a_customer_that_types_is_published_to_the_users_of_the_conversation() {
    let mock = mock().await;
    let (client, agent, mut socket) =
        listening(&mock, &["v2.users.{id}.conversations.inbound.typing.event"]).await;
    let open = "/api/v2/conversations/messages";
    let integration = client.get("/api/v2/conversations/messaging/integrations/open").await.json();
    let path = format!("{open}/{}/inbound/open", id(&integration["entities"][0]));
    let from = json!({ "id": "ada", "idType": "Opaque" });
    let channel = json!({ "from": from, "time": "2026-03-10T03:00:00Z" });
    let message = json!({ "channel": channel, "text": "Hello" });
    let message =
        change(&client, "POST", &format!("{path}/message?prefetchConversationId=true"), &message).await;
    let conversation = message["conversationId"].as_str().expect("an id");
    change(&client, "POST", &format!("/api/v2/conversations/{conversation}/assign"), &json!({ "id": agent }))
        .await;
    let typing =
        json!({ "channel": channel, "events": [{ "eventType": "Typing", "typing": { "type": "On" } }] });
    change(&client, "POST", &format!("{path}/event"), &typing).await;
    let body = event(&mut socket, &format!("v2.users.{agent}.conversations.inbound.typing.event")).await;
    assert_eq!((&body["conversationId"], &body["type"]), (&json!(conversation), &json!("Event")));
    assert_eq!(body["events"], typing["events"]);
}

#[tokio::test]
async fn the_statistics_of_a_campaign_are_published_with_it() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let campaigns = "/api/v2/outbound/campaigns";
    let campaign = client.get(campaigns).await.json()["entities"][0].clone();
    let topic = format!("v2.outbound.campaigns.{}.stats", id(&campaign));
    let mut socket = hearing(&mock, &client, &topic).await;
    let path = format!("{campaigns}/{}", id(&campaign));
    let mut body = client.get(&path).await.json();
    body["name"] = json!("Renamed");
    change(&client, "PUT", &path, &body).await;
    let stats = client.get(&format!("{path}/stats")).await.json();
    assert_eq!(event(&mut socket, &topic).await, stats);
}
