//! Faults of the bytes of an answer, over real connections.

use std::io::ErrorKind;
use std::time::Duration;

use bytes::Bytes;
use gcmock::MockServer;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use serde_json::json;

use super::{ME, fault, mock, noted};
use crate::support::{Client, PATIENCE, Raw, usage};

const HEAD: &str = "GET /api/v2/users/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer pasted\r\n\r\n";

/// Everything that the server sends, and how the connection ends.
async fn all_of(raw: &mut Raw) -> (Vec<u8>, std::io::Result<usize>) {
    let mut read = Vec::new();
    let reading = raw.0.read_to_end(&mut read);
    let ended = tokio::time::timeout(PATIENCE, reading).await.expect("it ends in time");
    (read, ended)
}

async fn http2(mock: &MockServer) -> SendRequest<Empty<Bytes>> {
    let stream = TcpStream::connect(mock.uri().trim_start_matches("http://")).await.expect("listening");
    let shaken = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
    let (client, connection) = shaken.expect("HTTP/2");
    tokio::spawn(connection);
    client
}

fn request(mock: &MockServer) -> Request<Empty<Bytes>> {
    let request = Request::get(format!("{}{ME}", mock.uri())).header("authorization", "Bearer pasted");
    request.body(Empty::new()).expect("a request")
}

#[tokio::test]
async fn a_status_without_a_phrase_of_its_own_has_an_empty_one() {
    let mock = mock(&fault("odd", "status = 599\ntimes = 1")).await;
    let mut raw = Raw::connect(&mock).await;
    raw.send(HEAD.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").as_str()).await;
    let (read, _) = all_of(&mut raw).await;
    let read = String::from_utf8_lossy(&read);
    assert!(read.starts_with("HTTP/1.1 599 \r\n"), "{read}");
}

#[tokio::test]
async fn a_reset_is_seen_as_a_reset_and_the_next_connection_is_good() {
    let mock = mock(&fault("torn", "reset = true\nafter = 1\ntimes = 1")).await;
    let mut raw = Raw::connect(&mock).await;
    assert_eq!(raw.get(ME, "").await.0, 200);
    raw.send(HEAD).await;
    let (read, ended) = all_of(&mut raw).await;
    assert_eq!((read.len(), ended.map_err(|error| error.kind())), (0, Err(ErrorKind::ConnectionReset)));
    assert_eq!(Raw::connect(&mock).await.get(ME, "").await.0, 200);
    assert_eq!(noted(&mock), ["", "torn", ""]);
    assert_eq!(mock.requests()[1].status, 0);
    assert_eq!(usage(&mock, "all").requests, 2);
    let client = Client::of(&mock);
    let totals = client.get("/__admin/report.json").await.json()["totals"].clone();
    assert_eq!([&totals["offered"], &totals["admitted"], &totals["failed"]], [3, 2, 1], "{totals}");
    let day = &mock.requests()[0].time[..10];
    let asked = json!({ "interval": format!("{day}T00:00:00Z/{day}T23:59:59Z"), "groupBy": ["OrganizationId"], "metrics": ["Requests"] });
    let results = client.post("/api/v2/usage/query", &asked).await.json()["resultsUri"].clone();
    let counted = client.get(results.as_str().expect("an address")).await.json();
    assert_eq!(counted["results"][0]["requests"], 3, "the two answered ones and the query: {counted}");
}

#[tokio::test]
async fn a_reset_ends_all_streams_of_http2() {
    let mock = mock(&fault("torn", "reset = true\ntimes = 1")).await;
    let mut client = http2(&mock).await;
    client.send_request(request(&mock)).await.expect_err("a reset");
    client.ready().await.expect_err("the connection is gone");
    let mut again = http2(&mock).await;
    assert_eq!(again.send_request(request(&mock)).await.expect("an answer").status(), 200);
}

#[tokio::test]
async fn a_connection_ends_after_exactly_n_bytes_of_the_answer() {
    for bytes in [0, 1, 17, 100, 300] {
        let mock = mock(&fault("cut", &format!("close = {bytes}\nafter = 1"))).await;
        let mut raw = Raw::connect(&mock).await;
        let whole = raw.get(ME, "").await.1;
        assert!(whole.len() > 300);
        raw.send(HEAD).await;
        let (read, ended) = all_of(&mut raw).await;
        assert_eq!((read.len(), ended.is_ok()), (bytes, true), "{bytes}");
        let said = String::from_utf8(read).expect("UTF-8");
        assert!(bytes < 17 || said.starts_with("HTTP/1.1 200 OK\r\n"), "{said}");
        assert_eq!(usage(&mock, "all").requests, 1);
    }
}

#[tokio::test]
async fn an_answer_that_is_shorter_arrives_whole_before_the_connection_ends() {
    let mock = mock(&fault("cut", "close = 1000000\nafter = 1")).await;
    let mut raw = Raw::connect(&mock).await;
    assert_eq!(raw.get(ME, "").await.0, 200);
    raw.send(HEAD).await;
    let (read, ended) = all_of(&mut raw).await;
    let said = String::from_utf8(read).expect("UTF-8");
    assert!(ended.is_ok() && said.contains("\r\nGcmock-Fault: cut\r\n") && said.ends_with('}'), "{said}");
}

#[tokio::test]
async fn http2_gets_n_bytes_of_the_body_and_the_other_streams_go_on() {
    let mock = mock(&fault("cut", "close = 40\ntimes = 1")).await;
    let mut client = http2(&mock).await;
    let response = client.send_request(request(&mock)).await.expect("a head");
    assert_eq!(response.headers()["gcmock-fault"], "cut");
    let (mut body, mut read) = (response.into_body(), 0);
    let failed = loop {
        match body.frame().await {
            Some(Ok(frame)) => read += frame.into_data().map_or(0, |data| data.len()),
            Some(Err(_)) => break true,
            None => break false,
        }
    };
    assert_eq!((read, failed), (40, true));
    let again = client.send_request(request(&mock)).await.expect("the connection is good");
    assert!(again.into_body().collect().await.expect("whole").to_bytes().len() > 40);
}

#[tokio::test]
async fn a_stalled_answer_sends_its_head_and_then_waits() {
    let mock = mock(&fault("stalled", "stall = \"300ms\"\ntimes = 2")).await;
    let mut raw = Raw::connect(&mock).await;
    raw.send(HEAD).await;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(raw.0.read_u8().await.expect("more of the head"));
    }
    assert!(head.starts_with(b"HTTP/1.1 200 OK\r\n"));
    let mut byte = [0];
    let early = tokio::time::timeout(Duration::from_millis(50), raw.0.read_exact(&mut byte)).await;
    assert!(early.is_err(), "the body comes later");
    raw.0.read_exact(&mut byte).await.expect("the body");
    assert_eq!(byte, *b"{");
    let mut rest = vec![0; 4096];
    let _ = raw.0.read(&mut rest).await.expect("the rest of the body");
    assert_eq!(raw.get(ME, "").await.0, 200, "the connection is kept");
    assert_eq!((noted(&mock), usage(&mock, "all").requests), (vec!["stalled".to_owned(); 2], 0));
}

