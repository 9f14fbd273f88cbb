//! Tries every kind of limit in every scope, coarsely, and then the best of them finely.

use std::collections::{HashMap, HashSet};

use super::propose::Trace;
use super::replay::{self, Use};
use super::rows::Rows;
use super::scope::{By, Scope};
use super::score::{self, Score, Scorer};
use super::shape::Shape;
use super::view::View;

/// Candidates whose costs differ by less than this part of the refusals explain a run equally well.
pub(super) const NEARLY: u64 = 200;
/// How many scopes are searched finely.
const FINE_SCOPES: usize = 3;

/// One candidate limit, and how well it explains the run.
#[derive(Clone, Debug)]
pub(super) struct Fit {
    /// Index of the scope.
    pub(super) scope: usize,
    pub(super) shape: Shape,
    pub(super) score: Score,
    /// How unusual it is: among equals the answer is the least rank.
    pub(super) rank: (usize, usize),
}

/// The run, and the buffers that all candidates use.
#[derive(Debug)]
pub(super) struct Search<'a> {
    pub(super) rows: &'a Rows,
    pub(super) scopes: &'a [Scope],
    pub(super) noise: u64,
    /// What a wrong admission weighs.
    pub(super) weight: u64,
    /// Whether the outcome of each thread never changes, as under a limit of connections.
    pub(super) steady: bool,
    /// How long an answer takes, in the median.
    answer: u64,
    pub(super) uses: Vec<Use>,
    pub(super) scorer: Scorer,
}

impl<'a> Search<'a> {
    pub(super) fn new(rows: &'a Rows, scopes: &'a [Scope], noise: u64, weight: u64) -> Self {
        let (uses, scorer) = Default::default();
        Self { rows, scopes, noise, weight, steady: is_steady(rows), answer: answer(rows), uses, scorer }
    }

    /// The best of each kind in the best scopes, the best first.
    pub(super) fn single(&mut self, excused: &[bool]) -> Vec<Fit> {
        self.fine(excused, FINE_SCOPES, true)
    }

    /// The best of the usual kinds in the best scope, the best first.
    pub(super) fn layer(&mut self, excused: &[bool]) -> Vec<Fit> {
        self.fine(excused, 1, false)
    }

    /// Searches the best scopes finely, for all kinds or the usual ones.
    fn fine(&mut self, excused: &[bool], most: usize, unusual: bool) -> Vec<Fit> {
        let coarse = self.coarse(excused);
        let mut scopes: Vec<usize> = Vec::new();
        for fit in &coarse {
            if !scopes.contains(&fit.scope) && scopes.len() < most {
                scopes.push(fit.scope);
            }
        }
        let mut fits = coarse;
        for scope in scopes {
            let view = self.view(scope, excused);
            let here: Vec<Fit> = fits.iter().filter(|fit| fit.scope == scope).cloned().collect();
            let leader = here.iter().map(|fit| self.cost(fit)).min().unwrap_or_default();
            fits.retain(|fit| fit.scope != scope);
            let limit = leader * 4 + view.refusals() / 10;
            for fit in here {
                let worth = self.cost(&fit) <= limit;
                fits.push(if worth { self.refine(&view, fit) } else { fit });
            }
            if unusual {
                fits.extend(self.unusual(&view, scope));
            }
        }
        self.sort(&mut fits);
        fits
    }

    pub(super) fn view(&self, scope: usize, excused: &[bool]) -> View {
        View::new(self.rows, &self.scopes[scope], self.noise, excused)
    }

    pub(super) fn cost(&self, fit: &Fit) -> u64 {
        fit.score.cost(self.weight)
    }

    /// The best of each usual kind in each scope, from a few numbers each.
    pub(super) fn coarse(&mut self, excused: &[bool]) -> Vec<Fit> {
        let mut fits = Vec::new();
        for scope in 0..self.scopes.len() {
            let view = self.view(scope, excused);
            // A limit that covers less than half of what is to be explained is not the best.
            if view.refusals() == 0 || view.outside > view.refusals() {
                continue;
            }
            let mut best: Vec<Fit> = Vec::new();
            for shape in self.usual(&view, scope) {
                let fit = self.fit(&view, scope, shape);
                self.keep(&mut best, fit);
            }
            fits.extend(best);
        }
        self.sort(&mut fits);
        fits
    }

    fn usual(&self, view: &View, scope: usize) -> Vec<Shape> {
        let trace = Trace::of(view);
        let mut shapes: Vec<Shape> =
            trace.rates().into_iter().map(|rate| Shape::TokenBucket { rate }).collect();
        for period in trace.periods(view) {
            shapes.push(Shape::FixedWindow { period, lockout: None });
            shapes.push(Shape::SlidingWindow { period, counts_refused: false });
        }
        if self.scopes[scope].by != By::Thread {
            shapes.extend([Shape::Requests, Shape::Connections]);
        }
        shapes
    }

