//! The best explanation of a run: over the steps of time noise, one limit or two.

use super::layers::Pair;
use super::number::float;
use super::permutation;
use super::rows::Rows;
use super::scope::Scope;
use super::score::{WRONG, WRONG_OF_TWO};
use super::search::{Fit, NEARLY, Search};
use super::shape::Shape;
use super::waits;
use crate::Nanos;

/// Steps of the time noise, in units of the file's resolution, in the order in which they are tried.
pub(super) const NOISES: [Nanos; 4] = [1, 8, 3, 16];
/// A limit with at most this part of contradictions explains the run well, and no greater noise is tried.
pub(super) const GOOD: f64 = 0.01;
/// A limit with more contradictions explains nothing.
pub(super) const MOST: f64 = 0.05;

/// What was found under one time noise.
#[derive(Clone, Debug)]
pub(super) struct Solution {
    pub(super) noise: Nanos,
    /// Single limits, the best first. There is at least one.
    pub(super) singles: Vec<Fit>,
    pub(super) pair: Option<Pair>,
    /// Other pairs that explain nearly as much.
    pub(super) pairs: Vec<Pair>,
    /// Whether the best single limit explains more than chance does.
    significant: bool,
    refused: u64,
    /// Whether the best single limit may be one of requests at once under a greater noise.
    doubtful: bool,
}

impl Solution {
    pub(super) fn single_cost(&self) -> u64 {
        // What chance explains as well explains nothing.
        let best = self.singles.first().filter(|_| self.significant);
        best.map_or(self.refused, |fit| fit.score.cost(WRONG))
    }

    /// Whether it explains the run so well that no greater noise is tried.
    fn is_good(&self) -> bool {
        let good = |cost: u64| part(cost, self.refused) <= GOOD;
        let is_sure = |pair: &Pair| good(pair.cost()) && pair.is_ample();
        good(self.single_cost()) && !self.doubtful || self.pair.as_ref().is_some_and(is_sure)
    }

    /// The solution with another single limit before those that it has.
    pub(super) fn replaced_by(&self, best: Fit, noise: Nanos) -> Self {
        let singles = std::iter::once(best).chain(self.singles.iter().cloned()).collect();
        Self { noise, singles, pair: None, pairs: Vec::new(), significant: true, ..self.clone() }
    }

    /// The solution with one of its single limits before the others.
    pub(super) fn led_by(mut self, index: usize) -> Self {
        self.singles[..=index].rotate_right(1);
        self
    }

    fn pair_cost(&self) -> Option<u64> {
        self.pair.as_ref().map(Pair::cost)
    }
}

/// Contradictions as a part of the refusals.
pub(super) fn part(cost: u64, refused: u64) -> f64 {
    float(cost) / float(refused.max(1))
}

/// The explanation with the least noise that is nearly as good as the best, and whether it is a pair.
pub(super) fn solve(rows: &Rows, scopes: &[Scope]) -> Option<(Solution, bool)> {
    let mut solutions: Vec<Solution> = Vec::new();
    for step in NOISES {
        if !is_worth_more(&solutions, rows.refused) {
            break;
        }
        // Two limits take long to find. A pair that the least noise does not show, a greater one may.
        let Some(mut solution) = singles(rows, scopes, step * rows.resolution) else { continue };
        if (step == NOISES[0] || step == NOISES[1])
            && let Some((pair, others)) = pair(rows, scopes, &solution)
        {
            (solution.pair, solution.pairs) = (Some(pair), others);
        }
        let done = step != NOISES[1] && solution.is_good() && !is_one_bucket(rows, scopes, &solution);
        solutions.push(solution);
        if done {
            break;
        }
    }
    solutions.sort_by_key(|solution| solution.noise);
    let sure = solutions.iter().position(|solution| {
        !solution.doubtful && part(solution.single_cost(), rows.refused) <= GOOD && solution.pair.is_none()
    });
    match sure {
        Some(sure) => {
            let requests = at_once(&solutions, sure, rows.refused);
            Some((solutions.swap_remove(requests.unwrap_or(sure)), false))
        }
        None => choose(solutions, rows.refused),
    }
}

