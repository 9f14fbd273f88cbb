//! The events of figures: observations of queues, times of users.

use std::time::Duration;

use serde_json::{Value, json};

use crate::notifications::{connect, create, listening, mock, set_presence, subscribe, user};
use crate::support::Client;

const SECOND: Duration = Duration::from_secs(1);

/// The count of a metric in one of the events.
fn count(events: &[Value], media: Option<&str>, metric: &str) -> Option<u64> {
    let of_group = |event: &&Value| event["eventBody"]["group"]["mediaType"].as_str() == media;
    let event = events.iter().find(of_group)?;
    let metrics = event["eventBody"]["data"][0]["metrics"].as_array()?;
    metrics.iter().find(|one| one["metric"] == metric)?["stats"]["count"].as_u64()
}

#[tokio::test]
async fn the_observations_of_a_queue_follow_its_interactions_a_second_later() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let queue = client.get("/api/v2/routing/queues").await.json()["entities"][0]["id"].clone();
    let queue = queue.as_str().expect("an id");
    let channel = create(&client).await;
    let topic = format!("v2.analytics.queues.{queue}.observations");
    assert_eq!(subscribe(&client, &channel, std::slice::from_ref(&topic)).await.status, 200);
    let mut socket = connect(&mock, &channel).await;
    socket.ping().await;
    let callback = json!({ "queueId": queue, "callbackNumbers": ["+13175550100"] });
    for _ in 0..2 {
        assert_eq!(client.post("/api/v2/conversations/callbacks", &callback).await.status, 200);
    }
    socket.ping().await;
    mock.advance(SECOND);
    let mut events = Vec::new();
    for _ in 0..6 {
        events.push(socket.hear().await);
    }
    assert!(events.iter().all(|event| event["topicName"] == topic), "{events:?}");
    assert_eq!(count(&events, Some("callback"), "oWaiting"), Some(2), "{events:?}");
    assert_eq!(count(&events, Some("voice"), "oWaiting"), Some(0));
    assert!(count(&events, None, "oMemberUsers").is_some_and(|members| members > 0), "{events:?}");
    assert!(events[0]["eventBody"]["data"][0]["interval"].is_string());
    socket.ping().await;
    mock.advance(SECOND * 60);
    socket.ping().await;
}

#[tokio::test]
async fn the_time_of_a_presence_is_published_when_it_ends() {
    let mock = mock().await;
    let (client, agent, mut socket) = listening(&mock, &["v2.analytics.users.{id}.aggregates"]).await;
    set_presence(&client, &agent, "Busy").await;
    socket.hear().await;
    mock.advance(SECOND * 90);
    set_presence(&client, &agent, "Meal").await;
    let body = socket.hear().await["eventBody"].clone();
    assert_eq!(body["group"], json!({ "userId": agent }));
    let data = &body["data"][0];
    assert_eq!(data["interval"], "2026-03-10T03:00:00.000Z/2026-03-10T03:30:00.000Z");
    let expected = json!({ "metric": "tSystemPresence", "qualifier": "BUSY", "stats": { "sum": 90_000 } });
    assert_eq!(data["metrics"][0], expected);
    mock.advance(SECOND * 3600);
    set_presence(&client, &agent, "Busy").await;
    let data = socket.hear().await["eventBody"]["data"][0].clone();
    assert_eq!(data["interval"], "2026-03-10T04:00:00.000Z/2026-03-10T04:30:00.000Z");
    assert_eq!(data["metrics"][0]["stats"]["sum"], 90_000, "the part within the half hour");
    assert_eq!(user(&client, "agent-1").await, agent);
}

#[tokio::test]
async fn the_time_of_a_definition_is_published_when_another_of_the_same_status_follows() {
    let mock = mock().await;
    let (client, agent, mut socket) = listening(&mock, &["v2.analytics.users.{id}.aggregates"]).await;
    let mut definitions = Vec::new();
    for label in ["Case work", "Paper work"] {
        let body = json!({ "languageLabels": { "en_US": label }, "systemPresence": "Busy" });
        definitions.push(client.post("/api/v2/presencedefinitions", &body).await.json()["id"].clone());
    }
    let path = format!("/api/v2/users/{agent}/presences/purecloud");
    let choose = async |definition: &Value| {
        let body = json!({ "presenceDefinition": { "id": definition } });
        let request = client.request("PATCH", &path).json(&body).send().await;
        assert_eq!(request.expect("an answer").status(), 200);
    };
    choose(&definitions[0]).await;
    socket.hear().await;
    let shown = client.get(&format!("/api/v2/analytics/agents/{agent}/status")).await.json();
    assert_eq!(shown["organizationPresenceId"], definitions[0]);
    for (ended, next) in [(0, 1), (1, 0)] {
        mock.advance(SECOND * 90);
        choose(&definitions[next]).await;
        let metrics = socket.hear().await["eventBody"]["data"][0]["metrics"].clone();
        let expected = json!([
            { "metric": "tSystemPresence", "qualifier": "BUSY", "stats": { "sum": 90_000 } },
            { "metric": "tOrganizationPresence", "qualifier": definitions[ended], "stats": { "sum": 90_000 } },
        ]);
        assert_eq!(metrics, expected);
    }
    mock.advance(SECOND * 10);
    set_presence(&client, &agent, "Meal").await;
    let metrics = socket.hear().await["eventBody"]["data"][0]["metrics"].clone();
    assert_eq!((&metrics[1]["qualifier"], &metrics[1]["stats"]["sum"]), (&definitions[0], &json!(10_000)));
}
