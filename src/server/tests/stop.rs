//! How a listener stops: what is answered, what is waited for, what is cut.

use super::*;

#[tokio::test]
async fn a_stop_answers_what_is_in_flight_and_says_that_the_connection_ends() {
    let server = Server::start();
    let mut client = server.send(get("/slow")).await;
    let (mut sender, connection) = h2(&server).await;
    let answer = sender.send_request(h2_get("/slow"));
    eventually(|| server.calls() == 2).await;
    let addr = server.addr;
    let (slow, answer, ()) = tokio::join!(client.answer(), answer, server.stopped());
    assert!(slow.head.starts_with("HTTP/1.1 200 "), "{}", slow.head);
    assert!(slow.head.contains("\r\nConnection: close\r\n"), "{}", slow.head);
    assert_eq!(answer.expect("an answer").status(), 200);
    assert!(client.rest().await.is_empty());
    in_time(connection).await.expect("no panic").expect("it ends well");
    TcpStream::connect(addr).await.expect_err("the listener is closed");
}

#[tokio::test]
async fn a_stop_does_not_wait_for_idle_connections() {
    // With a grace that a test would not outlast.
    let server = Server::with(Options { grace: PATIENCE * 10, ..Options::default() });
    let mut idle = server.send(get("/one")).await;
    idle.answer().await;
    let (mut sender, connection) = h2(&server).await;
    in_time(sender.send_request(h2_get("/one"))).await.expect("an answer");
    let mut clients = [
        idle,
        server.connect().await,
        server.send("GET /").await,
        server.send("PRI * HTTP/2.0\r\n\r\nSM").await,
    ];
    server.answers().await;
    server.stopped().await;
    for client in &mut clients {
        assert!(client.rest().await.is_empty());
    }
    in_time(connection).await.expect("no panic").expect("it ends well");
}

#[tokio::test]
async fn a_stop_lets_a_slow_reader_have_the_rest_of_its_answer() {
    let server = Server::with(Options { grace: PATIENCE, ..Options::default() });
    let mut client = server.send(get("/large")).await;
    client.head().await;
    server.stop.cancel();
    let (rest, ()) = tokio::join!(client.rest(), server.stopped());
    assert_eq!(rest.len(), LARGE);
}

#[tokio::test]
async fn a_stop_ends_what_outlasts_the_grace() {
    let server = Server::with(Options { grace: Duration::from_millis(100), ..Options::default() });
    let mut client = server.send(get("/forever")).await;
    let mut stream = server.send(get("/stream")).await;
    let (mut sender, _connection) = h2(&server).await;
    let answer = sender.send_request(h2_get("/forever"));
    eventually(|| server.calls() == 3).await;
    let probe = Arc::clone(&server.probe);
    server.stopped().await;
    eventually(|| probe.conns.lock().expect("no panic").iter().all(|conn| conn.strong_count() == 0)).await;
    assert!(client.rest().await.is_empty());
    stream.rest().await;
    in_time(answer).await.unwrap_err();
}

#[tokio::test]
async fn a_server_that_is_dropped_closes_its_connections() {
    let server = Server::start();
    let mut client = server.send(get("/forever")).await;
    eventually(|| server.live_conns() == 1).await;
    server.served.abort();
    assert!(client.rest().await.is_empty());
    eventually(|| server.live_conns() == 0).await;
}
