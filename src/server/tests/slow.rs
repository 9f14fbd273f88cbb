//! Clients that are slow, silent or send too much: which are dropped, and when.

use super::*;

#[tokio::test]
async fn every_kind_of_half_open_client_is_dropped() {
    let server = Server::impatient();
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let settings = b"\0\0\0\x04\0\0\0\0\0";
    let mut half_open = vec![
        server.connect().await,
        server.send("P").await,
        server.send("GET / HTTP/1.1\r\nhost:").await,
        server.send(preface).await,
        server.send([preface.as_bytes(), settings].concat()).await,
    ];
    let mut after_one_answer = server.send(get("/one")).await;
    after_one_answer.answer().await;
    after_one_answer.send("GET /two HT").await;
    half_open.push(after_one_answer);
    for client in &mut half_open {
        client.rest().await;
    }
}

#[tokio::test]
async fn a_client_that_drips_its_head_is_dropped() {
    let server = Server::impatient();
    let (mut reads, mut writes) = server.connect().await.0.into_split();
    let dripping = tokio::spawn(async move {
        writes.write_all(b"GET / HTTP/1.1\r\nx: ").await.expect("it writes");
        while writes.write_all(b"y").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let _ended = in_time(reads.read_to_end(&mut Vec::new())).await;
    in_time(dripping).await.expect("no panic");
}

#[tokio::test]
async fn idle_connections_and_slow_handlers_outlive_the_watchdog() {
    let server = Server::impatient();
    let mut idle = server.send(get("/one")).await;
    idle.answer().await;
    let (mut idle_h2, _connection) = h2(&server).await;
    in_time(idle_h2.send_request(h2_get("/one"))).await.expect("an answer");
    let waiting = server.send(get("/forever")).await;
    // A silent client is dropped meanwhile, twice over: the watchdog has looked.
    server.connect().await.rest().await;
    server.connect().await.rest().await;
    idle.send(get("/two")).await;
    assert_eq!(idle.answer().await.body, "GET /two");
    assert_eq!(in_time(idle_h2.send_request(h2_get("/two"))).await.expect("an answer").status(), 200);
    assert_eq!(waiting.0.try_read(&mut [0]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn five_hundred_half_open_clients_do_not_hinder_a_good_one() {
    let server = Server::start();
    let mut half_open = Vec::new();
    for bytes in ["", "G", "GET / HTTP/1.1\r\nx: ", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\r\n"]
        .iter()
        .cycle()
        .take(500)
    {
        half_open.push(server.send(bytes).await);
    }
    server.answers().await;
    server.stopped().await;
    for mut client in half_open {
        client.rest().await;
    }
}

#[tokio::test]
async fn twenty_thousand_headers_are_refused_without_harm() {
    let server = Server::start();
    let mut client = server.connect().await;
    let head = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(20_000));
    // The server may close before all of it is written.
    let _written = in_time(client.0.write_all(head.as_bytes())).await;
    let answer = client.rest().await;
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 431 "), "{answer:?}");
    assert_eq!(server.calls(), 0);
    server.answers().await;
}

#[tokio::test]
async fn connections_that_idle_too_long_are_closed_and_busy_ones_are_not() {
    let waits = Options {
        request_timeout: Duration::from_millis(60),
        idle_timeout: Some(Duration::from_millis(100)),
        ..Options::default()
    };
    let server = Server::with(waits);
    let mut idle = server.send(get("/one")).await;
    idle.answer().await;
    assert!(idle.rest().await.is_empty());
    let mut busy = server.send(get("/slow")).await;
    assert_eq!(busy.answer().await.body, "GET /slow");
    let (mut sender, connection) = h2(&server).await;
    in_time(sender.send_request(h2_get("/slow"))).await.expect("answered");
    in_time(connection).await.expect("no panic").expect("closed");
}
