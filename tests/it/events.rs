//! The events that follow a change: their topics and bodies.

use std::time::Duration;

use gcmock::MockServer;
use serde_json::json;

use crate::notifications::{connect, create, listening, mock, set_presence, subscribe, user};
use crate::support::ws::platform;
use crate::support::{Answer, Client, window};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_presence_is_told_to_who_subscribed_in_the_vendors_envelope() {
    let mock = mock().await;
    let (client, agent, mut socket) = listening(&mock, &["v2.users.{id}?presence&routingStatus"]).await;
    set_presence(&client, &agent, "Busy").await;
    let event = socket.hear().await;
    assert_eq!(event["topicName"], format!("v2.users.{agent}.presence"));
    assert_eq!(event["version"], "2");
    assert!(event["metadata"]["CorrelationId"].as_str().is_some_and(|id| id.len() == 36));
    assert_eq!(event["eventBody"]["presenceDefinition"]["systemPresence"], "BUSY");
    let event = socket.hear().await;
    assert_eq!(event["topicName"], format!("v2.users.{agent}.routingStatus"));
    assert_eq!(
        event["eventBody"],
        json!({ "id": agent,
        "routingStatus": { "status": "OFF_QUEUE", "startTime": "2026-03-10T03:00:00.000Z" } })
    );
    let other = user(&client, "agent-2").await;
    set_presence(&client, &other, "Busy").await;
    socket.ping().await;
}

#[tokio::test]
async fn a_users_stations_are_published_when_it_logs_on_and_when_its_phone_is_deleted() {
    let mock = mock().await;
    let (client, agent, mut socket) = listening(&mock, &["v2.users.{id}.station"]).await;
    let own = format!("/api/v2/users/{agent}/station");
    let station = client.get(&own).await.json()["defaultStation"]["id"].as_str().expect("an id").to_owned();
    let log_on = format!("{own}/associatedstation/{station}");
    assert_eq!(client.ask("PUT", &log_on).await.status, 202);
    let event = socket.hear().await;
    assert_eq!(event["topicName"], format!("v2.users.{agent}.station"));
    assert_eq!(event["eventBody"], client.get(&own).await.json());
    assert_eq!(event["eventBody"]["associatedStation"]["id"], json!(station));
    let phones = "/api/v2/telephony/providers/edges/phones";
    let phone = client.get(&format!("{phones}?lines.id={station}")).await.json()["entities"][0].clone();
    let phone = phone["id"].as_str().expect("an id");
    assert_eq!(client.ask("DELETE", &format!("{phones}/{phone}")).await.status, 200);
    assert_eq!(socket.hear().await["eventBody"], json!({}));
}

#[tokio::test]
async fn a_message_and_each_status_of_it_are_told() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let me = client.get("/api/v2/users/me").await.json()["id"].as_str().expect("an id").to_owned();
    let channel = create(&client).await;
    subscribe(&client, &channel, &[format!("v2.users.{me}.conversations.messages")]).await;
    let mut socket = connect(&mock, &channel).await;
    socket.ping().await;
    let sent =
        client.post("/api/v2/conversations/messages", &json!({ "to": { "id": "p1" }, "text": "hi" })).await;
    let id = sent.json()["id"].clone();
    let mut statuses = Vec::new();
    for by in [Duration::ZERO, SECOND, SECOND * 10] {
        mock.advance(by);
        let event = socket.hear().await;
        assert_eq!(event["eventBody"]["id"], id);
        let all = event["eventBody"].to_string();
        let status = ["delivery-success", "queued", "sent"]
            .into_iter()
            .find(|status| all.contains(&format!("\"{status}\"")));
        statuses.push(status.expect("a status"));
    }
    assert_eq!(statuses, ["queued", "sent", "delivery-success"]);
}

