//! A token bucket that was partly in use before the run: at its first refusal it is full, whatever came before.
//!
//! What was in use then is the capacity, which is sought. A capacity is right if the run that begins with that many tokens in use
//! shows the same capacity.

use super::number::{float, seconds};
use super::propose::Trace;
use super::rows::Rows;
use super::scope::{By, Scope};
use super::score::WRONG;
use super::search::Search;
use super::shape::Shape;
use super::view::View;
use crate::Nanos;

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
    let search = Search::new(&later, scopes, noise, WRONG);
    let in_use = Full { view: search.view(scope, &[]), search, scope }.solve()?;
    Some(later.in_use(in_use))
}

/// The search for the tokens in use. Its guesses differ by these alone, so that all of them share a view.
struct Full<'a> {
    search: Search<'a>,
    view: View,
    scope: usize,
}

/// Whether a bucket of the rate shows its capacity: after a refusal it was full for longer than one token takes, and then refused again.
///
/// What was in use before the run stays in use, as if the bucket were smaller, until such a pause: a bucket with one token more would have
/// admitted one request more.
pub(super) fn shows_capacity(view: &View, rate: f64) -> bool {
    let pause = 1.0 + rate * seconds(view.noise);
    let begin = view.items.first().map_or(0, |item| item.at);
    let mut buckets = vec![Level { used: view.in_use, at: begin, ..Level::default() }; view.groups];
    view.items.iter().any(|item| {
        let bucket = &mut buckets[item.group as usize];
        let left = bucket.used - rate * seconds(item.at - bucket.at);
        if bucket.refused {
            bucket.unused += (-left).max(0.0);
        }
        bucket.used = left.max(0.0) + if item.refused { 0.0 } else { 1.0 };
        let refused = item.refused && !item.excused;
        (bucket.at, bucket.refused) = (item.at, bucket.refused || refused);
        let shows = refused && bucket.unused >= pause;
        if refused {
            // What a greater bucket had more is in use now. Many short pauses are not a long one.
            bucket.unused = 0.0;
        }
        shows
    })
}

/// A bucket on the way through a run.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    used: f64,
    at: Nanos,
    /// Whether it has refused.
    refused: bool,
    /// The tokens that would have come back since its last refusal if there had been room for them.
    unused: f64,
}

impl Full<'_> {
    fn solve(mut self) -> Option<f64> {
        let mut rough: Option<Guess> = None;
        for rate in Trace::of(&self.view).rates() {
            let most = rough.map_or(u64::MAX, |rough| rough.cost);
            let guess = self.best(rate, self.coarse(), &PARTS[3..4], most);
            rough = rough.into_iter().chain(guess).min_by_key(|guess| (guess.cost, guess.capacity));
        }
        let rough = rough?;
        let fine = rough.capacity - rough.capacity / STEP..=rough.capacity + rough.capacity / STEP;
        Some(self.best(rough.rate, fine, &PARTS, rough.cost).unwrap_or(rough).in_use)
    }

    /// Capacities up to the number of rows, each a part greater than the one before.
    fn coarse(&self) -> impl Iterator<Item = u64> + use<> {
        let most = MOST.min(self.search.rows.rows.len() as u64);
        let greater = |capacity: &u64| Some(capacity + 1 + capacity / STEP);
        std::iter::successors(Some(1), greater).take_while(move |capacity| *capacity <= most)
    }

    /// The best of some capacities with a rate, if it costs at most `most`.
    fn best(
        &mut self,
        rate: f64,
        capacities: impl IntoIterator<Item = u64>,
        parts: &[f64],
        mut most: u64,
    ) -> Option<Guess> {
        let mut best: Option<Guess> = None;
        for (capacity, part) in
            capacities.into_iter().flat_map(|one| parts.iter().map(move |part| (one, *part)))
        {
            let Some(guess) = self.guess(rate, capacity, part, most) else { continue };
            if best.is_none_or(|best| (guess.cost, guess.capacity) < (best.cost, best.capacity)) {
                (best, most) = (Some(guess), guess.cost);
            }
        }
        best
    }

    /// The guess that all but a part of a capacity is in use, if the run shows this capacity then.
    fn guess(&mut self, rate: f64, capacity: u64, part: f64, most: u64) -> Option<Guess> {
        let in_use = float(capacity) - part;
        self.view.in_use = in_use;
        let fit = self.search.fit_within(&self.view, self.scope, Shape::TokenBucket { rate }, most)?;
        let is_same = fit.score.capacity.abs_diff(capacity) <= 1;
        is_same.then(|| Guess { cost: self.search.cost(&fit), capacity, rate, in_use })
    }
}
