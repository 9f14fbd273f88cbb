//! The scenario messaging-digital: digital messaging is refused beyond ten threads, however slowly they send.

use std::time::Duration;

use super::stage::{Ask, Client, ExpectedLimit, Outcome, PASTED, Stage, evenly, seconds};

const QUERY: &str = r#"{"interval":"2026-01-01T00:00:00.000Z/2026-01-02T00:00:00.000Z"}"#;

const CONNECTIONS: ExpectedLimit = ExpectedLimit {
    name: "messaging-connections",
    namespace: "messaging",
    key: "messages.connections.max",
    scope: "tenant+endpoint",
    capacity: 10,
    retry_after: 1,
};

const RATE: ExpectedLimit =
    ExpectedLimit { name: "messaging-rate", key: "messages.rate.per.second", ..CONNECTIONS };

/// The time between checks whether the server has noticed a closed connection.
const LOOK: Duration = Duration::from_millis(5);
/// The number of checks before the test fails: far more than needed.
const LOOKS: u32 = 4000;

async fn stage() -> Stage {
    Stage::set("messaging-digital", CONNECTIONS).await
}

fn message() -> Ask {
    Ask::post("/api/v2/conversations/messages", PASTED, r#"{"useNormalizedMessage":true}"#)
}

async fn threads(stage: &Stage, count: usize) -> Vec<Client> {
    let mut threads = Vec::with_capacity(count);
    for _ in 0..count {
        threads.push(stage.connect().await);
    }
    threads
}

/// `rounds` requests of every thread, evenly over `round` each; what became of each thread's.
async fn rounds(stage: &Stage, threads: &mut [Client], rounds: u32, round: Duration) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = threads.iter().map(|_| Outcome::default()).collect();
    for _ in 0..rounds {
        let start = stage.elapsed();
        let arrivals = evenly(threads.len() as u64, round);
        for ((thread, outcome), arrival) in threads.iter_mut().zip(&mut outcomes).zip(arrivals) {
            stage.at(start + arrival);
            let admitted = stage.admits(&thread.send(&message()).await);
            outcome.note(admitted, stage.elapsed());
        }
        stage.at(start + round);
    }
    outcomes
}

/// The first ten got everything through, the others nothing.
fn first_ten_alone_are_admitted(outcomes: &[Outcome], each: usize) {
    for (i, outcome) in outcomes.iter().enumerate() {
        let expected = if i < 10 { (each, 0) } else { (0, each) };
        assert_eq!((outcome.admitted, outcome.refused), expected, "thread {}", i + 1);
    }
}

#[tokio::test]
async fn ten_keep_alive_threads_are_never_refused() {
    let stage = stage().await;
    let mut threads = threads(&stage, 10).await;
    let evenly = rounds(&stage, &mut threads, 60, seconds(1)).await;
    first_ten_alone_are_admitted(&evenly, 60);
    for second in 0..60 {
        for thread in &mut threads {
            assert!(thread.admitted(&message()).await, "second {second}");
        }
        stage.at(stage.elapsed() + seconds(1));
    }
    stage.journal_names_the_limit(0);
}

#[tokio::test]
async fn of_fifty_threads_eleven_to_fifty_are_refused_every_time() {
    let stage = stage().await;
    let mut threads = threads(&stage, 50).await;
    let outcomes = rounds(&stage, &mut threads, 60, seconds(1)).await;
    first_ten_alone_are_admitted(&outcomes, 60);
    stage.journal_names_the_limit(40 * 60);
}

#[tokio::test]
async fn sending_more_slowly_does_not_help_while_ten_connections_are_open() {
    let stage = stage().await;
    let mut threads = threads(&stage, 50).await;
    let outcomes = rounds(&stage, &mut threads, 10, seconds(600)).await;
    first_ten_alone_are_admitted(&outcomes, 10);
    stage.journal_names_the_limit(40 * 10);
}

#[tokio::test]
async fn other_apis_do_not_see_the_limit_of_messaging() {
    let stage = stage().await;
    let mut threads = threads(&stage, 50).await;
    rounds(&stage, &mut threads, 1, seconds(1)).await;
    let others = [
        Ask::get("/api/v2/workforcemanagement/managementunits", PASTED),
        Ask::post("/api/v2/analytics/conversations/details/query", PASTED, QUERY),
    ];
    for thread in &mut threads {
        for other in &others {
            let answer = thread.send(other).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert!(!answer.headers.contains_key("x-ratelimit-limit"), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn each_way_to_send_a_message_is_limited() {
    const SENDS: [&str; 2] = [
        "/api/v2/conversations/messages/agentless",
        "/api/v2/conversations/messages/b1f8/communications/c2/messages",
    ];
    let stage = stage().await;
    for path in SENDS {
        let mut threads = threads(&stage, 12).await;
        for (i, thread) in threads.iter_mut().enumerate() {
            let answer = thread.send(&Ask::post(path, PASTED, r#"{"textBody":"hi"}"#)).await;
            assert_eq!(stage.admits(&answer), i < 10, "{path}: thread {}", i + 1);
        }
        stage.at(stage.elapsed() + seconds(1));
    }
    stage.journal_names_the_limit(4);
    let mut client = stage.connect().await;
    let typing = "/api/v2/conversations/messages/b1f8/communications/c2/typing";
    for _ in 0..20 {
        assert!(stage.admits(&client.send(&Ask::post(typing, PASTED, "{}")).await), "typing is not sending");
    }
}

#[tokio::test]
async fn a_closed_connection_gives_its_place_to_the_next() {
    let stage = stage().await;
    let mut threads = threads(&stage, 12).await;
    let outcomes = rounds(&stage, &mut threads, 3, seconds(1)).await;
    first_ten_alone_are_admitted(&outcomes, 3);

    drop(threads.remove(0));
    let eleventh = &mut threads[9];
    let mut looks = 0;
    while !stage.admits(&eleventh.send(&message()).await) {
        looks += 1;
        assert!(looks < LOOKS, "the place is never freed");
        tokio::time::sleep(LOOK).await;
    }
    assert!(!stage.admits(&threads[10].send(&message()).await), "one place became free, and it is taken");
}

#[tokio::test]
async fn ten_connections_beyond_ten_messages_a_second_meet_the_rate() {
    let stage = stage().await.expecting(RATE);
    let mut threads = threads(&stage, 10).await;
    let mut outcome = Outcome::default();
    for (i, arrival) in evenly(200, seconds(10)).enumerate() {
        stage.at(arrival);
        let answer = threads[i % 10].send(&message()).await;
        outcome.note(stage.admits(&answer), arrival);
    }
    assert_eq!(outcome.first_refusal, Some(Duration::from_millis(950)));
    assert_eq!((outcome.admitted, outcome.refused), (109, 91));
    stage.journal_names_the_limit(91);
    stage.waiting_helps(&mut threads[0], &message()).await;
}
