//! Callbacks: their queue, their time, and changes in bulk.

use std::time::Duration;

use gcmock::MockServer;
use serde_json::{Value, json};

use crate::conversations::{CALLS, call, conversation, id, queues};
use crate::rest::{Client, mock};

const CALLBACKS: &str = "/api/v2/conversations/callbacks";
const UNKNOWN: &str = "b9f6b6c0-52b6-4f1c-9a54-1d3c8f0a7e11";

#[tokio::test]
async fn a_callback_waits_in_its_queue_from_its_time_on() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, _] = queues(&api).await;
    let body = json!({ "queueId": queue, "callbackNumbers": ["+13175550100"], "callbackUserName": "Ada",
        "callbackScheduledTime": "2026-03-08T01:00:00Z", "data": { "order": "7" } });
    let created = api.post(CALLBACKS, body).await.ok();
    let conversation_id = id(&created["conversation"]);
    let seen = conversation(&api, &conversation_id).await;
    let waiting = &seen["participants"][1]["callbacks"][0];
    assert_eq!(created["callbackIdentifiers"], json!([{ "type": "ACD", "id": waiting["id"] }]));
    assert_eq!(
        (&waiting["state"], &waiting["callbackNumbers"]),
        (&json!("scheduled"), &json!(["+13175550100"]))
    );
    assert_eq!(seen["participants"][0]["attributes"], json!({ "order": "7" }));
    mock.advance(Duration::from_secs(3600));
    let seen = conversation(&api, &conversation_id).await;
    assert_eq!(seen["participants"][1]["callbacks"][0]["state"], "connected");
    let listed = api.get(CALLBACKS).await.ok();
    assert_eq!(listed["entities"][0]["participants"][0]["name"], "Ada");
    let moved = json!({ "conversationId": conversation_id, "agentId": "agent-5" });
    let moved = api.patch(CALLBACKS, moved).await.ok();
    assert_eq!(moved["conversation"]["id"], json!(conversation_id));
    let seen = conversation(&api, &conversation_id).await;
    assert_eq!(seen["participants"][2]["purpose"], "agent");
    assert_eq!(seen["participants"][2]["callbacks"][0]["state"], "alerting");
    assert_eq!(api.get(&format!("{CALLS}/{conversation_id}")).await.refused(404), "not.found");
}

#[tokio::test]
async fn a_callback_needs_numbers_and_a_queue_that_exists() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, _] = queues(&api).await;
    let refused = async |body: Value, status| api.post(CALLBACKS, body).await.refused(status);
    let numbers = json!(["+13175550100"]);
    assert_eq!(refused(json!({ "queueId": queue }), 400).await, "callback.error.missing.callback.numbers");
    let code = refused(json!({ "callbackNumbers": numbers }), 400).await;
    assert_eq!(code, "callback.error.missing.queue.id");
    refused(json!({ "callbackNumbers": numbers, "queueId": UNKNOWN }), 404).await;
    let dated = json!({ "callbackNumbers": numbers, "queueId": queue, "callbackScheduledTime": "soon" });
    assert_eq!(refused(dated, 400).await, "invalid.date");
    let unknown = json!({ "conversationId": UNKNOWN, "agentId": "agent-1" });
    api.patch(CALLBACKS, unknown).await.refused(404);
}

#[tokio::test]
async fn a_call_gets_a_callback_in_the_queue_of_its_participant() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, _] = queues(&api).await;
    let call = call(&mock, &api, json!({ "phoneNumber": "+1", "callFromQueueId": queue })).await;
    let seen = conversation(&api, &call).await;
    let path = |index: usize| {
        format!("/api/v2/conversations/{call}/participants/{}/callbacks", id(&seen["participants"][index]))
    };
    let body = json!({ "callbackNumbers": ["+2"] });
    assert_eq!(api.post(&path(0), body.clone()).await.status, 201);
    assert_eq!(api.post(&path(1), body).await.refused(400), "callback.error.missing.queue.id");
    let seen = api.get(&format!("{CALLBACKS}/{call}")).await.ok();
    assert_eq!(seen["participants"][0]["callbackNumbers"], json!(["+2"]));
    assert_eq!(seen["otherMediaUris"], json!([format!("{CALLS}/{call}")]));
}

