//! Timers against naive models, by `JMeter`'s own words for them.

use proptest::prelude::*;

use super::world::{Made, bucket, ideal, limit};
use crate::model::{Group, Plan, ShapingRow, Spread, ThroughputMode, Timer, TimerId};
use crate::simulate::random::generator;
use crate::simulate::thread::Thread;
use crate::simulate::timers::{Active, Shared};
use crate::simulate::{Costs, MILLI, Options, Run, SECOND, run};

const MODES: [ThroughputMode; 5] = [
    ThroughputMode::Thread,
    ThroughputMode::AllThreads,
    ThroughputMode::GroupThreads,
    ThroughputMode::AllShared,
    ThroughputMode::GroupShared,
];

fn thread(group: usize, number: u32) -> Thread {
    Thread::new((group, number), 1, 1, generator(1, number.into()))
}

fn plan(timer: Timer) -> Plan {
    Plan { timers: vec![timer], ..Plan::default() }
}

/// How many samples JMeter's Precise Throughput Timer plans for a duration: doubles, in seconds.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small number")]
fn samples_of_a_list(throughput: f64, period: f64, duration: f64) -> u64 {
    (throughput / period * duration).ceil() as u64
}

/// `ConstantThroughputTimer.delay` in milliseconds: each thread has a previous target, which begins at 0; modes 3 and 4 share a last turn.
struct Naive {
    previous: Vec<i64>,
    last: [i64; 2],
}

impl Naive {
    fn delay(&mut self, (mode, each): (usize, f64), thread: usize, [all, group]: [u32; 2], now: i64) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "a small number")]
        let round = |millis: f64| (millis + 0.5).floor() as i64;
        let own = thread % 2;
        let distance = match mode {
            0 => round(each),
            1 => round(f64::from(all) * each),
            2 => round(f64::from(group) * each),
            _ => {
                let last = &mut self.last[if mode == 3 { 0 } else { own }];
                *last = now.max(*last + round(each));
                *last - now
            }
        };
        let target = self.previous[thread] + distance;
        self.previous[thread] = now.max(target);
        (target - now).max(0)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_throughput_timer_waits_as_jmeter_computes_it(
        mode in 0..5_usize,
        per_minute in 1..30_000_u32,
        turns in prop::collection::vec((0..4_usize, 0..900_u64, 1..9_u32, 1..5_u32), 1..60),
    ) {
        let per_minute = f64::from(per_minute);
        let plan = plan(Timer::Throughput { per_minute, mode: MODES[mode] });
        let mut threads: Vec<Thread> = (0..4u32).map(|number| thread(number as usize % 2, number)).collect();
        let (mut shared, mut now) = (Shared::of(0), 100_000_000);
        let mut naive = Naive { previous: vec![0; 4], last: [0; 2] };
        for (number, later, all, group) in turns {
            now += later;
            let active = Active { all, group, planned: 4 };
            let timers: (&[TimerId], bool) = (&[TimerId(0)], false);
            let found = shared.delay(&plan, timers, &mut threads[number], active, now * MILLI).wait;
            let now = i64::try_from(now).expect("a time");
            let expected = naive.delay((mode, 60_000.0 / per_minute), number, [all, group], now);
            prop_assert_eq!(found, u64::try_from(expected).expect("not negative") * MILLI);
        }
    }

    #[test]
    fn constant_and_drawn_delays_are_whole_milliseconds_within_their_ranges(range in 0..3000_u32, offset in 0..3000_u32, seed: u64) {
        let ask = |timer: Timer| {
            let mut thread = Thread::new((0, 0), 1, 1, generator(seed, 3));
            let active = Active { all: 1, group: 1, planned: 1 };
            Shared::of(seed).delay(&plan(timer), (&[TimerId(0)], false), &mut thread, active, 5 * SECOND).wait
        };
        let drawn = |spread| ask(Timer::Random { spread, range: range.into(), offset: offset.into() });
        let (least, most) = (u64::from(offset) * MILLI, u64::from(offset + range) * MILLI);
        prop_assert_eq!(ask(Timer::Constant(least)), least);
        prop_assert!((least..=most).contains(&drawn(Spread::Uniform)));
        prop_assert!(drawn(Spread::Poisson) >= least);
        for spread in [Spread::Uniform, Spread::Gaussian, Spread::Poisson] {
            prop_assert!(drawn(spread).is_multiple_of(MILLI));
        }
    }

    #[test]
    fn a_precise_throughput_timer_has_its_number_of_instants_in_each_list(
        throughput in 1..200_u32,
        period in 1..60_u32,
        duration in 1..60_u32,
        batch in 1..4_u32,
    ) {
        let seconds = |time: u32| u64::from(time) * SECOND;
        let timer = Timer::Precise {
            throughput: throughput.into(),
            period: seconds(period),
            duration: seconds(duration),
            batch,
            seed: 0,
        };
        let count = samples_of_a_list(f64::from(throughput), f64::from(period), f64::from(duration));
        let (plan, mut shared, mut thread) = (plan(timer), Shared::of(9), thread(0, 0));
        let active = Active { all: 1, group: 1, planned: 1 };
        // Asked at the start each time, a wait is the instant itself.
        let mut ask = || shared.delay(&plan, (&[TimerId(0)], false), &mut thread, active, 0).wait;
        for list in 0..2 {
            let instants: Vec<u64> = (0..count).map(|_| ask()).collect();
            prop_assert!(instants.is_sorted());
            let range = seconds(duration) * list..seconds(duration) * (list + 1);
            prop_assert!(instants.iter().all(|at| range.contains(at)));
            let repeated = instants.chunks(batch as usize).all(|same| same.iter().all(|at| *at == same[0]));
            prop_assert!(repeated);
        }
    }

    #[test]
    fn threads_leave_a_synchronizing_timer_in_whole_groups(groups in 1..5_u32, size in 1..6_u32, loops in 1..8_u32, ramp in 0..6_u64) {
        let timers = vec![Timer::Constant(SECOND), Timer::Synchronize { threads: size, timeout: None }];
        let plan = Made::new(groups * size, ramp * SECOND, None, Some(loops)).sends(timers);
        let options = Options { costs: Costs::IDEAL, ..Options::default() };
        let run = run(&plan, &limit("/m", Vec::new(), 0, 0), &options).expect("a plan");
        // With more groups than one, the last threads may wait for others that have ended, as they do in JMeter.
        let all = u64::from(groups * size * loops);
        prop_assert!(run.samples == all || groups > 1 && run.samples.is_multiple_of(size.into()), "{} of {all}", run.samples);
        // All of a group start at one instant, so that no second has a part of one.
        prop_assert!(run.series.seconds.iter().all(|second| second.admitted.is_multiple_of(size)));
    }
}

