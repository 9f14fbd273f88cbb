//! Faults of handshakes, of open sockets and of single messages.

use std::time::Duration;

use gcmock::MockServer;
use tokio::io::AsyncReadExt;
use tokio_tungstenite::tungstenite::Message;

use super::{fault_on, mock, noted};
use crate::support::ws::{Ws, platform};
use crate::support::{PATIENCE, eventually, usage, window};

const SOCKET: &str = "WS /api/v2/platform/websocket";
const MESSAGE: &str = "WS-MESSAGE /api/v2/platform/websocket";
const PING: &str = r#"{"message":"ping"}"#;

/// A server with a limit on handshakes and one on messages, and these faults.
async fn with(faults: &str) -> MockServer {
    let limits =
        window("handshakes", "tenant", SOCKET, 100, "") + &window("messages", "tenant", MESSAGE, 100, "");
    mock(&(limits + faults)).await
}

/// Reads the bare bytes until the connection ends: how many there were.
async fn rest(socket: &mut Ws) -> usize {
    let mut read = Vec::new();
    let reading = socket.stream.get_mut().read_to_end(&mut read);
    let _ = tokio::time::timeout(PATIENCE, reading).await.expect("closed in time");
    read.len()
}

fn closings(mock: &MockServer) -> Vec<(u16, Option<String>, Option<String>)> {
    let entries = mock.requests().into_iter();
    let closed = entries.filter_map(|entry| {
        let socket = entry.socket.filter(|socket| socket.event == "closed")?;
        Some((entry.status, socket.reason, entry.fault))
    });
    closed.collect()
}

#[tokio::test]
async fn a_handshake_fails_twice_and_then_succeeds_and_the_failures_are_not_charged() {
    let mock = with(&fault_on(SOCKET, "flaky", "status = 503\ntimes = 2")).await;
    for _ in 0..2 {
        let failed = platform(&mock, "").await.err().expect("a fault");
        assert_eq!((failed.status, failed.header("gcmock-fault")), (503, "flaky"));
        assert_eq!(failed.body["code"], "service.unavailable");
    }
    platform(&mock, "").await.expect("a socket").ping().await;
    assert_eq!(usage(&mock, "handshakes").requests, 1);
    assert_eq!(noted(&mock), ["flaky", "flaky", ""]);
}

#[tokio::test]
async fn a_handshake_is_refused_as_its_limit_refuses() {
    let mock = with(&fault_on(SOCKET, "refused", "refuse = \"handshakes\"")).await;
    let refused = platform(&mock, "").await.err().expect("a fault");
    assert_eq!((refused.status, refused.header("retry-after")), (429, "60"));
    assert_eq!(refused.body["limit"]["key"], "handshakes.rate");
    assert_eq!(usage(&mock, "handshakes").requests, 0);
}

