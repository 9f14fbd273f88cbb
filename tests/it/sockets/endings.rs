//! The ends of sockets, after which they hold nothing.

use std::time::Duration;

use gcmock::MockServer;
use gcmock::SocketTimeouts;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::{open_sockets, socket_events};
use crate::support::ws::platform;
use crate::support::{PATIENCE, eventually, mock, used};

#[tokio::test]
async fn a_place_is_free_as_soon_as_the_connection_ends() {
    let mock = mock(&open_sockets(1)).await;
    for polite in [true, false, true] {
        let mut socket = platform(&mock, "").await.expect("the place is free");
        if polite {
            socket.stream.close(None).await.expect("open");
        }
        drop(socket);
        eventually(|| used(&mock, "open-sockets") == 0).await;
        eventually(|| mock.open_sockets() == 0).await;
    }
    let closes: Vec<_> = socket_events(&mock).into_iter().filter(|event| event.1 == "closed").collect();
    assert_eq!(closes.iter().map(|event| event.2).collect::<Vec<_>>(), [Some(1005), Some(1006), Some(1005)]);
    assert!(closes.iter().all(|event| event.3 == Some("client")));
}

#[tokio::test]
async fn a_clients_close_frame_is_answered_and_kept_in_the_journal() {
    let mock = mock("").await;
    let mut socket = platform(&mock, "").await.expect("a socket");
    let frame = CloseFrame { code: 4000.into(), reason: "enough".into() };
    socket.send(Message::Close(Some(frame))).await;
    assert_eq!(socket.close_frame().await, (4000, "enough".to_owned()));
    eventually(|| mock.open_sockets() == 0).await;
    assert_eq!(socket_events(&mock).last(), Some(&(4000, "closed", Some(4000), Some("client"))));
}

#[tokio::test]
async fn a_silent_peer_is_dropped_and_one_that_answers_pings_is_not() {
    let waits = SocketTimeouts { silence: Duration::from_millis(400), ..SocketTimeouts::default() };
    let mock = MockServer::builder().limits_toml("").socket_waits(waits).start().await.expect("it starts");
    let _silent = platform(&mock, "").await.expect("a socket that nobody reads");
    let mut alive = platform(&mock, "").await.expect("a socket");
    let reading = tokio::spawn(async move { alive.next().await });
    eventually(|| mock.open_sockets() == 1).await;
    tokio::time::sleep(waits.silence * 2).await;
    assert_eq!(mock.open_sockets(), 1, "its pongs keep it");
    assert_eq!(
        socket_events(&mock).last().map(|event| (event.2, event.3)),
        Some((Some(1006), Some("platform")))
    );
    reading.abort();
}

#[tokio::test]
async fn a_reset_and_a_stop_close_every_socket() {
    let mock = mock("").await;
    let mut first = platform(&mock, "").await.expect("a socket");
    first.ping().await;
    mock.reset();
    assert_eq!(first.close_frame().await.0, 1012);
    let mut second = platform(&mock, "").await.expect("a socket");
    second.ping().await;
    let stopping = tokio::spawn(mock.stop());
    assert_eq!(second.hear().await["topicName"], "v2.system.socket_closing");
    assert_eq!(second.close_frame().await, (1012, "the server stops".to_owned()));
    drop(second);
    tokio::time::timeout(PATIENCE, stopping).await.expect("in time").expect("no panic");
}

#[tokio::test]
async fn hearts_beat_in_wire_time() {
    let waits = SocketTimeouts { heartbeat: Duration::from_millis(50), ..SocketTimeouts::default() };
    let builder = MockServer::builder().limits_toml("").manual_clock().socket_waits(waits);
    let mock = builder.start().await.expect("it starts");
    let mut socket = platform(&mock, "").await.expect("a socket");
    for _ in 0..3 {
        let beat = socket.hear().await;
        assert_eq!(beat["topicName"], "channel.metadata");
        assert_eq!(beat["eventBody"]["message"], "WebSocket Heartbeat");
    }
}
