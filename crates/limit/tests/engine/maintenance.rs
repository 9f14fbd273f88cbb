//! What an operator and the sweeper do to buckets.

use gcmock_limit::Totals;

use super::*;

/// Maps of a table; one is swept at a time.
const MAPS: usize = 16;

/// Sweeps every map of every table once.
fn sweep_all(limits: &Limits, rule: &Rule, now: Nanos) {
    for _ in 0..MAPS {
        limits.tenant.sweep(&|id| (id == rule.id).then_some(rule), now);
    }
}

fn fill(limits: &Limits, rule: &Rule, callers: u64) {
    for n in 0..callers {
        let _ = limits.decide(&[charge(rule, caller(n), 1)], START);
    }
}

#[test]
fn sweeping_removes_idle_buckets_and_no_others() {
    let rules = [token_bucket(0, 9, 1, SECOND), fixed_window(0, 9, SECOND)];
    for rule in &rules {
        let limits = Limits::default();
        fill(&limits, rule, 1000);
        let _ = limits.decide(&[charge(rule, caller(0), 1)], START + SECOND / 2);
        sweep_all(&limits, rule, START + SECOND - 1);
        assert_eq!(limits.tenant.len(), 1000, "{}", rule.algorithm.name());
        let _ = limits.decide(&[charge(rule, caller(0), 1)], START + SECOND);
        sweep_all(&limits, rule, START + SECOND);
        assert_eq!(limits.tenant.len(), 1, "{}", rule.algorithm.name());
    }
}

#[test]
fn a_bucket_that_is_full_again_is_listed_with_its_highest_level() {
    for rule in [token_bucket(0, 9, 1, SECOND), fixed_window(0, 9, SECOND)] {
        let limits = Limits::default();
        for (n, cost) in [(1, 5), (2, 7), (1, 1), (2, 9)] {
            let _ = limits.decide(&[charge(&rule, caller(n), cost)], START);
        }
        let later = START + 60 * SECOND;
        let listed = |now| -> Vec<_> {
            let views = limits.tenant.nearest(&rule, 10, now);
            views.iter().map(|view| (view.key, view.used, view.highest, view.refused)).collect()
        };
        assert_eq!(listed(START), [(caller(2), 7, 7, 1), (caller(1), 6, 6, 0)]);
        let refilled = [(caller(2), 0, 7, 1), (caller(1), 0, 6, 0)];
        assert_eq!(listed(later), refilled);
        sweep_all(&limits, &rule, later);
        assert_eq!((limits.tenant.len(), listed(later)), (0, refilled.to_vec()), "swept, and still known");
        let _ = limits.decide(&[charge(&rule, caller(1), 2)], later);
        assert_eq!(listed(later), [(caller(1), 2, 6, 0), (caller(2), 0, 7, 1)]);
        sweep_all(&limits, &rule, later + 599 * SECOND);
        assert_eq!(listed(later + 599 * SECOND), refilled);
        sweep_all(&limits, &rule, later + 600 * SECOND);
        assert_eq!(listed(later + 600 * SECOND), [(caller(1), 0, 6, 0)], "the other is long ago");
        limits.tenant.refill(rule.id);
        assert_eq!(listed(later), []);
    }
}

#[test]
fn one_sweep_touches_one_map_of_a_table() {
    let (limits, rule) = (Limits::default(), fixed_window(0, 9, SECOND));
    fill(&limits, &rule, 16_000);
    limits.tenant.sweep(&|_| Some(&rule), START + SECOND);
    let left = limits.tenant.len();
    assert!((14_500..15_500).contains(&left), "{left}");
}

#[test]
fn sweeping_spares_lockouts_and_held_slots() {
    let locking = Rule { lockout: Some(10 * SECOND), ..fixed_window(0, 1, SECOND) };
    let (limits, slots) = (Limits::default(), concurrency(1, 1, Hold::Request));
    let _ = (limits.ask(&[&locking], START), limits.ask(&[&locking], START));
    let permit = limits.ask(&[&slots], START);
    let sweep = |now| {
        for _ in 0..MAPS {
            let rule = |id| [&locking, &slots].into_iter().find(|rule| rule.id == id);
            limits.tenant.sweep(&rule, now);
        }
    };
    sweep(START + 10 * SECOND - 1);
    assert_eq!(limits.tenant.len(), 2);
    sweep(START + 10 * SECOND);
    assert_eq!(limits.tenant.len(), 1);
    drop(permit);
    sweep(START + 10 * SECOND);
    assert_eq!(limits.tenant.len(), 0);
}

