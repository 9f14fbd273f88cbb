//! Faults that change an answer, with exact counts under the manual clock.

use std::time::Duration;

use serde_json::json;

use super::{ME, fault, fault_on, mock, noted};
use crate::support::{Client, credentials, usage};

/// The statuses of so many requests to users/me.
async fn statuses(client: &Client, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..count {
        statuses.push(client.get(ME).await.status);
    }
    statuses
}

#[tokio::test]
async fn a_request_fails_three_times_and_then_succeeds() {
    let mock = mock(&fault("flaky", "status = 503\nretry_after = \"3s\"\ntimes = 3")).await;
    let client = Client::of(&mock);
    let first = client.get(ME).await;
    assert_eq!((first.status, first.code().as_str()), (503, "service.unavailable"));
    assert_eq!((first.header("gcmock-fault"), first.header("retry-after")), ("flaky", "3"));
    assert_eq!(statuses(&client, 4).await, [503, 503, 200, 200]);
    assert_eq!(noted(&mock), ["flaky", "flaky", "flaky", "", ""]);
    assert_eq!(mock.requests()[0].retry_after, Some(3));
    assert_eq!(mock.struck("flaky"), Some(3));
    assert_eq!(usage(&mock, "all").requests, 2, "no fault is charged to a limit");
    let none = client.get(ME).await;
    assert_eq!((none.header("gcmock-fault"), none.header("x-ratelimit-remaining")), ("", "97"));
}

#[tokio::test]
async fn the_first_requests_of_each_token_pass() {
    let mock = mock(&fault("later", "status = 500\nafter = 2\ntimes = 1\nscope = [\"token\"]")).await;
    for token in ["one", "two"] {
        let client = Client::of(&mock).with_bearer(token);
        assert_eq!(statuses(&client, 4).await, [200, 200, 500, 200], "{token}");
    }
}

#[tokio::test]
async fn a_fault_has_its_time_in_model_time_since_the_start_and_since_a_reset() {
    let mock = mock(&fault("storm", "status = 502\nbetween = [\"60s\", \"90s\"]")).await;
    let client = Client::of(&mock);
    for round in 0..2 {
        let mut seen = Vec::new();
        for wait in [0, 59, 1, 29, 1] {
            mock.advance(Duration::from_secs(wait));
            seen.push(client.get(ME).await.status);
        }
        assert_eq!(seen, [200, 200, 502, 502, 200], "round {round}");
        mock.reset();
    }
}

#[tokio::test]
async fn every_status_has_the_vendors_error_body() {
    let mock = mock("").await;
    let client = Client::of(&mock);
    for status in 400..=599 {
        mock.add_fault(&fault("a", &format!("status = {status}"))).expect("right");
        let answer = client.get(ME).await;
        assert_eq!(answer.status, status);
        assert!(!answer.code().is_empty());
    }
    mock.add_fault(&fault("a", "status = 429\nretry_after = \"7s\"")).expect("right");
    let answer = client.get(ME).await;
    assert_eq!(
        (answer.code().as_str(), answer.header("retry-after")),
        ("too.many.requests.retry.after", "7")
    );
}

