//! The engine by example: what one limit, or a few of them, answer.

use std::sync::atomic::{AtomicU32, Ordering};

use gcmock_limit::{History, Totals};

use super::*;

#[test]
fn a_token_bucket_starts_full_and_gives_no_head_start_for_idling() {
    let (limits, rule) = (Limits::default(), token_bucket(0, 2, 1, SECOND));
    let later = START + 100 * SECOND + SECOND / 2;
    for now in [START, later, later, later + SECOND] {
        assert!(!limits.ask(&[&rule], now).refused, "at {now}");
    }
    assert!(limits.ask(&[&rule], later + 2 * SECOND - 1).refused, "accrual began with the charge at `later`");
    assert!(!limits.ask(&[&rule], later + 2 * SECOND).refused);
}

#[test]
fn tokens_that_take_a_third_of_a_second_do_not_drift() {
    let (limits, rule) = (Limits::default(), token_bucket(0, 2, 3, SECOND));
    let _ = limits.decide(&[charge(&rule, caller(0), 2)], START);
    // Never full, so that accrual never restarts.
    for token in 1..=100_000 {
        let due = START + (token * SECOND).div_ceil(3);
        assert!(limits.ask(&[&rule], due - 1).refused, "token {token}");
        assert!(!limits.ask(&[&rule], due).refused, "token {token}");
    }
}

#[test]
fn a_request_at_the_end_of_a_window_opens_the_next() {
    let (limits, rule) = (Limits::default(), fixed_window(0, 1, SECOND));
    assert!(!limits.ask(&[&rule], START).refused);
    assert!(limits.ask(&[&rule], START + SECOND - 1).refused);
    assert!(!limits.ask(&[&rule], START + SECOND).refused);
    let status = limits.peek(&one_each(&[&rule]), START + SECOND).governing.expect("one limit");
    assert_eq!((status.resets_in, status.remaining), (SECOND, 0));
}

#[test]
fn a_cost_above_the_capacity_is_clamped_to_it() {
    let (limits, rule) = (Limits::default(), fixed_window(0, 3, SECOND));
    assert!(!limits.decide(&[charge(&rule, caller(0), 1000)], START).refused);
    assert_eq!(limits.used(&rule, START), 3);
}

#[test]
fn a_cost_of_nothing_counts_as_one() {
    let (limits, rule) = (Limits::default(), fixed_window(0, 3, SECOND));
    let _ = limits.decide(&[charge(&rule, caller(0), 0)], START);
    assert_eq!(limits.used(&rule, START), 1);
}

#[test]
fn without_limits_everything_is_admitted_and_nothing_governs() {
    let decision = Limits::default().decide(&[], START);
    assert!(!decision.refused);
    assert!(decision.governing.is_none());
    assert_eq!(decision.retry_after, None);
}

#[test]
fn a_refusal_by_one_limit_charges_none() {
    let (limits, wide, tight) =
        (Limits::default(), token_bucket(0, 1000, 1, SECOND), fixed_window(1, 1, SECOND));
    for _ in 0..50 {
        let _ = limits.ask(&[&wide, &tight], START);
    }
    assert_eq!(limits.used(&wide, START), 1);
    assert_eq!(limits.tenant.totals(wide.id), Totals { hits: 50, admitted: 1, ..Totals::default() });
    assert_eq!(
        limits.tenant.totals(tight.id),
        Totals { hits: 50, admitted: 1, near: 1, refused: 49, ..Totals::default() }
    );
}

#[test]
fn a_limit_keeps_its_first_refusal_and_its_highest_level() {
    let (limits, rule) = (Limits::default(), fixed_window(0, 2, SECOND));
    assert_eq!(limits.tenant.history(rule.id), History::default());
    for millis in [0, 300, 600, 900, 1500] {
        let _ = limits.ask(&[&rule], START + millis * 1_000_000);
    }
    let expected = History { first: Some(START), first_refused: Some(START + 600 * 1_000_000), highest: 2 };
    assert_eq!(limits.tenant.history(rule.id), expected);
    let earlier = History { first: Some(START - 1), first_refused: None, highest: 1 };
    assert_eq!(earlier.and(expected), History { first: Some(START - 1), ..expected });
    limits.tenant.refill(rule.id);
    assert_eq!(limits.tenant.history(rule.id), expected, "what happened stays so");
    assert_eq!([(); 2].map(|()| limits.tenant.take_recent(rule.id)), [2, 0]);
    let _ = limits.ask(&[&rule], START + 9 * SECOND);
    assert_eq!(limits.tenant.take_recent(rule.id), 1, "the highest since the last call");
    limits.tenant.reset();
    assert_eq!(limits.tenant.history(rule.id), History::default());
}

