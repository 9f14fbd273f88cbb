//! Tests of predictions on plans that are made here.

mod advice;
mod bounds;
mod groups;

use gcmock_limit::{Algorithm, Rule, RuleId, Scope, Scopes};

use super::{Ask, Knob, Prediction, predict};
use crate::model::{Action, HttpRequest, Plan, Spread, ThroughputMode, Timer};
use crate::simulate::tests::world::{Limits, Made, bucket, limit, messaging};
use crate::simulate::{Costs, MILLI, SECOND};

fn ideal(plan: &Plan, limits: &Limits) -> Prediction {
    predict(plan, limits, &Ask { costs: Costs::IDEAL, ..Ask::default() }).expect("a plan")
}

/// A prediction with two seeds.
fn drawn(plan: &Plan, limits: &Limits) -> Prediction {
    predict(plan, limits, &Ask { seeds: 2, costs: Costs::IDEAL, ..Ask::default() }).expect("a plan")
}

/// The clean values of a knob and how long each is clean.
fn values(prediction: &Prediction, knob: Knob) -> Vec<(u64, Option<u64>)> {
    let its = prediction.advice.iter().filter(|advice| advice.knob == knob);
    its.map(|advice| (advice.value, advice.clean_for)).collect()
}

fn paced(threads: u32, ramp: u64, end: u64, loops: Option<u32>, timers: Vec<Timer>) -> Plan {
    let pace = Timer::Pace { lead: 2 * SECOND, ramp: ramp * SECOND, pace: Some(SECOND), think: 0 };
    let timers = [pace].into_iter().chain(timers).collect();
    Made::new(threads, 0, Some(end * SECOND), loops).sends(timers)
}

#[test]
fn one_hundred_and_twenty_four_users_are_clean_for_a_minute_and_a_hundred_for_ever() {
    let off = Timer::Throughput { per_minute: 60_000_000.0, mode: ThroughputMode::GroupShared };
    let prediction = ideal(&paced(200, 1, 62, None, vec![off]), &messaging());
    assert_eq!(values(&prediction, Knob::Threads), [(100, None), (124, Some(62))]);
    // The plateau's own value, and not 6,315.
    assert_eq!(values(&prediction, Knob::Throughput).first(), Some(&(6000, None)));
    let sentence = prediction.sentence();
    assert!(
        sentence.starts_with("Refused: about 4,501 of 12,000 (38 %), first at 15.0 s, by bucket"),
        "{sentence}"
    );
    assert!(sentence.contains("Clean: up to 100 users, or"), "{sentence}");
}

#[test]
fn a_ramp_up_of_31_seconds_is_clean_for_150_scripts() {
    let limits = limit("/m", vec![bucket(60, 3)], 0, 0);
    let prediction = ideal(&paced(150, 10, 3600, Some(1), vec![]), &limits);
    assert_eq!(values(&prediction, Knob::RampUp), [(31, None)]);
}

#[test]
fn a_ramp_up_of_26_seconds_is_clean_for_200_handshakes() {
    let algorithm = Algorithm::TokenBucket { capacity: 50, refill: 6, period: SECOND };
    let rule = Rule::new(RuleId(0), "edge", Scopes::default().with(Scope::Edge), algorithm);
    let mut made = Made::new(200, 0, Some(3600 * SECOND), Some(1));
    let start = made.timer(Timer::UserStart { lead: 2 * SECOND, ramp: 10 * SECOND });
    let hold = made.timer(Timer::Until(17 * SECOND));
    let open = HttpRequest { method: "GET".into(), path: "/m".into(), ..HttpRequest::default() };
    let open = made.sampler("open", Action::SocketOpen(open), vec![start]);
    let close = made.sampler("close", Action::SocketClose, vec![hold]);
    let prediction = ideal(&made.of(vec![open, close]), &limit("/m", vec![rule], 0, 0));
    assert_eq!(values(&prediction, Knob::RampUp), [(26, None)]);
    assert_eq!(prediction.refused.median, 91);
}

#[test]
fn random_timers_are_run_with_several_seeds() {
    let timers = vec![
        Timer::Random { spread: Spread::Gaussian, range: 200.0, offset: 700.0 },
        Timer::Random { spread: Spread::Uniform, range: 400.0, offset: 0.0 },
    ];
    let plan = Made::new(200, 5 * SECOND, Some(30 * SECOND), None).sends(timers);
    let ask = Ask { advise: false, ..Ask::default() };
    let prediction = predict(&plan, &messaging(), &ask).expect("a plan");
    assert_eq!(prediction.seeds, 20);
    let refused = prediction.refused;
    assert!(refused.low < refused.median && refused.median < refused.high, "{refused:?}");
    // A real `JMeter` had 633 and 632.
    assert!((615..660).contains(&refused.median), "{refused:?}");
    assert_eq!(prediction, predict(&plan, &messaging(), &ask).expect("a plan"));
}

#[test]
fn a_long_plan_with_random_timers_is_scaled_and_says_so() {
    let timer = Timer::Random { spread: Spread::Uniform, range: 400.0, offset: 1800.0 };
    let plan = Made::new(4, 0, Some(8 * 3600 * SECOND), None).sends(vec![timer]);
    let ask = Ask { advise: false, seeds: 3, ..Ask::default() };
    let prediction = predict(&plan, &messaging(), &ask).expect("a plan");
    assert!((54_000..56_500).contains(&prediction.samples.median), "{:?}", prediction.samples);
    assert!(prediction.sentence().contains("scaled up from the first 30 min"), "{}", prediction.sentence());
}

#[test]
fn a_clean_plan_names_the_nearest_limit_and_its_headroom() {
    let prediction = ideal(&paced(100, 1, 62, None, vec![]), &messaging());
    let sentence = prediction.sentence();
    assert!(
        sentence.starts_with("Refused: none of 6,000. bucket (tenant, 1500 + 100/s) keeps 99.9 %."),
        "{sentence}"
    );
    assert_eq!(prediction.json(None)["firstRefusalSeconds"], serde_json::Value::Null);
}

#[test]
fn a_plan_that_meets_no_limit_gets_no_advice() {
    let plan = Made::new(5, 0, Some(60 * SECOND), None).sends(vec![Timer::Constant(100 * MILLI)]);
    let prediction = ideal(&plan, &Limits::default());
    assert!(prediction.sentence().contains("No limit covers"), "{}", prediction.sentence());
    assert!(prediction.advice.is_empty());
}

#[test]
fn a_ramp_up_of_a_day_is_never_advised_to_be_shorter() {
    let plan = Made::new(2, 86_400 * SECOND, Some(10 * SECOND), None);
    let plan = plan.sends(vec![Timer::Constant(100 * MILLI)]);
    let prediction = ideal(&plan, &limit("/m", vec![bucket(5, 1)], 0, 0));
    assert!(prediction.refused.median > 0, "{}", prediction.sentence());
    assert!(values(&prediction, Knob::RampUp).iter().all(|(value, _)| *value >= 86_400));
}