    /// The kinds with two numbers in time, and those that count refusals.
    fn unusual(&mut self, view: &View, scope: usize) -> Vec<Fit> {
        let trace = Trace::of(view);
        let periods = trace.periods(view);
        let lockouts = trace.lockouts(view);
        let mut best = Vec::new();
        for period in periods {
            let aligned =
                trace.phases(view, period).into_iter().map(|phase| Shape::AlignedWindow { period, phase });
            let locked =
                lockouts.iter().map(|lockout| Shape::FixedWindow { period, lockout: Some(*lockout) });
            let counting = std::iter::once(Shape::SlidingWindow { period, counts_refused: true });
            for shape in aligned.chain(locked).chain(counting) {
                let fit = self.fit(view, scope, shape);
                self.keep(&mut best, fit);
            }
        }
        best
    }

    /// Keeps the best fit of each kind.
    fn keep(&self, best: &mut Vec<Fit>, fit: Fit) {
        match best.iter_mut().find(|known| known.shape.name() == fit.shape.name()) {
            Some(known) if self.key(&fit) < self.key(known) => *known = fit,
            Some(_) => {}
            None => best.push(fit),
        }
    }

    pub(super) fn fit(&mut self, view: &View, scope: usize, shape: Shape) -> Fit {
        replay::uses(view, shape, &mut self.uses);
        let score = self.scorer.score(view, &self.uses, self.weight);
        let kind = if self.steady && shape == Shape::Connections { 0 } else { shape.rank() + 1 };
        Fit { scope, shape, score, rank: (self.scopes[scope].rank(), kind) }
    }

    pub(super) fn key(&self, fit: &Fit) -> (u64, u64) {
        (self.cost(fit), fit.score.strict)
    }

    /// Sorts by what is explained. Of those that explain nearly as much, the most usual comes first.
    pub(super) fn sort(&self, fits: &mut [Fit]) {
        fits.sort_by_key(|fit| (self.key(fit), fit.rank));
        if let Some(first) = self.preferred(fits) {
            fits[..=first].rotate_right(1);
        }
    }

    /// Whether a fit is a window as long as an answer takes. In a run whose answers all take equally long, requests at once look like it.
    pub(super) fn is_as_long_as_answers(&self, fit: &Fit) -> bool {
        fit.shape.period().is_some_and(|period| period.abs_diff(self.answer) * 4 <= self.answer)
    }

    /// Which of the sorted fits is the answer.
    fn preferred(&self, fits: &[Fit]) -> Option<usize> {
        let best = fits.first()?;
        let as_answers = self.is_as_long_as_answers(best);
        let requests = |fit: &Fit| {
            fit.shape == Shape::Requests
                && fit.scope == best.scope
                && self.cost(fit) * 20 <= self.rows.refused
        };
        if let Some(requests) = fits.iter().position(requests).filter(|_| as_answers) {
            return Some(requests);
        }
        let most = self.cost(best) + self.rows.refused / NEARLY;
        let tied = fits.iter().take_while(|fit| self.cost(fit) <= most).count();
        let strict = fits[..tied].iter().map(|fit| fit.score.strict).min()? + self.rows.refused / 50;
        let usual = |index: &usize| fits[*index].rank.1 == 0 || fits[*index].score.strict <= strict;
        (0..tied).filter(usual).min_by_key(|index| {
            let (scope, kind) = fits[*index].rank;
            (kind > 0, scope, kind)
        })
    }

    /// Which rows the fit explains: refusals, and admissions.
    pub(super) fn explained(&mut self, fit: &Fit) -> Vec<bool> {
        let view = self.view(fit.scope, &[]);
        replay::uses(&view, fit.shape, &mut self.uses);
        let mut explained: Vec<bool> = self.rows.rows.iter().map(|row| !row.refused).collect();
        for (item, usage) in view.items.iter().zip(&self.uses) {
            explained[item.row as usize] = score::explains(item, *usage, fit.score.capacity);
        }
        explained
    }
}

fn answer(rows: &Rows) -> u64 {
    let mut times: Vec<u64> =
        rows.rows.iter().filter(|row| !row.refused).map(|row| row.end - row.at).collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Whether each thread is always refused or always admitted, of the labels that are ever refused.
fn is_steady(rows: &Rows) -> bool {
    let labels: HashSet<u32> = rows.rows.iter().filter(|row| row.refused).map(|row| row.label).collect();
    let limited = || rows.rows.iter().filter(|row| labels.contains(&row.label));
    let mut outcomes = HashMap::new();
    let same = limited().all(|row| *outcomes.entry(row.thread).or_insert(row.refused) == row.refused);
    same && outcomes.len() * 2 < limited().count() && outcomes.values().any(|refused| !refused)
}
