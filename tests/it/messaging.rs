//! Outbound and inbound messages, their statuses, and their conversations.

use std::collections::HashSet;
use std::time::Duration;

use gcmock::MockServer;
use serde_json::{Value, json};

use crate::users::{Client, mock, open_integration};

const MESSAGES: &str = "/api/v2/conversations/messages";

/// A snapshot of a reply whose ids are random in each run.
macro_rules! shown {
    ($name:literal, $value:expr) => {{
        let value = &$value;
        insta::with_settings!({
            filters => vec![(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", "[id]")]
        }, { insta::assert_json_snapshot!($name, value) })
    }};
}

/// Sends a message with the body of load tests. Returns the conversation and the message.
async fn send(api: &Client, to: &str, text: &str) -> (String, String) {
    let (status, sent) = api.post(MESSAGES, json!({ "to": { "id": to }, "text": text })).await;
    assert_eq!(status, 202, "{sent}");
    (text_of(&sent["id"]), text_of(&sent["messageId"]))
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text, not {value}")).to_owned()
}

/// The paths of inbound messages of the seeded integration.
async fn inbound_path(api: &Client, what: &str) -> String {
    format!("{MESSAGES}/{}/inbound/open/{what}", open_integration(api).await)
}

/// An inbound message by open messaging; the conversation.
async fn receive(api: &Client, from: &str, text: &str) -> (u16, Value) {
    let channel = json!({
        "from": { "id": from, "idType": "Opaque", "firstName": "Ada", "lastName": "Lovelace" },
        "time": "2026-03-08T00:00:00Z", "messageId": "their-1",
    });
    let path = inbound_path(api, "message?prefetchConversationId=true").await;
    api.post(&path, json!({ "channel": channel, "text": text })).await
}

#[tokio::test]
async fn the_threads_body_opens_a_conversation_and_later_texts_join_it() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let (first, _) = send(&api, "participant-id", "message").await;
    let (second, _) = send(&api, "participant-id", "message").await;
    let (other, _) = send(&api, "another", "message").await;
    assert_eq!(first, second);
    assert_ne!(first, other);
    let (_, sent) = api.post(MESSAGES, json!({ "to": { "id": first }, "text": "by its id" })).await;
    assert_eq!(sent["id"], json!(first));
    shown!("sent", sent);
    let (status, conversation) = api.get(&format!("{MESSAGES}/{first}")).await;
    assert_eq!(status, 200);
    shown!("message_conversation", conversation);
    shown!("conversation", api.get(&format!("/api/v2/conversations/{first}")).await.1);
}

#[tokio::test]
async fn a_message_is_queued_then_sent_then_delivered_as_the_clock_moves() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let (conversation, message) = send(&api, "a", "hello").await;
    let path = format!("{MESSAGES}/{conversation}/messages/{message}");
    let mut seen = Vec::new();
    for seconds in [0, 1, 4] {
        mock.advance(Duration::from_secs(seconds));
        seen.push(text_of(&api.get(&path).await.1["status"]));
    }
    assert_eq!(seen, ["queued", "sent", "delivery-success"]);
    shown!("message", api.get(&path).await.1);
    let (_, details) = api.get(&format!("{MESSAGES}/{message}/details")).await;
    assert_eq!(details["textBody"], "hello");
    let (_, normalized) = api.get(&format!("{path}?useNormalizedMessage=true")).await;
    assert!(normalized.get("textBody").is_none());
    assert_eq!(normalized["normalizedMessage"]["text"], "hello");
}

#[tokio::test]
async fn concurrent_sends_to_one_participant_meet_in_one_conversation_and_lose_nothing() {
    let mock = mock().await;
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let api = Client::of(&mock);
            tokio::spawn(async move {
                let mut sent = Vec::new();
                for n in 0..10 {
                    sent.push(send(&api, "everybody", &format!("{task}/{n}")).await);
                }
                sent
            })
        })
        .collect();
    let (mut conversations, mut messages) = (HashSet::new(), HashSet::new());
    for task in tasks {
        for (conversation, message) in task.await.expect("no panic") {
            conversations.insert(conversation);
            messages.insert(message);
        }
    }
    assert_eq!((conversations.len(), messages.len()), (1, 80));
    let conversation = conversations.iter().next().expect("there is one");
    let api = Client::of(&mock);
    let path = format!("{MESSAGES}/{conversation}/messages/bulk");
    let (status, bulk) = api.post(&path, json!(messages)).await;
    assert_eq!(status, 200);
    let bulk = bulk["entities"].as_array().expect("a list");
    let texts: HashSet<_> = bulk.iter().map(|message| text_of(&message["textBody"])).collect();
    assert_eq!(texts.len(), 80);
}

