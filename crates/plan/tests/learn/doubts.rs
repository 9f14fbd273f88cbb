//! Answers that say what a run does not show: ranges, bans, chance, other pairs, and labels with limits of their own.

use gcmock_limit::Rule;
use gcmock_plan::learn::{By, Learned, Options, Shape, learn, to_json, to_limits, to_text};
use serde_json::Value;

use crate::simulator::{MILLISECOND, Run, SECOND};
use crate::{bucket, expect, learned, rule, second, truth, window};

fn text(run: &Run) -> String {
    let results = run.results();
    to_text(&learn(&results, &Options::default()), &results)
}

fn json(run: &Run) -> Value {
    let results = run.results();
    to_json(&learn(&results, &Options::default()), &results)
}

#[test]
fn refusals_without_an_end_are_a_ban_and_no_window() {
    let forever = Rule { lockout: Some(1_000_000 * SECOND), ..window(25, 10) };
    for rule in [forever, window(60, 3600)] {
        let capacity = if rule.lockout.is_some() { 25 } else { 60 };
        let run = Run::of(vec![rule], 10, (200, 1500), 60);
        let (results, learned) = (run.results(), learned(&run));
        let limit = &learned.limits[0];
        assert!(learned.fits && limit.shape == Shape::Ban && limit.capacity == capacity, "{limit:?}");
        let text = to_text(&learned, &results);
        assert!(text.starts_with("Learned: a ban without a known end: after "), "{text}");
        assert!(text.contains("When is a request admitted again after the first refusal?"), "{text}");
        let file = to_limits(&learned, &results, &|_| true);
        assert!(file.contains("does not show when the ban ends"), "{file}");
        // Windows that explain as much have no period either.
        assert!(text.contains("As good: a fixed window of ") && text.contains(" in at least "), "{text}");
        assert!(!text.contains("Second best"), "{text}");
        let json = to_json(&learned, &results);
        assert!(json["limits"][0]["lastsSecondsRange"][1].is_null(), "{json}");
    }
}

#[test]
fn a_ban_of_some_tokens_is_told_by_token() {
    let by_token = rule(
        gcmock_limit::Algorithm::FixedWindow { capacity: 12, period: 3 * SECOND },
        &[gcmock_limit::Scope::Token],
    );
    let forever = Rule { lockout: Some(1_000_000 * SECOND), ..by_token };
    let run = Run { users_of_a_token: 5, ..Run::of(vec![forever], 15, (200, 2200), 90) };
    let learned = learned(&run);
    let limit = &learned.limits[0];
    assert!(learned.fits && limit.shape == Shape::Ban, "{limit:?}");
    assert_eq!(limit.scope.by, By::Column("token".into()));
}

#[test]
fn a_period_that_was_seen_once_is_a_range() {
    let run = Run::of(vec![window(10, 40)], 1, (1500, 3500), 70);
    let json = json(&run);
    let limit = &json["limits"][0];
    assert!(limit["periodSeconds"].is_null(), "{json}");
    let [low, high] = [0, 1].map(|end| limit["periodSecondsRange"][end].as_f64().expect("an end"));
    assert!(low <= 40.0 && 40.0 <= high, "{limit}");
    let text = text(&run);
    assert!(text.contains("one run of refusals ended"), "{text}");
}

#[test]
fn a_lockout_that_was_seen_once_is_a_range_or_a_tie() {
    let locked = Rule { lockout: Some(20 * SECOND), ..window(30, 15) };
    let json = json(&Run::of(vec![locked], 10, (800, 3500), 40));
    let all = [json["limits"].as_array(), json["ties"].as_array()].map(|part| part.expect("a list"));
    let lockout = all.into_iter().flatten().find(|limit| limit["kind"] == "fixed window with a lockout");
    let lockout = lockout.unwrap_or_else(|| panic!("{json}"));
    let range = &lockout["lockoutSecondsRange"];
    let [low, high] = [0, 1].map(|end| range[end].as_f64().expect("an end"));
    assert!(low <= 20.0 && 20.0 <= high, "{lockout}");
}

#[test]
fn refusals_at_random_are_told_with_their_share() {
    for (shed, users) in [(30, 10), (10, 30)] {
        let run = Run { shed, ..Run::of(Vec::new(), users, (100, 900), 60) };
        let share = learned(&run).random.expect("a share");
        assert!((share * 100.0 - f64::from(u32::try_from(shed).expect("a part"))).abs() < 2.5, "{share}");
        let text = text(&run);
        assert!(text.starts_with("No limit shows: the server refuses "), "{text}");
        assert!(!text.contains("explains") && !text.contains("Second best"), "{text}");
    }
}

#[test]
fn a_counter_is_not_refusals_at_random() {
    let run = Run { counter: Some((100, 10 * SECOND)), ..Run::of(Vec::new(), 20, (200, 2000), 120) };
    assert_eq!(learned(&run).random, None);
}

#[test]
fn labels_with_limits_of_their_own_are_told_apart() {
    let rules = vec![
        bucket(10, 2, 1),
        second(bucket(40, 10, 1)),
        Rule { id: gcmock_limit::RuleId(2), ..window(60, 10) },
    ];
    let labels = vec![("GET /a", vec![0]), ("GET /b", vec![1]), ("POST /c", vec![2])];
    let run = Run { labels, ..Run::of(rules, 50, (300, 1500), 80) };
    let learned = learned(&run);
    let truths =
        [truth("token bucket", 10, 2.0), truth("token bucket", 40, 10.0), truth("fixed window", 60, 10.0)];
    expect("by label", &learned, &truths).expect("three limits");
    let mut covered: Vec<&[u32]> = learned.limits.iter().map(|limit| limit.scope.labels.as_slice()).collect();
    covered.sort_unstable();
    assert_eq!(covered, [[0], [1], [2]]);
}

