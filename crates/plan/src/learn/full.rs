//! A token bucket that was partly in use before the run: at its first refusal it is full, whatever came before.
//!
//! What was in use then is the capacity, which is sought. A capacity is right if the run that begins with so many tokens in use
//! shows the same capacity.

use super::number::float;
use super::propose::Trace;
use super::rows::Rows;
use super::scope::{By, Scope};
use super::score::WRONG;
use super::search::Search;
use super::shape::Shape;

/// The greatest capacity that is tried.
const MOST: u64 = 100_000;
/// The distance of two capacities that are tried: one part in this number.
const STEP: u64 = 8;
/// What of a token may have come back at the first refusal.
const PARTS: [f64; 7] = [0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95];

/// A bucket as its first refusal finds it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Guess {
    cost: u64,
    capacity: u64,
    rate: f64,
    in_use: f64,
}

/// The rows from the first refusal on, with the tokens in use that explain them best.
pub(super) fn of(rows: &Rows, scopes: &[Scope], noise: u64) -> Option<Rows> {
    let first = rows.rows.iter().find(|row| row.refused)?.at;
    let later = rows.starting_at(first);
    let scope = scopes.iter().position(|scope| scope.by == By::All && scope.labels.is_empty())?;
    let rates = Trace::of(&Search::new(&later, scopes, noise, WRONG).view(scope, &[])).rates();
    let full = Full { later, scopes, noise, scope };
    let rough = rates.into_iter().filter_map(|rate| full.best(rate, full.coarse(), &PARTS[3..4]));
    let rough = rough.min_by_key(|guess| (guess.cost, guess.capacity))?;
    let fine = rough.capacity - rough.capacity / STEP..=rough.capacity + rough.capacity / STEP;
    let best = full.best(rough.rate, fine, &PARTS).unwrap_or(rough);
    Some(full.later.in_use(best.in_use))
}

struct Full<'a> {
    later: Rows,
    scopes: &'a [Scope],
    noise: u64,
    scope: usize,
}

impl Full<'_> {
    /// Capacities up to the number of rows, each a part greater than the one before.
    fn coarse(&self) -> impl Iterator<Item = u64> + use<> {
        let most = MOST.min(self.later.rows.len() as u64);
        let greater = |capacity: &u64| Some(capacity + 1 + capacity / STEP);
        std::iter::successors(Some(1), greater).take_while(move |capacity| *capacity <= most)
    }

    /// The best of some capacities with a rate.
    fn best(&self, rate: f64, capacities: impl IntoIterator<Item = u64>, parts: &[f64]) -> Option<Guess> {
        let pairs =
            capacities.into_iter().flat_map(|capacity| parts.iter().map(move |part| (capacity, *part)));
        let guesses = pairs.filter_map(|(capacity, part)| {
            let in_use = float(capacity) - part;
            let rows = self.later.clone().in_use(in_use);
            let mut search = Search::new(&rows, self.scopes, self.noise, WRONG);
            let view = search.view(self.scope, &[]);
            let fit = search.fit(&view, self.scope, Shape::TokenBucket { rate });
            let same = fit.score.capacity.abs_diff(capacity) <= 1;
            same.then(|| Guess { cost: search.cost(&fit), capacity, rate, in_use })
        });
        guesses.min_by_key(|guess| (guess.cost, guess.capacity))
    }
}