#[tokio::test]
async fn the_vendors_body_opens_one_conversation_with_a_customer_at_a_time() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let (_, queues) = api.get("/api/v2/routing/queues").await;
    let body = |existing: bool| {
        json!({ "queueId": queues["entities"][0]["id"], "toAddress": "+13175550100",
            "toAddressMessengerType": "sms", "useExistingConversation": existing })
    };
    let (status, first) = api.post(MESSAGES, body(false)).await;
    assert_eq!(status, 202);
    assert_eq!(first.as_object().expect("an object").keys().collect::<Vec<_>>(), ["id", "selfUri"]);
    let (status, refused) = api.post(MESSAGES, body(false)).await;
    assert_eq!((status, &refused["code"]), (400, &json!("active.conversation")));
    let (_, joined) = api.post(MESSAGES, body(true)).await;
    assert_eq!(first["id"], joined["id"]);
    let disconnect = format!("/api/v2/conversations/{}/disconnect", text_of(&first["id"]));
    api.post(&disconnect, json!({})).await;
    let mut other = body(false);
    other["toAddress"] = json!("+13175550101");
    api.post(MESSAGES, other).await;
    let (_, second) = api.post(MESSAGES, body(false)).await;
    assert_ne!(first["id"], second["id"]);
    let (_, listed) = api.get(&format!("{MESSAGES}?pageSize=1")).await;
    assert_eq!((&listed["total"], &listed["entities"][0]["id"]), (&json!(2), &second["id"]));
    shown!("message_conversations", listed);
}

#[tokio::test]
async fn a_message_conversation_is_not_opened_for_what_does_not_exist() {
    const UNKNOWN: &str = "4a2d1c56-1b7f-4ac0-8d3e-0d4a5a4e6c11";
    let mock = mock().await;
    let api = Client::of(&mock);
    let (_, queues) = api.get("/api/v2/routing/queues").await;
    let mut body = json!({ "queueId": queues["entities"][0]["id"], "toAddress": "+13175550100",
        "toAddressMessengerType": "sms", "externalContactId": UNKNOWN });
    let (status, error) = api.post(MESSAGES, body.clone()).await;
    assert_eq!((status, &error["code"]), (400, &json!("resource.not.found")), "{error}");
    body["queueId"] = json!(UNKNOWN);
    let (status, error) = api.post(MESSAGES, body).await;
    assert_eq!((status, &error["code"]), (404, &json!("not.found")), "{error}");
    let (_, listed) = api.get(MESSAGES).await;
    assert_eq!(listed["total"], 0);
}

#[tokio::test]
async fn a_body_that_lacks_something_is_told_what() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let bulky = json!({ "fromAddress": "+13175550100", "toAddress": "+13175550101",
        "toAddressMessengerType": "sms", "textBody": "x".repeat(766) });
    let cases = [
        (MESSAGES, json!({}), "queueId, toAddress, toAddressMessengerType"),
        (MESSAGES, json!({ "text": "x" }), "to.id"),
        (MESSAGES, json!({ "to": { "id": 7 }, "text": "x" }), "to.id"),
        (MESSAGES, json!({ "to": { "id": "a" } }), "text"),
        (MESSAGES, json!({ "to": { "id": "a" }, "text": "x".repeat(2001) }), "2000"),
        (MESSAGES, json!({ "queueId": "q" }), "toAddress"),
        (MESSAGES, json!({ "queueId": "q", "toAddress": "a", "toAddressMessengerType": "fax" }), "sms, open"),
        (MESSAGES, json!({ "queueId": "q", "toAddress": "a", "toAddressMessengerType": "sms" }), "E.164"),
        ("/api/v2/conversations/messages/agentless", bulky, "765"),
        ("/api/v2/conversations/messages/agentless", json!({ "toAddress": "a" }), "fromAddress"),
    ];
    for (path, body, named) in cases {
        let (status, error) = api.post(path, body.clone()).await;
        assert_eq!(status, 400, "{body}");
        assert!(text_of(&error["message"]).contains(named), "{error}");
    }
    let (_, listed) = api.get(MESSAGES).await;
    assert_eq!(listed["total"], 0, "a refused body opens nothing");
}

#[tokio::test]
async fn an_agentless_message_stands_alone_unless_it_may_join() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let body = |join: bool| {
        json!({ "fromAddress": "+13175550100", "toAddress": "+13175550101", "toAddressMessengerType": "sms",
            "textBody": "hello", "useExistingActiveConversation": join })
    };
    let path = format!("{MESSAGES}/agentless");
    let (status, first) = api.post(&path, body(false)).await;
    assert_eq!(status, 202);
    let (_, second) = api.post(&path, body(false)).await;
    let (_, third) = api.post(&path, body(true)).await;
    assert_ne!(first["conversationId"], second["conversationId"]);
    assert_eq!(second["conversationId"], third["conversationId"]);
    shown!("agentless", first);
}