#[tokio::test]
async fn a_call_is_published_to_its_user_at_each_change_and_when_the_clock_changes_it() {
    let mock = mock().await;
    let topics = ["v2.users.{id}.conversations.calls", "v2.users.{id}.conversations"];
    let (client, agent, mut socket) = listening(&mock, &topics).await;
    let created = client.post("/api/v2/conversations/calls", &json!({ "callUserId": agent })).await.json();
    let mut seen = Vec::new();
    for by in [Duration::ZERO, SECOND, SECOND * 2] {
        mock.advance(by);
        let (of_calls, of_all) = (socket.hear().await, socket.hear().await);
        assert_eq!(of_calls["topicName"], format!("v2.users.{agent}.conversations.calls"));
        assert_eq!(
            (&of_calls["eventBody"]["id"], &of_all["eventBody"]["id"]),
            (&created["id"], &created["id"])
        );
        let states: Vec<_> =
            [0, 1].map(|one| of_calls["eventBody"]["participants"][one]["state"].clone()).into();
        assert_eq!(of_all["eventBody"]["participants"][1]["calls"][0]["state"], states[1]);
        seen.push(states);
    }
    assert_eq!(seen, [["contacting", "alerting"], ["dialing", "alerting"], ["connected", "connected"]]);
    let id = created["id"].as_str().expect("an id");
    client.post(&format!("/api/v2/conversations/{id}/disconnect"), &json!({})).await;
    assert_eq!(socket.hear().await["eventBody"]["participants"][1]["state"], "disconnected");
}

#[tokio::test]
async fn adherence_is_told_when_the_status_changes_and_when_a_shift_ends() {
    let mock = mock().await;
    let (client, agent, mut socket) =
        listening(&mock, &["v2.users.{id}.workforcemanagement.adherence"]).await;
    set_presence(&client, &agent, "Meal").await;
    let event = socket.hear().await["eventBody"].clone();
    assert_eq!((&event["adherenceState"], &event["impact"]), (&"OutOfAdherence".into(), &"Negative".into()));
    assert!(
        event["managementUnitId"].is_string() && event["businessUnitId"].is_string(),
        "flat ids: {event}"
    );
    let shifts = json!([
        { "start": "2026-03-10T04:00:00", "end": "2026-03-10T05:00:00", "category": "Meal" },
        { "start": "2026-03-10T05:00:00", "end": "2026-03-10T06:00:00", "category": "OnQueueWork" },
    ]);
    let body = json!({ "agentId": "agent-1", "timeZone": "UTC", "shifts": shifts });
    let path = client.post("/api/v2/wfm/schedules", &body).await.json()["selfUri"]
        .as_str()
        .expect("a path")
        .to_owned();
    client.post(&format!("{path}/publish"), &json!({})).await;
    mock.advance(SECOND * 3600 * 24);
    let mut told = Vec::new();
    for _ in 0..2 {
        let event = socket.hear().await["eventBody"].clone();
        told.push((event["adherenceChangeTime"].clone(), event["adherenceState"].clone()));
    }
    assert_eq!(
        told,
        [
            ("2026-03-10T04:00:00.000Z".into(), "InAdherence".into()),
            ("2026-03-10T05:00:00.000Z".into(), "OutOfAdherence".into()),
        ]
    );
}

