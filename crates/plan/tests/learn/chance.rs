//! Runs that show no limit, and runs whose limit shows in a part of them only.

use gcmock_limit::Rule;
use gcmock_plan::learn::{Options, Shape, learn, to_text};
use gcmock_plan::results::{Outcome, Results};

use crate::simulator::{MILLISECOND, Run, SECOND};
use crate::{bucket, expect, learned, second, truth, window};

#[test]
fn refusals_by_chance_are_no_limit() {
    for (users, seconds, jitter) in [(10, 60, 0), (10, 60, 15), (100, 15, 0), (100, 15, 15)] {
        let run = Run { shed: 30, ..Run::of(Vec::new(), users, (100, 900), seconds) }.jitter(jitter);
        let learned = learned(&run);
        assert!(!learned.fits, "{users} users, jitter {jitter}: {:?}", learned.limits);
    }
}

#[test]
fn a_bucket_is_learned_from_a_long_run_in_waves() {
    for (capacity, rate, users) in [(10, 6, 10), (50, 25, 60), (20, 15, 30)] {
        let run = Run::of(vec![bucket(capacity, rate, 1)], users, (200, 1500), 120);
        let learned = learned(&Run { waves: Some((4, 4)), ..run });
        let truth = truth("token bucket", capacity.into(), rate.into());
        expect("in waves", &learned, &[truth]).expect("the bucket");
    }
}

#[test]
fn lockouts_of_every_length_are_learned() {
    for lockout in [2, 7, 8, 13] {
        let rule = Rule { lockout: Some(lockout * SECOND), ..window(15, 3) };
        let learned = learned(&Run::of(vec![rule], 20, (300, 2500), 240));
        let limit = &learned.limits[0];
        let Shape::FixedWindow { period, lockout: Some(told), .. } = limit.shape else {
            panic!("{lockout} s: {:?}", learned.limits)
        };
        assert!(learned.fits && limit.capacity == 15, "{lockout} s: {limit:?}");
        assert!(told.abs_diff(lockout * SECOND) <= 5 * MILLISECOND, "{lockout} s: {told}");
        // Requests come evenly, so a window that is not full does not show when it ends.
        assert!(
            (limit.lengths.numbers.0..=limit.lengths.numbers.1).contains(&3e9),
            "{lockout} s: {period} {limit:?}"
        );
    }
}

#[test]
fn a_limit_that_was_used_before_the_run_is_learned_from_what_follows() {
    for rule in [window(100, 60), window(20, 5)] {
        let used = if rule == window(100, 60) { 70 } else { 15 };
        let run = Run { used_before: used, ..Run::of(vec![rule.clone()], 10, (500, 2500), 240) };
        let learned = learned(&run);
        let (capacity, seconds) = if used == 70 { (100, 60.0) } else { (20, 5.0) };
        expect("used before", &learned, &[truth("fixed window", capacity, seconds)]).expect("the window");
        assert!(learned.warnings[0].ends_with("it was another one then"), "{:?}", learned.warnings);
    }
}

#[test]
fn a_second_limit_that_refuses_few_requests_is_learned() {
    for (seconds, waves) in [(70, Some((2, 2))), (240, None)] {
        let run = Run::of(vec![window(10, 1), second(window(100, 60))], 12, (200, 1900), seconds);
        let learned = learned(&Run { waves, ..run });
        let truths = [truth("fixed window", 10, 1.0), truth("fixed window", 100, 60.0)];
        expect(&format!("{seconds} s"), &learned, &truths).expect("two windows");
    }
}

#[test]
fn a_run_without_an_admission_or_with_one_time_shows_no_limit() {
    let mut results = Run::of(vec![bucket(50, 6, 1)], 10, (200, 1500), 60).results();
    for sample in &mut results.samples {
        sample.start = SECOND;
    }
    let text = |results: &Results| to_text(&learn(results, &Options::default()), results);
    assert!(text(&results).starts_with("No limit shows: all "), "{}", text(&results));
    assert!(text(&results).contains("have the same time"), "{}", text(&results));
    for sample in &mut results.samples {
        sample.outcome = Outcome::Status(429);
    }
    assert!(text(&results).contains("requests were refused.\n"), "{}", text(&results));
}

#[test]
fn times_in_whole_seconds_give_a_wide_range() {
    let mut results = Run::of(vec![bucket(20, 5, 1)], 10, (200, 1500), 60).results();
    for sample in &mut results.samples {
        sample.start = sample.start / SECOND * SECOND;
        sample.connect = MILLISECOND;
    }
    let learned = learn(&results, &Options::default());
    assert!(learned.noise >= SECOND && learned.warnings[0].starts_with("the times are whole seconds"));
    let (low, high) = learned.limits[0].lengths.numbers;
    assert!(!learned.fits || (low..high).contains(&5.0), "{:?}", learned.limits);
}
