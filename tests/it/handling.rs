//! Agents and the conversations that they handle: the routing status, the summary, and their own listing.

use std::time::Duration;

use gcmock::MockServer;
use serde_json::{Value, json};

use crate::conversations::{call, participant, queues};
use crate::rest::{Client, id, mock};

const AGENT: &str = "/api/v2/users/agent-7";
const SECONDS: Duration = Duration::from_secs(3);

/// A call of the first queue that is offered to agent-7.
async fn offered(mock: &MockServer, api: &Client) -> String {
    let [queue, _] = queues(api).await;
    let call = call(mock, api, json!({ "callQueueId": queue })).await;
    let acd = participant(api, &call, 1).await;
    api.post(&format!("{acd}/replace"), json!({ "userId": "agent-7" })).await.done();
    call
}

async fn routing(api: &Client) -> Value {
    let id = id(&api.get(AGENT).await.ok());
    api.get(&format!("/api/v2/users/{id}/routingstatus")).await.ok()["status"].clone()
}

async fn active_calls(api: &Client) -> Value {
    let agent = api.get(&format!("{AGENT}?expand=conversationSummary")).await.ok();
    agent["conversationSummary"]["call"]["contactCenter"]["active"].clone()
}

#[tokio::test]
async fn an_agent_interacts_from_the_connect_until_its_last_conversation_ends() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let first = offered(&mock, &api).await;
    assert_eq!(routing(&api).await, "IDLE", "the call alerts");
    mock.advance(SECONDS);
    assert_eq!((routing(&api).await, active_calls(&api).await), (json!("INTERACTING"), json!(1)));
    let second = offered(&mock, &api).await;
    mock.advance(SECONDS);
    assert_eq!(active_calls(&api).await, 2);
    let agent = participant(&api, &first, 2).await;
    api.patch(&agent, json!({ "state": "disconnected" })).await.done();
    assert_eq!((routing(&api).await, active_calls(&api).await), (json!("INTERACTING"), json!(1)));
    api.post(&format!("/api/v2/conversations/{second}/disconnect"), json!({})).await.done();
    assert_eq!((routing(&api).await, active_calls(&api).await), (json!("IDLE"), json!(0)));
}

#[tokio::test]
async fn an_agent_that_goes_off_queue_interacts_again_when_it_is_back() {
    let mock = mock().await;
    let api = Client::new(&mock);
    offered(&mock, &api).await;
    mock.advance(SECONDS);
    let id = id(&api.get(AGENT).await.ok());
    let presence = async |name: &str| {
        let body = json!({ "presenceDefinition": { "systemPresence": name } });
        api.patch(&format!("/api/v2/users/{id}/presences/purecloud"), body).await.ok();
        routing(&api).await
    };
    assert_eq!(presence("Meal").await, "OFF_QUEUE");
    assert_eq!(presence("On Queue").await, "INTERACTING");
}