#[tokio::test]
async fn equal_seeds_strike_the_same_requests() {
    let mut runs = Vec::new();
    for seed in [7, 7, 8] {
        let limits = fault("flaky", "status = 500\nshare = 0.3");
        let builder = gcmock::MockServer::builder().limits_toml(limits).manual_clock().seed(seed);
        let mock = builder.start().await.expect("it starts");
        runs.push(statuses(&Client::of(&mock), 60).await);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
    let struck = runs[0].iter().filter(|status| **status == 500).count();
    assert!((5..35).contains(&struck), "{struck}");
}

#[tokio::test]
async fn a_refusal_is_that_of_the_limit_and_nothing_is_charged() {
    let mock = mock(&fault("refused", "refuse = \"all\"\nafter = 1\ntimes = 1")).await;
    let client = Client::of(&mock);
    assert_eq!(client.get(ME).await.status, 200);
    let refused = client.get(ME).await;
    assert_eq!((refused.status, refused.code().as_str()), (429, "too.many.requests.retry.after"));
    assert_eq!(refused.json()["limit"], json!({ "key": "all.rate", "namespace": "test", "value": 100 }));
    assert_eq!((refused.header("retry-after"), refused.header("gcmock-fault")), ("60", "refused"));
    assert_eq!(
        refused.header("gcmock-limit"),
        "name=\"all\"; scope=\"tenant\"; capacity=100; remaining=0; retry-in=60.000"
    );
    assert_eq!(client.get(ME).await.header("x-ratelimit-remaining"), "98");
    let all = usage(&mock, "all");
    assert_eq!((all.requests, all.admitted, all.refused, all.in_use), (2, 2, 0, 2));
    let entry = &mock.requests()[1];
    assert_eq!((entry.limit.as_deref(), entry.fault.as_deref()), (Some("all"), Some("refused")));
    assert_eq!(entry.retry_after, Some(60));
}

#[tokio::test]
async fn a_garbled_answer_is_of_json_by_its_media_type_alone_and_its_request_has_happened() {
    let mock = mock(&fault_on("POST /api/v2/routing/queues", "garbled", "garble = true\ntimes = 1")).await;
    let client = Client::of(&mock);
    let answer = client.post("/api/v2/routing/queues", &json!({ "name": "Returns" })).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    assert!(serde_json::from_str::<serde_json::Value>(&answer.body).is_err(), "{}", answer.body);
    assert_eq!(answer.header("gcmock-fault"), "garbled");
    assert_eq!(
        client.post("/api/v2/routing/queues", &json!({ "name": "Returns" })).await.status,
        400,
        "the name is taken"
    );
    assert_eq!(usage(&mock, "all").requests, 1);
}

#[tokio::test]
async fn an_answer_without_a_body_has_nothing_to_garble() {
    let mock = mock("").await;
    let client = Client::of(&mock);
    let queue = client.post("/api/v2/routing/queues", &json!({ "name": "Returns" })).await.json();
    mock.add_fault(&fault("garbled", "garble = true")).expect("right");
    let path = format!("/api/v2/routing/queues/{}", queue["id"].as_str().expect("an id"));
    let answer = crate::support::Answer::to(client.request("DELETE", &path)).await;
    assert_eq!((answer.status, answer.body.as_str(), answer.header("gcmock-fault")), (200, "", "garbled"));
}

#[tokio::test]
async fn a_revoked_token_stays_revoked_and_another_is_good() {
    let mock = mock(&fault("revoked", "revoke = true\nafter = 1\ntimes = 1")).await;
    let client = Client::of(&mock);
    assert_eq!(client.get(ME).await.status, 200);
    let revoked = client.get(ME).await;
    assert_eq!((revoked.status, revoked.code().as_str()), (401, "bad.credentials"));
    assert_eq!(revoked.header("gcmock-fault"), "revoked");
    let after = client.get(ME).await;
    assert_eq!((after.status, after.header("gcmock-fault")), (401, ""));
    assert_eq!(client.with_bearer("another").get(ME).await.status, 200);
    assert_eq!(mock.struck("revoked"), Some(1));
}

#[tokio::test]
async fn while_the_login_host_is_down_tokens_are_good_and_no_new_one_is_to_be_had() {
    let mock = mock("[[fault]]\nname = \"auth\"\noauth_down = true\nbetween = [\"0s\", \"60s\"]\n").await;
    let login = credentials(&mock, "rehearsal");
    let anonymous = Client::anonymous(&mock);
    let ask = || {
        let form = [("grant_type", "client_credentials")];
        let request = anonymous.request("POST", "/oauth/token").form(&form);
        crate::support::Answer::to(request.basic_auth(&login.id, login.secret.as_deref()))
    };
    let down = ask().await;
    assert_eq!((down.status, down.header("gcmock-fault")), (503, "auth"));
    assert_eq!(down.json()["error"], "server_error");
    assert_eq!(Client::of(&mock).get(ME).await.status, 200);
    mock.advance(Duration::from_secs(60));
    assert_eq!(ask().await.status, 200);
}

#[tokio::test]
async fn an_edge_that_is_down_answers_503_and_the_others_answer() {
    let mock = mock("[[fault]]\nname = \"down\"\nedge_down = \"chicago\"\n").await;
    let ask = |host: &'static str| {
        crate::support::Answer::to(Client::of(&mock).request("GET", ME).header("host", host))
    };
    let down = ask("platform-chicago.local").await;
    let up = ask("platform-singapore.local").await;
    assert_eq!(
        (down.status, down.header("gcmock-fault"), down.code().as_str()),
        (503, "down", "service.unavailable")
    );
    assert_eq!((up.status, up.header("gcmock-fault")), (200, ""));
    assert_eq!((noted(&mock), mock.struck("down")), (vec!["down".to_owned(), String::new()], Some(1)));
}

#[tokio::test]
async fn the_first_fault_that_strikes_applies_and_later_ones_do_not_count_the_request() {
    let mock = mock(&(fault("a", "status = 500\ntimes = 1") + &fault("b", "status = 501\ntimes = 1"))).await;
    assert_eq!(statuses(&Client::of(&mock), 3).await, [500, 501, 200]);
    assert_eq!((mock.struck("a"), mock.struck("b")), (Some(1), Some(1)));
}

#[tokio::test]
async fn only_the_callers_of_a_grant_are_struck() {
    let mock = mock(&fault("a", "status = 500\ngrant = [\"client_credentials\"]")).await;
    assert_eq!(Client::of(&mock).get(ME).await.status, 200);
    let pasted = self::mock(&fault("a", "status = 500\ngrant = [\"pasted\"]")).await;
    assert_eq!(Client::of(&pasted).with_bearer("pasted").get(ME).await.status, 500);
}

#[tokio::test]
async fn a_fault_can_be_slow_and_its_latency_is_that_of_an_admitted_request() {
    let latency = "[[latency]]\nmatch = [\"* /api/v2/**\"]\nbase = \"20ms\"\nthrottled = \"1ms\"\n";
    let mock = mock(&(fault("a", "status = 504") + latency)).await;
    let answer = Client::of(&mock).get(ME).await;
    assert_eq!((answer.status, answer.code().as_str()), (504, "request.timeout"));
    assert!(mock.requests()[0].took_ms >= 20.0);
}