#[tokio::test]
async fn a_slow_body_arrives_whole_over_both_protocols() {
    let mock = mock(&fault("slow", "slow = \"4KiB/s\"")).await;
    let mut raw = Raw::connect(&mock).await;
    let (status, text) = raw.get(ME, "").await;
    assert!(status == 200 && text.ends_with('}'), "{text}");
    let body = text.split_once("\r\n\r\n").expect("a body").1;
    let response = http2(&mock).await.send_request(request(&mock)).await.expect("a head");
    let pieces = {
        let (mut body, mut pieces) = (response.into_body(), Vec::new());
        while let Some(frame) = body.frame().await {
            pieces.push(frame.expect("whole").into_data().expect("data"));
        }
        pieces
    };
    assert!(pieces.iter().all(|piece| piece.len() <= 409), "a tenth of a second each");
    assert!(pieces.len() > 1 && pieces.concat().len().abs_diff(body.len()) < 100);
}

#[tokio::test]
async fn a_client_that_leaves_a_stalled_answer_leaves_nothing_behind() {
    let mock = mock(&fault("stalled", "stall = \"10h\"")).await;
    let mut raw = Raw::connect(&mock).await;
    raw.send(HEAD).await;
    let mut head = vec![0; 17];
    raw.0.read_exact(&mut head).await.expect("a head");
    drop(raw);
    let mut other = Raw::connect(&mock).await;
    other.send(HEAD).await;
    other.0.read_exact(&mut head).await.expect("a head");
    tokio::time::timeout(Duration::from_secs(10), mock.stop())
        .await
        .expect("a stalled answer stops no drain");
}