/// The plan of some threads that meet at a gate, and how many samples it sends in which second.
fn gate(threads: u32, ramp: u64, end: Option<u64>, timer: Timer) -> Vec<(usize, u32)> {
    let plan = Made::new(threads, ramp * SECOND, end.map(|end| end * SECOND), Some(1)).sends(vec![timer]);
    let options = Options { costs: Costs::IDEAL, ..Options::default() };
    let run = run(&plan, &limit("/m", Vec::new(), 0, 0), &options).expect("a plan");
    assert!(run.first_sample.is_some() || run.samples == 0);
    let first = usize::try_from(run.first_sample.unwrap_or(0) / SECOND).expect("a second");
    let seconds = run.series.seconds.iter().enumerate().filter(|(_, second)| second.admitted > 0);
    seconds.map(|(at, second)| (first + at, second.admitted)).collect()
}

#[test]
fn a_gate_opens_for_a_whole_group_when_the_first_gives_up_and_at_the_end_of_a_thread() {
    let timer = |threads, timeout: Option<u64>| Timer::Synchronize {
        threads,
        timeout: timeout.map(|timeout| timeout * MILLI),
    };
    assert_eq!(gate(4, 4, None, timer(2, None)), [(1, 2), (3, 2)]);
    assert_eq!(gate(4, 4, None, timer(0, None)), [(3, 4)], "0 threads are all of the group");
    // Threads come at 0, 1, 2 and 3 s. The first gives up at 2.5 s, the fourth at 5.5 s.
    assert_eq!(gate(4, 4, None, timer(9, Some(2500))), [(2, 3), (5, 1)]);
    // A thread whose end comes breaks the barrier, and its sample is sent.
    assert_eq!(gate(3, 3, Some(10), timer(2, None)), [(1, 2), (10, 1)]);
}

