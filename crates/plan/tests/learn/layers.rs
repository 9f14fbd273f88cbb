//! Runs under two limits at once: what refuses is sometimes the one and sometimes the other.

use gcmock_limit::{Algorithm, Hold, Rule, Scope};
use gcmock_plan::learn::By;

use crate::simulator::{Run, SECOND};
use crate::{Truth, bucket, expect, learned, rule, second, truth, window};

type World = (&'static str, Run, Vec<Truth>);

fn by(rule: Rule, scope: Scope) -> Rule {
    let scope = gcmock_limit::Scopes::default().with(scope);
    Rule { scope, ..rule }
}

fn token() -> By {
    By::Column("token".into())
}

/// Both limits count all requests.
fn of_one_scope() -> Vec<World> {
    let slots = rule(Algorithm::Concurrency { capacity: 8, hold: Hold::Request }, &[]);
    let slow = |run: Run| Run { service: (100_000_000, 400_000_000), ..run };
    vec![
        (
            "window 300/60 s, bucket 20 at 8/s",
            Run::of(vec![window(300, 60), second(bucket(20, 8, 1))], 20, (300, 2000), 240),
            vec![truth("fixed window", 300, 60.0), truth("token bucket", 20, 8.0)],
        ),
        (
            "window 100/10 s, bucket 30 at 15/s",
            Run::of(vec![window(100, 10), second(bucket(30, 15, 1))], 40, (200, 2000), 90),
            vec![truth("fixed window", 100, 10.0), truth("token bucket", 30, 15.0)],
        ),
        (
            "bucket 20 at 12/s, bucket 400 at 6/s",
            Run::of(vec![bucket(20, 12, 1), second(bucket(400, 6, 1))], 30, (300, 2000), 240).ramp(30),
            vec![truth("token bucket", 20, 12.0), truth("token bucket", 400, 6.0)],
        ),
        (
            "window 10/1 s, window 300/60 s",
            Run::of(vec![window(10, 1), second(window(300, 60))], 20, (300, 2000), 240),
            vec![truth("fixed window", 10, 1.0), truth("fixed window", 300, 60.0)],
        ),
        (
            "8 requests at once, window 900/60 s",
            slow(Run::of(vec![slots, second(window(900, 60))], 30, (200, 1000), 240)),
            vec![truth("requests at once", 8, 0.0), truth("fixed window", 900, 60.0)],
        ),
    ]
}

/// One limit counts a part of what the other counts.
#[expect(clippy::too_many_lines, reason = "a table")]
fn of_two_scopes() -> Vec<World> {
    let tokens = |run: Run, users| Run { users_of_a_token: users, ..run };
    let labels = |run: Run, labels: &[(&'static str, Vec<usize>)]| Run { labels: labels.to_vec(), ..run };
    let messages = [
        ("POST /api/v2/conversations/messages", vec![0, 1]),
        ("GET /api/v2/conversations/messages/{id}", vec![0, 1]),
        ("GET /api/v2/routing/queues", vec![0]),
        ("GET /api/v2/routing/skills", vec![0]),
    ];
    vec![
        (
            "180/min by token, 300/min for all",
            tokens(
                Run::of(
                    vec![by(window(180, 60), Scope::Token), second(window(300, 60))],
                    30,
                    (800, 3000),
                    420,
                )
                .ramp(420),
                10,
            ),
            vec![truth("fixed window", 180, 60.0).by(token()), truth("fixed window", 300, 60.0)],
        ),
        (
            "bucket 20 at 2/s by token, bucket 60 at 5/s for all",
            tokens(
                Run::of(
                    vec![by(bucket(20, 2, 1), Scope::Token), second(bucket(60, 5, 1))],
                    30,
                    (500, 2500),
                    300,
                )
                .ramp(290),
                5,
            ),
            vec![truth("token bucket", 20, 2.0).by(token()), truth("token bucket", 60, 5.0)],
        ),
        (
            "bucket 5 at 1/s by connection, window 300/60 s for all",
            Run::of(
                vec![by(bucket(5, 1, 1), Scope::Connection), second(window(300, 60))],
                16,
                (200, 900),
                300,
            )
            .ramp(120),
            vec![truth("token bucket", 5, 1.0).by(By::Thread), truth("fixed window", 300, 60.0)],
        ),
        (
            "bucket 40 at 4/s of messages, window 500/60 s of all",
            labels(Run::of(vec![window(500, 60), second(bucket(40, 4, 1))], 30, (800, 2500), 240), &messages),
            vec![truth("fixed window", 500, 60.0), truth("token bucket", 40, 4.0)],
        ),
        (
            "180/min of messages, 300/min of all, by token",
            tokens(
                labels(
                    Run::of(
                        vec![by(window(300, 60), Scope::Token), second(by(window(180, 60), Scope::Token))],
                        20,
                        (400, 2000),
                        300,
                    ),
                    &messages[..3],
                ),
                10,
            ),
            vec![truth("fixed window", 300, 60.0).by(token()), truth("fixed window", 180, 60.0).by(token())],
        ),
    ]
}

fn check(worlds: fn() -> Vec<World>, jitter: u64, seeds: std::ops::RangeInclusive<u64>) {
    let mut failures = Vec::new();
    for seed in seeds {
        for (name, run, truths) in worlds() {
            let run = Run { seed, ..run }.jitter(jitter);
            failures.extend(expect(&format!("{name}, seed {seed}"), &learned(&run), &truths).err());
        }
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.concat());
}

#[test]
fn two_limits_of_one_scope_are_learned_from_exact_times() {
    check(of_one_scope, 0, 1..=1);
}

#[test]
fn two_limits_of_one_scope_are_learned_in_spite_of_15_ms_of_jitter() {
    check(of_one_scope, 15, 2..=2);
}

#[test]
fn two_limits_of_different_scopes_are_learned_from_exact_times() {
    check(of_two_scopes, 0, 1..=1);
}

#[test]
fn two_limits_of_different_scopes_are_learned_in_spite_of_15_ms_of_jitter() {
    check(of_two_scopes, 15, 2..=2);
}

#[test]
#[ignore = "takes a minute in a release build"]
fn two_limits_are_learned_from_other_runs() {
    for jitter in [0, 15] {
        check(of_one_scope, jitter, 3..=5);
        check(of_two_scopes, jitter, 3..=5);
    }
}

#[test]
fn sliding_counters_are_learned_and_are_no_two_limits() {
    for (capacity, period, users, think) in [
        (100, 10, 20, (200, 2000)),
        (300, 60, 20, (300, 2500)),
        (30, 5, 15, (100, 1500)),
        (30, 1, 40, (200, 1500)),
    ] {
        let counter = Some((capacity, period * SECOND));
        let run = Run { counter, ..Run::of(Vec::new(), users, think, 12 * period.max(5)) };
        for jitter in [0, 5] {
            let learned = learned(&Run { labels: Vec::new(), rules: Vec::new(), ..run }.jitter(jitter));
            let truth = truth(
                "sliding window counter",
                capacity,
                std::time::Duration::from_secs(period).as_secs_f64(),
            );
            expect(&format!("{capacity}/{period} s"), &learned, &[truth]).expect("a counter");
        }
    }
}