#[tokio::test]
async fn a_limit_that_comes_to_ninety_percent_is_warned_of_once() {
    let limits = window("few", "tenant", "GET /api/v2/users", 10, "");
    let mock = MockServer::builder().limits_toml(limits).manual_clock().start().await.expect("it starts");
    let client = Client::of(&mock);
    let mut socket = platform(&mock, "").await.expect("a socket");
    socket
        .say(r#"{"message":"subscribe","topics":["v2.system.rate_limit_warning"],"correlationId":"c1"}"#)
        .await;
    assert_eq!(
        socket.hear().await,
        json!({ "result": "200", "status": "subscribed", "correlationId": "c1" })
    );
    for _ in 0..8 {
        client.get("/api/v2/users").await;
    }
    socket.ping().await;
    for _ in 0..4 {
        client.get("/api/v2/users").await;
    }
    let event = socket.hear().await;
    assert_eq!(event["topicName"], "v2.system.rate_limit_warning");
    assert_eq!((&event["eventBody"]["name"], &event["eventBody"]["used"]), (&"few".into(), &9.into()));
    socket.ping().await;
    mock.advance(SECOND * 60);
    for _ in 0..9 {
        client.get("/api/v2/users").await;
    }
    assert_eq!(socket.hear().await["eventBody"]["used"], 9, "and again once it was below");
}

#[tokio::test]
async fn a_queue_tells_who_takes_its_interactions() {
    let mock = mock().await;
    let (client, agent, _) = listening(&mock, &[]).await;
    let queue = client.get("/api/v2/routing/queues").await.json()["entities"][0]["id"].clone();
    let members = format!("/api/v2/routing/queues/{}/members", queue.as_str().expect("an id"));
    client.post(&format!("{members}?delete=true"), &json!([{ "id": agent }])).await;
    let channel = create(&client).await;
    let topic = members.replace("/api/", "").replace('/', ".").replace("members", "users");
    assert_eq!(subscribe(&client, &channel, std::slice::from_ref(&topic)).await.status, 200);
    let mut socket = connect(&mock, &channel).await;
    socket.ping().await;
    let body =
        |joined: bool| json!({ "id": agent, "user": { "id": agent }, "queueId": queue, "joined": joined });
    client.post(&members, &json!([{ "id": agent }])).await;
    let event = socket.hear().await;
    assert_eq!((&event["topicName"], &event["eventBody"]), (&json!(topic), &body(true)));
    let one = format!("{members}/{agent}");
    Answer::to(client.request("PATCH", &one).json(&json!({ "id": agent, "joined": false }))).await;
    assert_eq!(socket.hear().await["eventBody"], body(false));
    client.ask("DELETE", &one).await;
    assert_eq!(socket.hear().await["eventBody"], body(false), "it is a member no more");
}

#[tokio::test]
async fn a_users_activity_has_its_presence_and_its_queues() {
    let mock = mock().await;
    let (client, agent, mut socket) = listening(&mock, &["v2.users.{id}.activity"]).await;
    set_presence(&client, &agent, "Busy").await;
    let event = socket.hear().await["eventBody"].clone();
    assert_eq!(event["presence"]["presenceDefinition"]["systemPresence"], "BUSY");
    assert_eq!((&event["id"], &event["routingStatus"]["status"]), (&json!(agent), &json!("OFF_QUEUE")));
    assert!(event["activeQueueIds"].is_array(), "{event}");
}

#[tokio::test]
async fn the_details_of_a_call_are_told_as_they_happen() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let agent = user(&client, "agent-1").await;
    let created = client.post("/api/v2/conversations/calls", &json!({ "callUserId": agent })).await.json();
    let id = created["id"].as_str().expect("an id");
    let channel = create(&client).await;
    let base = format!("v2.detail.events.conversation.{id}");
    let topics = ["user.start", "user.end", "wrapup", "acw"].map(|word| format!("{base}.{word}"));
    assert_eq!(subscribe(&client, &channel, &topics).await.status, 200);
    let mut socket = connect(&mock, &channel).await;
    socket.ping().await;
    mock.advance(SECOND * 5);
    client.post(&format!("/api/v2/conversations/{id}/disconnect"), &json!({})).await;
    let ended = socket.hear().await;
    assert_eq!(ended["topicName"], format!("{base}.user.end"));
    let body = &ended["eventBody"];
    assert_eq!((&body["conversationId"], &body["mediaType"]), (&json!(id), &json!("VOICE")));
    assert_eq!((&body["disconnectType"], &body["userId"].is_string()), (&json!("CLIENT"), &true));
    assert!(body["interactingDurationMs"].as_u64().is_some_and(|took| took > 0), "{body}");
    assert_eq!(body["eventTime"], 1_773_111_605_000_u64);
}

#[tokio::test]
async fn a_new_phone_tells_its_state() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let phones = "/api/v2/telephony/providers/edges/phones";
    let mut phone = client.get(phones).await.json()["entities"][0].clone();
    let id = phone["id"].as_str().expect("an id").to_owned();
    let channel = create(&client).await;
    let topic = format!("v2.telephony.providers.edges.phones.{id}");
    assert_eq!(subscribe(&client, &channel, &[topic]).await.status, 200);
    let mut socket = connect(&mock, &channel).await;
    socket.ping().await;
    phone["name"] = json!("Another name");
    let changed = Answer::to(client.request("PUT", &format!("{phones}/{id}")).json(&phone)).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    let event = socket.hear().await["eventBody"].clone();
    assert_eq!((&event["id"], &event["status"]["operationalStatus"]), (&json!(id), &json!("OPERATIONAL")));
    assert!(event.get("name").is_none(), "{event}");
}