/// A callback that agent-7 has taken, with a call of the customer that is connected. The second is the agent's participant.
async fn called_back(mock: &MockServer, api: &Client) -> (String, String) {
    let [queue, _] = queues(api).await;
    let created = api.post(CALLBACKS, json!({ "queueId": queue, "callbackNumbers": ["+1"] })).await.ok();
    let callback = id(&created["conversation"]);
    let acd = id(&conversation(api, &callback).await["participants"][1]);
    let path = format!("{CALLBACKS}/{callback}/participants/{acd}/replace");
    assert_eq!(api.post(&path, json!({ "userId": "agent-7" })).await.status, 202);
    mock.advance(Duration::from_secs(2));
    api.post(&format!("{CALLS}/{callback}"), json!({ "callNumber": "+1" })).await.ok();
    mock.advance(Duration::from_secs(5));
    let agent = id(&conversation(api, &callback).await["participants"][2]);
    (callback, agent)
}

/// The states of the communications of a medium, by participant.
async fn states(api: &Client, conversation_id: &str, medium: &str) -> Vec<Value> {
    let seen = conversation(api, conversation_id).await;
    let participants = seen["participants"].as_array().expect("participants").iter();
    participants.filter_map(|one| one[medium].as_array()?.last().map(|one| one["state"].clone())).collect()
}

#[tokio::test]
async fn the_call_of_a_callback_and_the_callback_end_apart() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let (callback, agent) = called_back(&mock, &api).await;
    let over = json!({ "state": "disconnected" });
    api.patch(&format!("{CALLS}/{callback}/participants/{agent}"), over.clone()).await;
    assert_eq!(states(&api, &callback, "calls").await, ["disconnected", "disconnected"]);
    assert_eq!(states(&api, &callback, "callbacks").await, ["connected", "disconnected", "connected"]);
    api.patch(&format!("{CALLBACKS}/{callback}/participants/{agent}"), over).await;
    let all = ["disconnected", "disconnected", "disconnected"];
    assert_eq!(states(&api, &callback, "callbacks").await, all);
}

#[tokio::test]
async fn a_callback_that_is_ended_leaves_its_call_connected() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let (callback, agent) = called_back(&mock, &api).await;
    let path = format!("{CALLBACKS}/{callback}/participants/{agent}");
    api.patch(&path, json!({ "state": "disconnected" })).await;
    assert_eq!(states(&api, &callback, "calls").await, ["connected", "connected"]);
    assert_eq!(states(&api, &callback, "callbacks").await[2], "disconnected");
    let other = &conversation(&api, &callback).await["participants"][0]["calls"][0];
    let path = format!("{CALLS}/{callback}/participants/{agent}/communications/{}", id(other));
    api.patch(&path, json!({ "state": "disconnected" })).await.refused(404);
}

#[tokio::test]
async fn after_call_work_and_wrap_up_are_of_the_communication_that_the_path_names() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let (callback, agent) = called_back(&mock, &api).await;
    let code = id(&api.post("/api/v2/routing/wrapupcodes", json!({ "name": "Called back" })).await.ok());
    let seen = async || conversation(&api, &callback).await["participants"][2].clone();
    let own = id(&seen().await["callbacks"][0]);
    let asked =
        format!("/api/v2/conversations/aftercallwork/{callback}/participants/{agent}/communications/{own}");
    api.patch(&asked, json!({ "afterCallWorkRequired": true })).await.ok();
    let required = |seen: &Value| {
        ["callbacks", "calls"].map(|medium| seen[medium][0]["afterCallWorkRequired"] == json!(true))
    };
    let before = seen().await;
    assert_eq!((required(&before), &before["wrapupRequired"]), ([true, false], &json!(true)));
    let path = format!("{CALLBACKS}/{callback}/participants/{agent}");
    api.patch(&path, json!({ "state": "disconnected" })).await;
    mock.advance(Duration::from_secs(3));
    api.patch(&path, json!({ "wrapup": { "code": code } })).await;
    let after = seen().await;
    let last = |medium: &str| {
        after[medium][0]["segments"].as_array().and_then(|all| all.last().cloned()).unwrap_or_default()
    };
    assert_eq!(last("callbacks")["type"], "wrapup", "{after}");
    assert_ne!(last("calls")["type"], "wrapup", "{after}");
    mock.advance(Duration::from_secs(3));
    let over = json!({ "state": "disconnected" });
    api.patch(&format!("{CALLS}/{callback}/participants/{agent}"), over).await;
    mock.advance(Duration::from_secs(3));
    let wrapup = format!("{path}/communications/{own}/wrapup");
    assert_eq!(api.post(&wrapup, json!({ "code": code })).await.status, 202);
    let after = seen().await["calls"][0]["segments"].clone();
    let all = after.as_array().expect("segments");
    assert!(all.iter().all(|segment| segment["type"] != "wrapup"), "{after}");
}

