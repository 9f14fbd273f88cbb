//! Limiters that others wrote, as small simulations: open loads of an even pace, with pauses, or rising, against each.

use std::collections::VecDeque;

use gcmock_limit::{Algorithm, Hold};
use gcmock_plan::learn::{Learned, Options, learn};
use gcmock_plan::results::{Outcome, Results, Sample};

use crate::simulator::{BEGIN, MILLISECOND, Random, Run, SECOND};
use crate::{expect, rule, truth};

/// An open load: when its requests are sent, after the begin of the run.
fn even(pace: u64, seconds: u64) -> Vec<u64> {
    (0..pace * seconds).map(|turn| turn * SECOND / pace).collect()
}

/// Bursts of one pace, with pauses, each of a length by chance.
fn bursts(pace: u64, seconds: u64, seed: u64) -> Vec<u64> {
    let mut random = Random::of(seed);
    let (mut times, mut begin) = (Vec::new(), 0);
    while begin < seconds * SECOND {
        let load = random.between((1_200, 4_200)) * MILLISECOND;
        times.extend((0..load * pace / SECOND).map(|turn| begin + turn * SECOND / pace));
        begin += load + random.between((1_200, 10_800)) * MILLISECOND;
    }
    times
}

/// From nothing to a pace.
fn rising(pace: u32, seconds: u32) -> Vec<u64> {
    let at = |turn: u32| (2.0 * f64::from(seconds) * f64::from(turn) / f64::from(pace)).sqrt();
    let times = (0..pace * seconds / 2).map(|turn| std::time::Duration::from_secs_f64(at(turn)));
    times.map(|time| u64::try_from(time.as_nanos()).expect("a short time")).collect()
}

/// The results of a load against a limiter that says at each arrival whether it admits. Each way takes up to `jitter` milliseconds.
fn results(load: &[u64], jitter: u64, seed: u64, mut admits: impl FnMut(u64) -> bool) -> Results {
    let mut random = Random::of(seed);
    let mut way = || 200_000 + random.between((0, jitter * MILLISECOND));
    let mut arrivals: Vec<(u64, u64)> =
        load.iter().map(|sent| (BEGIN + sent + way(), BEGIN + sent)).collect();
    arrivals.sort_unstable();
    let mut samples: Vec<Sample> = arrivals
        .into_iter()
        .map(|(at, sent)| {
            let (refused, start) = (!admits(at), sent / MILLISECOND * MILLISECOND);
            let elapsed = (at + way()) / MILLISECOND * MILLISECOND - start;
            let outcome = Outcome::Status(if refused { 429 } else { 200 });
            Sample { start, elapsed, latency: elapsed, outcome, success: !refused, ..Sample::default() }
        })
        .collect();
    samples.sort_by_key(|sample| sample.start);
    Results { labels: vec!["request".into()], threads: vec!["user".into()], samples, ..Results::default() }
}

fn answer(results: &Results) -> Learned {
    learn(results, &Options::default())
}

/// As Redis users, Python's `limits` and Go's `slidingwindow` write it.
fn counter(capacity: u64, period: u64) -> impl FnMut(u64) -> bool {
    let (mut window, mut before, mut count) = (0, 0, 0);
    move |now| {
        if now / period != window {
            before = if now / period == window + 1 { count } else { 0 };
            (window, count) = (now / period, 0);
        }
        let admits = before * (period - now % period) / period + count < capacity;
        count += u64::from(admits);
        admits
    }
}

/// A bucket that a step refills, from its first request on, as that of `juju/ratelimit`.
fn stepped(capacity: u64, refill: u64, period: u64) -> impl FnMut(u64) -> bool {
    let (mut origin, mut step, mut used) = (None, 0, 0u64);
    move |now| {
        let here = (now - *origin.get_or_insert(now)) / period;
        used = used.saturating_sub((here - step) * refill);
        step = here;
        let admits = used < capacity;
        used += u64::from(admits);
        admits
    }
}

/// A window that begins at an instant and is renewed whenever it ends.
fn renewed(capacity: u64, period: u64, begin: impl Fn(u64) -> u64) -> impl FnMut(u64) -> bool {
    let (mut origin, mut window, mut count) = (None, 0, 0);
    move |now| {
        let here = (now - *origin.get_or_insert_with(|| begin(now))) / period;
        count = if here == window { count } else { 0 };
        window = here;
        count += 1;
        count <= capacity
    }
}

/// A window that its first request opens, and that locks when it is full.
fn locking(capacity: u64, period: u64, lockout: u64) -> impl FnMut(u64) -> bool {
    let (mut begin, mut count, mut locked) = (0, 0, 0);
    move |now| {
        if now < locked {
            return false;
        }
        if count == 0 || now - begin >= period || locked > begin {
            (begin, count) = (now, 0);
        }
        count += 1;
        if count > capacity {
            (locked, count) = (now + lockout, 0);
        }
        count > 0
    }
}