#[tokio::test]
async fn an_inbound_message_is_answered_by_its_communication_and_gets_a_receipt() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let (status, inbound) = receive(&api, "ada", "hi").await;
    assert_eq!(status, 202);
    shown!("inbound", inbound);
    let id = text_of(&inbound["conversationId"]);
    let (_, conversation) = api.get(&format!("/api/v2/conversations/{id}")).await;
    assert_eq!(conversation["participants"][0]["name"], "Ada Lovelace");
    assert_eq!(conversation["participants"][1]["purpose"], "acd");
    let communication = text_of(&conversation["participants"][1]["messages"][0]["id"]);

    let path = format!("{MESSAGES}/{id}/communications/{communication}");
    let (status, _) = api.post(&format!("{path}/typing"), json!({ "typing": { "type": "On" } })).await;
    assert_eq!(status, 204);
    let (status, reply) = api.post(&format!("{path}/messages"), json!({ "textBody": "hello" })).await;
    assert_eq!(status, 200);
    shown!("reply", reply);
    let (status, _) =
        api.post(&format!("{path}/messages"), json!({ "textBody": "x", "mediaIds": ["a"] })).await;
    assert_eq!(status, 400);
    let (_, conversation) = api.get(&format!("/api/v2/conversations/{id}")).await;
    assert_eq!(conversation["participants"][1]["purpose"], "acd");
    assert_eq!(conversation["participants"][2]["purpose"], "agent");

    let receipt = json!({ "id": reply["id"], "status": "Failed", "isFinalReceipt": true,
        "channel": { "to": { "id": "ada" }, "time": "2026-03-08T00:00:01Z" } });
    let (status, receipt) = api.post(&inbound_path(&api, "receipt").await, receipt).await;
    assert_eq!(status, 202);
    shown!("receipt", receipt);
    let (_, seen) = api.get(&text_of(&reply["selfUri"])).await;
    assert_eq!(seen["status"], "delivery-failed");
}

#[tokio::test]
async fn open_messaging_wants_a_date_and_knows_its_words() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let from = json!({ "id": "ada", "idType": "Opaque" });
    let channel = json!({ "from": from, "time": "2026-03-08T00:00:00Z" });
    let (_, error) = api
        .post(&inbound_path(&api, "message").await, json!({ "channel": { "from": from }, "text": "x" }))
        .await;
    assert_eq!(error["code"], "missing.open.channel.date");
    let (status, _) = api.post(&inbound_path(&api, "message").await, json!({ "channel": channel })).await;
    assert_eq!(status, 400);
    let typing = json!({ "channel": channel, "events": [{ "eventType": "Typing" }] });
    let (status, event) = api.post(&inbound_path(&api, "event").await, typing).await;
    assert_eq!(status, 202);
    shown!("event", event);
    let button = json!({ "channel": channel, "originatingMessageId": "m",
        "buttonResponse": { "type": "Button", "text": "Yes", "payload": "yes" } });
    let (status, structured) = api.post(&inbound_path(&api, "structured/response").await, button).await;
    assert_eq!(status, 202);
    shown!("structured", structured);
    let old = json!({ "channel": { "from": from, "to": { "id": open_integration(&api).await }, "time": "2026-03-08T00:00:00Z" },
        "type": "Text", "text": "x", "direction": "Inbound" });
    let (status, old) = api.post(&format!("{MESSAGES}/inbound/open"), old).await;
    assert_eq!(status, 202);
    assert_eq!(old["type"], "Text");
    let (_, listed) = api.get(MESSAGES).await;
    assert_eq!(listed["total"], 1, "the button and the text are of one customer");
}

#[tokio::test]
async fn a_disconnected_conversation_is_not_listed_and_the_next_text_opens_another() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let ends = [
        (reqwest::Method::POST, "/api/v2/conversations/{}/disconnect", 202),
        (reqwest::Method::DELETE, "/api/v2/conversations/{}", 204),
        (reqwest::Method::PATCH, "/api/v2/conversations/messages/{}", 200),
    ];
    for (method, path, expected) in ends {
        let (id, _) = send(&api, "a", "hello").await;
        let path = path.replace("{}", &id);
        let (status, _) = match method {
            reqwest::Method::POST => api.post(&path, json!({})).await,
            reqwest::Method::DELETE => api.delete(&path).await,
            _ => api.patch(&path, json!({ "state": "disconnected" })).await,
        };
        assert_eq!(status, expected);
        let (_, conversation) = api.get(&format!("/api/v2/conversations/{id}")).await;
        assert_eq!(conversation["state"], "disconnected");
        assert_eq!(api.get("/api/v2/conversations").await.1["total"], 0);
        let communication = text_of(&conversation["participants"][1]["messages"][0]["id"]);
        let path = format!("{MESSAGES}/{id}/communications/{communication}/messages");
        assert_eq!(api.post(&path, json!({ "textBody": "too late" })).await.0, 409);
        let (next, _) = send(&api, &id, "by the old id").await;
        assert_ne!(next, id);
        let (again, _) = send(&api, "a", "hello").await;
        assert_eq!(next, again);
        api.post(&format!("/api/v2/conversations/{next}/disconnect"), json!({})).await;
    }
}

