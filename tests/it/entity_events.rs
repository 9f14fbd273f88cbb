//! The topics of entities, settings and the audit: what is published after a change of them.

use gcmock::MockServer;
use serde_json::{Value, json};

use crate::notifications::{connect, create, listening, mock, subscribe, user};
use crate::support::ws::Ws;
use crate::support::{Answer, Client};

/// A socket that is subscribed to one topic.
pub(crate) async fn hearing(mock: &MockServer, client: &Client, topic: &str) -> Ws {
    let channel = create(client).await;
    let subscribed = subscribe(client, &channel, &[topic.to_owned()]).await;
    assert_eq!(subscribed.status, 200, "{topic}: {subscribed:?}");
    let mut socket = connect(mock, &channel).await;
    socket.ping().await;
    socket
}

pub(crate) async fn change(client: &Client, method: &str, path: &str, body: &Value) -> Value {
    let answer = Answer::to(client.request(method, path).json(body)).await;
    assert!((200..300).contains(&answer.status), "{method} {path}: {answer:?}");
    serde_json::from_str(&answer.body).unwrap_or_default()
}

#[tokio::test]
async fn every_published_topic_is_accepted() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let agent = user(&client, "agent-1").await;
    let queue = client.get("/api/v2/routing/queues").await.json()["entities"][0]["id"].clone();
    let listed = client.get("/api/v2/notifications/availabletopics").await.json();
    let listed = listed["entities"].as_array().expect("a list").clone();
    let topics: Vec<String> = listed
        .iter()
        .map(|topic| {
            let text = topic["id"].as_str().expect("an id");
            let of_queue = text.starts_with("v2.routing.queues.");
            text.replacen("{id}", if of_queue { queue.as_str().expect("an id") } else { &agent }, 1)
                .replace("{id}", "7")
        })
        .collect();
    assert!(topics.len() > 200, "{}", topics.len());
    let channel = create(&client).await;
    for some in topics.chunks(100) {
        let subscribed = subscribe(&client, &channel, some).await;
        assert_eq!(subscribed.status, 200, "{subscribed:?}");
    }
}

#[tokio::test]
async fn a_changed_profile_is_published_however_it_was_changed() {
    let mock = mock().await;
    let (client, agent, mut socket) = listening(&mock, &["v2.users.{id}"]).await;
    let path = format!("/api/v2/users/{agent}");
    change(&client, "PATCH", &path, &json!({ "title": "Lead", "version": 1 })).await;
    let event = socket.hear().await;
    assert_eq!(event["topicName"], format!("v2.users.{agent}"));
    assert_eq!(event["eventBody"], client.get(&path).await.json());
    assert_eq!(event["eventBody"]["title"], "Lead");
    let scim = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "replace", "path": "title", "value": "Chief" }] });
    change(&client, "PATCH", &format!("/api/v2/scim/v2/users/{agent}"), &scim).await;
    assert_eq!(socket.hear().await["eventBody"]["title"], "Chief");
}

#[tokio::test]
async fn the_settings_of_a_user_are_published_as_the_api_answers_them() {
    let mock = mock().await;
    let (client, agent, mut socket) = listening(&mock, &["v2.users.{id}?outofoffice&callforwarding"]).await;
    let cases = [
        ("outofoffice", json!({ "active": true, "indefinite": true })),
        ("callforwarding", json!({ "enabled": true, "phoneNumber": "+13175550100" })),
    ];
    for (setting, body) in cases {
        let answered = change(&client, "PUT", &format!("/api/v2/users/{agent}/{setting}"), &body).await;
        let event = socket.hear().await;
        assert_eq!(event["topicName"], format!("v2.users.{agent}.{setting}"));
        assert_eq!(event["eventBody"], answered);
    }
}

#[tokio::test]
async fn the_attributes_of_a_participant_are_published_with_its_communications() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let made =
        change(&client, "POST", "/api/v2/conversations/calls", &json!({ "phoneNumber": "+13175550100" }))
            .await;
    let id = made["id"].as_str().expect("an id").to_owned();
    let mut socket = hearing(&mock, &client, &format!("v2.detail.events.conversation.{id}.attributes")).await;
    let participant =
        client.get(&format!("/api/v2/conversations/{id}")).await.json()["participants"][1].clone();
    let path = format!(
        "/api/v2/conversations/calls/{id}/participants/{}/attributes",
        participant["id"].as_str().expect("an id")
    );
    change(&client, "PATCH", &path, &json!({ "attributes": { "account": "7" } })).await;
    let body = socket.hear().await["eventBody"].clone();
    assert_eq!((&body["conversationId"], &body["participantId"]), (&json!(id), &participant["id"]));
    assert_eq!(body["attributes"], json!({ "account": "7" }));
    let of_call = json!([{ "id": participant["calls"][0]["id"], "mediaType": "VOICE" }]);
    assert_eq!((&body["communications"], &body["eventTime"]), (&of_call, &json!(1_773_111_600_000_u64)));
}

