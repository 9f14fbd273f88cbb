//! Request bodies: whole, in pieces, too large, stalled, broken.

use super::*;

#[tokio::test]
async fn bodies_arrive_whole_in_one_piece_or_many() {
    let server = Server::start();
    let mut client = server.send(post("content-length: 3") + "abc").await;
    assert_eq!(client.answer().await.body, "took 3");
    client.send(post("content-length: 0")).await;
    assert_eq!(client.answer().await.body, "took 0");
    client.send(post("transfer-encoding: chunked") + "3\r\nabc\r\n2\r\nde\r\n").await;
    client.send("4\r\nfghi\r\n0\r\n\r\n").await;
    assert_eq!(client.answer().await.body, "took 9");
    client.send(post(&format!("content-length: {MAX_BODY}"))).await;
    client.send(vec![b'x'; MAX_BODY]).await;
    assert_eq!(client.answer().await.body, format!("took {MAX_BODY}"));
}

#[tokio::test]
async fn a_client_that_writes_first_sees_that_its_body_is_too_large() {
    let server = Server::start();
    let large = 8 << 20;
    let mut client = server.send(post(&format!("content-length: {large}"))).await;
    client.send(vec![b'x'; large]).await;
    assert_eq!(client.answer().await.body, "too large");
    client.send(post("transfer-encoding: chunked")).await;
    client.send([format!("{large:x}\r\n").into_bytes(), vec![b'x'; large]].concat()).await;
    client.send("\r\n0\r\n\r\n").await;
    assert_eq!(client.answer().await.body, "too large");
    client.send(get("/next")).await;
    assert_eq!(client.answer().await.body, "GET /next", "the connection stays of use");
}

#[tokio::test]
async fn a_client_that_asks_first_is_told_to_go_on_or_that_its_body_is_too_large() {
    let server = Server::start();
    let mut client = server.send(post("expect: 100-continue\r\ncontent-length: 3")).await;
    assert_eq!(client.head().await, "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("abc").await;
    assert_eq!(client.answer().await.body, "took 3");
    client.send(post("expect: 100-continue\r\ncontent-length: 600000")).await;
    let answer = client.answer().await;
    assert!(answer.head.starts_with("HTTP/1.1 413 "), "{}", answer.head);
}

#[tokio::test]
async fn a_body_that_stalls_is_an_error_not_a_wait() {
    let server = Server::start();
    let mut client = server.send(post("content-length: 10") + "abc").await;
    assert_eq!(client.answer().await.body, "stalled");
}

#[tokio::test]
async fn a_body_that_is_not_what_it_says_is_broken() {
    let server = Server::start();
    let mut client = server.send(post("transfer-encoding: chunked") + "nonsense\r\n").await;
    client.rest().await;
    eventually(|| server.calls() == 1 && server.live_conns() == 0).await;
    let bodies = server.probe.bodies.lock().unwrap();
    assert!(matches!(bodies[..], [Err(BodyError::Broken)] | []), "{bodies:?}");
}
