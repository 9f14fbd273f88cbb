//! Conversations that have ended stay so, and what else is refused to the parties of a conversation.

use std::time::Duration;

use serde_json::{Value, json};

use crate::conversations::{CALLS, call, conversation, id, participant, queues};
use crate::rest::{Client, mock, wrap_up_code};

const CALLBACKS: &str = "/api/v2/conversations/callbacks";

async fn callback(api: &Client, queue: &str) -> String {
    let body = json!({ "queueId": queue, "callbackNumbers": ["+13175550100"] });
    id(&api.post(CALLBACKS, body).await.ok()["conversation"])
}

#[tokio::test]
async fn an_ended_callback_takes_no_party() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, _] = queues(&api).await;
    let callback = callback(&api, &queue).await;
    let one = format!("/api/v2/conversations/{callback}");
    api.post(&format!("{one}/disconnect"), json!({})).await.done();
    let before = conversation(&api, &callback).await;
    let refused = api.post(&format!("{one}/assign"), json!({ "id": "agent-7" })).await.refused(400);
    assert_eq!(refused, "operation.failed");
    let moved = json!({ "conversationId": callback, "agentId": "agent-7" });
    assert_eq!(api.patch(CALLBACKS, moved).await.refused(409), "request.conflict");
    let called = api.post(&format!("{CALLS}/{callback}"), json!({ "callNumber": "+1" })).await.refused(400);
    assert_eq!(called, "conversation.error.participant.no.active.conversations");
    mock.advance(Duration::from_secs(5));
    assert_eq!(conversation(&api, &callback).await, before);
}

#[tokio::test]
async fn an_ended_call_takes_no_party_and_no_change() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, _] = queues(&api).await;
    let call = call(&mock, &api, json!({ "phoneNumber": "+13175550100", "callFromQueueId": queue })).await;
    let (one, own) = (format!("{CALLS}/{call}"), participant(&api, &call, 0).await);
    api.patch(&one, json!({ "state": "disconnected" })).await.ok();
    let before = conversation(&api, &call).await;
    let added = json!({ "participants": [{ "userId": "agent-7" }] });
    assert_eq!(api.post(&format!("{one}/participants"), added).await.refused(409), "request.conflict");
    let consult = json!({ "speakTo": "DESTINATION", "destination": { "userId": "agent-7" } });
    assert_eq!(api.post(&format!("{own}/consult"), consult).await.refused(409), "request.conflict");
    let general = own.replace("/calls", "");
    let again = json!({ "callbackNumbers": ["+1"], "queueId": queue });
    assert_eq!(api.post(&format!("{general}/callbacks"), again).await.refused(409), "request.conflict");
    for change in [json!({ "muted": true }), json!({ "held": true }), json!({ "state": "connected" })] {
        let refused = api.patch(&own, change.clone()).await.refused(400);
        assert_eq!(refused, "conversation.error.call.disconnected");
        let refused = api.patch(&general, change).await.refused(400);
        assert_eq!(refused, "conversation.error.participant.no.active.conversations");
    }
    let paused = json!({ "recordingState": "paused" });
    assert_eq!(api.patch(&one, paused).await.refused(400), "conversation.error.call.disconnected");
    let paused = json!({ "recordingState": "PAUSED" });
    let refused = api.put(&format!("{one}/recordingstate"), paused).await.refused(400);
    assert_eq!(refused, "conversation.error.conversation.disconnected");
    assert_eq!(conversation(&api, &call).await, before);
    let code = wrap_up_code(&api).await;
    api.patch(&own, json!({ "state": "disconnected" })).await.done();
    api.patch(&own, json!({ "wrapup": { "code": code } })).await.done();
}

#[tokio::test]
async fn a_conversation_is_assigned_to_one_agent_at_a_time() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, _] = queues(&api).await;
    let callback = callback(&api, &queue).await;
    let assign = format!("/api/v2/conversations/{callback}/assign");
    api.post(&assign, json!({ "id": "agent-7" })).await.done();
    for seconds in [0, 3] {
        mock.advance(Duration::from_secs(seconds));
        assert_eq!(api.post(&assign, json!({ "id": "agent-5" })).await.refused(400), "operation.failed");
    }
    let seen = conversation(&api, &callback).await;
    assert_eq!(seen["participants"].as_array().map(Vec::len), Some(3), "{seen}");
}

#[tokio::test]
async fn a_queue_that_says_so_lets_nobody_assign() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let queue = json!({ "name": "Closed", "enableManualAssignment": false });
    let queue = id(&api.post("/api/v2/routing/queues", queue).await.ok());
    let callback = callback(&api, &queue).await;
    let assign = format!("/api/v2/conversations/{callback}/assign");
    assert_eq!(api.post(&assign, json!({ "id": "agent-7" })).await.refused(400), "feature.not.enabled");
}

#[tokio::test]
async fn a_callback_is_scheduled_at_most_thirty_days_ahead() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, _] = queues(&api).await;
    let at =
        |time: &str| json!({ "queueId": queue, "callbackNumbers": ["+1"], "callbackScheduledTime": time });
    let code = api.post(CALLBACKS, at("2026-04-08T00:00:00Z")).await.refused(400);
    assert_eq!(code, "callback.error.scheduled.time.too.far.in.future");
    api.post(CALLBACKS, at("2026-04-06T00:00:00Z")).await.ok();
}

#[tokio::test]
async fn only_agents_wrap_up_and_a_mandatory_wrap_up_is_not_skipped() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let queue = json!({ "name": "Mine", "acwSettings": { "wrapupPrompt": "MANDATORY" } });
    let queue = id(&api.post("/api/v2/routing/queues", queue).await.ok());
    let call = call(&mock, &api, json!({ "callQueueId": queue })).await;
    let acd = participant(&api, &call, 1).await;
    let code = wrap_up_code(&api).await;
    let wrapped = api.patch(&acd, json!({ "wrapup": { "code": code } })).await.refused(400);
    assert_eq!(wrapped, "conversation.error.user.not.party");
    api.post(&format!("{acd}/replace"), json!({ "userId": "agent-7" })).await.done();
    mock.advance(Duration::from_secs(2));
    let agent = participant(&api, &call, 2).await;
    let skipped = api.patch(&agent, json!({ "wrapupSkipped": true })).await.refused(400);
    assert_eq!(skipped, "conversation.error.wrapup.cannot.skip");
    let seen = conversation(&api, &call).await["participants"][2].clone();
    assert_eq!((&seen["wrapupRequired"], &seen["wrapup"]), (&json!(true), &Value::Null));
}
