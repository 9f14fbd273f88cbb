//! Guest web messaging: a page's socket, its frames and limits, and the conversation that REST sees.

use std::time::Duration;

use gcmock::MockServer;
use serde_json::{Value, json};

use crate::support::ws::{Ws, open};
use crate::support::{Answer, Client, eventually};

/// A server with the documented limits and a frozen clock.
async fn mock() -> MockServer {
    MockServer::builder().manual_clock().start().await.expect("the default limits are right")
}

async fn deployment(mock: &MockServer) -> String {
    let listed = Client::of(mock).get("/api/v2/webdeployments/deployments").await.json();
    listed["entities"][0]["id"].as_str().expect("one is seeded").to_owned()
}

async fn connect(mock: &MockServer) -> Ws {
    let path = format!("/v1?deploymentId={}&application=test", deployment(mock).await);
    open(mock, &path, &[]).await.expect("a socket")
}

/// Sends an action and returns its answer.
async fn ask(socket: &mut Ws, action: &str, token: &str, more: Value) -> Value {
    let mut frame = json!({ "action": action, "token": token, "tracingId": "t-1" });
    frame.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    socket.say(frame.to_string()).await;
    socket.hear().await
}

const TOKEN: &str = "0a6b8d3e-3e0c-4c5e-9a39-0d8f4d8a7b11";

/// A guest with a configured session.
async fn configured(mock: &MockServer, token: &str) -> Ws {
    let mut socket = connect(mock).await;
    let answer = ask(&mut socket, "configureSession", token, json!({ "startNew": false })).await;
    assert_eq!((&answer["class"], &answer["code"]), (&"SessionResponse".into(), &200.into()), "{answer}");
    socket
}

fn text(text: &str) -> Value {
    json!({ "message": { "type": "Text", "text": text } })
}

#[tokio::test]
async fn a_session_is_configured_and_remembered() {
    let mock = mock().await;
    let mut socket = connect(&mock).await;
    let deployment = deployment(&mock).await;
    let more = json!({ "deploymentId": deployment, "startNew": false });
    let first = ask(&mut socket, "configureSession", TOKEN, more.clone()).await;
    assert_eq!((&first["type"], &first["tracingId"]), (&"response".into(), &"t-1".into()));
    assert_eq!((&first["body"]["newSession"], &first["body"]["connected"]), (&true.into(), &true.into()));
    assert_eq!(first["body"]["maxCustomDataBytes"], 2048);
    let again = ask(&mut connect(&mock).await, "configureSession", TOKEN, more).await;
    assert_eq!(again["body"]["newSession"], false);
    let again = ask(&mut socket, "configureSession", TOKEN, json!({ "startNew": true })).await;
    assert_eq!(
        (&again["body"]["newSession"], &again["body"]["clearedExistingSession"]),
        (&true.into(), &true.into())
    );
}

#[tokio::test]
async fn a_guests_message_is_a_conversation_and_an_agents_reply_reaches_the_guest() {
    let mock = mock().await;
    let client = Client::of(&mock);
    let (mut one, mut two) = (configured(&mock, TOKEN).await, configured(&mock, TOKEN).await);
    let heard = ask(&mut one, "onMessage", TOKEN, text("hello")).await;
    assert_eq!((&heard["class"], &heard["body"]["text"]), (&"StructuredMessage".into(), &"hello".into()));
    assert_eq!((&heard["body"]["direction"], &heard["tracingId"]), (&"Inbound".into(), &"t-1".into()));
    assert_eq!(two.hear().await["body"]["text"], "hello", "every connection of the session hears it");

    let listed = client.get("/api/v2/conversations/messages").await.json();
    let conversation = listed["entities"][0].clone();
    let (id, participants) = (conversation["id"].as_str().expect("an id"), &conversation["participants"]);
    let agent = participants.as_array().expect("two").iter().find(|one| one["purpose"] != "customer");
    let communication = agent.expect("the organization's side")["id"].as_str().expect("an id").to_owned();
    let shown = client.get(&format!("/api/v2/conversations/messages/{id}")).await.json();
    assert!(!shown.to_string().contains(TOKEN), "the guest's token is a credential");
    let sent = client
        .post(
            "/api/v2/conversations/messages",
            &json!({ "to": { "id": communication }, "text": "how can I help?" }),
        )
        .await;
    assert_eq!((sent.status, &sent.json()["id"]), (202, &id.into()));
    for guest in [&mut one, &mut two] {
        let reply = guest.hear().await;
        assert_eq!(
            (&reply["body"]["text"], &reply["body"]["direction"]),
            (&"how can I help?".into(), &"Outbound".into())
        );
    }
}