#[tokio::test]
async fn the_call_of_a_callback_is_no_second_answer() {
    let mock = mock().await;
    let api = Client::new(&mock);
    called_back(&mock, &api).await;
    let body = json!({ "interval": "2026-03-08T00:00:00Z/2026-03-09T00:00:00Z", "groupBy": ["mediaType"],
        "metrics": ["tAnswered", "nConnected"] });
    let found = api.post("/api/v2/analytics/conversations/aggregates/query", body).await.ok();
    let of_calls = found["results"].as_array().expect("results").iter();
    let of_calls = of_calls.filter(|one| one["group"]["mediaType"] == "voice");
    let metrics: Vec<_> = of_calls.map(|one| one["data"][0]["metrics"].clone()).collect();
    assert_eq!(metrics, [json!([{ "metric": "nConnected", "stats": { "count": 1 } }])]);
}

#[tokio::test]
async fn callbacks_are_ended_and_moved_in_bulk() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, _] = queues(&api).await;
    let body = json!({ "queueId": queue, "callbackNumbers": ["+13175550100"] });
    let created = api.post(CALLBACKS, body).await.ok();
    let conversation_id = id(&created["conversation"]);
    let patches = json!({ "patchCallbackRequests": [
        { "conversationId": conversation_id, "agentId": "agent-1" },
        { "conversationId": UNKNOWN, "agentId": "agent-1" },
    ] });
    let results = api.post(&format!("{CALLBACKS}/bulk/update"), patches).await.ok();
    assert_eq!((&results["errorCount"], &results["errorIndexes"]), (&json!(1), &json!([1])));
    let ends = json!({ "callbackDisconnectIdentifiers": [
        { "conversationId": conversation_id, "callbackId": created["callbackIdentifiers"][0]["id"] }] });
    assert_eq!(api.post(&format!("{CALLBACKS}/bulk/disconnect"), ends).await.status, 202);
    assert_eq!(conversation(&api, &conversation_id).await["state"], "disconnected");
}

#[tokio::test]
async fn activity_and_observations_agree_on_a_scheduled_callback() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, _] = queues(&api).await;
    let body = json!({ "queueId": queue, "callbackNumbers": ["+13175550100"],
        "callbackScheduledTime": "2026-03-08T01:00:00Z" });
    api.post(CALLBACKS, body).await.ok();
    let filter = json!({ "type": "and", "predicates": [{ "dimension": "queueId", "value": queue },
        { "dimension": "mediaType", "value": "callback" }] });
    let waiting = async || {
        let body = json!({ "metrics": ["oWaiting"], "filter": filter });
        let seen = api.post("/api/v2/analytics/queues/observations/query", body).await.ok();
        let results = seen["results"].as_array().expect("results").clone();
        let observed = results.iter().find(|one| one["group"]["mediaType"] == "callback");
        let observed = observed.map_or(json!(0), |one| one["data"][0]["stats"]["count"].clone());
        let body = json!({ "metrics": [{ "metric": "oWaiting" }], "groupBy": ["queueId"], "filter": filter });
        let seen = api.post("/api/v2/analytics/conversations/activity/query", body).await.ok();
        let active = seen["results"][0]["data"][0]["count"].as_u64().unwrap_or_default();
        (observed, json!(active))
    };
    assert_eq!(waiting().await, (json!(0), json!(0)));
    mock.advance(Duration::from_secs(3600));
    assert_eq!(waiting().await, (json!(1), json!(1)));
}
