//! Concurrency limits: slots, and the permits that hold them.

use super::*;

#[test]
fn a_slot_is_free_again_when_its_permit_is_dropped() {
    let (limits, rule) = (Limits::default(), concurrency(0, 2, Hold::Request));
    let (first, second) = (limits.ask(&[&rule], START), limits.ask(&[&rule], START));
    let refused = limits.ask(&[&rule], START + 3600 * SECOND);
    assert_eq!(refused.retry_after, Some(1), "however long the slots are held");
    assert!(refused.permits.is_empty());
    drop(first);
    assert!(!limits.ask(&[&rule], START).refused, "dropped at once, too");
    assert_eq!(limits.used(&rule, START), 1);
    drop(second);
    assert_eq!(limits.used(&rule, START), 0);
}

#[test]
fn a_permit_says_what_it_belongs_to() {
    let (limits, rule) = (Limits::default(), concurrency(7, 2, Hold::Connection));
    let decision = limits.ask(&[&rule], START);
    let permit = decision.permits.first().expect("it took a slot");
    assert_eq!((permit.rule(), permit.key(), permit.hold()), (rule.id, caller(0), Hold::Connection));
}

#[test]
fn a_request_that_costs_several_places_frees_as_many() {
    let (limits, rule) = (Limits::default(), concurrency(0, 5, Hold::Request));
    let decision = limits.decide(&[charge(&rule, caller(0), 3)], START);
    assert_eq!(limits.used(&rule, START), 3);
    drop(decision);
    assert_eq!(limits.used(&rule, START), 0);
}

#[test]
fn a_refusal_takes_no_slot_even_if_refusals_count() {
    let rule = Rule { count_refused: true, ..concurrency(0, 5, Hold::Request) };
    let (limits, tight) = (Limits::default(), fixed_window(1, 1, SECOND));
    drop(limits.ask(&[&rule, &tight], START));
    assert!(limits.ask(&[&rule, &tight], START).refused);
    assert_eq!(limits.used(&rule, START), 0);
}

#[test]
fn a_connection_that_has_its_slot_takes_no_second_one() {
    let (limits, rule) = (Limits::default(), concurrency(0, 1, Hold::Connection));
    let connection = limits.ask(&[&rule], START);
    let held = Charge { held: true, ..charge(&rule, caller(0), 1) };
    let again = limits.decide(&[held], START);
    assert!(!again.refused);
    assert!(again.permits.is_empty());
    assert!(limits.ask(&[&rule], START).refused, "another connection");
    drop(connection);
    assert!(!limits.ask(&[&rule], START).refused);
}

#[test]
fn a_permit_that_outlives_a_reset_frees_nothing() {
    let (limits, rule) = (Limits::default(), concurrency(0, 2, Hold::Connection));
    let stale = limits.ask(&[&rule], START);
    limits.tenant.reset();
    assert!(limits.tenant.is_empty());
    let (_first, _second) = (limits.ask(&[&rule], START), limits.ask(&[&rule], START));
    drop(stale);
    assert_eq!(limits.used(&rule, START), 2);
    assert!(limits.ask(&[&rule], START).refused);
}

#[test]
fn a_permit_of_a_rule_that_is_gone_frees_nothing() {
    let (limits, rule) = (Limits::default(), concurrency(0, 2, Hold::Connection));
    let stale = limits.ask(&[&rule], START);
    limits.tenant.retain_rules(&|_| false);
    // A request that still holds the older configuration.
    let _late = limits.ask(&[&rule], START);
    drop(stale);
    assert_eq!(limits.used(&rule, START), 1);
}

#[test]
fn a_refill_leaves_held_places_held() {
    let (limits, rule) = (Limits::default(), concurrency(0, 1, Hold::Connection));
    let permit = limits.ask(&[&rule], START);
    limits.tenant.refill(rule.id);
    assert!(limits.ask(&[&rule], START).refused);
    drop(permit);
    assert!(!limits.ask(&[&rule], START).refused);
    limits.tenant.refill(rule.id);
    assert!(limits.tenant.is_empty());
}

#[test]
fn a_refill_of_one_key_leaves_its_held_places_and_other_keys() {
    let (limits, rule) = (Limits::default(), concurrency(0, 1, Hold::Connection));
    let permit = limits.ask(&[&rule], START);
    limits.ask(&[&rule], START);
    let view = limits.tenant.nearest(&rule, 1, START)[0];
    assert_eq!((view.used, view.refused), (1, 1));
    limits.tenant.refill_key(rule.id, Key::from_halves([7, 0]));
    assert_eq!(limits.tenant.nearest(&rule, 1, START), [view], "another key");
    limits.tenant.refill_key(rule.id, view.key);
    let view = limits.tenant.nearest(&rule, 1, START)[0];
    assert_eq!((view.used, view.refused), (1, 0));
    drop(permit);
    limits.tenant.refill_key(rule.id, view.key);
    assert!(limits.tenant.is_empty());
}

#[test]
fn a_lockout_ends_with_the_places_as_they_are() {
    let rule = Rule { lockout: Some(10 * SECOND), ..concurrency(0, 2, Hold::Request) };
    let limits = Limits::default();
    let (first, _second) = (limits.ask(&[&rule], START), limits.ask(&[&rule], START));
    assert_eq!(limits.ask(&[&rule], START).retry_after, Some(10));
    drop(first);
    assert!(limits.ask(&[&rule], START + SECOND).refused, "a free slot does not end it");
    let freed = limits.ask(&[&rule], START + 10 * SECOND);
    assert!(!freed.refused);
    assert_eq!(limits.used(&rule, START + 10 * SECOND), 2);
}

#[test]
fn ten_connections_keep_every_other_out_however_slowly_it_sends() {
    let slots = concurrency(0, 10, Hold::Connection);
    let rate = token_bucket(1, 10, 10, SECOND);
    let limits = Limits::default();
    let mut held: Vec<Option<Decision<'_>>> = (0..50).map(|_| None).collect();
    for second in 0..30 {
        for (thread, slot) in held.iter_mut().enumerate() {
            let has_slot = Charge { held: slot.is_some(), ..charge(&slots, caller(0), 1) };
            let now = START + second * SECOND + u64::try_from(thread).expect("small") * SECOND / 50;
            let decision = limits.decide(&[has_slot, charge(&rate, caller(0), 1)], now);
            assert_eq!(decision.refused, thread >= 10, "thread {thread} in second {second}");
            if !decision.permits.is_empty() {
                *slot = Some(decision);
            }
        }
    }
}
