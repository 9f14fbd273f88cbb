//! What a refusal says, and what limits do together.

use std::time::Duration;

use serde_json::json;

use crate::support::{Client, Raw, limit, mock, usage, used, window};

const ME: &str = "/api/v2/users/me";
const ANY: &str = "* /api/v2/**";

#[tokio::test]
async fn a_refusal_has_the_vendors_body_with_its_keys_in_order() {
    let mock = mock(&window("users", "token", "GET /api/v2/users/**", 1, "")).await;
    let client = Client::of(&mock);
    assert_eq!(client.get(ME).await.status, 200);
    mock.advance(Duration::from_millis(30_129));
    let refused = client.get(ME).await;
    assert_eq!((refused.status, refused.code().as_str()), (429, "too.many.requests.retry.after"));
    assert_eq!(refused.header("retry-after"), "30");
    assert_eq!(
        refused.header("gcmock-limit"),
        r#"name="users"; scope="token"; capacity=1; remaining=0; retry-in=29.871"#
    );
    insta::with_settings!({ filters => vec![("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "[id]")] }, {
        insta::assert_snapshot!(refused.body, @r#"{"message":"Rate limit exceeded the maximum. Retry the request in [30] seconds","code":"too.many.requests.retry.after","status":429,"contextId":"[id]","details":[],"errors":[],"limit":{"key":"users.rate","namespace":"test","value":1}}"#);
    });
}

#[tokio::test]
async fn a_client_that_waits_as_long_as_it_is_told_is_admitted() {
    let bucket = "algorithm = \"token-bucket\"\ncapacity = 3\nrefill = 7\nperiod = \"60s\"";
    let mock = mock(&limit("bucket", "tenant", ANY, bucket)).await;
    let client = Client::of(&mock);
    for _ in 0..3 {
        assert_eq!(client.get(ME).await.status, 200);
    }
    let refused = client.get(ME).await;
    assert_eq!(refused.header("retry-after"), "9", "60 s / 7, rounded up");
    mock.advance(Duration::from_secs(8));
    assert_eq!(client.get(ME).await.header("retry-after"), "1");
    mock.advance(Duration::from_secs(1));
    assert_eq!(client.get(ME).await.status, 200);
}

#[tokio::test]
async fn each_header_set_says_where_the_limit_stands() {
    let names = [
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
        "inin-ratelimit-allowed",
        "inin-ratelimit-count",
        "inin-ratelimit-reset",
        "ratelimit-policy",
        "ratelimit",
    ];
    for (set, expected) in [
        (r#"["x-ratelimit"]"#, vec!["300", "1", "60"]),
        (r#"["inin"]"#, vec!["300", "1", "60"]),
        (r#"["ietf"]"#, vec![r#""two";q=2;w=60"#, r#""two";r=1;t=60"#]),
        ("[]", vec![]),
    ] {
        let limits = window("two", "token", ANY, 2, "value = 300");
        let mock = mock(&format!("[response]\nheaders = {set}\nexplain = false\n\n{limits}")).await;
        let client = Client::of(&mock);
        let first = client.get(ME).await;
        let seen: Vec<_> =
            names.iter().map(|name| first.header(name)).filter(|text| !text.is_empty()).collect();
        assert_eq!(seen, expected, "{set}");
        client.get(ME).await;
        let refused = client.get(ME).await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, "60"));
        assert_eq!(refused.header("gcmock-limit"), "", "explain is off");
        assert_eq!(refused.json()["limit"]["value"], 300);
    }
}

#[tokio::test]
async fn an_admitted_answer_explains_nothing() {
    let mock = mock(&window("two", "token", ANY, 2, "")).await;
    let answer = Client::of(&mock).get(ME).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.headers.contains_key("gcmock-limit") && !answer.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn of_several_limits_the_longest_wait_leads_and_none_is_charged() {
    let minute = window("minute", "token", ANY, 3, "");
    let hour =
        minute.replace("minute", "hour").replace("60s", "3600s").replace("capacity = 3", "capacity = 2");
    let wide = window("wide", "tenant", ANY, 100, "");
    let mock = mock(&(minute + &hour + &wide)).await;
    let client = Client::of(&mock);
    client.get(ME).await;
    assert_eq!(client.get(ME).await.header("x-ratelimit-remaining"), "0", "the fuller one shows");
    for _ in 0..5 {
        let refused = client.get(ME).await;
        assert_eq!(refused.header("retry-after"), "3600");
        assert!(
            refused
                .header("gcmock-limit")
                .starts_with(r#"name="hour"; scope="token"; capacity=2; remaining=0; retry-in=3600.000"#)
        );
    }
    assert_eq!([used(&mock, "minute"), used(&mock, "hour"), used(&mock, "wide")], [2, 2, 2]);
    mock.advance(Duration::from_secs(3600));
    let other = client.get(ME).await;
    assert_eq!((other.status, other.header("x-ratelimit-remaining")), (200, "1"));
}

#[tokio::test]
async fn a_limit_in_shadow_counts_and_does_not_refuse() {
    let mock = mock(&window("shadow", "token", ANY, 1, "mode = \"shadow\"")).await;
    let client = Client::of(&mock);
    for _ in 0..3 {
        let answer = client.get(ME).await;
        assert_eq!(answer.status, 200);
        assert!(!answer.headers.contains_key("x-ratelimit-limit"), "not even shown");
    }
    assert_eq!(usage(&mock, "shadow").shadow_refused, 2);
}

#[tokio::test]
async fn refused_requests_are_charged_where_the_rule_says_so() {
    let bucket =
        "algorithm = \"token-bucket\"\ncapacity = 4\nrefill = 1\nperiod = \"1s\"\ncount_refused = true";
    let mock = mock(&(limit("bucket", "token", ANY, bucket) + &window("one", "token", ANY, 1, ""))).await;
    let client = Client::of(&mock);
    for _ in 0..4 {
        client.get(ME).await;
    }
    assert_eq!([used(&mock, "bucket"), used(&mock, "one")], [4, 1]);
    let refused = client.get(ME).await;
    assert_eq!(refused.header("retry-after"), "60");
}

#[tokio::test]
async fn a_lockout_runs_from_its_refusal_and_leaves_the_key_free() {
    let mock = mock(&window("locks", "token", ANY, 1, "lockout = \"300s\"")).await;
    let client = Client::of(&mock);
    assert_eq!(client.get(ME).await.status, 200);
    assert_eq!(client.get(ME).await.header("retry-after"), "300");
    mock.advance(Duration::from_secs(100));
    let inside = client.get(ME).await;
    assert_eq!((inside.header("retry-after"), inside.header("x-ratelimit-remaining")), ("200", "0"));
    mock.advance(Duration::from_secs(200));
    assert_eq!(client.get(ME).await.status, 200);
}

#[tokio::test]
async fn a_fixed_retry_after_is_sent_as_written() {
    let mock = mock(&window("fixed", "token", ANY, 1, "retry_after = \"7s\"")).await;
    let client = Client::of(&mock);
    client.get(ME).await;
    let refused = client.get(ME).await;
    assert_eq!(refused.header("retry-after"), "7");
    assert!(
        refused.body.contains("in [7] seconds") && refused.header("gcmock-limit").ends_with("retry-in=7.000")
    );
}

#[tokio::test]
async fn a_request_costs_what_its_query_says() {
    let mock = mock(&window(
        "rows",
        "token",
        "GET /api/v2/flows",
        1000,
        "cost = { query = \"pageSize\", default = 25 }",
    ))
    .await;
    let client = Client::of(&mock);
    for (path, remaining) in [
        ("/api/v2/flows", "975"),
        ("/api/v2/flows?pageSize=100", "875"),
        ("/api/v2/flows?x=1&pageSi%7ae=75", "800"),
        // What is no number costs the default, and is refused for itself.
        ("/api/v2/flows?pageSize=-1", "775"),
        ("/api/v2/flows?pageSize=99999999999999999999", "750"),
    ] {
        assert_eq!(client.get(path).await.header("x-ratelimit-remaining"), remaining, "{path}");
    }
    let beyond = client.get("/api/v2/flows?pageSize=4294967296").await;
    assert_eq!(beyond.status, 429, "more than there ever is costs all there is");
    assert_eq!(beyond.header("retry-after"), "60");
}

#[tokio::test]
async fn bad_requests_are_charged_and_requests_that_never_got_that_far_are_not() {
    let mock = mock(&window("ten", "", ANY, 10, "")).await;
    let client = Client::of(&mock);
    let remaining = |answer: &crate::support::Answer| answer.header("x-ratelimit-remaining").to_owned();
    assert_eq!(Client::anonymous(&mock).get(ME).await.status, 401);
    let large = vec![b' '; 600_000];
    let too_large =
        crate::support::Answer::to(client.request("POST", "/api/v2/usage/query").body(large)).await;
    assert_eq!((too_large.status, remaining(&too_large)), (413, String::new()));
    let mut broken = Raw::connect(&mock).await;
    broken.send("POST /api/v2/usage/query HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").await;
    let broken = broken.rest().await;
    assert!(broken.is_empty() || broken.starts_with(b"HTTP/1.1 400 "), "{broken:?}");
    let good = client.get(ME).await;
    assert_eq!(remaining(&good), "9", "the first that counts");
    let bad = client.post("/api/v2/usage/query", &json!([])).await;
    assert_eq!((bad.status, remaining(&bad)), (400, "8".to_owned()));
    let nowhere = client.get("/api/v2/nowhere").await;
    assert_eq!((nowhere.status, remaining(&nowhere)), (404, "7".to_owned()));
}