#[tokio::test]
async fn a_participant_keeps_attributes_and_wrap_up_and_can_be_replaced() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let (id, _) = send(&api, "a", "hello").await;
    let (_, conversation) = api.get(&format!("{MESSAGES}/{id}")).await;
    let participant = text_of(&conversation["participants"][1]["id"]);
    let path = format!("{MESSAGES}/{id}/participants/{participant}");
    let (status, _) =
        api.patch(&format!("{path}/attributes"), json!({ "attributes": { "a": "1", "b": "2" } })).await;
    assert_eq!(status, 202);
    let (_, both) =
        api.patch(&format!("{path}/attributes"), json!({ "attributes": { "b": "", "c": "3" } })).await;
    assert_eq!(both["attributes"], json!({ "a": "1", "c": "3" }));
    assert_eq!(api.patch(&format!("{path}/attributes"), json!({ "attributes": { "a": 1 } })).await.0, 400);
    let (_, error) = api.patch(&path, json!({ "wrapup": { "notes": "no code" } })).await;
    assert_eq!(error["code"], "missing.wrapup.code");
    let (_, codes) = api.get("/api/v2/routing/wrapupcodes").await;
    let code = &codes["entities"][0]["id"];
    assert_eq!(api.patch(&path, json!({ "wrapup": { "code": code } })).await.0, 202);
    let (_, wrapup) = api.get(&format!("{path}/wrapup")).await;
    assert_eq!(wrapup, json!({ "code": code, "endTime": "2026-03-08T00:00:00.000Z" }));
    assert_eq!(api.post(&format!("{path}/replace"), json!({ "userId": "agent-7" })).await.0, 202);
    assert_eq!(api.post(&format!("{path}/replace"), json!({ "userId": "nobody" })).await.0, 404);
    let (_, conversation) = api.get(&format!("{MESSAGES}/{id}")).await;
    assert_eq!(conversation["participants"][1]["disconnectType"], "transfer");
    assert_eq!(conversation["participants"][2]["user"]["name"], "agent-7");
    assert_eq!(conversation["participants"][1]["attributes"], json!({ "a": "1", "c": "3" }));
    let (_, error) = api.patch(&path, json!({ "state": "asleep" })).await;
    assert_eq!(error["code"], "invalid.value");
}

#[tokio::test]
async fn what_is_not_there_is_a_404_that_names_it() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let (id, message) = send(&api, "a", "hello").await;
    let (other, _) = send(&api, "b", "hello").await;
    let unknown = "b9f6b6c0-52b6-4f1c-9a54-1d3c8f0a7e11";
    for (path, kind) in [
        (format!("{MESSAGES}/{unknown}"), "conversation"),
        (format!("{MESSAGES}/{message}"), "conversation"),
        ("/api/v2/conversations/not-an-id".to_owned(), "conversation"),
        (format!("{MESSAGES}/{id}/messages/{unknown}"), "message"),
        (format!("{MESSAGES}/{other}/messages/{message}"), "message"),
        (format!("{MESSAGES}/{id}/messages/{id}"), "message"),
    ] {
        let (status, error) = api.get(&path).await;
        assert_eq!((status, &error["entityName"]), (404, &json!(kind)), "{path}");
    }
    mock.reset();
    assert_eq!(api.get(&format!("{MESSAGES}/{id}")).await.0, 404, "a reset forgets conversations");
}

#[tokio::test]
async fn one_organization_never_sees_what_another_sends() {
    let mock = mock().await;
    let api = Client::of(&mock);
    let neighbour = neighbour(&mock, &api).await;
    let (id, _) = send(&api, "a", "hello").await;
    assert_eq!(neighbour.get(&format!("{MESSAGES}/{id}")).await.0, 404);
    let (theirs, _) = send(&neighbour, "a", "hello").await;
    assert_ne!(theirs, id);
    assert_eq!(api.get(MESSAGES).await.1["total"], 1);
}

async fn neighbour(mock: &MockServer, api: &Client) -> Client {
    let client = crate::support::neighbour(mock);
    api.logged_in_as(&client.id, client.secret.as_deref().unwrap_or_default()).await
}
