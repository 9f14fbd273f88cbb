//! The scenario architect-scripts: 150 threads fetch scripts and are refused after five seconds. Expiring tokens cause
//! more refusals, because logins are limited too.

use std::time::Duration;

use gcmock::MockServer;
use serde_json::json;

use super::stage::{Answer, Ask, ExpectedLimit, Outcome, PASTED, Stage, at_once, evenly, seconds};
use crate::support::{self as rest, ws};

const LIMIT: ExpectedLimit = ExpectedLimit {
    name: "architect-scripts",
    namespace: "architect",
    key: "scripts.rate.per.second",
    scope: "tenant+endpoint",
    capacity: 60,
    retry_after: 1,
};

/// The error of the login host's refusals.
const LOGINS: &str = "name=\"oauth-token\"; scope=\"client\"; capacity=10; remaining=0; retry-in=";

async fn stage() -> Stage {
    Stage::set("architect-scripts", LIMIT).await
}

fn scripts(bearer: &str) -> Ask {
    Ask::get("/api/v2/architect/scripts", bearer)
}

#[tokio::test]
async fn a_hundred_and_fifty_threads_over_ten_seconds_are_refused_after_roughly_five() {
    let stage = stage().await;
    let mut client = stage.connect().await;
    let outcome = stage.run(&mut client, evenly(150, seconds(10)), |_| scripts(PASTED)).await;
    let first_refusal = Some(Duration::from_nanos(74 * 1_000_000_000 / 15));
    assert_eq!(outcome, Outcome { admitted: 89, refused: 61, first_refusal }, "4.93 s");
    stage.journal_names_the_limit(61);
}

#[tokio::test]
async fn a_ramp_up_of_sixty_seconds_gets_all_of_them_through() {
    let stage = stage().await;
    let mut client = stage.connect().await;
    let outcome = stage.run(&mut client, evenly(150, seconds(60)), |_| scripts(PASTED)).await;
    assert_eq!(outcome, Outcome::all_admitted(150));
}

/// The bucket is as full after each second as after the one before: nothing that comes later differs.
#[tokio::test]
async fn three_a_second_can_go_on_for_ever() {
    let stage = stage().await;
    let mut client = stage.connect().await;
    for arrival in evenly(3 * 600, seconds(600)) {
        stage.at(arrival);
        let answer = client.send(&scripts(PASTED)).await;
        assert!(stage.admits(&answer), "at {arrival:?}");
        assert!(answer.remaining() >= 58, "at {arrival:?}: {answer:?}");
    }
    stage.journal_names_the_limit(0);
}

#[tokio::test]
async fn a_client_that_waits_its_retry_after_is_admitted() {
    let stage = stage().await;
    let mut client = stage.connect().await;
    stage.waiting_helps(&mut client, &scripts(PASTED)).await;
}

#[tokio::test]
async fn the_limit_is_the_organizations_and_not_the_clouds() {
    let stage = stage().await;
    let mut client = stage.connect().await;
    let mine = stage.login(&mut client, "Rehearsal", "rehearsal").await;
    let neighbour = stage.login(&mut client, "Neighbour", "neighbour").await;
    stage.run(&mut client, at_once(60), |_| scripts(PASTED)).await;
    assert!(!client.admitted(&scripts(&mine)).await, "another token of the same organization");
    for _ in 0..60 {
        assert!(client.admitted(&scripts(&neighbour)).await);
    }
}

