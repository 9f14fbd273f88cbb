//! The scenario byoc-websocket: 200 WebSockets through an edge in Singapore are refused after 50.

use std::time::Duration;

use super::stage::{Answer, ExpectedLimit, Outcome, Stage, at_once, evenly, seconds};
use crate::support::ws::{self, NoSocket};

const LIMIT: ExpectedLimit = ExpectedLimit {
    name: "byoc-handshakes",
    namespace: "telephony.configuration",
    key: "edge.websocket.handshakes.rate.per.second",
    scope: "edge",
    capacity: 50,
    retry_after: 1,
};

const CHICAGO: &str = "platform-chicago.rehearsal.example";
const SINGAPORE: &str = "platform-singapore.rehearsal.example";

async fn stage() -> Stage {
    Stage::set("byoc-websocket", LIMIT).await
}

/// Whether a socket opens at the edge of `host`; a refusal explains itself.
async fn is_admitted(stage: &Stage, host: &str, query: &str) -> bool {
    let path = format!("/api/v2/platform/websocket{query}");
    let headers = [("authorization", "Bearer pasted"), ("host", host)];
    match ws::open(&stage.mock, &path, &headers).await {
        Ok(_) => true,
        Err(NoSocket { status, headers, body }) => {
            let answer = Answer { status, headers, body: body.to_string().into() };
            assert!(!stage.admits(&answer), "neither a socket nor a refusal: {answer:?}");
            false
        }
    }
}

async fn run(stage: &Stage, host: &str, arrivals: impl IntoIterator<Item = Duration>) -> Outcome {
    let start = stage.elapsed();
    let mut outcome = Outcome::default();
    for arrival in arrivals {
        stage.at(start + arrival);
        outcome.note(is_admitted(stage, host, "").await, arrival);
    }
    outcome
}

#[tokio::test]
async fn of_two_hundred_at_once_fifty_are_admitted() {
    let stage = stage().await;
    let outcome = run(&stage, SINGAPORE, at_once(200)).await;
    assert_eq!(outcome, Outcome { admitted: 50, refused: 150, first_refusal: Some(Duration::ZERO) });
    stage.journal_names_the_limit(150);
}

#[tokio::test]
async fn over_ten_seconds_the_first_refusal_comes_after_three_and_a_half() {
    let stage = stage().await;
    let outcome = run(&stage, SINGAPORE, evenly(200, seconds(10))).await;
    let first_refusal = Some(Duration::from_millis(3550));
    assert_eq!(outcome, Outcome { admitted: 109, refused: 91, first_refusal });
    stage.journal_names_the_limit(91);
}

#[tokio::test]
async fn over_thirty_seconds_and_one_every_half_second_all_are_admitted() {
    let stage = stage().await;
    assert_eq!(run(&stage, SINGAPORE, evenly(200, seconds(30))).await, Outcome::all_admitted(200));
    stage.at(stage.elapsed() + seconds(60));
    assert_eq!(run(&stage, SINGAPORE, evenly(200, seconds(100))).await, Outcome::all_admitted(200));
    stage.journal_names_the_limit(0);
}

#[tokio::test]
async fn a_second_edge_has_a_bucket_of_its_own() {
    let stage = stage().await;
    assert_eq!(run(&stage, SINGAPORE, at_once(50)).await, Outcome::all_admitted(50));
    assert_eq!(run(&stage, CHICAGO, at_once(50)).await, Outcome::all_admitted(50));
    for host in [SINGAPORE, CHICAGO, "localhost"] {
        assert!(!is_admitted(&stage, host, "").await, "{host}: chicago is the default");
    }
}

#[tokio::test]
async fn a_client_that_waits_for_retry_after_is_admitted() {
    let stage = stage().await;
    run(&stage, SINGAPORE, at_once(50)).await;
    assert!(!is_admitted(&stage, SINGAPORE, "").await);
    stage.at(stage.elapsed() + seconds(LIMIT.retry_after.into()));
    assert!(is_admitted(&stage, SINGAPORE, "").await);
}

#[tokio::test]
async fn scheduled_agents_are_admitted_like_other_clients() {
    let stage = stage().await;
    for agent in 1..=50 {
        assert!(is_admitted(&stage, SINGAPORE, &format!("?agentId=agent-{agent}")).await, "agent-{agent}");
    }
    assert!(!is_admitted(&stage, SINGAPORE, "?agentId=agent-51").await);
}
