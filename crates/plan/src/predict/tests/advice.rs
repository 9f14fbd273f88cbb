//! Clean values against limits that recover slowly, and the ends of the search.

use gcmock_limit::{Algorithm, Rule, RuleId};

use super::{drawn, ideal, values};
use crate::Nanos;
use crate::model::{Group, NodeKind, Plan, Spread, Start, Timer};
use crate::predict::draws::fitting;
use crate::predict::{Ask, Knob, for_seconds, predict};
use crate::simulate::tests::world::{Limits, Made, limit, messaging, tenant, warm};
use crate::simulate::{MILLI, SECOND};

const HOUR: Nanos = 3600 * SECOND;

fn slow(algorithm: Algorithm) -> Limits {
    limit("/m", vec![Rule::new(RuleId(0), "slow", tenant(), algorithm)], 0, 0)
}

/// Some users that send every ten seconds, or at random times as often.
fn every_ten_seconds(users: u32, length: Nanos, random: bool) -> Plan {
    let timer = Timer::Random { spread: Spread::Uniform, range: 2000.0, offset: 9000.0 };
    let timer = if random { timer } else { Timer::Constant(10 * SECOND) };
    Made::new(users, 0, Some(length), None).sends(vec![timer])
}

/// A plan with another number of users.
fn with_users(plan: &Plan, users: u64) -> Plan {
    let mut other = plan.clone();
    if let Start::Threads { threads, .. } = &mut other.groups[0].start {
        *threads = u32::try_from(users).expect("few");
    }
    other
}

#[test]
fn a_value_that_is_advised_is_clean_in_its_own_prediction_and_for_as_long_as_it_says() {
    let sinking = Algorithm::TokenBucket { capacity: 1000, refill: 1, period: 10 * SECOND };
    let daily = Algorithm::FixedWindow { capacity: 1000, period: 24 * HOUR };
    for algorithm in [sinking, daily] {
        for (random, length) in [(false, HOUR / 6), (true, HOUR / 6), (false, 8 * HOUR), (true, 8 * HOUR)] {
            let (limits, plan) = (slow(algorithm), every_ten_seconds(3, length, random));
            let prediction = drawn(&plan, &limits);
            for (users, clean_for) in values(&prediction, Knob::Threads) {
                let advised = with_users(&plan, users);
                assert_eq!(drawn(&advised, &limits).refused.high, 0, "{users} of {algorithm:?} {random}");
                let longer = for_seconds(&advised, if clean_for.is_none() { 72 * HOUR } else { length });
                let longer = predict(&longer, &limits, &Ask { seeds: 2, advise: false, ..Ask::default() });
                let refused = longer.expect("a plan").refused.high;
                assert_eq!(refused, 0, "{users} of {algorithm:?} {random} for {clean_for:?}");
            }
        }
    }
}

/// A plan with a second group: one user that sends two requests.
fn beside_a_short_group(mut plan: Plan) -> Plan {
    let start = Start::Threads { threads: 1, ramp: 0, delay: 0, duration: None, delayed: false };
    let short = Group { name: "short".into(), start, loops: Some(2), ..plan.groups[0].clone() };
    plan.groups.push(short);
    plan
}

#[test]
fn a_group_that_its_loops_end_makes_no_value_of_another_group_clean_for_ever() {
    let limits = slow(Algorithm::FixedWindow { capacity: 180, period: 60 * SECOND });
    let each_second = Made::new(30, 0, Some(30 * SECOND), None).sends(vec![Timer::Constant(SECOND)]);
    let plan = beside_a_short_group(each_second);
    let prediction = ideal(&plan, &limits);
    let found = values(&prediction, Knob::Threads);
    let [(ever, None), (now, Some(30))] = *found else { panic!("{found:?}") };
    assert!(ever < now, "{found:?}");
    for (users, length, clean) in
        [(ever, HOUR, true), (now, HOUR, false), (now, 30 * SECOND, true), (now + 1, 30 * SECOND, false)]
    {
        let longer = for_seconds(&with_users(&plan, users), length);
        assert_eq!(ideal(&longer, &limits).refused.high == 0, clean, "{users} users");
    }
}

