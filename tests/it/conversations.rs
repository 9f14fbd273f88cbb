//! Calls, callbacks and emails: participants, states by the clock, transfers, consults, wrap-ups, recordings.

use std::time::Duration;

use gcmock::MockServer;
use serde_json::{Value, json};

use crate::rest::{Client, mock, wrap_up_code};

pub(crate) const CALLS: &str = "/api/v2/conversations/calls";
const CALLBACKS: &str = "/api/v2/conversations/callbacks";
const UNKNOWN: &str = "b9f6b6c0-52b6-4f1c-9a54-1d3c8f0a7e11";

pub(crate) fn id(value: &Value) -> String {
    value["id"].as_str().unwrap_or_else(|| panic!("no id: {value}")).to_owned()
}

/// The ids of the first two queues.
pub(crate) async fn queues(api: &Client) -> [String; 2] {
    let listed = api.get("/api/v2/routing/queues").await.ok();
    [0, 1].map(|number| id(&listed["entities"][number]))
}

/// Starts a call and lets both sides answer. Returns the conversation's id.
pub(crate) async fn call(mock: &MockServer, api: &Client, body: Value) -> String {
    let created = api.post(CALLS, body).await.ok();
    assert_eq!(created.as_object().expect("an object").keys().collect::<Vec<_>>(), ["id", "selfUri"]);
    mock.advance(Duration::from_secs(3));
    id(&created)
}

pub(crate) async fn conversation(api: &Client, id: &str) -> Value {
    api.get(&format!("/api/v2/conversations/{id}")).await.ok()
}

/// The path of a participant of a call.
pub(crate) async fn participant(api: &Client, call: &str, index: usize) -> String {
    let participant = id(&conversation(api, call).await["participants"][index]);
    format!("{CALLS}/{call}/participants/{participant}")
}

fn states(conversation: &Value) -> Vec<String> {
    let participants = conversation["participants"].as_array().expect("participants");
    let one = |one: &Value| format!("{} {}", one["purpose"], one["calls"][0]["state"]).replace('"', "");
    participants.iter().map(one).collect()
}

#[tokio::test]
async fn a_call_is_set_up_by_the_clock_and_ended_by_disconnect() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let created = id(&api.post(CALLS, json!({ "phoneNumber": "+13175550100" })).await.ok());
    let mut seen = Vec::new();
    for seconds in [0, 1, 2] {
        mock.advance(Duration::from_secs(seconds));
        seen.push(states(&conversation(&api, &created).await));
    }
    assert_eq!(
        seen,
        [
            ["user contacting", "customer dialing"],
            ["user dialing", "customer dialing"],
            ["user connected", "customer connected"]
        ]
    );
    let listed = api.get(CALLS).await.ok();
    assert_eq!((&listed["total"], &listed["entities"][0]["id"]), (&json!(1), &json!(created)));
    let of_calls = api.get(&format!("{CALLS}/{created}")).await.ok();
    assert_eq!(of_calls["participants"][1]["recordingState"], "active");
    assert_eq!(api.get("/api/v2/conversations?communicationType=Call").await.ok()["total"], 1);
    assert_eq!(api.get("/api/v2/conversations?communicationType=Email").await.ok()["total"], 0);
    let ended = api.post(&format!("/api/v2/conversations/{created}/disconnect"), json!({})).await;
    assert_eq!(ended.status, 202);
    let seen = conversation(&api, &created).await;
    assert_eq!(states(&seen), ["user disconnected", "customer disconnected"]);
    assert_eq!(
        (&seen["state"], &seen["endTime"]),
        (&json!("disconnected"), &json!("2026-03-08T00:00:03.000Z"))
    );
    assert_eq!(api.get(CALLS).await.ok()["total"], 0);
}

#[tokio::test]
async fn a_caller_is_connected_once_the_customer_is_however_early() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let created = id(&api.post(CALLS, json!({ "phoneNumber": "+13175550100" })).await.ok());
    let customer = participant(&api, &created, 1).await;
    assert_eq!(api.patch(&customer, json!({ "state": "connected" })).await.status, 202);
    for seconds in [0, 1, 5] {
        mock.advance(Duration::from_secs(seconds));
        let seen = states(&conversation(&api, &created).await);
        assert_eq!(seen, ["user connected", "customer connected"]);
    }
}