#[tokio::test]
async fn a_trunk_is_published_when_its_base_settings_change() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let edges = "/api/v2/telephony/providers/edges";
    let trunk = client.get(&format!("{edges}/trunks")).await.json()["entities"][0].clone();
    let id = trunk["id"].as_str().expect("an id");
    let mut socket = hearing(&mock, &client, &format!("v2.telephony.providers.edges.trunks.{id}")).await;
    let base = format!("{edges}/trunkbasesettings/{}", trunk["trunkBase"]["id"].as_str().expect("an id"));
    let mut settings = client.get(&base).await.json();
    settings["name"] = json!("Another trunk");
    change(&client, "PUT", &base, &settings).await;
    let body = socket.hear().await["eventBody"].clone();
    assert_eq!((&body["id"], &body["connectedStatus"]["connected"]), (&json!(id), &json!(true)));
}

#[tokio::test]
async fn created_and_changed_entities_of_architect_and_the_messenger_are_published() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let flow = client.get("/api/v2/flows").await.json()["entities"][0].clone();
    let prompt = change(&client, "POST", "/api/v2/architect/prompts", &json!({ "name": "Hello" })).await;
    let cases = [
        ("/api/v2/architect/prompts", prompt, "PUT", json!({ "name": "Hello", "description": "new" })),
        ("/api/v2/flows", flow, "PUT", json!({ "name": "Renamed", "type": "INBOUNDCALL" })),
    ];
    for (path, entity, method, body) in cases {
        let path = format!("{path}/{}", entity["id"].as_str().expect("an id"));
        let topic = path.replacen("/api/", "", 1).replace('/', ".");
        let mut socket = hearing(&mock, &client, &topic).await;
        let answered = change(&client, method, &path, &body).await;
        let event = socket.hear().await;
        assert_eq!((&event["topicName"], &event["eventBody"]), (&json!(topic), &answered));
    }
}

#[tokio::test]
async fn a_change_that_the_audit_notes_is_published_to_the_topic_of_its_entity() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let queue = change(&client, "POST", "/api/v2/routing/queues", &json!({ "name": "Audited" })).await;
    let id = queue["id"].as_str().expect("an id");
    let mut socket = hearing(&mock, &client, &format!("v2.audits.entitytype.Queue.entityid.{id}")).await;
    client.ask("DELETE", &format!("/api/v2/routing/queues/{id}")).await;
    let body = socket.hear().await["eventBody"].clone();
    assert_eq!((&body["action"], &body["entityType"]), (&json!("Delete"), &json!("Queue")));
    assert_eq!(body["entity"]["id"], json!(id));
}

#[tokio::test]
async fn a_learning_assignment_is_published_to_its_user() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let agent = user(&client, "agent-1").await;
    let mut socket = hearing(&mock, &client, &format!("v2.users.{agent}.wem.learning.assignment")).await;
    let module = json!({ "name": "Onboarding", "completionTimeInDays": 2 });
    let module = change(&client, "POST", "/api/v2/learning/modules", &module).await;
    let publish = format!("/api/v2/learning/modules/{}/publish", module["id"].as_str().expect("an id"));
    change(&client, "POST", &publish, &json!({})).await;
    let assigned = json!({ "moduleId": module["id"], "userId": agent });
    let made = change(&client, "POST", "/api/v2/learning/assignments", &assigned).await;
    let body = socket.hear().await["eventBody"].clone();
    assert_eq!((&body["id"], &body["state"]), (&made["id"], &json!("Assigned")));
    assert_eq!((&body["user"], &body["module"]), (&json!({ "id": agent }), &json!({ "id": module["id"] })));
    let path = format!("/api/v2/learning/assignments/{}", made["id"].as_str().expect("an id"));
    change(&client, "PATCH", &path, &json!({ "state": "InProgress" })).await;
    assert_eq!(socket.hear().await["eventBody"]["state"], "InProgress");
}