#[tokio::test]
async fn the_history_is_read_with_the_bearer_that_the_socket_gave() {
    let mock = mock().await;
    let mut socket = configured(&mock, TOKEN).await;
    for n in 0..3 {
        ask(&mut socket, "onMessage", TOKEN, text(&format!("message {n}"))).await;
    }
    let jwt = ask(&mut socket, "getJwt", TOKEN, json!({})).await;
    assert_eq!(jwt["class"], "JwtResponse");
    let guest = Client::anonymous(&mock).with_bearer(jwt["body"]["jwt"].as_str().expect("a bearer"));
    let path = "/api/v2/webmessaging/messages";
    let page = guest.get(&format!("{path}?pageSize=2&pageNumber=1")).await.json();
    assert_eq!((&page["total"], &page["entities"][0]["text"]), (&3.into(), &"message 2".into()));
    assert!(page.get("selfUri").is_none(), "this listing has no addresses");
    assert!(page["entities"][0]["channel"].get("type").is_none(), "only a frame's channel has a type");
    for _ in 0..9 {
        assert_eq!(guest.get(path).await.status, 200);
    }
    let refused = guest.get(path).await;
    assert_eq!(
        (refused.status, &refused.json()["limit"]["key"]),
        (429, &"get.history.rate.per.minute".into())
    );
    assert_eq!(Client::of(&mock).get(path).await.status, 401, "a token of the platform is none of a guest");
    assert_eq!(Client::anonymous(&mock).get(path).await.status, 401);
    mock.advance(Duration::from_secs(72 * 3600));
    assert_eq!(guest.get(path).await.status, 401);
}

#[tokio::test]
async fn the_sixth_message_within_a_second_is_dropped_with_a_frame_that_says_so() {
    let mock = mock().await;
    let mut socket = configured(&mock, TOKEN).await;
    for _ in 0..5 {
        assert_eq!(ask(&mut socket, "onMessage", TOKEN, text("hi")).await["code"], 200);
    }
    let refused = ask(&mut socket, "onMessage", TOKEN, text("one too many")).await;
    let expected = json!({
        "type": "response", "class": "TooManyRequestsErrorMessage", "code": 429, "tracingId": "t-1",
        "body": { "retryAfter": 1, "errorCode": 4029, "errorMessage": "Message rate too high for this session" },
    });
    assert_eq!(refused, expected);
    let mut other = configured(&mock, "another-guests-token").await;
    assert_eq!(ask(&mut other, "onMessage", "another-guests-token", text("hi")).await["code"], 200);
    mock.advance(Duration::from_secs(1));
    assert_eq!(ask(&mut socket, "onMessage", TOKEN, text("now")).await["code"], 200);
    let entry = mock.requests().into_iter().find(|entry| entry.status == 429).expect("in the journal");
    assert_eq!(entry.limit.as_deref(), Some("guest-messages"));
    assert_eq!(entry.socket.expect("about a socket").action.as_deref(), Some("onMessage"));
    assert_eq!(mock.limit("guest-messages").expect("in force").refused, 1);
}

#[tokio::test]
async fn health_checks_and_requests_have_limits_of_their_own() {
    let mock = mock().await;
    let mut socket = configured(&mock, TOKEN).await;
    let ping =
        json!({ "message": { "type": "Text", "text": "ping" }, "tracingId": "SGVhbHRoQ2hlY2tNZXNzYWdlSWQ=" });
    for _ in 0..2 {
        let pong = ask(&mut socket, "echo", TOKEN, ping.clone()).await;
        assert_eq!((&pong["body"]["text"], &pong["tracingId"]), (&"ping".into(), &ping["tracingId"]));
    }
    assert_eq!(ask(&mut socket, "echo", TOKEN, ping).await["class"], "TooManyRequestsErrorMessage");
    for _ in 0..57 {
        assert_eq!(ask(&mut socket, "getJwt", TOKEN, json!({})).await["class"], "JwtResponse");
    }
    let refused = ask(&mut socket, "getJwt", TOKEN, json!({})).await;
    assert_eq!(refused["body"]["errorMessage"], "Request rate too high for this connection");
    assert_eq!(
        ask(&mut configured(&mock, TOKEN).await, "getJwt", TOKEN, json!({})).await["class"],
        "JwtResponse"
    );
}