#[test]
fn sweeping_a_rule_that_is_gone_removes_its_table() {
    let (limits, rule) = (Limits::default(), token_bucket(0, 9, 1, SECOND));
    fill(&limits, &rule, 10);
    limits.tenant.sweep(&|_| None, START);
    assert!(limits.tenant.is_empty());
}

#[test]
fn the_nearest_buckets_come_first_and_no_more_than_asked_for() {
    let rule = Rule { lockout: Some(SECOND), ..fixed_window(0, 100, SECOND) };
    let limits = Limits::default();
    for n in 0..50 {
        let cost = u32::try_from(n + 1).expect("small");
        let _ = limits.decide(&[charge(&rule, caller(n), cost)], START);
    }
    let _ = limits.decide(&[charge(&rule, caller(3), 100)], START);
    let views = limits.tenant.nearest(&rule, 3, START);
    let seen: Vec<_> = views.iter().map(|view| (view.key, view.used, view.locked, view.refused)).collect();
    let expected = [(caller(3), 4, true, 1), (caller(49), 50, false, 0), (caller(48), 49, false, 0)];
    assert_eq!(seen, expected);
    assert!(limits.tenant.nearest(&rule, 0, START).is_empty());
}

#[test]
fn a_refill_forgets_the_buckets_of_one_rule_and_keeps_its_totals() {
    let (limits, refilled, other) =
        (Limits::default(), fixed_window(0, 1, SECOND), fixed_window(1, 9, SECOND));
    let _ = limits.ask(&[&refilled, &other], START);
    assert!(limits.ask(&[&refilled, &other], START).refused);
    limits.tenant.refill(refilled.id);
    assert!(!limits.ask(&[&refilled, &other], START).refused);
    assert_eq!(limits.used(&other, START), 2);
    assert_eq!(limits.tenant.totals(refilled.id).hits, 3);
}

#[test]
fn a_reset_forgets_buckets_and_totals() {
    let (limits, rule) = (Limits::default(), fixed_window(0, 1, SECOND));
    let _ = limits.ask(&[&rule], START);
    limits.tenant.reset();
    assert_eq!(limits.tenant.totals(rule.id), Totals::default());
    assert!(!limits.ask(&[&rule], START).refused);
}

#[test]
fn rules_that_are_gone_take_their_buckets_along() {
    let (limits, gone, kept) = (Limits::default(), fixed_window(0, 9, SECOND), fixed_window(1, 9, SECOND));
    let _ = limits.ask(&[&gone, &kept], START);
    limits.tenant.retain_rules(&|id| id == kept.id);
    assert_eq!((limits.used(&gone, START), limits.used(&kept, START)), (0, 1));
    assert_eq!(limits.tenant.totals(gone.id), Totals::default());
}

#[test]
fn a_new_rate_does_not_reach_back_behind_the_reload() {
    let (limits, slow) = (Limits::default(), token_bucket(0, 10, 1, 3600 * SECOND));
    let fast = token_bucket(0, 10, 100, SECOND);
    let _ = limits.decide(&[charge(&slow, caller(0), 10)], START);
    let reload = START + 1800 * SECOND;
    limits.tenant.settle(&slow, reload);
    assert_eq!(limits.used(&fast, reload), 10);
    assert_eq!(limits.used(&fast, reload + SECOND / 100), 9);
}

#[test]
fn a_lower_capacity_refuses_until_enough_has_accrued() {
    let (limits, old, new) =
        (Limits::default(), token_bucket(0, 10, 1, SECOND), token_bucket(0, 4, 1, SECOND));
    let _ = limits.decide(&[charge(&old, caller(0), 10)], START);
    let decision = limits.ask(&[&new], START);
    assert_eq!(decision.retry_after, Some(7));
    assert_eq!(decision.governing.expect("it refused").remaining, 0);
    assert!(!limits.ask(&[&new], START + 7 * SECOND).refused);
}

#[test]
fn a_reload_does_not_end_a_lockout() {
    let old = Rule { lockout: Some(10 * SECOND), ..token_bucket(0, 1, 1, SECOND) };
    let new = Rule { lockout: Some(99 * SECOND), ..token_bucket(0, 5, 2, SECOND) };
    let limits = Limits::default();
    let _ = (limits.ask(&[&old], START), limits.ask(&[&old], START));
    limits.tenant.settle(&old, START + SECOND);
    assert_eq!(limits.ask(&[&new], START + SECOND).retry_after, Some(9));
    assert!(!limits.ask(&[&new], START + 10 * SECOND).refused);
}