#[tokio::test]
async fn a_call_has_exactly_one_destination_that_exists() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, _] = queues(&api).await;
    let refused = async |body: Value, status| api.post(CALLS, body).await.refused(status);
    assert_eq!(refused(json!({}), 400).await, "missing.create.conversation.destination.parameter");
    let two = json!({ "phoneNumber": "+13175550100", "callQueueId": queue });
    assert_eq!(refused(two, 400).await, "too.many.create.conversation.parameters");
    for body in [
        json!({ "callUserId": UNKNOWN }),
        json!({ "callQueueId": UNKNOWN }),
        json!({ "phoneNumber": "+13175550100", "callFromQueueId": UNKNOWN }),
    ] {
        assert_eq!(refused(body, 404).await, "not.found");
    }
    assert_eq!(api.get(CALLS).await.ok()["total"], 0, "a refused call starts nothing");
}

#[tokio::test]
async fn hold_mute_and_wrap_up_are_kept() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let call = call(&mock, &api, json!({ "phoneNumber": "+13175550100" })).await;
    let agent = participant(&api, &call, 0).await;
    assert_eq!(api.patch(&agent, json!({ "held": true, "muted": true })).await.status, 202);
    let seen = conversation(&api, &call).await;
    let leg = &seen["participants"][0]["calls"][0];
    assert_eq!((&leg["held"], &leg["muted"]), (&json!(true), &json!(true)));
    assert_eq!(leg["startHoldTime"], "2026-03-08T00:00:03.000Z");
    let code = wrap_up_code(&api).await;
    let wrapup = json!({ "wrapup": { "code": code, "notes": "well", "tags": ["a"], "durationSeconds": 7 } });
    assert_eq!(api.patch(&agent, json!({ "held": false })).await.status, 202);
    assert_eq!(api.patch(&agent, json!({ "state": "disconnected" })).await.status, 202);
    mock.advance(Duration::from_secs(5));
    assert_eq!(api.patch(&agent, wrapup).await.status, 202);
    let expected = json!({ "code": code, "notes": "well", "tags": ["a"], "durationSeconds": 7,
        "endTime": "2026-03-08T00:00:08.000Z" });
    assert_eq!(api.get(&format!("{agent}/wrapup")).await.ok(), expected);
    assert_eq!(conversation(&api, &call).await["state"], "disconnected", "only the customer is left");
    let unknown = format!("{agent}/communications/{UNKNOWN}/wrapup");
    assert_eq!(api.get(&unknown).await.refused(404), "not.found");
    let unknown = api.patch(&agent, json!({ "wrapup": { "code": UNKNOWN } })).await;
    assert!(unknown.body["message"].as_str().expect("a message").contains("wrapup.code"), "{}", unknown.body);
    assert_eq!(unknown.refused(400), "resource.not.found");
    let own = json!({ "wrapup": { "code": "ININ-WRAP-UP-TIMEOUT" } });
    assert_eq!(api.patch(&agent, own).await.status, 202);
    let dated = json!({ "wrapup": { "code": code, "endTime": "soon" } });
    assert_eq!(api.patch(&agent, dated).await.refused(400), "invalid.date");
    assert_eq!(api.patch(&agent, json!({ "state": "asleep" })).await.refused(400), "invalid.value");
}

#[tokio::test]
async fn attributes_are_added_without_a_body_in_the_answer() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let call = call(&mock, &api, json!({ "phoneNumber": "+1", "attributes": { "a": "1" } })).await;
    let participant = id(&conversation(&api, &call).await["participants"][0]);
    let path = format!("/api/v2/conversations/{call}/participants/{participant}/attributes");
    let answer = api.patch(&path, json!({ "attributes": { "b": "2" } })).await;
    assert_eq!((answer.status.as_u16(), answer.body), (202, Value::Null));
    let seen = conversation(&api, &call).await;
    assert_eq!(seen["participants"][0]["attributes"], json!({ "a": "1", "b": "2" }));
}