#[test]
fn requests_at_once_need_answers_that_take_longer_than_the_noise() {
    let short = |run: Run| Run { service: (20_000_000, 60_000_000), ..run };
    for seed in 1..=3 {
        let run =
            short(Run { counter: Some((20, SECOND)), seed, ..Run::of(Vec::new(), 26, (200, 1300), 40) });
        let learned = learned(&run.jitter(3));
        let named = learned.limits.iter().any(|limit| learned.fits && limit.shape == Shape::Requests);
        assert!(!named, "seed {seed}: {:?}", learned.limits);
    }
}

#[test]
fn the_number_that_is_told_is_in_its_range() {
    let is_in = |learned: &Learned| {
        learned.limits.iter().all(|limit| {
            let (low, high) = limit.lengths.numbers;
            let Shape::TokenBucket { rate: told } = limit.shape else { return true };
            (low..=high).contains(&told)
        })
    };
    for (capacity, refill, users) in [(50, 6, 10), (20, 15, 30), (40, 5, 9)] {
        for waves in [None, Some((6, 9))] {
            let run = Run { waves, ..Run::of(vec![bucket(capacity, refill, 1)], users, (200, 1500), 90) };
            let learned = learned(&run.jitter(5));
            assert!(is_in(&learned), "{:?}", learned.limits);
        }
    }
}

#[test]
fn windows_of_the_clock_keep_their_capacity_in_spite_of_pauses_and_jitter() {
    for (waves, jitter) in [(Some((1, 1)), 3), (Some((13, 9)), 5), (None, 15)] {
        let run = Run { clock: Some((50, SECOND)), waves, ..Run::of(Vec::new(), 90, (200, 1300), 40) };
        let truths = [truth("window of the clock", 50, 1.0)];
        expect(&format!("{waves:?}"), &learned(&run.jitter(jitter)), &truths).expect("a window");
    }
}

#[test]
fn a_bucket_of_one_token_is_no_concurrency() {
    let learned = learned(&Run::of(vec![bucket(1, 20, 1)], 6, (0, 120), 20).jitter(2));
    let named =
        learned.limits.iter().map(|limit| limit.shape).chain(learned.ties.iter().map(|tie| tie.shape));
    let rates =
        named.filter_map(|shape| if let Shape::TokenBucket { rate } = shape { Some(rate) } else { None });
    assert!(learned.fits && rates.into_iter().any(|rate| (rate - 20.0).abs() < 0.5), "{:?}", learned.limits);
    assert_ne!(learned.limits[0].shape, Shape::Requests);
}

#[test]
fn the_capacity_of_a_bucket_that_was_in_use_before_is_at_least_what_shows() {
    let run = Run { used_before: 25, ..Run::of(vec![bucket(40, 5, 1)], 12, (500, 2000), 80) };
    let json = json(&run);
    let limit = &json["limits"][0];
    assert_eq!(limit["kind"], "token bucket", "{json}");
    assert!(limit["capacityRange"][1].is_null() && limit["capacity"].as_u64() <= Some(40), "{limit}");
    assert!((limit["ratePerSecond"].as_f64().expect("a rate") - 5.0).abs() < 0.05, "{limit}");
}

/// As Guava's `RateLimiter` begins.
#[test]
fn a_bucket_that_begins_nearly_empty_is_no_window_of_one_request() {
    for (rate, think, ramp) in [(10, 300, 0), (10, 300, 10), (50, 200, 0), (5, 1000, 20), (20, 250, 5)] {
        for seed in 1..=3 {
            let capacity = 2 * rate + 1;
            let run = Run::of(vec![bucket(capacity, rate, 1)], 20, (think, think), 60).ramp(ramp);
            let run = Run { used_before: capacity, service: (3 * MILLISECOND, 6 * MILLISECOND), seed, ..run };
            let learned = learned(&run);
            let [limit] = learned.limits.as_slice() else { panic!("{:?}", learned.limits) };
            let Shape::TokenBucket { rate: learned } = limit.shape else {
                panic!("{rate}/s, {ramp}: {limit:?}")
            };
            assert!((learned / f64::from(rate) - 1.0).abs() < 0.01, "{rate}/s, {ramp} s: {limit:?}");
        }
    }
}

/// As the limiter of Spring Cloud Gateway, which counts in whole seconds of the clock.
#[test]
fn a_bucket_that_a_full_step_refills_is_no_window_of_the_clock() {
    for (capacity, refill, period) in [(20, 10, 1), (60, 20, 2), (15, 5, 1)] {
        for seed in 1..=3 {
            let stepped = Some((capacity, refill, period * SECOND));
            let run = Run { stepped, seed, ..Run::of(Vec::new(), 20, (200, 800), 60) };
            let learned = learned(&run);
            let truths =
                [truth("token bucket with steps", capacity, f64::from(u32::try_from(period).expect("few")))];
            expect(&format!("{stepped:?}, {seed}"), &learned, &truths).expect("the bucket");
        }
    }
}
