//! The search against an exhaustive one, and the kinds against naive models of them.

use proptest::prelude::*;

use super::replay::{self, Use};
use super::rows::{Row, Rows};
use super::scope::{By, Scope};
use super::score::{WRONG, WRONG_OF_TWO};
use super::search::Search;
use super::shape::Shape;
use super::view::View;
use crate::Nanos;

const MILLISECOND: Nanos = 1_000_000;
const BEGIN: Nanos = 1_795_817_680_000 * MILLISECOND;

/// Rows of a few threads and labels, most of them refused by a window of a random size, and some by chance.
fn rows(most: usize) -> impl Strategy<Value = Rows> {
    let row = (1..900_u64, 0..400_u64, 0..4_u32, 0..2_u32, 0..100_u8);
    (prop::collection::vec(row, 30..most), 2..12_usize, 0..10_u8).prop_map(|(drawn, capacity, chance)| {
        let (mut at, mut admitted): (Nanos, Vec<Nanos>) = (BEGIN, Vec::new());
        let rows = drawn.into_iter().map(|(gap, takes, thread, label, luck)| {
            at += gap * MILLISECOND;
            let used = admitted.iter().filter(|time| **time + 5_000 * MILLISECOND > at).count();
            let refused = used >= capacity || luck < chance;
            if !refused {
                admitted.push(at);
            }
            let end = at + takes * MILLISECOND;
            Row { at, end, way: 0, label, thread, refused, fresh: luck % 7 == 0, retry_after: None }
        });
        Rows::with(rows.collect(), Vec::new())
    })
}

