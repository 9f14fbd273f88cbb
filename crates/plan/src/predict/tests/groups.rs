//! Clean values of plans with several thread groups, and of groups and timers of the plugins.

use gcmock_limit::{Algorithm, Rule, RuleId};

use super::super::knob::Place;
use super::{drawn, ideal};
use crate::model::{Group, Plan, ShapingRow, Start, Timer, UltimateRow};
use crate::predict::{Advice, Knob, Prediction};
use crate::simulate::SECOND;
use crate::simulate::tests::world::{Limits, Made, limit, tenant};

/// 180 requests a minute.
fn minute() -> Limits {
    let algorithm = Algorithm::FixedWindow { capacity: 180, period: 60 * SECOND };
    limit("/m", vec![Rule::new(RuleId(0), "users", tenant(), algorithm)], 0, 0)
}

fn threads(threads: u32) -> Start {
    Start::Threads { threads, ramp: 0, delay: 0, duration: Some(60 * SECOND), delayed: false }
}

/// A plan with a group for each start. Each user sends a request a second.
fn groups(starts: Vec<(&str, Start)>) -> Plan {
    let mut plan = Made::new(1, 0, None, None).sends(vec![Timer::Constant(SECOND)]);
    let group = |(name, start): (&str, Start)| Group { name: name.into(), start, ..plan.groups[0].clone() };
    plan.groups = starts.into_iter().map(group).collect();
    plan
}

fn users(plan: &Plan, group: usize, users: u32) -> Plan {
    let mut other = plan.clone();
    other.groups[group].start = threads(users);
    other
}

fn of(prediction: &Prediction, knob: Knob) -> &Advice {
    prediction.advice.iter().find(|advice| advice.knob == knob).expect("a value")
}

fn refused(plan: &Plan) -> u64 {
    ideal(plan, &minute()).refused.high
}

#[test]
fn a_value_names_the_thread_group_that_it_is_of() {
    let plan = groups(vec![("A", threads(1)), ("B <b>", threads(40))]);
    let prediction = ideal(&plan, &minute());
    let advice = of(&prediction, Knob::Threads);
    assert_eq!((&*advice.settings[0].group, advice.value), ("B <b>", 2));
    assert_eq!((refused(&users(&plan, 1, 2)), refused(&users(&plan, 1, 3)) > 0), (0, true));
    assert!(prediction.sentence().contains("Clean: up to 2 users in 'B <b>'"), "{}", prediction.sentence());
    assert!(prediction.text(None).contains(" in 'B <b>'\n"), "{}", prediction.text(None));
    assert!(prediction.html(None).contains("<td>B &lt;b&gt;</td>"), "{}", prediction.html(None));
    assert_eq!(prediction.json(None)["advice"][0]["group"], "B <b>");
}

#[test]
fn a_part_of_all_is_advised_where_no_group_alone_is_enough() {
    let plan = groups(vec![("A", threads(20)), ("B", threads(40))]);
    let prediction = ideal(&plan, &minute());
    let advice = of(&prediction, Knob::Load);
    let settings: Vec<_> = advice.settings.iter().map(|one| (&*one.group, one.value)).collect();
    let sum: u64 = settings.iter().map(|(_, value)| value).sum();
    assert_eq!((settings.len(), sum <= 3), (2, true), "{settings:?}");
    let with = |percent| Place::of_all().with(&plan, percent);
    assert_eq!((refused(&with(advice.value)), refused(&with(advice.value + 1)) > 0), (0, true));
    let said = format!("Clean: all thread groups at {} % (", advice.value);
    assert!(prediction.sentence().contains(&said), "{}", prediction.sentence());
    let json = &prediction.json(None)["advice"][0];
    assert_eq!((&json["group"], &json["groups"][1]["group"]), (&serde_json::Value::Null, &"B".into()));
}

#[test]
fn why_there_is_no_clean_value_is_said_in_one_sentence() {
    let one = Made::new(1, 0, Some(60 * SECOND), None).sends(vec![Timer::Constant(SECOND / 10)]);
    let prediction = ideal(&one, &minute());
    assert!(prediction.advice.is_empty());
    let said = prediction.sentence();
    assert!(said.contains("No clean value: requests are refused with the least load"), "{said}");
    assert_eq!(prediction.json(None)["noAdvice"].as_str(), prediction.no_advice.as_deref());
    let mut two = one;
    two.groups.push(Group { name: "B".into(), ..two.groups[0].clone() });
    let said = ideal(&two, &minute()).sentence();
    assert!(said.contains("of any thread group alone, and with 1 % of the load of all"), "{said}");
}

#[test]
fn the_users_of_an_ultimate_thread_group_are_scaled_in_all_its_rows() {
    let row = |threads, delay: u64| UltimateRow {
        threads,
        delay: delay * SECOND,
        ramp: 0,
        hold: 30 * SECOND,
        down: 0,
    };
    let plan = groups(vec![("U", Start::Ultimate(vec![row(4, 0), row(20, 20)]))]);
    let prediction = ideal(&plan, &minute());
    let advice = prediction.advice.iter().rfind(|advice| advice.knob == Knob::Threads).expect("a value");
    let rows = &advice.settings[0].rows;
    assert_eq!(u64::from(rows.iter().sum::<u32>()), advice.value);
    assert!(rows[0] < rows[1], "{rows:?}");
    let place = Place { knob: Knob::Threads, group: 0, timer: None };
    assert_eq!(refused(&place.with(&plan, advice.value)), 0);
    assert!(refused(&place.with(&plan, advice.value + 1)) > 0, "{}", advice.value);
    assert!(prediction.sentence().contains(" in its rows)"), "{}", prediction.sentence());
}

#[test]
fn the_rates_of_precise_and_shaping_timers_are_knobs() {
    let precise =
        Timer::Precise { throughput: 480.0, period: 60 * SECOND, duration: 60 * SECOND, batch: 1, seed: 0 };
    let row = |from, to| ShapingRow { from, to, length: 40 * SECOND };
    let shaping = Timer::Shaping(vec![row(2.0, 12.0), row(12.0, 12.0)]);
    for (timer, knob) in [(precise, Knob::Samples), (shaping, Knob::Shape)] {
        let plan = Made::new(20, 0, Some(90 * SECOND), None).sends(vec![timer]);
        let prediction = drawn(&plan, &minute());
        let advice = prediction.advice.iter().rfind(|advice| advice.knob == knob).expect("a value");
        let id = crate::model::TimerId(0);
        let place = Place { knob, group: 0, timer: Some(id) };
        assert_eq!(drawn(&place.with(&plan, advice.value), &minute()).refused.high, 0, "{advice:?}");
        assert!(
            drawn(&place.with(&plan, advice.value * 3 / 2 + 1), &minute()).refused.high > 0,
            "{advice:?}"
        );
    }
}
