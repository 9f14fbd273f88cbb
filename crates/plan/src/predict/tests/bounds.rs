//! What is said of a run that its bounds have cut, and whether the numbers of a prediction agree.

use serde_json::Value;

use super::{drawn, ideal};
use crate::Nanos;
use crate::model::{Action, NodeKind, Plan, Spread, Start, Timer};
use crate::predict::Prediction;
use crate::simulate::tests::world::{Made, bucket, limit, messaging};
use crate::simulate::{MILLI, SECOND};

/// The sums of the tables are the totals.
fn agrees(prediction: &Prediction) {
    let json = prediction.json(None);
    let sum = |rows: &str, key: &str| -> u64 {
        let rows = json[rows].as_array().expect("a table").iter();
        rows.map(|row| row[key].as_u64().expect("a count")).sum()
    };
    let total = |key: &str| json[key].as_u64().expect("a count");
    assert_eq!(sum("bySampler", "samples"), total("samples"), "{}", prediction.sentence());
    assert_eq!(sum("bySampler", "refused"), total("refused"), "{}", prediction.sentence());
    assert_eq!(
        sum("byLimit", "refused") + total("notAdherent"),
        total("refused"),
        "{}",
        prediction.sentence()
    );
}

/// A timer of 0 to 10 milliseconds.
const SHORT: Timer = Timer::Random { spread: Spread::Uniform, range: 10.0, offset: 0.0 };

/// Users of three samplers, two of one name, with random timers.
fn three_samplers(users: u32, length: Option<Nanos>, loops: Option<u32>, timer: Timer) -> Plan {
    let mut made = Made::new(users, 0, length, loops);
    let timer = made.timer(timer);
    let sent = ["send", "send", "read"]
        .map(|name| made.sampler(name, crate::simulate::tests::world::http("/m"), vec![timer]));
    made.of(sent.to_vec())
}

#[test]
fn a_plan_with_too_many_requests_is_scaled_up_and_its_tables_with_it() {
    let plan = three_samplers(20, Some(7200 * SECOND), None, SHORT);
    let prediction = drawn(&plan, &limit("/m", vec![bucket(50, 30)], MILLI, MILLI));
    assert!(prediction.sentence().contains("scaled up from the first"), "{}", prediction.sentence());
    assert!((25_500_000..27_000_000).contains(&prediction.samples.median), "{:?}", prediction.samples);
    agrees(&prediction);
}

#[test]
fn a_plan_that_no_limit_covers_is_run_with_one_seed_and_not_for_long() {
    let plan = three_samplers(20, Some(3600 * SECOND), None, SHORT);
    let prediction = drawn(&plan, &limit("/other", vec![bucket(50, 30)], MILLI, MILLI));
    assert_eq!((prediction.seeds, prediction.refused.high), (1, 0));
    assert!(prediction.run.played <= 600_000, "{}", prediction.run.played);
    assert!(prediction.samples.median > 10_000_000, "{:?}", prediction.samples);
    agrees(&prediction);
}

#[test]
fn a_plan_without_a_length_that_is_cut_says_where() {
    let plan = three_samplers(1, None, Some(100_000_000), SHORT);
    let prediction = drawn(&plan, &messaging());
    let sentence = prediction.sentence();
    assert!(sentence.contains("The run was followed for"), "{sentence}");
    assert!(sentence.contains("What comes later is not counted"), "{sentence}");
    assert!(prediction.json(None)["cutAtSeconds"].as_f64().is_some_and(|at| at > 0.0));
    agrees(&prediction);
}

#[test]
fn samplers_of_one_name_are_one_row_and_the_rows_sum_up_with_several_seeds() {
    let timer = Timer::Random { spread: Spread::Gaussian, range: 300.0, offset: 500.0 };
    let plan = three_samplers(30, Some(60 * SECOND), None, timer);
    for limits in [limit("/m", vec![bucket(50, 20)], 0, 0), messaging()] {
        let prediction = drawn(&plan, &limits);
        let names: Vec<_> = prediction.samplers.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["send", "read"]);
        assert_eq!(prediction.seeds, 2);
        agrees(&prediction);
    }
}

#[test]
fn threads_that_go_round_without_time_are_told_and_the_others_go_on() {
    let mut made = Made::new(40, 0, None, Some(1));
    let sent = made.http("/m", vec![]);
    let script = made.sampler("script", Action::Other { takes: 0 }, vec![]);
    let round = made.node("Poll", NodeKind::Loop(None), vec![script]);
    let never = made.http("/m", vec![]);
    let prediction = ideal(&made.of(vec![sent, round, never]), &messaging());
    let (sentence, json) = (prediction.sentence(), prediction.json(None));
    assert_eq!(prediction.samples.median, 40);
    assert!(sentence.contains("40 threads go round in 'Poll'"), "{sentence}");
    assert_eq!((&json["goRound"]["threads"], &json["goRound"]["in"]), (&40.into(), &"Poll".into()));
    assert_eq!(json["cutAtSeconds"], Value::Null);
}

#[test]
fn a_runtime_controller_around_no_time_ends_after_its_time() {
    let mut made = Made::new(1, 0, None, Some(1));
    let script = made.sampler("script", Action::Other { takes: 0 }, vec![]);
    let runtime = made.node("minute", NodeKind::Runtime { length: 60 * SECOND }, vec![script]);
    let (first, last) = (made.http("/m", vec![]), made.http("/m", vec![]));
    let prediction = ideal(&made.of(vec![first, runtime, last]), &messaging());
    assert_eq!((prediction.samples.median, prediction.run.length / SECOND), (2, 60));
    assert_eq!(prediction.run.circles.threads, 0);
}

#[test]
fn a_concurrency_group_whose_iterations_take_no_time_ends() {
    let start = Start::Concurrency { target: 12, ramp: 60 * SECOND, steps: 3, hold: 180 * SECOND };
    for loops in [None, Some(1)] {
        let mut made = Made::with(start.clone(), loops);
        let script = made.sampler("script", Action::Other { takes: 0 }, vec![]);
        let prediction = ideal(&made.of(vec![script]), &messaging());
        assert!(prediction.sentence().starts_with("The plan sends nothing."), "{}", prediction.sentence());
        assert_eq!(prediction.cut_at, None);
    }
}

#[test]
fn threads_that_wait_for_ever_at_a_gate_are_told() {
    let timer = Timer::Synchronize { threads: 3, timeout: None };
    let prediction = ideal(&Made::new(5, 0, None, Some(1)).sends(vec![timer]), &messaging());
    assert_eq!(prediction.samples.median, 3);
    assert!(
        prediction.sentence().contains("2 threads wait at a Synchronizing Timer that never opens"),
        "{}",
        prediction.sentence()
    );
    assert_eq!(prediction.json(None)["waitForEver"], 2);
}
