//! Recorded runs against limiters that others wrote, whose tokens come back in steps, and whose windows begin by no clock.

use gcmock_plan::learn::{By, Learned, Options, learn, to_limits, to_text};
use gcmock_plan::results::{Results, read};

use crate::{Truth, expect, truth};

macro_rules! run {
    ($name:literal) => {
        read(&include_bytes!(concat!("../results/", $name, ".jtl.gz"))[..]).expect("results")
    };
}

fn answer(results: &Results) -> Learned {
    learn(results, &Options::default())
}

#[track_caller]
fn shows(name: &str, results: &Results, truth: Truth) {
    expect(name, &answer(results), &[truth]).expect("the limit");
}

#[test]
fn waits_tell_the_period_of_a_window_that_pauses_hide() {
    let results = run!("express-waits");
    shows("express-rate-limit", &results, truth("fixed window", 30, 10.0));
}

#[test]
fn a_window_that_is_renewed_by_its_own_clock_is_told_from_one_that_requests_open() {
    shows("go-limiter", &run!("go-renewed"), truth("renewed window", 30, 10.0));
    let by_token = truth("renewed window", 15, 5.0).by(By::Column("token".into()));
    shows("resilience4j", &run!("resilience4j-tokens"), by_token);
}

#[test]
fn a_bucket_that_refills_in_steps_is_told_with_its_refill() {
    let results = run!("bucket4j-steps");
    shows("bucket4j", &results, truth("token bucket with steps", 30, 5.0));
    let learned = answer(&results);
    let text = to_text(&learned, &results);
    assert!(text.starts_with("Learned: a token bucket of 30, refilled by 10 at once each 5 s"), "{text}");
    let file = to_limits(&learned, &results, &|_| true);
    assert!(file.contains("refill = 10\nperiod = \"5s\""), "{file}");
    assert!(file.contains("gcmock's buckets refill evenly"), "{file}");
    shows("throttled-py", &run!("throttled-steps"), truth("token bucket with steps", 10, 1.0));
}

#[test]
fn a_sliding_counter_may_begin_its_windows_by_no_clock() {
    shows("HAProxy", &run!("haproxy-counter"), truth("sliding window counter", 30, 10.0));
}

#[test]
fn a_sliding_counter_is_told_where_the_load_rises() {
    shows("httprate", &run!("httprate-rising"), truth("sliding window counter", 30, 10.0));
}

#[test]
fn a_bucket_without_pauses_has_at_least_what_it_shows() {
    let results = run!("guava-rising");
    let learned = answer(&results);
    let [limit] = learned.limits.as_slice() else { panic!("{:?}", learned.limits) };
    assert_eq!((limit.shape.name(), limit.capacities.1), ("token bucket", u64::MAX), "{limit:?}");
}

#[test]
fn a_queue_that_fills_slowly_is_a_bucket_of_the_pace_of_its_answers() {
    shows("nginx, delay=8", &run!("nginx-delay-rising"), truth("token bucket", 21, 5.0));
}

#[test]
fn what_is_written_for_a_foreign_kind_predicts_the_run() {
    for (name, results) in [
        ("go-limiter", run!("go-renewed")),
        ("resilience4j", run!("resilience4j-tokens")),
        ("bucket4j", run!("bucket4j-steps")),
        ("throttled-py", run!("throttled-steps")),
        ("HAProxy", run!("haproxy-counter")),
        ("limits", run!("limits-moving")),
    ] {
        let learned = answer(&results);
        let written = learned.limits.first().and_then(|limit| limit.written).expect("a foreign kind");
        assert!(written.refused.abs_diff(written.of) * 20 <= written.of, "{name}: {written:?}");
        let file = to_limits(&learned, &results, &|_| true);
        assert!(file.contains(&format!("refuses {} requests", written.refused)), "{file}");
    }
}

#[test]
fn a_bucket_that_two_limits_explain_to_the_millisecond_is_one_limit() {
    shows("a busy JMeter", &run!("jmeter-busy"), truth("token bucket", 1500, 100.0));
}

/// Where each token is used as soon as it comes, a counter of small numbers explains the run as well.
#[test]
fn a_bucket_of_one_token_is_no_counter() {
    shows("x/time/rate", &run!("go-rate-rising"), truth("token bucket", 1, 5.0));
}

#[test]
fn a_bucket_that_begins_empty_is_one_limit_that_has_at_least_what_it_shows() {
    for results in [run!("guava-even"), run!("guava-loop")] {
        let learned = answer(&results);
        let [limit] = learned.limits.as_slice() else { panic!("{:?}", learned.limits) };
        assert_eq!((limit.shape.name(), limit.capacities.1), ("token bucket", u64::MAX), "{limit:?}");
        assert!((limit.lengths.numbers.0 - 7.0).abs() < 0.07, "{limit:?}");
    }
}

#[test]
fn requests_at_once_are_no_window_of_several_answers() {
    shows("six at once", &run!("requests-even"), truth("requests at once", 6, 0.0));
}

#[test]
fn steps_are_told_from_a_counter_under_an_even_load() {
    shows("juju", &run!("juju-even"), truth("token bucket with steps", 20, 0.5));
    shows("slidingwindow", &run!("slidingwindow-even"), truth("sliding window counter", 40, 10.0));
}

#[test]
fn a_counter_is_found_whenever_its_windows_begin() {
    shows("HAProxy", &run!("haproxy-loop"), truth("sliding window counter", 30, 10.0));
}

#[test]
fn a_lockout_is_told_before_a_window_of_an_odd_length() {
    let learned = answer(&run!("nestjs-even"));
    let [limit] = learned.limits.as_slice() else { panic!("{:?}", learned.limits) };
    assert_eq!((limit.shape.name(), limit.capacity), ("fixed window with a lockout", 30), "{limit:?}");
    assert!((limit.lengths.lockouts.0 / 1e10 - 1.0).abs() < 0.01, "{limit:?}");
}
