//! Which value is tried next. Pure: it sees what has been tried.
//!
//! Values are positions: 0 is the mildest, `last` the hardest. Refusals grow with the position, but not everywhere:
//! whole milliseconds and the cycles of a lockout make exceptions. So the neighbours of the result are tried too.

use std::collections::BTreeMap;

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Try this position.
    Try(u64),
    /// This is the hardest position without a refusal whose neighbours are as they should be: the milder one is
    /// without a refusal, the harder one is not. `None`: even the mildest is refused.
    Found(Option<u64>),
}

/// The next position, after some have been tried: true is without a refusal.
pub(super) fn next(tried: &BTreeMap<u64, bool>, last: u64) -> Next {
    let is_refused = |at: u64| tried.get(&at) == Some(&false);
    match tried.get(&last) {
        None => return Next::Try(last),
        Some(true) if !last.checked_sub(1).is_some_and(is_refused) => return settle(tried, last),
        Some(_) => {}
    }
    match tried.get(&0) {
        None => return Next::Try(0),
        Some(false) => return Next::Found(None),
        Some(true) => {}
    }
    let refused = tried.iter().find(|(_, clean)| !**clean).map_or(last, |(at, _)| *at);
    let clean = tried.range(..refused).next_back().map_or(0, |(at, _)| *at);
    if refused - clean > 1 { Next::Try(clean + (refused - clean) / 2) } else { settle(tried, clean) }
}

/// Looks at the milder neighbour of a candidate. A refusal there begins the search below it.
fn settle(tried: &BTreeMap<u64, bool>, candidate: u64) -> Next {
    let milder = candidate.checked_sub(1).filter(|milder| !tried.contains_key(milder));
    milder.map_or(Next::Found(Some(candidate)), Next::Try)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The result and the number of tries.
    fn found(last: u64, clean: impl Fn(u64) -> bool) -> (Option<u64>, usize) {
        let mut tried = BTreeMap::new();
        loop {
            match next(&tried, last) {
                Next::Try(at) => assert_eq!(tried.insert(at, clean(at)), None, "{at} twice"),
                Next::Found(at) => return (at, tried.len()),
            }
        }
    }

    #[test]
    fn a_threshold_is_found_in_few_tries() {
        assert_eq!(found(490, |at| at <= 121), (Some(121), 11));
        assert_eq!(found(490, |_| true), (Some(490), 2));
        assert_eq!(found(490, |_| false), (None, 2));
        assert_eq!(found(0, |_| true), (Some(0), 1));
    }

    #[test]
    fn a_refusal_below_the_hardest_value_counts() {
        assert_eq!(found(1, |at| at == 1), (None, 2));
        assert_eq!(found(9, |at| at != 8).0, Some(7));
    }

    proptest! {
        #[test]
        fn a_threshold_is_exact(last in 0_u64..1000, share in 0.0..1.0_f64) {
            let threshold = (share * 1000.0).round();
            let is_clean = |at: u64| f64::from(u32::try_from(at).expect("small")) < threshold;
            let naive = (0..=last).rev().find(|at| is_clean(*at));
            prop_assert_eq!(found(last, is_clean).0, naive);
        }

        #[test]
        fn the_neighbours_of_a_result_are_as_they_should_be(clean in prop::collection::vec(any::<bool>(), 1..60)) {
            let last = clean.len() as u64 - 1;
            let is_clean = |at: u64| clean[usize::try_from(at).expect("small")];
            match found(last, is_clean).0 {
                None => prop_assert!(!is_clean(0)),
                Some(at) => {
                    prop_assert!(is_clean(at));
                    prop_assert!(at == last || !is_clean(at + 1));
                    prop_assert!(at == 0 || is_clean(at - 1));
                }
            }
        }
    }
}
