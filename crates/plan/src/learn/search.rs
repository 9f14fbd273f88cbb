//! Tries every kind of limit in every scope, coarsely, and then the best of them finely.

use std::collections::{HashMap, HashSet};

use super::number::seconds;
use super::propose::Trace;
use super::replay::{self, Use};
use super::rows::Rows;
use super::runs::Runs;
use super::scope::{By, Scope};
use super::score::{self, Score, Scorer};
use super::shape::Shape;
use super::view::View;

/// Candidates whose costs differ by less than this part of the refusals explain a run equally well.
pub(super) const NEARLY: u64 = 200;
/// Rows between two looks at whether a candidate can still be the best.
const CHUNK: usize = 512;
/// Answers have to take this many times as long as the noise. Else it is not known how many requests overlapped.
const MEASURED: u64 = 4;
/// A window of up to this many answers may be requests at once.
const PACES: u64 = 4;
/// How many scopes are searched finely.
const FINE_SCOPES: usize = 3;

/// One candidate limit, and how well it explains the run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fit {
    /// Index of the scope.
    pub(super) scope: usize,
    pub(super) shape: Shape,
    pub(super) score: Score,
    /// How unusual it is: among equals the answer is the least rank.
    pub(super) rank: (usize, usize),
}

impl Fit {
    /// Whether it is of the kind and scope of another.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.scope == other.scope && self.shape.name() == other.shape.name()
    }
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
    /// How long an answer takes at the server, in the median.
    pub(super) answer: u64,
    /// Whether every candidate is replayed to its end, though it cannot be the best. The answer is the same.
    pub(super) exhaustive: bool,
    pub(super) uses: Vec<Use>,
    pub(super) scorer: Scorer,
}

impl<'a> Search<'a> {
    pub(super) fn new(rows: &'a Rows, scopes: &'a [Scope], noise: u64, weight: u64) -> Self {
        let (steady, answer) = (is_steady(rows), answer(rows));
        let (exhaustive, uses, scorer) = Default::default();
        Self { rows, scopes, noise, weight, steady, answer, exhaustive, uses, scorer }
    }

    /// The best of each kind in the best scopes, the best first.
    pub(super) fn single(&mut self, excused: &[bool]) -> Vec<Fit> {
        let coarse = self.coarse(excused);
        let mut scopes: Vec<usize> = Vec::new();
        for fit in &coarse {
            if !scopes.contains(&fit.scope) && scopes.len() < FINE_SCOPES {
                scopes.push(fit.scope);
            }
        }
        let mut fits = coarse;
        for scope in scopes {
            fits = self.fine(scope, excused, fits);
        }
        self.sort(&mut fits);
        fits
    }

    /// Searches a scope finely: the numbers of the good fits, and the unusual kinds.
    fn fine(&mut self, scope: usize, excused: &[bool], fits: Vec<Fit>) -> Vec<Fit> {
        let view = self.view(scope, excused);
        let (here, mut fits): (Vec<Fit>, Vec<Fit>) = fits.into_iter().partition(|fit| fit.scope == scope);
        let leader = here.iter().map(|fit| self.cost(fit)).min().unwrap_or_default();
        let limit = leader * 4 + view.refusals / 10;
        for fit in here {
            let worth = self.cost(&fit) <= limit;
            fits.push(if worth { self.refine(&view, fit) } else { fit });
        }
        fits.extend(self.unusual(&view, scope));
        self.add_bucket_of_one(&view, scope, &mut fits);
        fits
    }