/// A throughput shaping timer of one row: samples a second, and its seconds.
fn shaping(from: u32, to: u32, seconds: u64) -> Timer {
    Timer::Shaping(vec![ShapingRow { from: from.into(), to: to.into(), length: seconds * SECOND }])
}

/// The samples of a plan whose users all have one throughput shaping timer, with several seeds, in order.
fn shaped(threads: u32, ramp: u64, rows: Timer, answer: u64) -> Vec<Run> {
    let plan = Made::new(threads, ramp * SECOND, Some(120 * SECOND), None).sends(vec![rows]);
    let limits = limit("/m", vec![bucket(100_000, 1)], answer * MILLI, answer * MILLI);
    let options = |seed| Options { costs: Costs::IDEAL, seed, ..Options::default() };
    (0..9).map(|seed| run(&plan, &limits, &options(seed)).expect("a plan")).collect()
}

fn median(runs: &[Run]) -> u64 {
    let mut samples: Vec<u64> = runs.iter().map(|run| run.samples).collect();
    samples.sort_unstable();
    samples[samples.len() / 2]
}

#[test]
fn a_shaping_timer_gives_each_second_its_samples_and_ends_one_second_after_its_rows() {
    for run in shaped(1, 0, shaping(10, 10, 30), 1) {
        assert!((305..=310).contains(&run.samples), "{}", run.samples);
        // The first second is a part of one.
        assert!((30 * SECOND..31 * SECOND).contains(&run.length), "{}", run.length);
    }
}

#[test]
fn a_shaping_timer_that_many_threads_wait_for_sends_as_few_samples_as_the_plugin() {
    // A real JMeter 5.6.3 with the plugin had 263, 259 and 258 of 310, and with a rising rate 502 of 785.
    for (threads, real) in [(30, 263), (200, 259), (400, 258)] {
        let found = median(&shaped(threads, 0, shaping(10, 10, 30), 22));
        assert!(found.abs_diff(real) <= real / 10, "{found} with {threads} threads");
    }
    let row = |from: f64, seconds: u64| ShapingRow { from, to: 10.0, length: seconds * SECOND };
    let found = median(&shaped(100, 10, Timer::Shaping(vec![row(1.0, 30), row(10.0, 60)]), 22));
    assert!(found.abs_diff(502) <= 50, "{found}");
}

#[test]
fn a_shaping_timer_stops_the_groups_that_it_is_in_and_no_other() {
    let mut made = Made::new(3, 0, Some(60 * SECOND), None);
    let shaped = made.timer(shaping(5, 5, 10));
    let each_second = made.timer(Timer::Constant(SECOND));
    let (sent, other) = (made.http("/m", vec![shaped]), made.http("/m", vec![each_second]));
    let mut plan = made.of(vec![sent]);
    plan.groups.push(Group { children: vec![other], ..plan.groups[0].clone() });
    let run = ideal(&plan, &limit("/m", vec![bucket(100_000, 1)], MILLI, MILLI));
    let of_samplers: Vec<u64> = run.samplers.iter().map(|sampler| sampler.samples).collect();
    assert!((40..=60).contains(&of_samplers[0]), "{of_samplers:?}");
    assert!((170..=180).contains(&of_samplers[1]), "{of_samplers:?}");
    assert_eq!(run.held, 0);
}

#[test]
fn threads_that_come_to_a_shaping_timer_in_a_second_of_rate_0_wait_until_another_one_comes() {
    assert!(shaped(5, 0, shaping(0, 10, 20), 1).iter().any(|run| run.held == 5 && run.samples == 1));
    for run in shaped(5, 5, shaping(0, 10, 20), 1) {
        assert!((run.held, run.samples > 50) == (0, true), "{} {}", run.held, run.samples);
    }
}