#[tokio::test]
async fn a_transfer_adds_a_participant_and_the_first_queue_stays() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [first, second] = queues(&api).await;
    let call = call(&mock, &api, json!({ "phoneNumber": "+1", "callFromQueueId": first })).await;
    let agent = participant(&api, &call, 0).await;
    let replaced = api.post(&format!("{agent}/replace"), json!({ "queueId": second })).await;
    assert_eq!((replaced.status.as_u16(), replaced.body), (202, Value::Null));
    let seen = conversation(&api, &call).await;
    assert_eq!(states(&seen), ["agent disconnected", "customer connected", "acd connected"]);
    assert_eq!(seen["participants"][0]["calls"][0]["disconnectType"], "transfer");
    assert_eq!(seen["participants"][0]["queueId"], json!(first));
    assert_eq!(seen["participants"][2]["queueId"], json!(second));
    let again = api.post(&format!("{agent}/replace"), json!({ "queueId": second })).await.refused(400);
    assert_eq!(again, "conversations.error.transfer.not.connected");
    let acd = participant(&api, &call, 2).await;
    assert_eq!(api.post(&format!("{acd}/replace"), json!({ "userId": "agent-7" })).await.status, 202);
    assert_eq!(states(&conversation(&api, &call).await)[3], "agent alerting");
    mock.advance(Duration::from_secs(2));
    assert_eq!(states(&conversation(&api, &call).await)[3], "agent connected");
    let agent = participant(&api, &call, 3).await;
    for (body, status) in [
        (json!({ "queueId": UNKNOWN }), 404),
        (json!({ "userId": UNKNOWN }), 404),
        (json!({}), 400),
        (json!({ "queueId": second, "userId": "agent-1" }), 400),
        (json!({ "queueId": second, "transferType": "NO_SUCH" }), 400),
    ] {
        api.post(&format!("{agent}/replace"), body).await.refused(status);
    }
}

#[tokio::test]
async fn a_consult_holds_the_customer_and_may_end_in_a_transfer() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let call = call(&mock, &api, json!({ "phoneNumber": "+1" })).await;
    let agent = participant(&api, &call, 0).await;
    let body = json!({ "speakTo": "DESTINATION", "destination": { "userId": "agent-3" } });
    let consulted = api.post(&format!("{agent}/consult"), body).await.ok();
    let seen = conversation(&api, &call).await;
    assert_eq!(consulted, json!({ "destinationParticipantId": seen["participants"][2]["id"] }));
    assert_eq!(seen["participants"][2]["consultParticipantId"], seen["participants"][0]["id"]);
    assert_eq!(seen["participants"][1]["calls"][0]["held"], true);
    mock.advance(Duration::from_secs(2));
    let both = api.patch(&format!("{agent}/consult"), json!({ "speakTo": "BOTH" })).await.ok();
    assert_eq!(both, consulted);
    assert_eq!(api.patch(&agent, json!({ "state": "disconnected" })).await.status, 202);
    let seen = conversation(&api, &call).await;
    assert_eq!(states(&seen), ["user disconnected", "customer connected", "user connected"]);
    assert_eq!(seen["participants"][0]["calls"][0]["disconnectType"], "transfer.consult");
    let other = participant(&api, &call, 2).await;
    assert_eq!(api.delete(&format!("{other}/consult")).await.refused(400), "bad.request");
}

#[tokio::test]
async fn an_email_is_a_conversation_of_its_queue() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, _] = queues(&api).await;
    let emails = "/api/v2/conversations/emails";
    let body = json!({ "provider": "Other", "queueId": queue, "fromAddress": "ada@example.org",
        "fromName": "Ada", "subject": "Hello", "textBody": "Hi" });
    let created = api.post(emails, body).await.ok();
    assert_eq!(created["participants"][0]["subject"], "Hello");
    assert_eq!(created["participants"][0]["name"], "Ada");
    assert_eq!(created["participants"][1]["queue"]["id"], json!(queue));
    assert_eq!(created["selfUri"], json!(format!("{emails}/{}", id(&created))));
    assert_eq!(api.get(emails).await.ok()["total"], 1);
    let ended =
        api.patch(&format!("{emails}/{}", id(&created)), json!({ "state": "disconnected" })).await.ok();
    assert_eq!(ended["state"], "disconnected");
}