/// A log of all requests, refused ones too.
fn log_of_all(capacity: usize, period: u64) -> impl FnMut(u64) -> bool {
    let mut times = VecDeque::new();
    move |now| {
        while times.front().is_some_and(|time| time + period <= now) {
            times.pop_front();
        }
        times.push_back(now);
        times.len() <= capacity
    }
}

#[test]
fn bursts_of_one_pace_are_no_window_that_counts_refusals() {
    for seed in 1..=4 {
        let load = bursts(10, 80, seed);
        let counter = answer(&results(&load, 2, seed, counter(30, 10 * SECOND)));
        expect("a counter", &counter, &[truth("sliding window counter", 30, 10.0)]).expect("a counter");
        let load = bursts(25, 50, seed);
        let steps = answer(&results(&load, 2, seed, stepped(20, 4, SECOND / 2)));
        expect("steps", &steps, &[truth("token bucket with steps", 20, 0.5)]).expect("steps");
    }
}

#[test]
fn a_window_that_counts_refusals_is_told_where_its_refusals_decide() {
    for seed in 1..=4 {
        let learned = answer(&results(&bursts(10, 80, seed), 2, seed, log_of_all(30, 10 * SECOND)));
        let kinds =
            learned.limits.iter().map(|limit| limit.shape).chain(learned.ties.iter().map(|tie| tie.shape));
        let names: Vec<&str> = kinds.map(|shape| shape.name()).collect();
        assert!(names.contains(&"sliding window that counts refusals"), "{seed}: {names:?}");
    }
}

#[test]
fn an_even_load_that_a_counter_thins_out_is_no_window_of_one_request() {
    for (pace, capacity) in [(8, 40), (7, 30)] {
        let learned = answer(&results(&even(pace, 80), 2, 1, counter(capacity, 10 * SECOND)));
        expect("even", &learned, &[truth("sliding window counter", capacity, 10.0)]).expect("a counter");
    }
}

#[test]
fn a_window_that_begins_with_the_run_is_renewed_and_not_of_the_clock() {
    let loads = [rising(24, 50), bursts(20, 50, 3)];
    for (index, load) in loads.iter().enumerate() {
        let learned = answer(&results(load, 4, 1, renewed(12, 2 * SECOND, |now| now)));
        let name = format!("load {index}");
        expect(&name, &learned, &[truth("renewed window", 12, 2.0)]).expect("a renewed window");
    }
}

#[test]
fn short_windows_that_are_renewed_have_the_length_that_people_configure() {
    let learned = answer(&results(&rising(36, 40), 12, 1, renewed(5, SECOND / 2, |now| now)));
    expect("rising", &learned, &[truth("renewed window", 5, 0.5)]).expect("a renewed window");
}

#[test]
fn windows_of_the_clock_may_begin_at_any_time_of_it() {
    for seed in 1..=4 {
        let load = bursts(4, 250, seed);
        let begin = |now: u64| now / (60 * SECOND) * 60 * SECOND - 23 * SECOND;
        let learned = answer(&results(&load, 2, seed, renewed(40, 60 * SECOND, begin)));
        expect(&format!("{seed}"), &learned, &[truth("window of the clock", 40, 60.0)]).expect("a window");
    }
}

#[test]
fn a_lockout_of_a_round_length_comes_before_a_window_of_an_odd_one() {
    for (load, lockout) in [(even(12, 90), 8), (even(7, 90), 10), (bursts(20, 90, 5), 8)] {
        let learned = answer(&results(&load, 2, 1, locking(30, 5 * SECOND, lockout * SECOND)));
        let limit = &learned.limits[0];
        assert_eq!(limit.shape.name(), "fixed window with a lockout", "{limit:?}");
        let (low, high) = limit.lengths.lockouts;
        let told = f64::from(u32::try_from(lockout).expect("short")) * 1e9;
        assert!((low * 0.99..=high * 1.01).contains(&told) && learned.fits, "{limit:?}");
    }
}

#[test]
fn requests_at_once_are_told_of_a_server_that_is_far_away() {
    for way in [20, 40, 75] {
        for service in [(100, 400), (200, 200)] {
            let hold = rule(Algorithm::Concurrency { capacity: 10, hold: Hold::Request }, &[]);
            let service = (service.0 * MILLISECOND, service.1 * MILLISECOND);
            let run = Run { way: way * MILLISECOND, service, ..Run::of(vec![hold], 30, (50, 500), 40) };
            let learned = answer(&run.jitter(2).results());
            let name = format!("{way} ms, {service:?}");
            expect(&name, &learned, &[truth("requests at once", 10, 0.0)]).expect("requests at once");
        }
    }
}
