//! The counting of faults, against a model that keeps every request.

use std::collections::HashMap;

use gcmock_limit::{Scope, Scopes};
use proptest::prelude::*;

use super::*;
use crate::rules::{RuleIds, Source, load};

const SECOND: Nanos = 1_000_000_000;

fn fault(rest: &str) -> Fault {
    let text = format!("[[fault]]\nname = \"a\"\nmatch = [\"* /**\"]\nreset = true\n{rest}\n");
    let source = Source { name: "a.toml".to_owned(), text };
    load(&[source], &|_| true, &RuleIds::default()).expect("right").faults.remove(0)
}

fn user(user: u32) -> Subject {
    Subject { has_tenant: true, user: Some(user), ..Subject::default() }
}

/// Which of `requests` requests of one caller a fault strikes.
fn strikes(faults: &Faults, fault: &Fault, requests: usize) -> Vec<bool> {
    (0..requests).map(|_| faults.strikes(fault, &user(1), Some(TenantIndex(0)), 0)).collect()
}

#[test]
fn a_fault_strikes_n_times_after_the_first_ones_and_then_no_more() {
    let faults = Faults::new(Some(1), 0);
    let fault = fault("after = 2\ntimes = 3");
    assert_eq!(strikes(&faults, &fault, 7), [false, false, true, true, true, false, false]);
    assert_eq!(faults.counts("a"), FaultCounts { covered: 7, struck: 3 });
    assert_eq!(faults.counts("b"), FaultCounts::default());
}

#[test]
fn each_key_has_its_own_count_and_a_caller_without_one_is_not_struck() {
    let faults = Faults::new(None, 0);
    let fault = fault("times = 1\nscope = [\"user\"]");
    let ask = |subject: &Subject, tenant| faults.strikes(&fault, subject, Some(TenantIndex(tenant)), 0);
    assert_eq!([ask(&user(1), 0), ask(&user(2), 0), ask(&user(1), 1)], [true; 3]);
    assert_eq!([ask(&user(1), 0), ask(&user(2), 0), ask(&user(1), 1)], [false; 3]);
    assert!(!ask(&Subject::default(), 0));
    assert_eq!(faults.counts("a"), FaultCounts { covered: 6, struck: 3 });
}

#[test]
fn between_is_counted_from_the_start_and_from_a_reset_and_counts_nothing_outside() {
    let start = 1000 * SECOND;
    let faults = Faults::new(None, start);
    let fault = fault("between = [\"60s\", \"90s\"]\nafter = 1");
    let ask = |at| faults.strikes(&fault, &user(1), None, start + at * SECOND);
    assert_eq!([0, 59, 60, 61, 89, 90, 200].map(ask), [false, false, false, true, true, false, false]);
    faults.reset(start + 200 * SECOND);
    assert_eq!([200, 259, 260, 261, 290].map(ask), [false, false, false, true, false]);
    assert_eq!(faults.counts("a"), FaultCounts { covered: 2, struck: 1 });
}

#[test]
fn equal_seeds_strike_the_same_requests_and_a_reset_begins_again() {
    let fault = fault("share = 0.3");
    let of = |seed| strikes(&Faults::new(Some(seed), 0), &fault, 2000);
    assert_eq!(of(7), of(7));
    assert_ne!(of(7), of(8));
    let struck = of(7).iter().filter(|struck| **struck).count();
    assert!((500..700).contains(&struck), "{struck}");
    let faults = Faults::new(Some(7), 0);
    assert_eq!(strikes(&faults, &fault, 10), of(7)[..10]);
    faults.reset(0);
    assert_eq!(strikes(&faults, &fault, 10), of(7)[..10]);
}

#[test]
fn a_fault_that_is_replaced_begins_again_and_one_that_stays_goes_on() {
    let faults = Faults::new(Some(1), 0);
    let (once, twice) = (fault("times = 1"), fault("times = 2"));
    let config = |fault: &Fault| {
        let mut config = Config::default();
        config.faults.push(fault.clone());
        config
    };
    assert_eq!(strikes(&faults, &once, 2), [true, false]);
    faults.reconfigure(&config(&once), &config(&once));
    assert_eq!(strikes(&faults, &once, 1), [false]);
    faults.reconfigure(&config(&once), &config(&twice));
    assert_eq!(strikes(&faults, &twice, 3), [true, true, false]);
}

#[test]
fn beyond_the_bound_the_oldest_key_is_forgotten() {
    let faults = Faults::new(None, 0);
    let fault = fault("times = 1\nscope = [\"user\"]");
    let most = u32::try_from(MOST_KEYS).expect("small");
    let ask = |number| faults.strikes(&fault, &user(number), None, 0);
    assert!((0..=most).all(ask));
    assert_eq!(faults.tally.lock().progress.len(), MOST_KEYS);
    assert!(ask(0), "forgotten");
    assert!(!ask(most), "remembered");
}

proptest! {
    #[test]
    fn counts_are_those_of_a_model_that_keeps_every_request(
        after in 0..4_u64,
        times in prop::option::of(1..4_u32),
        share in prop::sample::select(vec![0.25, 0.5, 1.0]),
        callers in prop::collection::vec(0..3_u32, 0..60),
        seed in any::<u64>(),
    ) {
        let mut fault = fault("");
        fault.scope = Scopes::default().with(Scope::User);
        fault.trigger = Trigger { share, after, times, between: None };
        let faults = Faults::new(Some(seed), 0);
        let mut draws = fastrand::Rng::with_seed(seed ^ hash("a"));
        let mut passed: HashMap<u32, Vec<bool>> = HashMap::new();
        for caller in callers {
            let before = passed.entry(caller).or_default();
            let struck = before.iter().filter(|struck| **struck).count();
            let open = before.len() as u64 >= after && times.is_none_or(|times| struck < times as usize);
            let expected = open && (share >= 1.0 || draws.f64() < share);
            before.push(expected);
            prop_assert_eq!(faults.strikes(&fault, &user(caller), None, 0), expected);
        }
        let all = passed.values().flatten();
        let expected = FaultCounts {
            covered: all.clone().count() as u64,
            struck: all.filter(|struck| **struck).count() as u64,
        };
        prop_assert_eq!(faults.counts("a"), expected);
    }
}