#[tokio::test]
async fn a_conversation_whose_participants_a_delete_disconnects_stays_readable() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let call = call(&mock, &api, json!({ "phoneNumber": "+1" })).await;
    let path = format!("/api/v2/conversations/{call}");
    for _ in 0..2 {
        assert_eq!(api.delete(&path).await.status, 204);
        let seen = conversation(&api, &call).await;
        assert_eq!(states(&seen), ["user disconnected", "customer disconnected"]);
        assert_eq!(seen["endTime"], "2026-03-08T00:00:03.000Z");
        assert_eq!(api.get(CALLS).await.ok()["total"], 0);
        assert_eq!(api.get("/api/v2/conversations").await.ok()["total"], 0);
        let details = api.get(&format!("/api/v2/analytics/conversations/{call}/details")).await.ok();
        assert_eq!(details["conversationEnd"], seen["endTime"]);
        mock.advance(Duration::from_secs(60));
    }
    assert_eq!(api.delete(&format!("/api/v2/conversations/{UNKNOWN}")).await.refused(404), "not.found");
}

#[tokio::test]
async fn an_ended_call_has_a_recording_and_others_have_none() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let call = call(&mock, &api, json!({ "phoneNumber": "+1" })).await;
    let path = format!("/api/v2/conversations/{call}");
    assert_eq!(api.get(&format!("{path}/recordings")).await.ok(), json!([]), "the call goes on");
    mock.advance(Duration::from_secs(10));
    api.post(&format!("{path}/disconnect"), json!({})).await;
    mock.advance(Duration::from_secs(1));
    let all = api.get(&format!("{path}/recordings")).await.ok();
    assert_eq!(all.as_array().map(Vec::len), Some(1));
    let (recording, own) = (&all[0], id(&all[0]));
    assert_eq!(recording["outputDurationMs"], 10_000);
    assert_eq!(&api.get(&format!("{path}/recordings/{own}")).await.ok(), recording);
    let metadata = api.get(&format!("{path}/recordingmetadata")).await.ok();
    assert_eq!((&metadata[0]["id"], &metadata[0]["mediaUris"]), (&recording["id"], &Value::Null));
    let audio = recording["mediaUris"]["S"]["mediaUri"].as_str().expect("an address");
    let fetched = reqwest::get(audio).await.expect("an answer");
    assert_eq!(fetched.headers()["content-type"], "audio/wav");
    assert!(fetched.bytes().await.expect("a body").starts_with(b"RIFF"));
    api.get(&format!("{path}/recordings/{UNKNOWN}")).await.refused(404);
    let sent = api.post("/api/v2/conversations/messages", json!({ "to": { "id": "a" }, "text": "x" })).await;
    let message = id(&sent.body);
    let none = api.get(&format!("/api/v2/conversations/{message}/recordings")).await.ok();
    assert_eq!(none, json!([]));
}

#[tokio::test]
async fn the_history_lists_the_ended_calls_of_the_user() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let ended = call(&mock, &api, json!({ "phoneNumber": "+1" })).await;
    api.post(&format!("/api/v2/conversations/{ended}/disconnect"), json!({})).await;
    call(&mock, &api, json!({ "phoneNumber": "+2" })).await;
    let listed = api.get(&format!("{CALLS}/history")).await.ok();
    assert_eq!((&listed["total"], &listed["entities"][0]["id"]), (&json!(1), &json!(ended)));
    assert_eq!(listed["entities"][0]["participants"][1]["didInteract"], true);
    let before = format!("{CALLS}/history?interval=2026-03-01T00:00:00Z/2026-03-02T00:00:00Z");
    assert_eq!(api.get(&before).await.ok()["total"], 0);
}

#[tokio::test]
async fn a_text_to_the_id_of_a_call_opens_a_conversation_of_its_own() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let call = call(&mock, &api, json!({ "phoneNumber": "+1" })).await;
    let sent = api.post("/api/v2/conversations/messages", json!({ "to": { "id": call }, "text": "x" })).await;
    assert_ne!(id(&sent.body), call);
}

#[tokio::test]
async fn another_organization_sees_no_call() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let theirs = api.of_new_organization().await;
    let call = call(&mock, &api, json!({ "phoneNumber": "+1" })).await;
    for path in [format!("{CALLS}/{call}"), format!("/api/v2/conversations/{call}")] {
        theirs.get(&path).await.refused(404);
    }
    assert_eq!(theirs.get(CALLS).await.ok()["total"], 0);
}