#[test]
fn loops_that_a_duration_ends_are_clean_for_that_duration() {
    let limits = slow(Algorithm::FixedWindow { capacity: 180, period: 60 * SECOND });
    let plan = Made::new(30, 0, Some(30 * SECOND), Some(100_000)).sends(vec![Timer::Constant(SECOND)]);
    let found = values(&ideal(&plan, &limits), Knob::Threads);
    assert!(matches!(*found, [(_, None), (_, Some(30))]), "{found:?}");
}

#[test]
fn a_ramp_up_that_is_longer_than_the_run_is_no_advice() {
    let limits = slow(Algorithm::FixedWindow { capacity: 180, period: 60 * SECOND });
    let plan = Made::new(30, 0, Some(HOUR), None).sends(vec![Timer::Constant(SECOND)]);
    for plan in [beside_a_short_group(plan.clone()), plan] {
        let found = values(&ideal(&plan, &limits), Knob::RampUp);
        assert!(found.iter().all(|(value, _)| *value <= 3600), "{found:?}");
    }
}

#[test]
fn a_plan_that_is_run_in_full_is_not_called_scaled() {
    let daily = Algorithm::FixedWindow { capacity: 100, period: 24 * HOUR };
    let prediction = drawn(&every_ten_seconds(1, 4 * HOUR, true), &slow(daily));
    assert!(!prediction.sentence().contains("scaled"), "{}", prediction.sentence());
    assert_eq!((prediction.scaled_from, prediction.seeds), (None, 2));
}

#[test]
fn a_plan_with_too_many_requests_is_run_with_fewer_seeds_and_says_so() {
    let mut prediction = drawn(&every_ten_seconds(1, 60 * SECOND, true), &messaging());
    assert_eq!(fitting(20, &prediction.run), 20);
    prediction.run.played = 757_589;
    prediction.seeds = fitting(20, &prediction.run);
    prediction.seeds_asked = Some(20);
    let said = "It was run with 3 of 20 seeds, as a run has 757,589 requests.";
    assert!(prediction.sentence().contains(said), "{}", prediction.sentence());
    prediction.run.played = 90_000_000;
    assert_eq!(fitting(20, &prediction.run), 1);
}

#[test]
fn a_value_at_the_end_of_the_search_is_a_least_one() {
    let plan = Made::new(2, 0, Some(60 * SECOND), None).sends(vec![Timer::Constant(10 * SECOND)]);
    let prediction = ideal(&plan, &messaging());
    assert_eq!(values(&prediction, Knob::Threads), [(128, None)]);
    assert!(prediction.sentence().contains("Clean: at least 128 users"), "{}", prediction.sentence());
    assert_eq!(prediction.json(None)["advice"][0]["atLeast"], true);
}

#[test]
fn a_plan_that_sends_nothing_gets_no_advice() {
    let plan = Made::new(0, 0, Some(60 * SECOND), None).sends(vec![Timer::Constant(100 * MILLI)]);
    let prediction = ideal(&plan, &messaging());
    assert_eq!(prediction.sentence(), "The plan sends nothing.");
    assert!(prediction.advice.is_empty());
}

#[test]
fn requests_of_set_up_and_tear_down_groups_count_and_charge() {
    let mut plan = warm(Made::new(2, 0, None, Some(1)).sends(vec![Timer::Constant(100 * MILLI)]));
    for node in &mut plan.nodes {
        if let NodeKind::Sampler(sampler) = &mut node.kind {
            sampler.silent = false;
        }
    }
    let mut limits = messaging();
    let met = limits.0[0].1.clone();
    limits.0.push(("/warm", met));
    let prediction = ideal(&plan, &limits);
    assert_eq!((prediction.samples.median, prediction.run.users), (3, 2));
    let of_sampler: Vec<_> = prediction.run.samplers.iter().map(|sampler| sampler.samples).collect();
    assert_eq!(of_sampler, [2, 1]);
}

#[test]
fn requests_without_a_caller_are_told() {
    let plan = Made::new(1, 0, None, Some(4)).sends(vec![Timer::Constant(100 * MILLI)]);
    let mut limits = limit("/m", vec![], 0, 0);
    limits.0[0].1.fails = true;
    let sentence = ideal(&plan, &limits).sentence();
    assert!(sentence.contains("4 of them have no Authorization that can be read"), "{sentence}");
    assert!(sentence.contains("--tokens N"), "{sentence}");
}
