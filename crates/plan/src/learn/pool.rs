//! The candidates for one of two layers, and the two that explain the most together.
//!
//! A layer contradicts no admission, whatever the other layer refuses. So the capacity of a candidate is found without the
//! other one. What it explains is a set of refusals, and of all candidates the two with the greatest union are sought.

use super::envelope;
use super::propose::Trace;
use super::replay;
use super::score::{self, WRONG};
use super::search::{Fit, Search, is_unsure};
use super::shape::Shape;
use super::view::View;
use crate::Nanos;

/// A layer explains at least one refusal in this number alone.
pub(super) const OWN: u64 = 60;
/// A scope covers at least one refusal in this number.
const COVERED: u64 = 20;
/// Contradicted admissions cost at most one refusal in this number.
const CONTRADICTED: u64 = 20;
/// Candidates that others are looked for beside.
const FIRSTS: usize = 4;
/// Scopes in which windows that count refused requests are tried.
const COUNTING: usize = 3;
/// Windows of the clock that are tried: a second, ten, a minute, an hour.
const CLOCK: [Nanos; 4] = [1_000_000_000, 10_000_000_000, 60_000_000_000, 3_600_000_000_000];
/// Pairs of kinds and scopes that are searched finely.
const COMBINATIONS: usize = 6;

/// A candidate for one of two layers.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub(super) fit: Fit,
    /// The refusals that it explains, one bit each, in their order.
    explains: Vec<u64>,
    count: u64,
}

/// Two layers and what they cost together.
#[derive(Clone, Debug)]
struct Combination {
    layers: [usize; 2],
    cost: u64,
}

impl Search<'_> {
    /// The best pairs of candidates, the best first, each of other kinds or scopes.
    pub(super) fn combinations(&mut self) -> Vec<[Fit; 2]> {
        let mut pool = self.pool();
        let mut best = self.best_of(&pool);
        if best.first().is_none_or(|best| best.cost * 100 > self.rows.refused) {
            let firsts = firsts(&pool, &best);
            for first in firsts {
                let beside = self.beside(&pool[first]);
                pool.extend(beside);
            }
            let counting = self.counting(&pool, &best);
            pool.extend(counting);
            best = self.best_of(&pool);
        }
        best.truncate(COMBINATIONS);
        best.iter().map(|best| best.layers.map(|layer| pool[layer].fit.clone())).collect()
    }

    /// The usual candidates of each scope.
    fn pool(&mut self) -> Vec<Layer> {
        let mut pool = Vec::new();
        for scope in 0..self.scopes.len() {
            let view = self.view(scope, &[]);
            if view.refusals * COVERED < self.rows.refused {
                continue;
            }
            let mut shapes = self.usual(&view, scope);
            shapes.extend(envelope::rates(&view).into_iter().map(|rate| Shape::TokenBucket { rate }));
            shapes.extend(CLOCK.map(|period| Shape::AlignedWindow { period, phase: 0 }));
            for shape in shapes {
                pool.extend(self.layer(&view, scope, shape));
            }
        }
        pool
    }

    /// Candidates for what a layer leaves, with numbers that only the rest of the refusals shows.
    fn beside(&mut self, first: &Layer) -> Vec<Layer> {
        let excused = self.explained_refusals(&first.fit);
        let mut pool = Vec::new();
        for scope in 0..self.scopes.len() {
            let rest = self.view(scope, &excused);
            // What neither of two covers, neither explains.
            if rest.refusals * OWN < self.rows.refused || rest.outside * OWN > self.rows.refused {
                continue;
            }
            let trace = Trace::of(&rest);
            let mut rates = trace.rates();
            rates.extend(envelope::rates(&rest));
            let mut shapes: Vec<Shape> = rates.into_iter().map(|rate| Shape::TokenBucket { rate }).collect();
            shapes.extend(trace.gaps(&rest).into_iter().flat_map(windows));
            let view = self.view(scope, &[]);
            for shape in shapes {
                pool.extend(self.layer(&view, scope, shape));
            }
        }
        pool
    }

    /// Windows that count refused requests too, in the scopes of the best candidates. A limit by itself refuses the same whether it
    /// counts them or not; beside another limit it does not.
    fn counting(&mut self, pool: &[Layer], best: &[Combination]) -> Vec<Layer> {
        let mut scopes: Vec<usize> = Vec::new();
        for scope in firsts(pool, best).into_iter().map(|first| pool[first].fit.scope) {
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        scopes.truncate(COUNTING);
        let mut layers = Vec::new();
        for scope in scopes {
            let view = self.view(scope, &[]);
            for period in Trace::of(&view).periods(&view) {
                let shape = Shape::FixedWindow { period, lockout: None, counts_refused: true };
                layers.extend(self.layer(&view, scope, shape));
            }
        }
        layers
    }

    /// What a shape explains with the capacity that contradicts the fewest admissions. None if that is too little.
    fn layer(&mut self, view: &View, scope: usize, shape: Shape) -> Option<Layer> {
        replay::uses(view, shape, &mut self.uses);
        self.scorer.begin(view);
        self.scorer.add(&view.items, &self.uses);
        let fit = self.scored(scope, shape);
        if is_unsure(view, &self.uses) || self.is_unmeasured(shape) {
            return None;
        }
        let mut explains = vec![0u64; usize::try_from(self.rows.refused / 64).unwrap_or_default() + 1];
        for (item, usage) in view.items.iter().zip(&self.uses).filter(|(item, _)| item.refused) {
            if score::explains(item, *usage, fit.score.capacity) {
                let bit = self.rows.place[item.row as usize] as usize;
                explains[bit / 64] |= 1 << (bit % 64);
            }
        }
        let count = explains.iter().map(|word| u64::from(word.count_ones())).sum();
        let enough =
            count * OWN >= self.rows.refused && fit.score.wrong * WRONG * CONTRADICTED <= self.rows.refused;
        enough.then_some(Layer { fit, explains, count })
    }

    /// For each pair of kinds and scopes the two layers that explain the most together, the best first.
    fn best_of(&self, pool: &[Layer]) -> Vec<Combination> {
        let mut order: Vec<usize> = (0..pool.len()).collect();
        order.sort_by_key(|index| std::cmp::Reverse(pool[*index].count));
        let mut found = Found::new(self.rows.refused);
        for (place, first) in order.iter().enumerate() {
            for second in &order[place + 1..] {
                // Those that follow explain less.
                if found.cannot_be_good(pool[*first].count + pool[*second].count) {
                    break;
                }
                found.note([*first, *second], pool);
            }
        }
        let most = found.least + self.rows.refused / 10;
        found.best.retain(|best| best.cost <= most);
        // Of those that explain nearly as much, the more usual first.
        let rank = |best: &Combination| {
            let [(scope, kind), (other, other_kind)] = best.layers.map(|layer| pool[layer].fit.rank);
            (scope + other, kind + other_kind)
        };
        let step = self.rows.refused / 50 + 1;
        found.best.sort_by_key(|best| (best.cost / step, rank(best), best.cost));
        found.best
    }
}

