//! The bounds on connections and on requests in flight.

use super::*;

#[tokio::test]
async fn connections_over_the_bound_know_it_and_their_seats_come_free() {
    let bounds = Bounds { connections: NonZeroUsize::new(2), ..Bounds::default() };
    let probe = Probe { protection: Arc::new(Protection::new(bounds)), ..Probe::default() };
    let server = Server::of(probe, Options::default());
    let protection = Arc::clone(&server.probe.protection);
    let mut clients = Vec::new();
    for over in [false, false, true] {
        let mut client = server.send(get("/one")).await;
        client.answer().await;
        let conns = server.probe.conns.lock().unwrap();
        // A connection over the bound may be closed as soon as it was answered.
        let conn = conns.last().and_then(Weak::upgrade);
        assert!(over || conn.is_some());
        if let Some(conn) = &conn {
            assert_eq!(conn.slot.is_over(), over);
            assert_eq!(protection.request(&conn.slot).is_err(), over);
        }
        drop((conn, conns));
        clients.push(client);
    }
    let closed = clients.pop().expect("the one over the bound").rest().await;
    assert!(closed.is_empty(), "it was answered, and has no place to stay");
    eventually(|| protection.connections() == 2).await;
    // 256 connections over the bound get an answer; the next ones are closed without one.
    for _ in 0..256 {
        clients.push(server.connect().await);
    }
    eventually(|| protection.connections() == 258).await;
    assert!(server.connect().await.rest().await.is_empty());
    drop(clients);
    eventually(|| protection.connections() == 0).await;
    server.answers().await;
}

#[test]
fn requests_in_flight_are_bounded_where_they_are_to_be() {
    let bounds = Bounds { requests: NonZeroUsize::new(1), ..Bounds::default() };
    let protection = Arc::new(Protection::new(bounds));
    let slot = protection.take_slot();
    let first = protection.request(&slot).expect("room");
    let why = protection.request(&slot).expect_err("none left");
    assert!(why.contains("--max-in-flight") && why.contains("own protection"), "{why}");
    drop(first);
    protection.request(&slot).expect("room again");
    let refused = Bound::ALL.map(|bound| protection.refused(bound));
    assert_eq!(refused, [0, 1]);
}