/// Whether one bucket explains under a greater noise what two limits explain under this one. Where a bucket is nearly empty all the
/// time, a millisecond decides, and a second limit can have the requests that came in another order.
fn is_one_bucket(rows: &Rows, scopes: &[Scope], solution: &Solution) -> bool {
    let is_bucket = |one: &Solution| {
        one.singles.first().is_some_and(|fit| matches!(fit.shape, Shape::TokenBucket { .. }))
    };
    let explains = |one: &Solution| !one.doubtful && part(one.single_cost(), rows.refused) <= GOOD;
    solution.pair.is_some()
        && is_bucket(solution)
        && singles(rows, scopes, NOISES[1] * rows.resolution)
            .is_some_and(|one| is_bucket(&one) && explains(&one))
}

/// Whether another time noise may explain more. If a much greater noise than the least explains hardly more, noise is not the reason.
fn is_worth_more(solutions: &[Solution], refused: u64) -> bool {
    let [least, greater] = solutions else { return true };
    let cost = least.single_cost().min(greater.single_cost());
    if part(cost, refused) <= 2.0 * MOST {
        return true;
    }
    let gains = |before: u64, after: u64| after * 5 <= before * 4;
    let pairs = least.pair_cost().zip(greater.pair_cost());
    gains(least.single_cost(), greater.single_cost())
        || greater.doubtful
        || least.pair.is_none() && greater.pair.is_some()
        || pairs.is_some_and(|(least, greater)| gains(least, greater))
}

/// Two limits, where one leaves too much and two leave much less.
fn pair(rows: &Rows, scopes: &[Scope], solution: &Solution) -> Option<(Pair, Vec<Pair>)> {
    let cost = solution.single_cost();
    // With times in whole seconds, two limits explain any refusals.
    if part(cost, rows.refused) <= GOOD || !solution.significant || rows.has_whole_seconds() {
        return None;
    }
    let pair = Search::new(rows, scopes, 2 * solution.noise, WRONG_OF_TWO).pair();
    pair.filter(|(pair, _)| pair.cost() * 2 <= cost)
}

/// The single limits under one time noise.
pub(super) fn singles(rows: &Rows, scopes: &[Scope], epsilon: Nanos) -> Option<Solution> {
    let mut search = Search::new(rows, scopes, 2 * epsilon, WRONG);
    let singles = search.single(&[]);
    let singles = waits::possible(&mut search, singles);
    let (singles, significant) = permutation::significant(&search, singles);
    let best = singles.first()?;
    let doubtful = search.is_as_long_as_answers(best);
    let significant = significant && !search.is_unmeasured(best.shape);
    let (pair, pairs) = Default::default();
    Some(Solution { noise: epsilon, singles, significant, refused: rows.refused, pair, pairs, doubtful })
}

fn choose(mut solutions: Vec<Solution>, refused: u64) -> Option<(Solution, bool)> {
    let singles: Vec<u64> = solutions.iter().map(Solution::single_cost).collect();
    let pairs: Vec<u64> = solutions.iter().map(|solution| solution.pair_cost().unwrap_or(u64::MAX)).collect();
    let least = |costs: &[u64]| costs.iter().copied().min().unwrap_or(u64::MAX);
    let (single, pair) = (least(&singles), least(&pairs));
    let as_pair = part(single, refused) > GOOD && pair < single;
    let (costs, best) = if as_pair { (pairs, pair) } else { (singles, single) };
    let nearly = |cost: &u64| part(*cost, refused) <= (part(best, refused) * 1.2).max(GOOD);
    let index = costs.iter().position(nearly)?;
    let requests = at_once(&solutions, index, refused).filter(|_| !as_pair);
    Some((solutions.swap_remove(requests.unwrap_or(index)), as_pair))
}

/// The solution of requests at once under a lesser noise, if they explain as much as the best under the noise that was chosen. Such a noise
/// may be too great to measure them by: it leaves open how many overlap.
fn at_once(solutions: &[Solution], chosen: usize, refused: u64) -> Option<usize> {
    let cost = |fit: &Fit| fit.score.cost(WRONG);
    let best = &solutions[chosen].singles;
    let most = best.first().map(cost)? + refused / NEARLY;
    best.iter().find(|fit| fit.shape == Shape::Requests && cost(fit) <= most)?;
    solutions[..chosen].iter().position(|lesser| {
        let first = lesser.singles.first();
        first.is_some_and(|fit| fit.shape == Shape::Requests && part(cost(fit), refused) <= MOST / 2.0)
    })
}