#[tokio::test]
async fn reading_and_creating_scripts_are_counted_apart() {
    let stage = stage().await;
    let mut client = stage.connect().await;
    let create = Ask::post("/api/v2/architect/scripts", PASTED, r#"{"name":"Survey"}"#);
    stage.run(&mut client, at_once(61), |_| scripts(PASTED)).await;
    let outcome = stage.run(&mut client, at_once(61), |_| create.clone()).await;
    assert_eq!(outcome, Outcome { admitted: 60, refused: 1, first_refusal: Some(seconds(0)) });
}

#[tokio::test]
async fn everything_below_the_scripts_is_covered() {
    let stage = stage().await;
    let mut client = stage.connect().await;
    let below = Ask::put("/api/v2/architect/scripts/a/versions/1", PASTED, "{}");
    stage.waiting_helps(&mut client, &below).await;
    let other = client.send(&Ask::get("/api/v2/architect/ivrs", PASTED)).await;
    assert!(!other.headers.contains_key("x-ratelimit-limit"), "{other:?}");
}

#[tokio::test]
async fn the_eleventh_login_in_a_minute_is_refused_the_oauth_way() {
    let stage = stage().await;
    let mut client = stage.connect().await;
    let login = stage.token_request("Rehearsal", "rehearsal");
    for _ in 0..10 {
        assert_eq!(client.send(&login).await.status, 200);
        stage.at(stage.elapsed() + seconds(2));
    }
    is_a_refused_login(&client.send(&login).await, 40);
    let other = stage.token_request("Rehearsal", "rehearsal-two");
    assert_eq!(client.send(&other).await.status, 200, "each client has its own ten");

    stage.at(Duration::from_nanos(59_999_999_999));
    is_a_refused_login(&client.send(&login).await, 1);
    stage.at(seconds(60));
    assert_eq!(client.send(&login).await.status, 200);
}

fn is_a_refused_login(answer: &Answer, retry_after: u32) {
    let header = |name: &str| answer.headers[name].to_str().expect("a string");
    assert_eq!(answer.status, 400);
    assert_eq!(header("retry-after"), retry_after.to_string());
    assert!(header("gcmock-limit").starts_with(LOGINS), "{answer:?}");
    let why = format!("rate limit exceeded; retry the request in {retry_after} seconds");
    assert_eq!(
        answer.json(),
        json!({ "error": "invalid_request", "description": why, "error_description": why })
    );
}

/// The last suspicion of the report: tokens expire under load, and their renewal is throttled as well.
#[tokio::test]
async fn expiring_tokens_compound_the_errors() {
    let stage = stage().await;
    let mut client = stage.connect().await;
    let token = stage.login(&mut client, "Rehearsal", "short-lived").await;
    stage.at(Duration::from_nanos(59_999_999_999));
    assert_eq!(client.send(&scripts(&token)).await.status, 200);

    stage.at(seconds(60));
    let login = stage.token_request("Rehearsal", "short-lived");
    let mut renewed = 0;
    for thread in 0..150 {
        let expired = client.send(&scripts(&token)).await;
        assert_eq!((expired.status, expired.json()["code"].as_str()), (401, Some("credentials.expired")));
        let answer = client.send(&login).await;
        if thread < 10 {
            assert_eq!(answer.status, 200);
            renewed += 1;
        } else {
            is_a_refused_login(&answer, 60);
        }
    }
    assert_eq!(renewed, 10);
    the_journal_names_refused_logins(&stage, 140);
}

/// The refused logins, by the name of their limit.
fn the_journal_names_refused_logins(stage: &Stage, refused: usize) {
    let entries = stage.mock.requests().into_iter().filter(|entry| entry.limit.is_some());
    let seen = entries.map(|entry| {
        assert_eq!((entry.limit.as_deref(), entry.status), (Some("oauth-token"), 400));
    });
    assert_eq!(seen.count(), refused);
}

#[tokio::test]
async fn with_share_websocket_on_top_each_handshake_costs_a_token_of_the_scripts() {
    let share = include_str!("../../../fixtures/limits/share-websocket.toml");
    let builder = MockServer::builder().scenario("architect-scripts").limits_toml(share).manual_clock();
    let mock = builder.no_latency().start().await.expect("the scenario starts");
    let client = rest::Client::of(&mock);
    let channel = client.ask("POST", "/api/v2/notifications/channels").await.json();
    let channel = format!("/channels/{}", channel["id"].as_str().expect("an id"));
    for _ in 0..20 {
        assert_eq!(client.get("/api/v2/architect/scripts").await.status, 200);
        assert!(ws::platform(&mock, "").await.is_ok());
        assert!(ws::open(&mock, &channel, &[]).await.is_ok());
    }
    assert_eq!(client.get("/api/v2/architect/scripts").await.status, 429);
    for refused in [ws::platform(&mock, "").await, ws::open(&mock, &channel, &[]).await] {
        let refused = refused.err().expect("the scripts' bucket is empty");
        assert_eq!((refused.status, &refused.body["limit"]["key"]), (429, &"scripts.rate.per.second".into()));
    }
}
