//! The participants of a conversation: agents of their own, consults by the customer's participant, divisions.

use serde_json::{Value, json};

use crate::conversations::{call, conversation, id, participant, queues};
use crate::rest::{Client, mock};

const MESSAGES: &str = "/api/v2/conversations/messages";

/// A conversation of an inbound message.
async fn inbound(api: &Client) -> String {
    let integration = api.get("/api/v2/conversations/messaging/integrations/open").await.ok();
    let integration = id(&integration["entities"][0]);
    let from = json!({ "id": "ada", "idType": "Opaque", "nickname": "Ada" });
    let body = json!({ "channel": { "from": from, "time": "2026-03-08T00:00:00Z" }, "text": "Hello" });
    let path = format!("{MESSAGES}/{integration}/inbound/open/message?prefetchConversationId=true");
    api.post(&path, body).await.done()["conversationId"].as_str().expect("an id").to_owned()
}

fn purposes(conversation: &Value) -> Vec<&str> {
    let all = conversation["participants"].as_array().expect("participants");
    all.iter().map(|one| one["purpose"].as_str().expect("a purpose")).collect()
}

#[tokio::test]
async fn an_agent_that_answers_a_message_is_a_participant_beside_the_queue() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let message = inbound(&api).await;
    let before = conversation(&api, &message).await;
    assert_eq!(purposes(&before), ["customer", "acd"]);
    let waiting = &before["participants"][1];
    let path = format!("{MESSAGES}/{message}/communications/{}/messages", id(&waiting["messages"][0]));
    let sent = api.post(&path, json!({ "textBody": "Hello Ada" })).await.ok();
    let after = conversation(&api, &message).await;
    assert_eq!(purposes(&after), ["customer", "acd", "agent"]);
    let [acd, agent] = [1, 2].map(|index| &after["participants"][index]);
    assert_eq!(acd["id"], waiting["id"]);
    assert_eq!((&acd["userId"], &acd["messages"][0]["state"]), (&Value::Null, &json!("disconnected")));
    assert_eq!(agent["messages"][0]["state"], "connected");
    assert_eq!(sent["conversationId"], json!(message));
    let path = format!("{MESSAGES}/{message}/communications/{}/messages", id(&agent["messages"][0]));
    api.post(&path, json!({ "textBody": "Anything else?" })).await.ok();
    assert_eq!(purposes(&conversation(&api, &message).await), ["customer", "acd", "agent"]);
    let seen = api.get(&format!("{MESSAGES}/{message}/messages/{}", id(&sent))).await.ok();
    assert_eq!(seen["id"], sent["id"]);
}

#[tokio::test]
async fn a_consult_is_made_by_the_participant_of_the_agent_or_of_the_customer() {
    let mock = mock().await;
    let api = Client::new(&mock);
    for index in [0, 1] {
        let call = call(&mock, &api, json!({ "phoneNumber": "+13175550100" })).await;
        let consulting = id(&conversation(&api, &call).await["participants"][0]);
        let path = format!("{}/consult", participant(&api, &call, index).await);
        let to = json!({ "speakTo": "DESTINATION", "destination": { "userId": "agent-5" } });
        let made = api.post(&path, to).await.ok();
        let seen = conversation(&api, &call).await;
        let consulted = &seen["participants"][2];
        assert_eq!(made["destinationParticipantId"], consulted["id"]);
        assert_eq!(consulted["consultParticipantId"], json!(consulting));
        api.patch(&path, json!({ "speakTo": "BOTH" })).await.ok();
        api.delete(&path).await.done();
        api.delete(&path).await.refused(400);
    }
}

#[tokio::test]
async fn a_conversation_has_the_divisions_of_its_queues_and_users() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let [queue, _] = queues(&api).await;
    let call = call(&mock, &api, json!({ "phoneNumber": "+13175550100", "callFromQueueId": queue })).await;
    let seen = conversation(&api, &call).await;
    let user = seen["participants"][0]["userId"].as_str().expect("a user");
    let divisions = seen["divisions"].as_array().expect("divisions");
    assert!(divisions.iter().all(|one| one["division"]["id"].is_string()), "{divisions:?}");
    let entities = divisions.iter().flat_map(|one| one["entities"].as_array().expect("entities"));
    let entities: Vec<_> = entities.map(|one| one["id"].as_str().expect("an id")).collect();
    assert!(entities.contains(&queue.as_str()) && entities.contains(&user), "{entities:?}");
}

#[tokio::test]
async fn an_agent_does_not_transfer_to_itself() {
    let mock = mock().await;
    let api = Client::new(&mock);
    let call = call(&mock, &api, json!({ "phoneNumber": "+13175550100" })).await;
    let path = participant(&api, &call, 0).await;
    let user = conversation(&api, &call).await["participants"][0]["userId"].clone();
    let same = api.post(&format!("{path}/replace"), json!({ "userId": user })).await.refused(400);
    assert_eq!(same, "conversations.error.transfer.same.party");
    let general = path.replace("/calls/", "/");
    let same = api.post(&format!("{general}/replace/agent"), json!({ "userId": user })).await.refused(400);
    assert_eq!(same, "conversations.error.transfer.same.party");
    assert_eq!(conversation(&api, &call).await["participants"].as_array().map(Vec::len), Some(2));
    api.post(&format!("{path}/replace"), json!({ "userId": "agent-5" })).await.done();
}
