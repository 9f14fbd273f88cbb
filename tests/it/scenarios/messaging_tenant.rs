//! The scenario messaging-tenant: 200 users send messages over REST and reach the limit of the organization.

use std::time::Duration;

use super::stage::{Ask, ExpectedLimit, Outcome, PASTED, Stage, at_once, evenly, seconds};

const LIMIT: ExpectedLimit = ExpectedLimit {
    name: "messaging-send",
    namespace: "messaging",
    key: "messages.rate.per.second",
    scope: "tenant",
    capacity: 1500,
    retry_after: 30,
};

async fn stage() -> Stage {
    Stage::set("messaging-tenant", LIMIT).await
}

fn message(bearer: &str) -> Ask {
    Ask::post(
        "/api/v2/conversations/messages/b1f8/communications/c2/messages",
        bearer,
        r#"{"textBody":"hi"}"#,
    )
}

/// The result of 200 users in a minute.
const STOPPED: Outcome =
    Outcome { admitted: 7499, refused: 4501, first_refusal: Some(Duration::from_millis(14_995)) };

#[tokio::test]
async fn a_hundred_users_sending_once_a_second_are_never_refused() {
    let stage = stage().await;
    let mut client = stage.connect().await;
    let outcome = stage.run(&mut client, evenly(6000, seconds(60)), |_| message(PASTED)).await;
    assert_eq!(outcome, Outcome::all_admitted(6000));
    stage.journal_names_the_limit(0);
}

#[tokio::test]
async fn two_hundred_users_are_first_refused_after_fifteen_seconds() {
    let stage = stage().await;
    let mut client = stage.connect().await;
    let outcome = stage.run(&mut client, evenly(12_000, seconds(60)), |_| message(PASTED)).await;
    assert_eq!(outcome, STOPPED);
    stage.journal_names_the_limit(4501);
}

#[tokio::test]
async fn every_way_to_send_a_message_shares_the_bucket() {
    let stage = stage().await;
    let mut client = stage.connect().await;
    let paths = ["", "/agentless", "/b1f8/communications/c2/messages"];
    let send = |i: usize| {
        let path = format!("/api/v2/conversations/messages{}", paths[i % 3]);
        Ask::post(&path, PASTED, r#"{"textBody":"hi"}"#)
    };
    let outcome = stage.run(&mut client, at_once(1503), send).await;
    assert_eq!((outcome.admitted, outcome.refused), (1500, 3));
    stage.journal_names_the_limit(3);
}

#[tokio::test]
async fn two_tokens_share_what_their_organization_may_send_and_another_organization_is_untouched() {
    let stage = stage().await;
    let mut client = stage.connect().await;
    let tokens = [
        stage.login(&mut client, "Rehearsal", "messaging").await,
        stage.login(&mut client, "Rehearsal", "rehearsal-two").await,
    ];
    let arrivals = evenly(12_000, seconds(60));
    let outcome = stage.run(&mut client, arrivals, |i| message(&tokens[i % 2])).await;
    assert_eq!(outcome, STOPPED);

    let neighbour = stage.login(&mut client, "Neighbour", "neighbour").await;
    let outcome = stage.run(&mut client, at_once(1500), |_| message(&neighbour)).await;
    assert_eq!(outcome, Outcome::all_admitted(1500));
    assert!(!client.admitted(&message(&neighbour)).await, "it has a bucket of its own, of the same size");
}

#[tokio::test]
async fn the_remaining_header_falls_to_zero_before_the_first_refusal() {
    let stage = stage().await;
    let mut client = stage.connect().await;
    let mut remaining = Vec::new();
    for arrival in evenly(12_000, seconds(60)).take(2999) {
        stage.at(arrival);
        remaining.push(client.send(&message(PASTED)).await.remaining());
    }
    assert_eq!(remaining.first(), Some(&1499));
    assert!(remaining.is_sorted_by(|before, after| before >= after));
    assert_eq!(remaining.last(), Some(&0));
    stage.at(Duration::from_millis(14_995));
    assert!(!client.admitted(&message(PASTED)).await);
}

#[tokio::test]
async fn a_client_that_waits_its_thirty_seconds_is_admitted() {
    let stage = stage().await;
    let mut client = stage.connect().await;
    stage.waiting_helps(&mut client, &message(PASTED)).await;
}