#[tokio::test]
async fn the_fourth_connection_of_a_session_closes_the_oldest() {
    let mock = mock().await;
    let mut oldest = configured(&mock, TOKEN).await;
    let mut others = Vec::new();
    for _ in 0..3 {
        others.push(configured(&mock, TOKEN).await);
    }
    assert_eq!(oldest.hear().await["class"], "ConnectionClosedEvent");
    assert_eq!(oldest.close_frame().await.0, 1000);
    drop(oldest);
    eventually(|| mock.open_sockets() == 3).await;
    let mut last = others.pop().expect("three");
    let closing = json!({ "closeAllConnections": true });
    assert_eq!(ask(&mut last, "closeSession", TOKEN, closing).await["class"], "ConnectionClosedEvent");
    for mut other in others {
        assert_eq!(other.close_frame().await.0, 1000);
    }
}

#[tokio::test]
async fn every_mistake_is_answered_with_its_code_and_the_socket_stays_open() {
    let mock = mock().await;
    let mut socket = connect(&mock).await;
    for nonsense in ["", "hello", "[]", "{}", "{\"action\":7}"] {
        socket.say(nonsense).await;
        let answer = socket.hear().await;
        assert_eq!(
            (&answer["class"], &answer["code"]),
            (&"string".into(), &400.into()),
            "{nonsense}: {answer}"
        );
    }
    let long = json!({ "message": { "type": "Text", "text": "x".repeat(4097) } });
    let heavy = json!({ "message": { "type": "Text", "text": "x", "metadata": { "a": "x".repeat(2049) } } });
    let file = |name: &str, kind: &str, size: u64| json!({ "attachmentId": "a", "fileName": name, "fileType": kind, "fileSize": size });
    assert_eq!(ask(&mut socket, "onMessage", TOKEN, text("early")).await["code"], 4007);
    assert_eq!(ask(&mut socket, "configureSession", "", json!({})).await["code"], 4020);
    assert_eq!(ask(&mut socket, "configureAuthenticatedSession", TOKEN, json!({})).await["code"], 4020);
    assert_eq!(ask(&mut socket, "configureSession", TOKEN, json!({})).await["code"], 200);
    let cases = [
        ("dance", json!({}), 400),
        ("onMessage", json!({}), 4020),
        ("onMessage", text(""), 4020),
        ("onMessage", long, 4011),
        ("onMessage", heavy, 4013),
        ("onAttachment", json!({}), 4020),
        ("onAttachment", file("a.exe", "image/png", 1), 4001),
        ("onAttachment", file("a.png", "image/png", 20_000_000), 4002),
        ("onAttachment", file("../a.png", "image/png", 1), 4004),
        ("onAttachment", file(&"a".repeat(300), "image/png", 1), 4005),
        ("getAttachment", json!({ "attachmentId": "b" }), 4009),
        ("deleteAttachment", json!({ "attachmentId": "b" }), 4009),
    ];
    for (action, more, code) in cases {
        mock.advance(Duration::from_secs(60));
        let answer = ask(&mut socket, action, TOKEN, more).await;
        assert_eq!(answer["code"], code, "{action}: {answer}");
    }
    let announced = ask(&mut socket, "onAttachment", TOKEN, file("a.png", "image/png", 7)).await;
    assert_eq!(
        (&announced["class"], &announced["body"]["fileName"]),
        (&"PresignedUrlResponse".into(), &"a.png".into())
    );
    let removed = ask(&mut socket, "deleteAttachment", TOKEN, json!({ "attachmentId": "a" })).await;
    assert_eq!(removed["class"], "AttachmentDeletedResponse");
    mock.advance(Duration::from_secs(72 * 3600));
    socket.say(json!({ "action": "getJwt", "token": TOKEN }).to_string()).await;
    assert_eq!(socket.hear().await["class"], "SessionExpiredEvent");
    assert_eq!(socket.hear().await["code"], 4006);
}

#[tokio::test]
async fn unknown_deployments_get_no_socket_and_known_ones_tell_their_configuration() {
    let mock = mock().await;
    for (path, status) in [
        ("/v1", 400),
        ("/v1?deploymentId=x", 404),
        ("/v1?deploymentId=6a3af858-942f-489d-9700-5f9bcdcdae9b", 404),
    ] {
        assert_eq!(open(&mock, path, &[]).await.err().expect("no socket").status, status, "{path}");
    }
    let id = deployment(&mock).await;
    let anybody = Client::anonymous(&mock);
    let config: Answer = anybody.get(&format!("/webdeployments/v1/deployments/{id}/config.json")).await;
    assert_eq!((config.status, &config.json()["deploymentId"]), (200, &id.into()));
    let unknown = anybody.get("/webdeployments/v1/deployments/nothing/config.json").await;
    assert_eq!((unknown.status, unknown.code()), (404, "not.found".to_owned()));
}
