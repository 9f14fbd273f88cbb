//! Latency, and the slots that waiting requests hold.

use crate::support::{Client, PATIENCE, Raw, eventually, limit, mock, usage, used, window};

const ME: &str = "/api/v2/users/me";
const ANY: &str = "* /api/v2/**";

fn latency(lines: &str) -> String {
    format!("[[latency]]\nmatch = [\"{ANY}\"]\n{lines}\n")
}

fn places() -> String {
    limit("places", "tenant", ANY, "algorithm = \"concurrency\"\ncapacity = 1")
}

#[tokio::test]
async fn a_request_holds_its_place_until_it_is_answered() {
    let mock = mock(&(places() + &latency("base = \"500ms\"\nthrottled = \"1ms\""))).await;
    let client = Client::of(&mock);
    let (one, two) = tokio::join!(client.get(ME), async {
        eventually(|| used(&mock, "places") == 1).await;
        client.get(ME).await
    });
    assert_eq!((one.status, two.status), (200, 429));
    assert_eq!(used(&mock, "places"), 0);
    assert_eq!(client.get(ME).await.status, 200);
}

#[tokio::test]
async fn a_client_that_vanishes_while_it_waits_frees_its_place() {
    let mock = mock(&(places() + &latency("base = \"60s\""))).await;
    let mut raw = Raw::connect(&mock).await;
    raw.send(format!("GET {ME} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\n\r\n")).await;
    eventually(|| used(&mock, "places") == 1).await;
    drop(raw);
    eventually(|| used(&mock, "places") == 0).await;
}

#[tokio::test]
async fn a_refusal_waits_what_it_is_told_to() {
    let mock =
        mock(&(window("one", "token", ANY, 1, "") + &latency("base = \"1ms\"\nthrottled = \"300ms\""))).await;
    let client = Client::of(&mock);
    client.get(ME).await;
    assert_eq!(client.get(ME).await.status, 429);
    let took = mock.requests().pop().expect("in the journal").took_ms;
    assert!(took >= 300.0, "{took} ms");
}

#[tokio::test]
async fn a_stop_ends_every_wait_at_once() {
    let mock =
        mock(&(window("one", "token", ANY, 1, "") + &latency("base = \"1ms\"\nthrottled = \"600s\""))).await;
    let client = Client::of(&mock);
    client.get(ME).await;
    let waiting = tokio::spawn(async move { client.get(ME).await.status });
    eventually(|| usage(&mock, "one").refused == 1).await;
    mock.stop().await;
    assert_eq!(tokio::time::timeout(PATIENCE, waiting).await.expect("in time").expect("no panic"), 429);
}

#[tokio::test]
async fn a_frozen_clock_delays_no_request() {
    let mock = mock(&latency("base = \"20ms\"")).await;
    assert_eq!(Client::of(&mock).get(ME).await.status, 200);
}
