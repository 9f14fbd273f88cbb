//! Ordinary plans without scripts. Their numbers lie within 2 % of what a real `JMeter` 5.6.3 made of them on idle
//! cores, which stands beside each.

use super::world::{Made, ideal, lockout, messaging, real, refusals};
use crate::model::{OpenStep, Plan, Spread, Start, ThroughputMode, Timer};
use crate::simulate::{MILLI, SECOND};

fn threads(threads: u32, ramp: u64, end: u64, timers: Vec<Timer>) -> Plan {
    Made::new(threads, ramp * SECOND, Some(end * SECOND), None).sends(timers)
}

#[test]
fn a_constant_timer() {
    let plan = threads(200, 5, 30, vec![Timer::Constant(900 * MILLI)]);
    assert_eq!(refusals(&ideal(&plan, &messaging())), (Some(1759), 626));
    // 17.52 s/623 and 17.62 s/618
    assert_eq!(refusals(&real(&plan, &messaging())), (Some(1761), 635));
}

#[test]
fn a_throughput_timer_of_each_thread() {
    let timer = Timer::Throughput { per_minute: 60.0, mode: ThroughputMode::Thread };
    let plan = threads(200, 1, 27, vec![timer]);
    // One second earlier in a schedule that begins with the first sample, which is never delayed.
    assert_eq!(refusals(&ideal(&plan, &messaging())), (Some(1499), 1201));
    // 13.75 s/1267 and 14.08 s/1253
    assert_eq!(refusals(&real(&plan, &messaging())), (Some(1419), 1240));
}

#[test]
fn a_shared_throughput_timer_knows_whole_milliseconds() {
    let rate = |per_minute, mode| {
        let timer = Timer::Throughput { per_minute, mode };
        ideal(&threads(100, 0, 60, vec![timer]), &messaging()).samples
    };
    // 6,600 a minute is one in 9 ms, as 6,667 is. The first sample of each thread is not delayed.
    assert_eq!(rate(6600.0, ThroughputMode::GroupShared), rate(6667.0, ThroughputMode::GroupShared));
    assert!(rate(6000.0, ThroughputMode::GroupShared) < rate(6600.0, ThroughputMode::GroupShared));
    assert_eq!(rate(6000.0, ThroughputMode::GroupShared), rate(6000.0, ThroughputMode::AllShared));
    assert_eq!(rate(5800.0, ThroughputMode::GroupShared), rate(6300.0, ThroughputMode::GroupShared));
    // Modes 1 and 2 round the distance of all active threads.
    assert!(rate(6600.0, ThroughputMode::GroupThreads) < rate(6667.0, ThroughputMode::GroupThreads));
}

#[test]
fn random_timers_differ_by_seed_and_only_by_seed() {
    let timers = vec![
        Timer::Random { spread: Spread::Gaussian, range: 200.0, offset: 700.0 },
        Timer::Random { spread: Spread::Uniform, range: 400.0, offset: 0.0 },
    ];
    let plan = threads(200, 5, 30, timers);
    let run = real(&plan, &messaging());
    assert_eq!(run, real(&plan, &messaging()));
    // 17.69 s/633 and 17.84 s/632
    assert!((620..660).contains(&run.refused), "{}", run.refused);
    let other = crate::simulate::Options { seed: 1, ..crate::simulate::Options::default() };
    let other = crate::simulate::run(&plan, &messaging(), &other).expect("a plan");
    assert_ne!(run.series, other.series);
}

#[test]
fn threads_without_a_timer_against_a_lockout() {
    let plan = threads(50, 0, 13, vec![]);
    assert_eq!(refusals(&ideal(&plan, &lockout())), (Some(40), 280));
    // 0.53 s/280 and 0.60 s/280
    assert_eq!(refusals(&real(&plan, &lockout())).0, Some(55));
}

#[test]
fn an_open_model() {
    let step = |from, to, length| OpenStep { from, to, length: length * SECOND, random: false };
    let steps = vec![step(0.0, 220.0, 8), step(220.0, 220.0, 17)];
    let plan = Made::with(Start::OpenModel { steps, seed: 0 }, Some(1)).sends(vec![]);
    let run = ideal(&plan, &messaging());
    // The answers of another 120 refusals would come after the end, when JMeter interrupts the users.
    assert_eq!((run.samples, run.refused), (880 + 3739, 683));
    // 18.02 s/685, and 124 samples without an answer
    assert_eq!(refusals(&real(&plan, &messaging())), (Some(1784), 683));
}
