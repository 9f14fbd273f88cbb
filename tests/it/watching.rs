//! Supervisors in conversations, conversations that wait beside the work of an agent, and emails that go on.

use std::time::Duration;

use serde_json::{Value, json};

use crate::conversations::{call, conversation, id, participant, queues};
use crate::rest::{Client, mock};

const EMAILS: &str = "/api/v2/conversations/emails";
const MESSAGES: &str = "/api/v2/conversations/messages";

/// A caller with the token of an agent.
async fn agent(api: &Client, number: usize) -> Client {
    let tokens = api.post("/__admin/tokens", json!({ "count": number })).await.ok();
    api.with_token(tokens["tokens"][number - 1]["token"].as_str().expect("a token"))
}

async fn message(api: &Client) -> String {
    let [queue, _] = queues(api).await;
    let body = json!({ "queueId": queue, "toAddress": "+13175550100", "toAddressMessengerType": "sms" });
    id(&api.post(MESSAGES, body).await.done())
}

#[tokio::test]
async fn a_supervisor_is_known_by_the_participant_that_it_follows() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [first, second] = [agent(&api, 1).await, agent(&api, 2).await];
    let call = call(&mock, &first, json!({ "phoneNumber": "+13175550100" })).await;
    let followed = conversation(&api, &call).await["participants"][0]["id"].clone();
    let path = participant(&api, &call, 0).await;
    let steps = [
        ("monitor", "monitoredParticipantId"),
        ("coach", "coachedParticipantId"),
        ("barge", "bargedParticipantId"),
    ];
    for (action, property) in steps {
        second.post(&format!("{path}/{action}"), json!({})).await.done();
        let seen = conversation(&api, &call).await;
        assert_eq!(seen["participants"].as_array().map(Vec::len), Some(3), "one participant watches: {seen}");
        assert_eq!(seen["participants"][2][property], followed);
    }
    second.post(&format!("{path}/monitor"), json!({})).await.done();
    second.post(&format!("/api/v2/conversations/{call}/barge"), json!({})).await.done();
    assert_eq!(conversation(&api, &call).await["participants"][2]["bargedParticipantId"], followed);
}

#[tokio::test]
async fn a_call_ends_where_only_a_listener_is_left() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [first, second] = [agent(&api, 1).await, agent(&api, 2).await];
    let call = call(&mock, &first, json!({ "phoneNumber": "+13175550100" })).await;
    let path = participant(&api, &call, 0).await;
    second.post(&format!("{path}/monitor"), json!({})).await.done();
    mock.advance(Duration::from_secs(5));
    first.patch(&path, json!({ "state": "disconnected" })).await.done();
    let seen = conversation(&api, &call).await;
    assert!(seen["endTime"].is_string(), "{seen}");
    second.post(&format!("{path}/monitor"), json!({})).await.refused(400);
}

#[tokio::test]
async fn a_message_is_monitored_and_taken_over() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [first, second] = [agent(&api, 1).await, agent(&api, 2).await];
    let message = message(&first).await;
    let agent = conversation(&api, &message).await["participants"][1]["id"].clone();
    let path = format!("{MESSAGES}/{message}/participants/{}", agent.as_str().expect("an id"));
    second.post(&format!("{path}/monitor"), json!({})).await.done();
    assert_eq!(conversation(&api, &message).await["participants"][2]["monitoredParticipantId"], agent);
    second.post(&format!("{path}/takeover"), json!({})).await.done();
    let seen = conversation(&api, &message).await;
    let [old, new] = [1, 2].map(|index| &seen["participants"][index]);
    assert_eq!(
        (&old["messages"][0]["state"], &new["messages"][0]["state"]),
        (&json!("disconnected"), &json!("connected"))
    );
    assert_eq!((&new["purpose"], &new["monitoredParticipantId"]), (&json!("agent"), &Value::Null));
    second.post(&format!("{path}/takeover"), json!({})).await.refused(400);
}

#[tokio::test]
async fn a_parked_message_is_resumed_by_its_time() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let first = agent(&api, 1).await;
    let message = message(&first).await;
    let id = id(&conversation(&api, &message).await["participants"][1]);
    let path = format!("{MESSAGES}/{message}/participants/{id}/parkingstate");
    let state = async || conversation(&api, &message).await["participants"][1]["messages"][0].clone();
    first.patch(&path, json!({})).await.refused(400);
    first.patch(&path, json!({ "state": "parked", "resumeTime": "2026-03-08T01:00:00Z" })).await.done();
    let parked = state().await;
    assert_eq!(
        (&parked["state"], &parked["parkTime"]),
        (&json!("parked"), &json!("2026-03-08T00:00:00.000Z"))
    );
    mock.advance(Duration::from_secs(3600));
    assert_eq!(state().await["state"], "connected");
}

#[tokio::test]
async fn an_email_goes_on_after_its_end() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let first = agent(&api, 1).await;
    let [queue, _] = queues(&api).await;
    let body = json!({ "queueId": queue, "provider": "PureCloud Email", "direction": "OUTBOUND",
        "toAddress": "ada@customer.example", "subject": "Order" });
    let email = id(&first.post(EMAILS, body).await.done());
    let one = format!("{EMAILS}/{email}");
    first.post(&format!("{one}/reconnect"), json!({})).await.refused(409);
    first.patch(&one, json!({ "state": "disconnected" })).await.done();
    first.post(&format!("{one}/reconnect"), json!({})).await.done();
    let seen = conversation(&api, &email).await;
    assert_eq!(seen["endTime"], Value::Null, "{seen}");
    assert_eq!(seen["participants"].as_array().map(Vec::len), Some(4));
    let own = first.get("/api/v2/conversations").await.ok();
    assert_eq!(own["entities"][0]["id"], json!(email));
}

#[tokio::test]
async fn a_draft_is_filled_emptied_and_gone_once_it_is_sent() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let body = json!({ "queueId": queues(&api).await[0], "provider": "PureCloud Email", "direction": "INBOUND",
        "fromAddress": "ada@customer.example", "toAddress": "sales@rehearsal.example", "subject": "Order", "textBody": "Hi" });
    let one = format!("{EMAILS}/{}/messages", id(&api.post(EMAILS, body).await.done()));
    let draft = format!("{one}/draft");
    let filled = api.patch(&format!("{draft}?autoFill=true"), json!({})).await.ok();
    assert_eq!(
        (&filled["to"][0]["email"], &filled["subject"]),
        (&json!("ada@customer.example"), &json!("Order"))
    );
    assert_eq!(api.get(&draft).await.ok()["subject"], "Order");
    assert_eq!(api.patch(&format!("{draft}?discard=true"), json!({})).await.ok()["subject"], Value::Null);
    let email = json!({ "to": [{ "email": "ada@customer.example" }], "from": { "email": "sales@rehearsal.example" },
        "subject": "Re", "textBody": "Hello" });
    api.put(&draft, email.clone()).await.ok();
    api.post(&one, email).await.ok();
    assert_eq!(api.get(&draft).await.ok()["textBody"], "");
}