#[tokio::test]
async fn waiting_calls_go_to_idle_agents_with_the_skills_where_routing_is_on() {
    let builder = MockServer::builder().limits_toml("").manual_clock_at(crate::rest::START).no_latency();
    let mock = builder.route_conversations().start().await.expect("a free port");
    let api = Client::new(&mock);
    let [queue, _] = queues(&api).await;
    let created = id(&api.post(CALLS, json!({ "callQueueId": queue })).await.ok());
    let seen = conversation(&api, &created).await;
    assert_eq!(states(&seen)[2], "agent alerting");
    let agent = seen["participants"][2]["userId"].as_str().expect("a user").to_owned();
    let routing =
        async || api.get(&format!("/api/v2/users/{agent}/routingstatus")).await.ok()["status"].clone();
    assert_eq!(routing().await, "INTERACTING");
    mock.advance(Duration::from_secs(3));
    let seen = conversation(&api, &created).await;
    assert_eq!(states(&seen), ["user connected", "acd disconnected", "agent connected"]);
    api.post(&format!("/api/v2/conversations/{created}/disconnect"), json!({})).await;
    assert_eq!(routing().await, "IDLE");
    let skill = id(&api.post("/api/v2/routing/skills", json!({ "name": "rare" })).await.ok());
    let skilled = json!({ "callQueueId": queue, "routingSkillsIds": [skill] });
    let skilled = id(&api.post(CALLS, skilled).await.ok());
    mock.advance(Duration::from_secs(3));
    assert_eq!(states(&conversation(&api, &skilled).await), ["user connected", "acd connected"]);
    let email =
        json!({ "queueId": queue, "provider": "x", "toAddress": "a@example.org", "skillIds": [skill] });
    let email = id(&api.post("/api/v2/conversations/emails", email).await.ok());
    assert_eq!(conversation(&api, &email).await["participants"].as_array().map(Vec::len), Some(2));
    let callback = json!({ "queueId": queue, "callbackNumbers": ["+1"], "routingData": { "queueId": queue, "skillIds": [skill] },
        "callbackScheduledTime": "2026-03-08T01:00:00Z" });
    let waiting = id(&api.post(CALLBACKS, callback.clone()).await.ok()["conversation"]);
    let mut plain = callback;
    plain["routingData"] = json!({ "queueId": queue });
    let routed = id(&api.post(CALLBACKS, plain).await.ok()["conversation"]);
    let count = async |id: &str| conversation(&api, id).await["participants"].as_array().map(Vec::len);
    assert_eq!((count(&waiting).await, count(&routed).await), (Some(2), Some(2)), "before their time");
    mock.advance(Duration::from_secs(3600));
    assert_eq!((count(&waiting).await, count(&routed).await), (Some(2), Some(3)), "no agent has the skill");
}

#[tokio::test]
async fn a_queue_that_demands_a_wrap_up_asks_its_agents_for_one() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let acw = json!({ "wrapupPrompt": "MANDATORY_TIMEOUT", "timeoutMs": 60_000 });
    let queue = api.post("/api/v2/routing/queues", json!({ "name": "Mine", "acwSettings": acw })).await.ok();
    let call = call(&mock, &api, json!({ "callQueueId": queue["id"] })).await;
    let acd = participant(&api, &call, 1).await;
    assert_eq!(api.post(&format!("{acd}/replace"), json!({ "userId": "agent-7" })).await.status, 202);
    mock.advance(Duration::from_secs(2));
    let agent = participant(&api, &call, 2).await;
    let asked = |seen: &Value| {
        ["wrapupRequired", "wrapupPrompt", "wrapupTimeoutMs", "startAcwTime"].map(|name| seen[name].clone())
    };
    let seen = conversation(&api, &call).await["participants"][2].clone();
    assert_eq!(asked(&seen), [json!(true), json!("timeout"), json!(60_000), Value::Null]);
    assert_eq!(conversation(&api, &call).await["participants"][1]["wrapupRequired"], false);
    assert_eq!(api.patch(&agent, json!({ "state": "disconnected" })).await.status, 202);
    let seen = conversation(&api, &call).await["participants"][2].clone();
    assert_eq!(seen["startAcwTime"], seen["endTime"]);
    mock.advance(Duration::from_secs(6));
    let code = wrap_up_code(&api).await;
    assert_eq!(api.patch(&agent, json!({ "wrapup": { "code": code } })).await.status, 202);
    let seen = conversation(&api, &call).await["participants"][2].clone();
    assert!(seen["endAcwTime"].as_str() > seen["startAcwTime"].as_str(), "{seen}");
}
