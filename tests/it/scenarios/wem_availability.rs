//! The scenario wem-availability: agents change their status at shift start. Slightly above 120 a second, half of the
//! changes are refused.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use super::stage::{Ask, ExpectedLimit, Outcome, PASTED, Stage, at_once, evenly, seconds};

const LIMIT: ExpectedLimit = ExpectedLimit {
    name: "wem-availability",
    namespace: "workforce.management",
    key: "schedules.agents.rate.per.second",
    scope: "tenant",
    capacity: 120,
    retry_after: 1,
};

async fn stage() -> Stage {
    Stage::set("wem-availability", LIMIT).await
}

fn change(agent: usize) -> Ask {
    Ask::put(format!("/api/v2/wfm/schedules/agents/agent-{agent}"), PASTED, r#"{"status":"Available"}"#)
}

/// A minute of `rate` changes a second, evenly within each.
async fn a_minute_at(rate: u64) -> Outcome {
    let stage = stage().await;
    let mut client = stage.connect().await;
    let outcome = stage.run(&mut client, evenly(60 * rate, seconds(60)), |i| change(i % 500)).await;
    stage.journal_names_the_limit(outcome.refused);
    outcome
}

#[tokio::test]
async fn a_hundred_a_second_are_never_refused() {
    assert_eq!(a_minute_at(100).await, Outcome::all_admitted(6000));
}

#[tokio::test]
async fn a_hundred_and_twenty_a_second_are_never_refused() {
    assert_eq!(a_minute_at(120).await, Outcome::all_admitted(7200));
}

#[tokio::test]
async fn one_more_a_second_and_half_of_them_are_refused() {
    let outcome = a_minute_at(121).await;
    assert_eq!((outcome.admitted, outcome.refused), (3630, 3630));
    assert_eq!(outcome.first_refusal, Some(Duration::from_nanos(120 * 1_000_000_000 / 121)));
}

#[tokio::test]
async fn at_a_hundred_and_thirty_a_second_more_than_half_are_refused() {
    let outcome = a_minute_at(130).await;
    assert_eq!((outcome.admitted, outcome.refused), (3770, 4030), "51.7 % of 7800");
}

#[tokio::test]
async fn of_two_hundred_at_once_a_hundred_and_twenty_are_admitted() {
    let stage = stage().await;
    let mut client = stage.connect().await;
    let outcome = stage.run(&mut client, at_once(200), change).await;
    assert_eq!(outcome, Outcome { admitted: 120, refused: 80, first_refusal: Some(seconds(0)) });
    stage.journal_names_the_limit(80);
}

#[tokio::test]
async fn a_shift_start_of_five_hundred_agents_gets_a_fifth_of_its_changes_through() {
    let stage = stage().await;
    let mut client = stage.connect().await;
    let outcome = stage.run(&mut client, evenly(5000, seconds(10)), |i| change(i % 500)).await;
    let first_refusal = Some(Duration::from_millis(240));
    assert_eq!(outcome, Outcome { admitted: 1000, refused: 4000, first_refusal });
    stage.journal_names_the_limit(4000);
}

/// A Constant Throughput Timer releases every thread at once at the start, and paces them from then
/// on: below 120 a second, the first second's refusals are the last.
#[tokio::test]
async fn with_retries_after_retry_after_and_a_timer_below_the_limit_all_changes_get_through() {
    const RATE: u64 = 119;
    let stage = stage().await;
    let mut client = stage.connect().await;
    let mut waiting: BinaryHeap<_> = (0..500).map(|agent| Reverse((Duration::ZERO, agent, 10_u32))).collect();
    let (mut changed, mut refused, mut slots) = (0, 0, 0);
    let mut last_refusal = Duration::ZERO;
    while let Some(Reverse((ready, agent, left))) = waiting.pop() {
        let start = ready.max(stage.elapsed());
        stage.at(start);
        if stage.admits(&client.send(&change(agent)).await) {
            changed += 1;
            if left > 1 {
                slots += 1;
                waiting.push(Reverse((seconds(1) + slot(slots, RATE), agent, left - 1)));
            }
        } else {
            (refused, slots, last_refusal) = (refused + 1, slots + 1, start);
            let told = start + seconds(LIMIT.retry_after.into());
            waiting.push(Reverse((told.max(seconds(1) + slot(slots, RATE)), agent, left)));
        }
    }
    assert_eq!((changed, refused), (5000, 380), "only the release at the start is more than the limit");
    assert_eq!(last_refusal, Duration::ZERO);
    stage.journal_names_the_limit(380);
}

/// The timer's n-th slot.
fn slot(n: u64, rate: u64) -> Duration {
    Duration::from_nanos(n * 1_000_000_000 / rate)
}

#[tokio::test]
async fn a_client_that_waits_its_second_is_admitted() {
    let stage = stage().await;
    let mut client = stage.connect().await;
    stage.waiting_helps(&mut client, &change(1)).await;
}

#[tokio::test]
async fn another_organization_and_other_endpoints_of_workforce_management_are_untouched() {
    let stage = stage().await;
    let mut client = stage.connect().await;
    let neighbour = stage.login(&mut client, "Neighbour", "neighbour").await;
    stage.run(&mut client, at_once(200), change).await;
    let mine = Ask::put("/api/v2/wfm/schedules/agents/agent-1", neighbour, r#"{"status":"Away"}"#);
    for _ in 0..120 {
        assert!(client.admitted(&mine).await);
    }
    for other in ["/api/v2/wfm/schedules/adherence?agentId=a", "/api/v2/workforcemanagement/managementunits"]
    {
        for _ in 0..200 {
            let answer = client.send(&Ask::get(other, PASTED)).await;
            assert_ne!(answer.status, 429, "{answer:?}");
            assert!(!answer.headers.contains_key("x-ratelimit-limit"), "{answer:?}");
        }
    }
    let reading = client.send(&Ask::get("/api/v2/wfm/schedules/agents/agent-1", PASTED)).await;
    assert_ne!(reading.status, 429, "reading a status is not changing it");
}