#[tokio::test]
async fn a_handshake_is_reset() {
    let mock = with(&fault_on(SOCKET, "torn", "reset = true")).await;
    let mut raw = crate::support::Raw::connect(&mock).await;
    raw.send(
        "GET /api/v2/platform/websocket HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    )
    .await;
    let error = raw.0.read_u8().await.expect_err("a reset");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_socket_is_closed_with_the_code_and_reason_after_n_frames() {
    let mock =
        with(&fault_on(SOCKET, "closed", "socket_close = 4001\nreason = \"bye\"\nafter_frames = 2")).await;
    let mut socket = platform(&mock, "").await.expect("a socket");
    socket.ping().await;
    socket.ping().await;
    assert_eq!(socket.close_frame().await, (4001, "bye".to_owned()));
    drop(socket);
    eventually(|| mock.open_sockets() == 0).await;
    let (code, reason, fault) = closings(&mock).pop().expect("an entry");
    assert_eq!((code, reason.as_deref(), fault.as_deref()), (4001, Some("bye"), Some("closed")));
    assert_eq!(noted(&mock), ["closed", "closed"], "the handshake, and the end");
    assert_eq!((mock.struck("closed"), usage(&mock, "handshakes").admitted), (Some(1), 1));
}

#[tokio::test]
async fn code_1006_ends_the_connection_without_a_close_frame() {
    let mock = with(&fault_on(SOCKET, "gone", "socket_close = 1006\nafter_time = \"20ms\"")).await;
    let mut socket = platform(&mock, "").await.expect("a socket");
    assert_eq!(rest(&mut socket).await, 0);
    eventually(|| mock.open_sockets() == 0).await;
    assert_eq!(closings(&mock).pop().map(|entry| entry.0), Some(1006));
}

#[tokio::test]
async fn a_silent_socket_stays_open_and_answers_nothing() {
    let mock = with(&fault_on(SOCKET, "silent", "socket_silence = true\nafter_frames = 1\ntimes = 1")).await;
    let mut silent = platform(&mock, "").await.expect("a socket");
    silent.ping().await;
    silent.say(PING).await;
    silent.send(Message::Ping(bytes::Bytes::from_static(b"x"))).await;
    let mut byte = [0];
    let reading = silent.stream.get_mut().read(&mut byte);
    assert!(tokio::time::timeout(Duration::from_millis(300), reading).await.is_err(), "nothing comes");
    assert_eq!(mock.open_sockets(), 1, "and it is open");
    platform(&mock, "").await.expect("another").ping().await;
    drop(silent);
    eventually(|| mock.open_sockets() == 0).await;
    assert!(
        closings(&mock).iter().any(|(code, _, fault)| (*code, fault.as_deref()) == (1006, Some("silent")))
    );
}

#[tokio::test]
async fn a_silent_socket_ends_with_the_server() {
    let mock = with(&fault_on(SOCKET, "silent", "socket_silence = true")).await;
    let mut silent = platform(&mock, "").await.expect("a socket");
    eventually(|| mock.open_sockets() == 1).await;
    let stopping = tokio::spawn(mock.stop());
    assert_eq!(rest(&mut silent).await, 0);
    tokio::time::timeout(PATIENCE, stopping).await.expect("in time").expect("no panic");
}

#[tokio::test]
async fn a_message_is_refused_and_the_next_one_is_taken() {
    let mock = with(&fault_on(MESSAGE, "refused", "refuse = \"messages\"\nafter = 1\ntimes = 1")).await;
    let mut socket = platform(&mock, "").await.expect("a socket");
    socket.ping().await;
    socket.say(PING).await;
    let refused = socket.hear().await;
    assert_eq!((&refused["result"], &refused["retryAfter"]), (&"429".into(), &60.into()));
    assert_eq!(refused["limit"]["name"], "messages");
    socket.ping().await;
    assert_eq!(usage(&mock, "messages").requests, 2);
    assert_eq!(noted(&mock), ["", "refused"]);
}

#[tokio::test]
async fn a_refusal_by_a_limit_is_not_marked_with_the_fault_that_waits_on_its_socket() {
    let limits = window("messages", "tenant", MESSAGE, 1, "");
    let waits = fault_on(SOCKET, "later", "socket_close = 1006\nafter_time = \"1h\"");
    let mock = mock(&(limits + &waits)).await;
    let mut socket = platform(&mock, "").await.expect("a socket");
    socket.ping().await;
    socket.say(PING).await;
    assert_eq!(socket.hear().await["result"], "429");
    assert_eq!(noted(&mock), ["later", ""], "the handshake, and the refused message");
}

#[tokio::test]
async fn the_third_message_is_answered_and_then_its_socket_is_closed() {
    let mock = with(&fault_on(MESSAGE, "closed", "socket_close = 1011\nafter = 2")).await;
    let mut socket = platform(&mock, "").await.expect("a socket");
    for _ in 0..3 {
        socket.ping().await;
    }
    assert_eq!(socket.close_frame().await, (1011, String::new()));
}

#[tokio::test]
async fn an_edge_that_is_down_for_some_callers_ends_no_sockets() {
    let mock = with("").await;
    let mut open = platform(&mock, "").await.expect("a socket");
    mock.add_fault("[[fault]]\nname = \"some\"\nedge_down = \"*\"\ngrant = [\"client_credentials\"]\n")
        .expect("right");
    open.ping().await;
    assert_eq!((mock.open_sockets(), mock.struck("some")), (1, Some(0)));
}

#[tokio::test]
async fn an_edge_that_goes_down_ends_its_sockets_when_its_time_comes_and_when_it_is_added() {
    let mock =
        with("[[fault]]\nname = \"failover\"\nedge_down = \"*\"\nbetween = [\"60s\", \"90s\"]\n").await;
    let mut first = platform(&mock, "").await.expect("a socket");
    first.ping().await;
    mock.advance(Duration::from_secs(60));
    assert_eq!(first.close_frame().await, (1001, "the edge is down".to_owned()));
    let down = platform(&mock, "").await.err().expect("down");
    assert_eq!((down.status, down.header("gcmock-fault")), (503, "failover"));
    mock.advance(Duration::from_secs(30));
    let mut second = platform(&mock, "").await.expect("a socket");
    second.ping().await;
    mock.add_fault("[[fault]]\nname = \"now\"\nedge_down = \"*\"\n").expect("right");
    assert_eq!(second.close_frame().await.0, 1001);
    drop((first, second));
    eventually(|| mock.open_sockets() == 0).await;
    let faults: Vec<_> = closings(&mock).into_iter().filter_map(|(_, _, fault)| fault).collect();
    assert_eq!(faults, ["failover", "now"]);
}
