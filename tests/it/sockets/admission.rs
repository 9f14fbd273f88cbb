//! The handshake: the same limits, bodies and explanations as any request.

use super::{handshakes, listed, open_sockets, socket_events};
use crate::support::ws::{open, platform};
use crate::support::{Client, Raw, eventually, limit, mock, usage, used};

const HANDSHAKE: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const PATH: &str = "/api/v2/platform/websocket";

#[tokio::test]
async fn a_handshake_selects_nothing_beyond_the_upgrade() {
    let mock = mock("").await;
    let mut raw = Raw::connect(&mock).await;
    let offers = "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: chat\r\n";
    let (status, text) = raw.get(PATH, &format!("{HANDSHAKE}{offers}")).await;
    assert_eq!(status, 101);
    assert!(text.contains("\r\nConnection: Upgrade\r\n"), "{text}");
    assert!(text.contains("\r\nSec-Websocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{text}");
    for absent in ["sec-websocket-extensions", "sec-websocket-protocol", "content-length", "content-type"] {
        assert!(!text.to_lowercase().contains(absent), "{text}");
    }
}

#[tokio::test]
async fn a_bearer_stands_in_the_header_or_in_the_query() {
    let mock = mock("").await;
    let mut by_query = open(&mock, &format!("{PATH}?access_token=pasted"), &[]).await.expect("a socket");
    by_query.ping().await;
    platform(&mock, "").await.expect("a socket").ping().await;
    let refused = open(&mock, PATH, &[]).await.err().expect("no token, no socket");
    assert_eq!((refused.status, &refused.body["code"]), (401, &"authentication.required".into()));
    let unknown = platform(&mock, "?agentId=nobody").await.err().expect("nobody is no agent");
    assert_eq!((unknown.status, &unknown.body["code"]), (404, &"not.found".into()));
}

#[tokio::test]
async fn a_refusal_is_a_plain_answer_with_body_and_explanation() {
    let mock = mock(&handshakes(1)).await;
    let _first = platform(&mock, "").await.expect("a socket");
    let refused = platform(&mock, "").await.err().expect("one a second");
    assert_eq!((refused.status, refused.header("retry-after")), (429, "1"));
    assert_eq!(refused.body["limit"]["key"], "handshakes.rate");
    assert_eq!(
        refused.header("gcmock-limit"),
        "name=\"handshakes\"; scope=\"edge\"; capacity=1; remaining=0; retry-in=1.000"
    );
    let entry = mock.requests().pop().expect("an entry");
    assert_eq!((entry.status, entry.limit.as_deref()), (429, Some("handshakes")));
    assert_eq!(entry.operation, "WS /api/v2/platform/websocket");
}

#[tokio::test]
async fn rate_and_number_of_sockets_are_charged_together_or_not_at_all() {
    let mock = mock(&format!("{}{}", handshakes(10), open_sockets(2))).await;
    let (first, _second) = (platform(&mock, "").await, platform(&mock, "").await);
    for _ in 0..5 {
        let refused = platform(&mock, "").await.err().expect("two are open");
        assert!(refused.header("gcmock-limit").starts_with("name=\"open-sockets\""));
    }
    drop(first);
    eventually(|| used(&mock, "open-sockets") == 1).await;
    platform(&mock, "").await.expect("a place is free");
    assert_eq!(usage(&mock, "open-sockets").refused, 5);
    let handshakes = usage(&mock, "handshakes");
    assert_eq!((handshakes.requests, handshakes.admitted), (8, 3), "five handshakes cost no token");
}

#[tokio::test]
async fn a_plain_get_asks_the_same_and_charges_nothing() {
    let mock = mock(&format!("{}{}", handshakes(1), open_sockets(5))).await;
    let client = Client::of(&mock);
    for _ in 0..3 {
        let answer = client.get(PATH).await;
        assert_eq!((answer.status, answer.code()), (426, "upgrade.required".to_owned()));
        assert_eq!(answer.header("upgrade"), "websocket");
    }
    let _socket = platform(&mock, "").await.expect("asking cost nothing");
    let answer = client.get(PATH).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, "1"));
    assert!(answer.header("gcmock-limit").starts_with("name=\"handshakes\""));
    assert_eq!(used(&mock, "open-sockets"), 1);
    assert_eq!(client.ask("POST", PATH).await.status, 405);
}

