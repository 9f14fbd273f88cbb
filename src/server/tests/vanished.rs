//! Clients that leave: their requests and connections end with them.

use super::*;

#[tokio::test]
async fn a_client_that_vanishes_while_its_request_waits_takes_its_conn_along() {
    let server = Server::start();
    for request in [get("/forever"), [get("/forever"), get("/two")].concat(), get("/stream")] {
        let calls = server.calls();
        let client = server.send(request).await;
        eventually(|| server.calls() > calls && server.live_conns() == 1).await;
        drop(client);
        eventually(|| server.live_conns() == 0).await;
    }
}

#[tokio::test]
async fn a_client_that_ends_its_side_takes_its_conn_along() {
    let server = Server::start();
    for request in [get("/forever"), [get("/forever"), get("/two")].concat()] {
        let mut client = server.send(request).await;
        eventually(|| server.live_conns() == 1).await;
        client.0.shutdown().await.unwrap();
        eventually(|| server.live_conns() == 0).await;
        assert!(client.rest().await.is_empty());
    }
}

#[tokio::test]
async fn a_client_that_resets_takes_its_conn_along() {
    let server = Server::start();
    let client = server.send(get("/forever")).await;
    eventually(|| server.live_conns() == 1).await;
    client.0.set_zero_linger().unwrap();
    drop(client);
    eventually(|| server.live_conns() == 0).await;
}

#[tokio::test]
async fn an_idle_client_that_leaves_takes_its_conn_along() {
    let server = Server::start();
    let mut client = server.send(get("/one")).await;
    client.answer().await;
    assert_eq!(server.live_conns(), 1);
    drop(client);
    eventually(|| server.live_conns() == 0).await;
}

#[tokio::test]
async fn an_http2_client_that_vanishes_takes_its_conn_along() {
    let server = Server::start();
    let tasks = Tasks::default();
    let (mut sender, _connection) = h2_on(&server, tasks.clone()).await;
    let _answers = [sender.send_request(h2_get("/forever")), sender.send_request(h2_get("/stream"))];
    eventually(|| server.calls() == 2 && server.live_conns() == 2).await;
    tasks.0.lock().unwrap().abort_all();
    eventually(|| server.live_conns() == 0).await;
}