fn scopes() -> Vec<Scope> {
    let keys = [By::All, By::Label, By::Thread];
    let all = keys.into_iter().map(|by| Scope { labels: Vec::new(), by });
    all.chain([Scope { labels: vec![1], by: By::All }]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn candidates_that_are_given_up_would_not_have_been_the_answer(rows in rows(1500), noise in 0..3_u64) {
        let scopes = scopes();
        for weight in [WRONG, WRONG_OF_TWO] {
            let search = || Search::new(&rows, &scopes, noise * 8 * MILLISECOND, weight);
            let exhaustive = || {
                let mut search = search();
                search.exhaustive = true;
                search
            };
            prop_assert_eq!(search().single(&[]), exhaustive().single(&[]));
            if weight == WRONG_OF_TWO {
                prop_assert_eq!(search().pair(), exhaustive().pair());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn outcomes_change_places_within_a_block_and_excused_ones_stay(rows in rows(200), block in 1..60_u64) {
        let block = block * 1_000 * MILLISECOND;
        let excused: Vec<bool> = rows.rows.iter().map(|row| row.refused && row.label == 1).collect();
        let from = rows.rows[rows.rows.len() / 4].at;
        let rows = rows.binding_from(from);
        let shuffled = rows.shuffled(block, &excused);
        prop_assert_eq!((shuffled.refused, shuffled.from), (rows.refused, from));
        let outcomes = |rows: &Rows, block_of: Nanos| {
            let here = rows.rows.iter().filter(|row| row.at / block == block_of);
            let mut outcomes: Vec<(bool, Nanos)> = here.map(|row| (row.refused, row.end - row.at)).collect();
            outcomes.sort_unstable();
            outcomes
        };
        for (index, (row, moved)) in rows.rows.iter().zip(&shuffled.rows).enumerate() {
            prop_assert_eq!((row.at, row.label, row.thread), (moved.at, moved.label, moved.thread));
            if excused[index] || row.at < from {
                prop_assert_eq!((row.refused, row.end), (moved.refused, moved.end));
            }
            prop_assert_eq!(outcomes(&rows, row.at / block), outcomes(&shuffled, row.at / block));
        }
    }
}

fn shape() -> impl Strategy<Value = Shape> {
    let period = || (1..8_000_u64).prop_map(|millis| millis * MILLISECOND);
    prop_oneof![
        (1..400_u32).prop_map(|tenths| Shape::TokenBucket { rate: f64::from(tenths) / 10.0 }),
        (period(), any::<bool>()).prop_map(|(period, counts_refused)| Shape::FixedWindow {
            period,
            lockout: None,
            counts_refused
        }),
        (period(), period()).prop_map(|(period, lockout)| Shape::FixedWindow {
            period,
            lockout: Some(lockout),
            counts_refused: false
        }),
        (period(), period())
            .prop_map(|(period, phase)| Shape::AlignedWindow { period, phase: phase % period }),
        (period(), any::<bool>())
            .prop_map(|(period, counts_refused)| Shape::SlidingWindow { period, counts_refused }),
        Just(Shape::Requests),
        (period(), period())
            .prop_map(|(period, phase)| Shape::SlidingCounter { period, phase: phase % period }),
        (period(), proptest::option::of(1..5_u32), proptest::option::of(period())).prop_map(
            |(period, refill, phase)| Shape::Stepped {
                period,
                refill,
                phase: phase.map(|phase| phase % period)
            }
        ),
        Just(Shape::Ban),
    ]
}

/// The use of the row at `index` among the rows of one count, by the words that define the kind.
fn naive(rows: &[&Row], index: usize, shape: Shape) -> i64 {
    let (row, before) = (rows[index], &rows[..index]);
    let admitted = || before.iter().filter(|row| !row.refused);
    let count = |rows: usize| i64::try_from(rows).expect("a count") + 1;
    match shape {
        Shape::TokenBucket { rate } => {
            let since = |from: &&&Row| {
                let later = admitted().filter(|row| row.at >= from.at).count();
                let passed = std::time::Duration::from_nanos(row.at - from.at).as_secs_f64();
                f64::from(u32::try_from(later).expect("a count")) - rate * passed
            };
            let used = admitted().map(|from| since(&from)).fold(0.0, f64::max);
            super::number::whole(used + 1.0)
        }
        Shape::FixedWindow { period, counts_refused: true, .. } => {
            let all: Vec<Row> = before.iter().map(|row| Row { refused: false, ..(*row).clone() }).collect();
            window(&all.iter().collect::<Vec<_>>(), row.at, period, None)
        }
        Shape::FixedWindow { period, lockout, .. } => window(before, row.at, period, lockout),
        Shape::AlignedWindow { period, phase } => {
            count(admitted().filter(|other| (other.at - phase) / period == (row.at - phase) / period).count())
        }
        Shape::SlidingWindow { period, counts_refused } => {
            let counted = before.iter().filter(|other| counts_refused || !other.refused);
            count(counted.filter(|other| other.at + period > row.at).count())
        }
        Shape::SlidingCounter { period, phase } => {
            let counted = || before.iter().filter(|other| !other.refused);
            let number = |row: &Row| (row.at - phase) / period;
            let window = |ago: u64| counted().filter(|other| number(other) + ago == number(row)).count();
            let left = u64::try_from(window(1)).expect("a count") * (period - (row.at - phase) % period);
            count(window(0)) + i64::try_from(left.div_ceil(period)).expect("a count")
        }
        Shape::Stepped { period, refill, phase } => stepped(rows, index, period, (refill, phase)),
        Shape::Requests => count(admitted().filter(|other| other.end > row.at).count()),
        Shape::Connections => 0,
        Shape::Ban => {
            let banned = row.refused || before.iter().any(|row| row.refused);
            if banned { i64::MAX } else { 1 }
        }
    }
}

/// Goes from edge to edge, and takes the tokens of each away.
fn stepped(rows: &[&Row], index: usize, period: Nanos, (refill, phase): (Option<u32>, Option<Nanos>)) -> i64 {
    let origin = phase.unwrap_or(rows[0].at);
    let edges = |from: &Row, to: &Row| (to.at - origin) / period - (from.at - origin) / period;
    let mut used = 0_i64;
    for (row, next) in rows[..index].iter().zip(&rows[1..]) {
        used += i64::from(!row.refused);
        for _ in 0..edges(row, next).min(1000) {
            used = refill.map_or(0, |refill| (used - i64::from(refill)).max(0));
        }
    }
    used + 1
}

/// Goes through the windows one after the other. None of the rows is locked unless a lockout says so.
fn window(before: &[&Row], now: Nanos, period: Nanos, lockout: Option<Nanos>) -> i64 {
    let (mut start, mut used, mut locked): (Nanos, i64, Nanos) = (0, 0, 0);
    for row in before.iter().copied().map(Some).chain([None]) {
        let at = row.map_or(now, |row| row.at);
        if at < locked || used > 0 && at - start >= period {
            used = 0;
        }
        match row {
            Some(row) if !row.refused => {
                start = if used == 0 { at } else { start };
                used += 1;
            }
            Some(_) if at > locked && used > 0 => locked = lockout.map_or(locked, |lockout| at + lockout),
            None if at < locked => return i64::MAX,
            Some(_) | None => {}
        }
    }
    used + 1
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_use_of_a_row_is_that_of_a_naive_model(rows in rows(120), shape in shape(), scope in 0..4_usize) {
        let scope = &scopes()[scope];
        let view = View::new(&rows, scope, 0, &[]);
        let mut uses: Vec<Use> = Vec::new();
        replay::uses(&view, shape, &mut uses);
        for (item, usage) in view.items.iter().zip(&uses).filter(|(_, usage)| !usage.is_unknown()) {
            let own = view.items.iter().filter(|other| other.group == item.group).map(|other| other.row);
            let own: Vec<u32> = own.collect();
            let index = own.iter().position(|row| *row == item.row).expect("a row");
            let own: Vec<&Row> = own.into_iter().map(|row| &rows.rows[row as usize]).collect();
            let expected = naive(&own, index, shape);
            let locked = expected == i64::MAX && item.refused;
            prop_assert!(usage.exact == expected || locked, "{shape:?}: {usage:?}, expected {expected}");
        }
    }
}
