//! Levels that are stored and restored in other buckets.

use gcmock_limit::Level;
use proptest::prelude::*;

use super::*;

/// Token buckets and fixed windows, some with a lockout, some that charge refused requests.
fn rules() -> impl Strategy<Value = Rule> {
    let lengths = || prop_oneof![1..40_u64, 1..5 * SECOND];
    let algorithm = prop_oneof![
        (1..9_u32, 1..8_u32, lengths()).prop_map(|(capacity, refill, period)| Algorithm::TokenBucket {
            capacity,
            refill,
            period
        }),
        (1..9_u32, lengths()).prop_map(|(capacity, period)| Algorithm::FixedWindow { capacity, period }),
    ];
    let lockout = prop::option::weighted(0.3, prop_oneof![1..40_u64, 1..4 * SECOND]);
    (algorithm, lockout, any::<bool>()).prop_map(|(algorithm, lockout, count_refused)| Rule {
        lockout,
        count_refused,
        ..rule(0, algorithm)
    })
}

/// Requests: the delay after the last one, the caller, and the cost.
fn requests() -> impl Strategy<Value = Vec<(Nanos, u64, u32)>> {
    let gap = prop_oneof![3 => Just(0), 2 => 1..20_u64, 2 => 0..SECOND];
    prop::collection::vec((gap, 0..3_u64, 1..4_u32), 0..60)
}

/// Whether a request is refused, and what its answer says.
fn told(
    limits: &Limits,
    rule: &Rule,
    (caller_number, cost): (u64, u32),
    now: Nanos,
) -> (bool, Option<u32>, u32) {
    let decision = limits.decide(&[charge(rule, caller(caller_number), cost)], now);
    (decision.refused, decision.retry_after, decision.governing.map_or(0, |status| status.used))
}

fn views(limits: &Limits, rule: &Rule, now: Nanos) -> Vec<gcmock_limit::BucketView> {
    limits.tenant.nearest(rule, usize::MAX, now)
}

proptest! {
    #[test]
    fn restored_buckets_decide_as_the_stored_ones_would_have(
        rule in rules(), before in requests(), after in requests(),
    ) {
        let (stored, restored) = (Limits::default(), Limits::default());
        let mut now = START;
        for (gap, caller, cost) in before {
            now += gap;
            told(&stored, &rule, (caller, cost), now);
        }
        // The other process numbers its rules in another way.
        let other = Rule { id: RuleId(7), ..rule.clone() };
        restored.tenant.restore(&other, &stored.tenant.levels(&rule));
        prop_assert_eq!(views(&stored, &rule, now), views(&restored, &other, now));
        for (gap, caller, cost) in after {
            now += gap;
            prop_assert_eq!(
                told(&stored, &rule, (caller, cost), now),
                told(&restored, &other, (caller, cost), now)
            );
        }
    }

    #[test]
    fn no_level_is_too_strange_to_be_restored(
        rule in rules(), numbers in any::<[u32; 4]>(), at in any::<u64>(), locked in any::<bool>(), now in any::<u64>(),
    ) {
        let [used, part, refused, highest] = numbers;
        let limits = Limits::default();
        let level = Level { key: caller(0), used, at, part, locked, refused, highest };
        limits.tenant.restore(&rule, &[level]);
        told(&limits, &rule, (0, 1), now);
        prop_assert_eq!(views(&limits, &rule, now).len(), 1);
    }
}

#[test]
fn held_slots_are_not_stored() {
    let (limits, rule) = (Limits::default(), concurrency(0, 2, Hold::Request));
    let held = limits.ask(&[&rule], START);
    assert!(!held.refused);
    assert_eq!(limits.tenant.levels(&rule), []);
    let level = Level { key: caller(1), used: 2, at: 0, part: 0, locked: false, refused: 0, highest: 2 };
    limits.tenant.restore(&rule, &[level]);
    assert_eq!(views(&limits, &rule, START).len(), 1, "no request holds the restored slots");
}

#[test]
fn a_restored_bucket_replaces_its_like_and_leaves_the_others() {
    let (limits, rule) = (Limits::default(), fixed_window(0, 5, SECOND));
    for number in [0, 0, 1] {
        told(&limits, &rule, (number, 1), START);
    }
    let level = |key| Level { key, used: 5, at: START, part: 0, locked: false, refused: 1, highest: 5 };
    limits.tenant.restore(&rule, &[level(caller(0)), level(caller(2))]);
    let mut used: Vec<_> = views(&limits, &rule, START).iter().map(|view| (view.key, view.used)).collect();
    used.sort_unstable();
    let mut expected = [(caller(0), 5), (caller(1), 1), (caller(2), 5)];
    expected.sort_unstable();
    assert_eq!(used, expected);
}

#[test]
fn the_numbers_in_a_key_are_replaced() {
    let scopes = Scopes::default().with(Scope::Endpoint).with(Scope::Edge).with(Scope::User);
    let subject =
        |endpoint, edge| Subject { endpoint, edge: Some(edge), user: Some(9), ..Subject::default() };
    let key = |endpoint, edge| scopes.key(&subject(endpoint, edge)).expect("it has each value");
    let moved = key(3, 4).with_endpoint(70).and_then(|key| key.with_edge(1));
    assert_eq!(moved, Some(key(70, 1)));
    assert_eq!(Key::from_halves(key(3, 4).halves()), key(3, 4));
    assert_eq!((key(3, 4).with_endpoint(1 << 14), key(3, 4).with_edge(1 << 10)), (None, None));
}