#[test]
fn a_refused_request_of_a_new_key_makes_no_bucket() {
    let (limits, tight, other) = (Limits::default(), fixed_window(0, 1, SECOND), fixed_window(1, 9, SECOND));
    let _ = limits.ask(&[&tight], START);
    assert!(limits.ask(&[&other, &tight], START).refused);
    assert_eq!(limits.tenant.len(), 1);
}

#[test]
fn peeking_makes_no_bucket_and_counts_nothing() {
    let (limits, rule) = (Limits::default(), concurrency(0, 1, Hold::Request));
    let decision = limits.peek(&one_each(&[&rule]), START);
    assert!(!decision.refused);
    assert!(decision.permits.is_empty());
    assert!(limits.tenant.is_empty());
    assert_eq!(limits.tenant.totals(rule.id), Totals::default());
}

#[test]
fn the_wait_is_the_longest_of_the_refusing_limits() {
    let (limits, short, long) =
        (Limits::default(), fixed_window(0, 1, SECOND), fixed_window(1, 1, 9 * SECOND));
    let _ = limits.ask(&[&short, &long], START);
    let decision = limits.ask(&[&short, &long], START + SECOND / 2);
    assert_eq!(decision.retry_after, Some(9), "8.5 s, rounded up");
    let status = decision.governing.expect("a limit refused");
    assert_eq!((status.rule.id, status.wait), (long.id, 8 * SECOND + SECOND / 2));
}

#[test]
fn a_fixed_retry_after_is_sent_as_written() {
    let rule = Rule { retry_after: Some(30), ..fixed_window(0, 1, SECOND) };
    let limits = Limits::default();
    let _ = limits.ask(&[&rule], START);
    let decision = limits.ask(&[&rule], START);
    let status = decision.governing.expect("a limit refused");
    assert_eq!(decision.retry_after, Some(30));
    assert_eq!((status.wait, status.exact_wait), (30 * SECOND, SECOND));
}

#[test]
fn admitted_requests_show_the_limit_that_is_fullest_by_share() {
    let (limits, small, large) =
        (Limits::default(), fixed_window(0, 4, SECOND), fixed_window(1, 1000, SECOND));
    let small_share = limits.decide(&[charge(&large, caller(0), 200), charge(&small, caller(0), 1)], START);
    assert_eq!(small_share.governing.expect("two limits").rule.id, small.id);
    let large_share = limits.decide(&[charge(&large, caller(0), 700), charge(&small, caller(0), 1)], START);
    assert_eq!(large_share.governing.expect("two limits").rule.id, large.id);
}

#[test]
fn of_limits_that_are_equally_full_the_first_governs() {
    let (first, second) = (fixed_window(0, 2, SECOND), fixed_window(1, 2, SECOND));
    let admitted = Limits::default().ask(&[&first, &second], START);
    assert_eq!(admitted.governing.expect("two limits").rule.id, first.id);
    let swapped = Limits::default().ask(&[&second, &first], START);
    assert_eq!(swapped.governing.expect("two limits").rule.id, second.id);
}

#[test]
fn count_refused_charges_what_another_limit_refused() {
    let counting = Rule { count_refused: true, ..fixed_window(0, 10, 5 * SECOND) };
    let (limits, tight) = (Limits::default(), fixed_window(1, 1, SECOND));
    for _ in 0..9 {
        let _ = limits.ask(&[&counting, &tight], START);
    }
    assert_eq!(limits.used(&counting, START), 9);
    let tenth = limits.ask(&[&counting, &tight], START);
    assert_eq!(tenth.retry_after, Some(5), "it did not refuse, but it would now");
    assert_eq!(tenth.governing.expect("a limit refused").rule.id, tight.id);
}

#[test]
fn count_refused_keeps_an_impatient_client_out() {
    let rule = Rule { count_refused: true, ..token_bucket(0, 1, 1, SECOND) };
    let limits = Limits::default();
    for tenth in 0..100 {
        let decision = limits.ask(&[&rule], START + tenth * SECOND / 10);
        assert_eq!(decision.refused, tenth % 10 != 0, "request {tenth}");
    }
    let costly = Rule { count_refused: true, ..token_bucket(1, 4, 1, SECOND) };
    for half in 0..20 {
        let request = [charge(&costly, caller(0), 3)];
        assert_eq!(limits.decide(&request, START + half * SECOND / 2).refused, half > 0, "request {half}");
    }
}

