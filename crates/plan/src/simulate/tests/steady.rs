//! A run with jumps over its repetitions is the run without.

use gcmock_limit::{Algorithm, Hold, Rule, RuleId};
use proptest::prelude::*;

use super::world::{Limits, Made, limit, messaging, tenant};
use crate::model::{Plan, ThroughputMode, Timer};
use crate::simulate::{Costs, MILLI, Options, Run, SECOND, run};

fn algorithm() -> impl Strategy<Value = Algorithm> {
    let period = prop_oneof![Just(SECOND), Just(2 * SECOND), Just(10 * SECOND)];
    let bucket = (1..60_u32, 1..30_u32, period.clone())
        .prop_map(|(capacity, refill, period)| Algorithm::TokenBucket { capacity, refill, period });
    let window =
        (1..80_u32, period).prop_map(|(capacity, period)| Algorithm::FixedWindow { capacity, period });
    let hold = prop_oneof![Just(Hold::Request), Just(Hold::Connection)];
    let slots = (1..8_u32, hold).prop_map(|(capacity, hold)| Algorithm::Concurrency { capacity, hold });
    prop_oneof![bucket, window, slots]
}

fn limits() -> impl Strategy<Value = Limits> {
    let lockout = prop::option::weighted(0.3, Just(3 * SECOND));
    let rules = prop::collection::vec((algorithm(), lockout), 1..3);
    let waits = (0..4_u64, 0..4_u64);
    (rules, waits).prop_map(|(rules, (admitted, refused))| {
        let made = (0..).zip(rules).map(|(id, (algorithm, lockout))| Rule {
            lockout,
            ..Rule::new(RuleId(id), "a limit", tenant(), algorithm)
        });
        limit("/m", made.collect(), admitted * 70 * MILLI, refused * 400 * MILLI)
    })
}

fn timer() -> impl Strategy<Value = Timer> {
    let mode = prop_oneof![
        Just(ThroughputMode::Thread),
        Just(ThroughputMode::AllThreads),
        Just(ThroughputMode::AllShared),
        Just(ThroughputMode::GroupShared),
    ];
    let throughput = (1..40_u32, mode)
        .prop_map(|(tens, mode)| Timer::Throughput { per_minute: f64::from(tens) * 60.0, mode });
    let constant = (1..30_u64).prop_map(|tenths| Timer::Constant(tenths * 100 * MILLI));
    let pace = (1..40_u64, 0..3_u64).prop_map(|(tenths, ramp)| Timer::Pace {
        lead: SECOND,
        ramp: ramp * SECOND,
        pace: Some(tenths * 100 * MILLI),
        think: 0,
    });
    prop_oneof![throughput, constant, pace]
}

fn plan() -> impl Strategy<Value = Plan> {
    let loops = prop::option::of(20..200_u32);
    (1..20_u32, 0..4_u64, loops, prop::collection::vec(timer(), 1..3)).prop_map(
        |(threads, ramp, loops, timers)| {
            Made::new(threads, ramp * SECOND, Some(300 * SECOND), loops).sends(timers)
        },
    )
}

fn played(plan: &Plan, limits: &Limits, skip: bool, costs: Costs) -> Run {
    run(plan, limits, &Options { costs, skip, ..Options::default() }).expect("a plan")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_run_with_jumps_is_the_run_without(plan in plan(), limits in limits(), ideal: bool) {
        let costs = if ideal { Costs::IDEAL } else { Costs::default() };
        // Connections of a minute make periods of a minute.
        let costs = Costs { connection_life: 3 * SECOND, ..costs };
        let mut jumped = played(&plan, &limits, true, costs);
        let full = played(&plan, &limits, false, costs);
        (jumped.skipped, jumped.played, jumped.work) = (0, full.played, full.work);
        prop_assert_eq!(jumped, full);
    }
}

#[test]
fn eight_hours_of_a_steady_plan_are_a_few_minutes_of_model_time() {
    let pace = Timer::Pace { lead: 0, ramp: SECOND, pace: Some(SECOND), think: 0 };
    let plan = Made::new(100, 0, Some(8 * 3600 * SECOND), None).sends(vec![pace]);
    let options = Options { horizon: 9 * 3600 * SECOND, ..Options::default() };
    let run = run(&plan, &messaging(), &options).expect("a plan");
    assert_eq!((run.samples, run.refused), (2_880_000, 0));
    assert!(run.skipped > 7 * 3600 * SECOND);
    assert_eq!(run.series.seconds.len(), 28_800);
}
