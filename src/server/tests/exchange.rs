//! What is on the wire: one request after the other, pipelined, by proxies, over HTTP/2.

use super::*;

#[tokio::test]
async fn header_names_are_spelled_as_the_vendor_spells_them_on_http1() {
    let server = Server::start();
    let answer = server.send(get("/hello")).await.answer().await;
    let names: Vec<_> = answer.head.lines().filter_map(|line| Some(line.split_once(": ")?.0)).collect();
    insta::assert_debug_snapshot!(names, @r#"
    [
        "Retry-After",
        "ININ-Correlation-Id",
        "WWW-Authenticate",
        "Content-Length",
        "Date",
    ]
    "#);
}

#[tokio::test]
async fn a_connection_serves_one_request_after_the_other() {
    let server = Server::start();
    let mut client = server.connect().await;
    for path in ["/one", "/two", "/three"] {
        client.send(get(path)).await;
        assert_eq!(client.answer().await.body, format!("GET {path}"));
    }
    let conns: Vec<_> = server.probe.conns.lock().expect("no panic").iter().map(Weak::as_ptr).collect();
    assert_eq!(conns, [conns[0]; 3], "all three belong to one Conn");
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = Server::start();
    let mut client = server.send([get("/one"), get("/slow"), get("/three")].concat()).await;
    for path in ["/one", "/slow", "/three"] {
        assert_eq!(client.answer().await.body, format!("GET {path}"));
    }
}

#[tokio::test]
async fn targets_of_proxies_reach_the_handler_untouched() {
    let server = Server::start();
    let mut absolute = server.send(get("http://api.mypurecloud.com/api/v2/users?x=1")).await;
    assert_eq!(absolute.answer().await.body, "GET http://api.mypurecloud.com/api/v2/users?x=1");
    let connect = "CONNECT api.mypurecloud.com:443 HTTP/1.1\r\nhost: x\r\n\r\n";
    let head = server.send(connect).await.head().await;
    assert!(head.starts_with("HTTP/1.1 405"), "a handler has no tunnels unless it says so: {head}");
}

#[tokio::test]
async fn http2_is_served_on_the_same_port() {
    let server = Server::start();
    let (mut sender, _connection) = h2(&server).await;
    let (one, two) = (sender.send_request(h2_get("/slow")), sender.clone().send_request(h2_get("/two")));
    let (one, two) = in_time(async { (one.await.expect("an answer"), two.await.expect("an answer")) }).await;
    assert_eq!(one.headers()["retry-after"], "3");
    assert_eq!(one.into_body().collect().await.expect("a body").to_bytes(), "GET http://x/slow");
    assert_eq!(two.into_body().collect().await.expect("a body").to_bytes(), "GET http://x/two");
    server.answers().await;
}
