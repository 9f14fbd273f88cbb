//! Decisions of which another process has taken a part.

use gcmock_limit::{Elsewhere, Level, decide_beside};

use super::*;

/// The word of a process that keeps the bucket of the first caller.
fn word(admits: bool, charged: bool) -> Elsewhere {
    let level = Level { key: caller(0), at: START, used: 1, part: 0, locked: false, refused: 0, highest: 1 };
    Elsewhere { level, admits, charged, known: true }
}

#[test]
fn what_is_admitted_and_not_charged_elsewhere_is_undecided_and_charged_nowhere() {
    let (limits, own, other) = (Limits::default(), fixed_window(0, 1, SECOND), fixed_window(1, 9, SECOND));
    let charges = one_each(&[&own, &other]);
    let ask =
        |word| decide_beside(&limits.server, Some(&limits.tenant), &charges, &[None, Some(word)], START);
    let undecided = ask(word(true, false));
    assert!(undecided.undecided && !undecided.refused && undecided.permits.is_empty());
    assert_eq!((limits.used(&own, START), limits.tenant.totals(own.id).hits), (0, 0));

    let refused = ask(word(false, false));
    assert!(refused.refused && !refused.undecided, "the other limit refuses");
    let admitted = ask(word(true, true));
    assert!(!admitted.refused && !admitted.undecided);
    assert_eq!(limits.used(&own, START), 1);

    let late = ask(word(true, false));
    assert!(late.refused && !late.undecided, "the own limit refuses, as the other process was told");
}

#[test]
fn a_limit_of_which_nobody_knows_the_level_leaves_nothing_undecided() {
    let (limits, own, other) = (Limits::default(), fixed_window(0, 1, SECOND), fixed_window(1, 9, SECOND));
    let shadow = Rule { mode: Mode::Shadow, ..other };
    let charges = one_each(&[&own, &shadow]);
    let unknown = Elsewhere { known: false, ..word(false, false) };
    let refused: Vec<bool> = (0..2)
        .map(|_| {
            let elsewhere = [None, Some(unknown)];
            let decision = decide_beside(&limits.server, Some(&limits.tenant), &charges, &elsewhere, START);
            assert!(!decision.undecided);
            decision.refused
        })
        .collect();
    assert_eq!(refused, [false, true], "the own limit is charged");
}