#[tokio::test]
async fn the_status_line_says_why_where_it_was_asked_to() {
    let mock = mock(&format!("[response]\nreason_phrase = true\n{}", handshakes(1))).await;
    let _socket = platform(&mock, "").await.expect("a socket");
    let (_, text) = Raw::connect(&mock).await.get(PATH, HANDSHAKE).await;
    let expected = "HTTP/1.1 429 Too Many Requests: handshakes (edge limit of 1), retry in 1 s\r\n";
    assert!(text.starts_with(expected), "{text}");
}

#[tokio::test]
async fn broken_handshakes_are_refused_and_charge_nothing() {
    let mock = mock(&handshakes(1)).await;
    let cases = [
        ("Sec-WebSocket-Version: 13\r\n", "Sec-WebSocket-Version: 8\r\n", 426),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", 400),
        ("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ=", 400),
        ("dGhlIHNhbXBsZSBub25jZQ==", "not base64", 400),
        ("Connection: Upgrade\r\n", "Connection: keep-alive\r\n", 400),
    ];
    for (right, wrong, status) in cases {
        let headers = HANDSHAKE.replace(right, wrong);
        let (answered, text) = Raw::connect(&mock).await.get(PATH, &headers).await;
        assert_eq!(answered, status, "{headers}{text}");
    }
    assert_eq!(Raw::connect(&mock).await.get("/api/v2/users", HANDSHAKE).await.0, 200, "no socket there");
    platform(&mock, "").await.expect("nothing was charged");
}

#[tokio::test]
async fn limits_count_single_messages_on_a_connection() {
    let rest = "algorithm = \"fixed-window\"\ncapacity = 2\nperiod = \"60s\"";
    let limits = limit("frames", "connection", "WS-MESSAGE /api/v2/platform/websocket", rest);
    let mock = mock(&limits).await;
    let (mut one, mut two) = (platform(&mock, "").await.expect("a"), platform(&mock, "").await.expect("b"));
    one.ping().await;
    one.ping().await;
    one.say(r#"{"message":"ping"}"#).await;
    let refused = one.hear().await;
    assert_eq!((&refused["result"], &refused["retryAfter"]), (&"429".into(), &60.into()), "{refused}");
    assert_eq!(refused["limit"]["key"], "frames.rate");
    two.ping().await;
    mock.advance(std::time::Duration::from_secs(60));
    one.ping().await;
    assert!(socket_events(&mock).contains(&(429, "refused", None, None)));
}

#[tokio::test]
async fn open_sockets_are_listed_and_closed_by_an_operator() {
    let mock = mock("").await;
    let host = [("authorization", "Bearer pasted"), ("host", "platform-singapore.local:8080")];
    let mut socket = open(&mock, &format!("{PATH}?agentId=agent-1"), &host).await.expect("a socket");
    socket.ping().await;
    let shown = listed(&mock).await;
    assert_eq!((shown.len(), &shown[0]["kind"]), (1, &"platform".into()));
    assert_eq!((&shown[0]["edge"], &shown[0]["agent"]), (&"singapore".into(), &"agent-1".into()));
    let id = shown[0]["id"].as_u64().expect("a number");
    let client = Client::of(&mock);
    for bad in ["code=1005", "code=99", "code=x", "cause=none"] {
        assert_eq!(client.ask("DELETE", &format!("/__admin/sockets/{id}?{bad}")).await.status, 400);
    }
    let path = format!("/__admin/sockets/{id}?code=4001&reason=rehearsal");
    assert_eq!(client.ask("DELETE", &path).await.status, 204);
    assert_eq!(socket.close_frame().await, (4001, "rehearsal".to_owned()));
    eventually(|| mock.open_sockets() == 0).await;
    assert_eq!(client.ask("DELETE", &path).await.status, 404);
    let events = socket_events(&mock);
    assert_eq!(events, [(101, "opened", None, None), (4001, "closed", Some(4001), Some("operator"))]);
}