fn windows(period: u64) -> [Shape; 2] {
    [Shape::window(period), Shape::SlidingWindow { period, counts_refused: false }]
}

/// The candidates that others are looked for beside: those of the best pairs, and those that explain the most.
fn firsts(pool: &[Layer], best: &[Combination]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..pool.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(pool[*index].count));
    let mut firsts: Vec<usize> = Vec::new();
    for index in best.iter().take(FIRSTS / 2).flat_map(|best| best.layers).chain(order) {
        let new = |known: &usize| !pool[*known].fit.is_like(&pool[index].fit);
        if firsts.len() < FIRSTS && firsts.iter().all(new) {
            firsts.push(index);
        }
    }
    firsts
}

/// The best pairs so far.
struct Found {
    refused: u64,
    least: u64,
    best: Vec<Combination>,
}

impl Found {
    fn new(refused: u64) -> Self {
        Self { refused, least: refused, best: Vec::new() }
    }

    /// Whether two layers that explain this many refusals cost clearly more than the best.
    const fn cannot_be_good(&self, explained: u64) -> bool {
        self.refused.saturating_sub(explained) > self.least + self.refused / 10
    }

    fn note(&mut self, layers: [usize; 2], pool: &[Layer]) {
        let [first, second] = layers.map(|layer| &pool[layer]);
        let both = first.explains.iter().zip(&second.explains);
        let union: u64 = both.map(|(first, second)| u64::from((first | second).count_ones())).sum();
        let own = |other: &Layer| (union - other.count) * OWN >= self.refused;
        if !own(first) || !own(second) {
            return;
        }
        let wrong = first.fit.score.wrong + second.fit.score.wrong;
        let cost = WRONG * wrong + (self.refused - union.min(self.refused));
        if cost > self.least + self.refused / 10 {
            return;
        }
        self.least = self.least.min(cost);
        let like = |known: &&mut Combination| {
            let [one, other] = known.layers.map(|layer| &pool[layer].fit);
            let (first, second) = (&first.fit, &second.fit);
            one.is_like(first) && other.is_like(second) || one.is_like(second) && other.is_like(first)
        };
        match self.best.iter_mut().find(like) {
            Some(known) if cost < known.cost => *known = Combination { layers, cost },
            Some(_) => {}
            None => self.best.push(Combination { layers, cost }),
        }
    }
}