#[test]
fn a_lockout_runs_from_the_refusal_that_set_it_and_leaves_the_key_free() {
    let rule = Rule { lockout: Some(10 * SECOND), ..fixed_window(0, 2, SECOND) };
    let limits = Limits::default();
    let _ = (limits.ask(&[&rule], START), limits.ask(&[&rule], START));
    assert_eq!(limits.ask(&[&rule], START).retry_after, Some(10));
    let late = limits.ask(&[&rule], START + 9 * SECOND + 1);
    assert_eq!(late.retry_after, Some(1), "it is not extended");
    let status = late.governing.expect("a limit refused");
    assert_eq!((status.remaining, status.resets_in), (0, SECOND - 1));
    assert!(limits.ask(&[&rule], START + 10 * SECOND - 1).refused);
    let free = limits.ask(&[&rule], START + 10 * SECOND).governing.expect("one limit");
    assert_eq!((free.used, free.remaining, free.resets_in), (1, 1, SECOND), "a fresh window");
}

#[test]
fn a_lockout_is_not_charged_even_by_count_refused() {
    let rule = Rule { lockout: Some(SECOND), count_refused: true, ..token_bucket(0, 1, 1, 100 * SECOND) };
    let limits = Limits::default();
    for half in 0..8 {
        let refused = limits.ask(&[&rule], START + half * SECOND / 2).refused;
        // Charged at 0, locked from 0.5 to 1.5, charged at 1.5, locked from 2 to 3, charged at 3.
        assert_eq!(refused, half % 3 != 0, "request {half}");
    }
}

#[test]
fn a_lockout_of_one_key_leaves_the_others_alone() {
    let rule = Rule { lockout: Some(10 * SECOND), ..fixed_window(0, 1, SECOND) };
    let limits = Limits::default();
    let _ = (limits.ask(&[&rule], START), limits.ask(&[&rule], START));
    assert!(!limits.decide(&[charge(&rule, caller(1), 1)], START).refused);
}

#[test]
fn a_limit_in_shadow_mode_counts_what_it_would_refuse_and_never_governs() {
    let rule = Rule { mode: Mode::Shadow, ..fixed_window(0, 2, SECOND) };
    let limits = Limits::default();
    for request in 0..5 {
        let decision = limits.ask(&[&rule], START);
        assert!(!decision.refused && decision.governing.is_none());
        assert_eq!(decision.shadowed.len(), usize::from(request >= 2));
    }
    assert_eq!(
        limits.tenant.totals(rule.id),
        Totals { hits: 5, admitted: 2, near: 1, shadow_refused: 3, ..Totals::default() }
    );
    assert_eq!(limits.used(&rule, START), 2);
}

#[test]
fn a_shadow_that_would_refuse_does_not_keep_the_others_from_charging() {
    let shadow = Rule { mode: Mode::Shadow, ..fixed_window(0, 1, SECOND) };
    let (limits, enforced) = (Limits::default(), fixed_window(1, 9, SECOND));
    for _ in 0..5 {
        let _ = limits.ask(&[&shadow, &enforced], START);
    }
    assert_eq!((limits.used(&shadow, START), limits.used(&enforced, START)), (1, 5));
}

#[test]
fn time_that_steps_back_gives_nothing_away() {
    let (limits, rule) = (Limits::default(), token_bucket(0, 2, 1, SECOND));
    let _ = (limits.ask(&[&rule], START), limits.ask(&[&rule], START));
    let earlier = limits.ask(&[&rule], START - 50 * SECOND);
    assert_eq!(earlier.retry_after, Some(51), "the token accrues when it would have");
}

#[test]
fn sixteen_threads_at_one_key_admit_exactly_the_capacity() {
    let server_wide = Rule { scope: Scopes::default(), ..token_bucket(2, 5000, 1, 3600 * SECOND) };
    let rules = [token_bucket(0, 1000, 1, 3600 * SECOND), fixed_window(1, 3000, 3600 * SECOND)];
    let (limits, admitted) = (Limits::default(), AtomicU32::new(0));
    let mut charges = one_each(&[&rules[0], &rules[1], &server_wide]);
    charges[2].home = Home::Server;
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let times = (0..200).filter(|_| !limits.decide(&charges, START).refused).count();
                admitted.fetch_add(u32::try_from(times).expect("at most 200"), Ordering::Relaxed);
            });
        }
    });
    assert_eq!(admitted.into_inner(), 1000);
    assert_eq!(limits.used(&rules[1], START), 1000);
    assert_eq!(limits.server.totals(server_wide.id).admitted, 1000);
}