    /// A window of one request refuses nearly what a bucket of one token does, whose rate the slopes of the admissions do not show.
    fn add_bucket_of_one(&mut self, view: &View, scope: usize, fits: &mut Vec<Fit>) {
        let of_one = |fit: &&Fit| fit.scope == scope && fit.score.capacity == 1;
        let windows =
            fits.iter().filter(of_one).filter_map(|fit| Some((self.cost(fit), fit.shape.period()?)));
        let Some((_, period)) = windows.min() else { return };
        let fit = self.fit(view, scope, Shape::TokenBucket { rate: 1.0 / seconds(period) });
        let fit = self.refine(view, fit);
        match fits.iter_mut().find(|known| known.is_like(&fit)) {
            Some(known) if self.key(&fit) < self.key(known) => *known = fit,
            Some(_) => {}
            None => fits.push(fit),
        }
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
            if view.refusals == 0 || view.outside > view.refusals {
                continue;
            }
            let mut best: Vec<Fit> = Vec::new();
            for shape in self.usual(&view, scope) {
                self.try_shape(&view, scope, shape, &mut best);
            }
            fits.extend(best);
        }
        self.sort(&mut fits);
        fits
    }

    pub(super) fn usual(&self, view: &View, scope: usize) -> Vec<Shape> {
        let trace = Trace::of(view);
        let mut shapes: Vec<Shape> =
            trace.rates().into_iter().map(|rate| Shape::TokenBucket { rate }).collect();
        for period in trace.periods(view) {
            shapes.push(Shape::window(period));
            shapes.push(Shape::SlidingWindow { period, counts_refused: false });
        }
        if self.scopes[scope].by != By::Thread {
            shapes.extend([Shape::Requests, Shape::Connections]);
        }
        let may_be_banned = matches!(self.scopes[scope].by, By::All | By::Column(_));
        if may_be_banned && Runs::of(view).is_for_good(view.span()) {
            shapes.push(Shape::Ban);
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
            let locked = lockouts.iter().map(|lockout| Shape::FixedWindow {
                period,
                lockout: Some(*lockout),
                counts_refused: false,
            });
            let counting = std::iter::once(Shape::SlidingWindow { period, counts_refused: true });
            for shape in aligned.chain(locked).chain(counting) {
                self.try_shape(view, scope, shape, &mut best);
            }
        }
        best.retain(|fit| self.decides(view, fit));
        best
    }

    /// Keeps the shape's fit if it is the best of its kind.
    fn try_shape(&mut self, view: &View, scope: usize, shape: Shape, best: &mut Vec<Fit>) {
        let known = best.iter().position(|known| known.shape.name() == shape.name());
        let most = known.map_or(u64::MAX, |known| self.cost(&best[known]));
        let Some(fit) = self.fit_within(view, scope, shape, most) else { return };
        match known {
            Some(known) if self.key(&fit) < self.key(&best[known]) => best[known] = fit,
            Some(_) => {}
            None => best.push(fit),
        }
    }

    /// The best capacity of a shape.
    pub(super) fn fit(&mut self, view: &View, scope: usize, shape: Shape) -> Fit {
        self.fit_within(view, scope, shape, u64::MAX).unwrap_or_else(|| self.scored(scope, shape))
    }

    /// The best capacity of a shape, or None if it costs more than `most`. The replay ends as soon as its rows so far do.
    pub(super) fn fit_within(&mut self, view: &View, scope: usize, shape: Shape, most: u64) -> Option<Fit> {
        let mut replay = replay::begin(view, shape);
        self.scorer.begin(view);
        let mut look = CHUNK;
        for (index, items) in (1usize..).zip(view.items.chunks(CHUNK)) {
            self.uses.clear();
            replay.pass(items, &mut self.uses);
            self.scorer.add(items, &self.uses);
            if index * CHUNK >= look && most < u64::MAX && !self.exhaustive {
                if self.scorer.least(self.weight) > most {
                    return None;
                }
                look += look / 2;
            }
        }
        let fit = self.scored(scope, shape);
        (self.cost(&fit) <= most).then_some(fit)
    }

    /// The fit of the rows that were replayed last.
    pub(super) fn scored(&self, scope: usize, shape: Shape) -> Fit {
        let score = self.scorer.score(self.weight);
        let is_usual = shape == Shape::Ban || self.steady && shape == Shape::Connections;
        let kind = if is_usual { 0 } else { shape.rank() + 1 };
        Fit { scope, shape, score, rank: (self.scopes[scope].rank(), kind) }
    }

    pub(super) fn key(&self, fit: &Fit) -> (u64, u64) {
        (self.cost(fit), fit.score.strict)
    }

    /// Whether the noise is as long as the answers. It then decides how many requests were there at once, and explains nearly any
    /// refusal.
    pub(super) fn is_unmeasured(&self, shape: Shape) -> bool {
        shape == Shape::Requests && self.noise.saturating_mul(MEASURED) > self.answer
    }

    /// Sorts by what is explained. Of those that explain nearly as much, the most usual comes first.
    pub(super) fn sort(&self, fits: &mut [Fit]) {
        fits.sort_by_key(|fit| (self.is_unmeasured(fit.shape), self.key(fit), fit.rank));
        if let Some(first) = self.preferred(fits) {
            fits[..=first].rotate_right(1);
        }
    }

    /// Whether a fit is a window as long as an answer takes. In a run whose answers all take equally long, requests at once look like it.
    pub(super) fn is_as_long_as_answers(&self, fit: &Fit) -> bool {
        fit.shape.period().is_some_and(|period| period.abs_diff(self.answer) * 4 <= self.answer)
    }

    /// Whether a short window has the pace of requests at once whose answers all take equally long: twice as many in twice the time.
    fn is_pace_of(&self, window: &Fit, requests: &Fit) -> bool {
        let Some(period) = window.shape.period().filter(|_| requests.shape == Shape::Requests) else {
            return false;
        };
        let times = (period + self.answer / 2) / self.answer.max(1);
        let held = requests.score.capacity.saturating_mul(times);
        (1..=PACES).contains(&times) && window.score.capacity.abs_diff(held) * 8 <= held
    }

    /// Which of the sorted fits is the answer.
    fn preferred(&self, fits: &[Fit]) -> Option<usize> {
        let best = fits.first()?;
        let as_answers =
            self.is_as_long_as_answers(best) || fits.iter().any(|fit| self.is_pace_of(best, fit));
        let requests = |fit: &Fit| {
            fit.shape == Shape::Requests
                && !self.is_unmeasured(fit.shape)
                && fit.scope == best.scope
                && self.cost(fit) * 20 <= self.rows.refused
        };
        if let Some(requests) = fits.iter().position(requests).filter(|_| as_answers) {
            return Some(requests);
        }
        let most = self.cost(best) + self.rows.refused / NEARLY;
        let near = |fit: &&Fit| self.cost(fit) <= most && !self.is_unmeasured(fit.shape);
        let tied = fits.iter().take_while(near).count().max(1);
        let strict = fits[..tied].iter().map(|fit| fit.score.strict).min()? + self.rows.refused / 50;
        let usual = |index: &usize| fits[*index].rank.1 == 0 || fits[*index].score.strict <= strict;
        (0..tied).filter(usual).min_by_key(|index| {
            let (scope, kind) = fits[*index].rank;
            (kind > 0, scope, kind)
        })
    }

    /// Which rows the fit explains: refusals, and admissions. A kind that is unsure of many refusals explains none of those.
    pub(super) fn explained(&mut self, fit: &Fit) -> Vec<bool> {
        let view = self.view(fit.scope, &[]);
        replay::uses(&view, fit.shape, &mut self.uses);
        let unsure = is_unsure(&view, &self.uses);
        let mut explained: Vec<bool> = self.rows.rows.iter().map(|row| !row.refused).collect();
        for (item, usage) in view.items.iter().zip(&self.uses).filter(|(item, _)| !item.excused) {
            let counts = !(unsure && item.refused && usage.is_unknown());
            explained[item.row as usize] = counts && score::explains(item, *usage, fit.score.capacity);
        }
        explained
    }
}

/// Whether a kind is unsure of more refusals than it may leave unexplained.
pub(super) fn is_unsure(view: &View, uses: &[Use]) -> bool {
    let rows = view.items.iter().zip(uses);
    let unknown = rows.filter(|(item, usage)| item.refused && usage.is_unknown()).count() as u64;
    unknown > view.refusals / score::UNKNOWN
}

fn answer(rows: &Rows) -> u64 {
    let mut times: Vec<u64> =
        rows.rows.iter().filter(|row| !row.refused).map(|row| row.released() - row.at).collect();
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
