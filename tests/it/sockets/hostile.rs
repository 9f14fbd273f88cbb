//! Frames that break the rules: a close frame for that peer, and no effect on others.

use futures_util::StreamExt;
use gcmock::MockServer;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;

use crate::support::ws::{Ws, platform};
use crate::support::{PATIENCE, eventually, metric, mock};

/// Sends bytes below the WebSocket layer.
async fn raw(socket: &mut Ws, bytes: &[u8]) {
    socket.stream.get_mut().write_all(bytes).await.expect("open");
}

async fn bystander(mock: &MockServer) -> Ws {
    let mut socket = platform(mock, "").await.expect("a socket");
    socket.ping().await;
    socket
}

#[tokio::test]
async fn each_broken_frame_ends_its_own_socket_alone() {
    let mock = mock("").await;
    let mut other = bystander(&mock).await;
    let masked = |head: u8, payload: &[u8]| {
        let length = u8::try_from(payload.len()).expect("short");
        [&[head, 0x80 | length, 0, 0, 0, 0], payload].concat()
    };
    let cases: [(&str, Vec<u8>, u16); 7] = [
        ("invalid UTF-8", masked(0x81, &[0xff, 0xfe]), 1007),
        ("a reserved opcode", masked(0x83, b"x"), 1002),
        ("a reserved bit", masked(0xc1, b"x"), 1002),
        ("no mask", vec![0x81, 1, b'x'], 1002),
        ("a fragmented ping", masked(0x09, b"x"), 1002),
        ("a continuation of nothing", masked(0x80, b"x"), 1002),
        ("too large", vec![0x81, 0xff, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0], 1009),
    ];
    for (what, bytes, code) in cases {
        let mut socket = platform(&mock, "").await.expect("a socket");
        raw(&mut socket, &bytes).await;
        assert_eq!(socket.close_frame().await.0, code, "{what}");
    }
    other.ping().await;
    eventually(|| mock.open_sockets() == 1).await;
}

#[tokio::test]
async fn what_is_not_understood_is_answered_with_an_error_frame() {
    let mock = mock("").await;
    let mut socket = platform(&mock, "").await.expect("a socket");
    for text in ["", "hello", "{", "[]", "{\"message\":\"dance\"}", "{\"message\":7}", "null"] {
        socket.say(text).await;
        let answer = socket.hear().await;
        assert_eq!(answer["result"], "400", "{text}: {answer}");
        assert!(answer["message"].as_str().is_some_and(|message| !message.is_empty()), "{answer}");
    }
    socket.send(Message::binary(vec![1, 2, 3])).await;
    assert_eq!(socket.hear().await["result"], "400");
    socket.ping().await;
}

#[tokio::test]
async fn a_fragmented_message_is_one_message() {
    let mock = mock("").await;
    let mut socket = platform(&mock, "").await.expect("a socket");
    let (one, two) = (br#"{"message":"#, br#""ping"}"#);
    let frame = |head: u8, payload: &[u8]| {
        let length = u8::try_from(payload.len()).expect("short");
        [&[head, 0x80 | length, 0, 0, 0, 0], payload].concat()
    };
    raw(&mut socket, &frame(0x01, one)).await;
    raw(&mut socket, &frame(0x89, b"")).await;
    raw(&mut socket, &frame(0x80, two)).await;
    assert_eq!(socket.hear().await["eventBody"]["message"], "pong");
}

#[tokio::test]
async fn a_half_closed_connection_is_closed() {
    let mock = mock("").await;
    let mut socket = platform(&mock, "").await.expect("a socket");
    socket.ping().await;
    socket.stream.get_mut().shutdown().await.expect("open");
    eventually(|| mock.open_sockets() == 0).await;
}

#[tokio::test]
async fn handshakes_that_are_aborted_leave_nothing() {
    let mock = mock("").await;
    for i in 0..300 {
        let socket = platform(&mock, "").await.expect("a socket");
        if i % 3 == 0 {
            let _ = socket.stream.get_ref().set_zero_linger();
        }
        drop(socket);
    }
    eventually(|| mock.open_sockets() == 0).await;
    assert_eq!(metric(&mock, "gcmock_sockets_opened_total").await, 300);
}

#[tokio::test]
async fn a_peer_that_pings_without_reading_gets_the_newest_pong_in_the_end() {
    const PINGS: u32 = 100_000;
    let mock = mock("").await;
    let mut socket = platform(&mock, "").await.expect("a socket");
    let ping = |number: u32| [&[0x89, 0x80 | 0x64, 0, 0, 0, 0], format!("{number:0100}").as_bytes()].concat();
    let pings: Vec<u8> = (0..PINGS).flat_map(ping).collect();
    raw(&mut socket, &pings).await;
    let mut pongs = 0;
    loop {
        let message = tokio::time::timeout(PATIENCE, socket.stream.next()).await.expect("in time");
        let Some(Ok(Message::Pong(payload))) = message else { panic!("{message:?}") };
        pongs += 1;
        if payload == format!("{:0100}", PINGS - 1) {
            break;
        }
    }
    assert!(pongs < PINGS, "what the kernel did not take was not kept");
    socket.ping().await;
}
