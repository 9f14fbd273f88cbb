//! The answer: what was learned, and how sure it is.

use super::layers::Pair;
use super::learned::{Alternative, Learned, Lengths, Limit};
use super::number::float;
use super::refine::Settled;
use super::rows::Rows;
use super::runs::Runs;
use super::scope::{self, Scope};
use super::score::{WRONG, WRONG_OF_TWO};
use super::search::{Fit, NEARLY, Search};
use super::shape::Shape;
use super::solve::{self, MOST, Solution};
use super::view::View;
use super::{
    Options, bounds, clock, counters, full, labels, later, lockouts, notes, pacing, permutation, question,
    random, steps, waits, ways, written,
};
use crate::Nanos;
use crate::results::Results;

/// Fewer refusals than these say nothing of a limit but its bounds.
pub(super) const ENOUGH: u64 = 5;
/// Rows beyond these are used for the last judgement only.
const ROWS: usize = 40_000;
/// Rows after the first refusal that are used in any case.
const AFTER: usize = 20_000;

/// Learns limits from the results of a run. Takes about a second for ten thousand rows, and never much longer: of long runs the
/// part around the first refusals is searched, and all rows judge.
pub fn learn(results: &Results, options: &Options) -> Learned {
    let rows = Rows::of(results, options);
    let mut learned = Learned {
        rows: rows.rows.len() as u64,
        refused: rows.refused,
        span: if is_instant(results) { 0 } else { rows.span() },
        warnings: notes::of_results(results, &rows, options),
        ..Learned::default()
    };
    let admitted = learned.rows - rows.refused;
    if rows.refused < ENOUGH || admitted == 0 || learned.span == 0 {
        // Requests of one time may have come at any rate.
        let shows = admitted > 0 && (learned.span > 0 || learned.rows == 1);
        learned.bounds = if shows { bounds::of(&rows) } else { Vec::new() };
        question::without_limits(&mut learned);
    } else {
        search(&mut learned, rows, results);
    }
    learned
}

/// Whether all requests have one time, and so no order.
fn is_instant(results: &Results) -> bool {
    results.samples.windows(2).all(|pair| pair[0].start == pair[1].start)
}

fn search(learned: &mut Learned, rows: Rows, results: &Results) {
    let rows = explain(learned, rows, results);
    if !learned.fits
        && let Some(apart) = labels::apart(&rows, results)
    {
        apart.replace(learned);
    }
    if !learned.fits {
        learned.random = random::part(&rows);
    }
    learned.warnings.extend(notes::by_chance(learned).filter(|_| learned.random.is_none()));
    question::of_limits(learned, &rows);
}

/// Fills in the limits that explain the rows best, and returns the rows that they explain.
pub(super) fn explain(learned: &mut Learned, rows: Rows, results: &Results) -> Rows {
    let head = head(&rows);
    let scopes = scope::candidates(results, &head);
    let way = ways::time(&head, &scopes);
    let (rows, head) = if way > 0 { (rows.with_way(way), head.with_way(way)) } else { (rows, head) };
    let Some((solution, is_pair)) = solve::solve(&head, &scopes) else { return rows };
    let paced = pacing::bucket(&head, &scopes, &solution.singles).filter(|_| !is_pair);
    let solution = if let Some(paced) = paced { solution.led_by(paced) } else { solution };
    Answer { rows: &rows, scopes: &scopes, solution: &solution }.fill(learned, is_pair);
    if let Some(index) = lockouts::rounder(learned, &scopes, &solution) {
        let solution = solution.led_by(index);
        Answer { rows: &rows, scopes: &scopes, solution: &solution }.fill(learned, false);
        return rows;
    }
    if !is_pair
        && learned.fits
        && let Some(renewed) = clock::renewed(&head, &scopes, &solution)
    {
        Answer { rows: &rows, scopes: &scopes, solution: &renewed }.fill(learned, false);
        return rows;
    }
    if let Some(most) = steps::may_leave(learned)
        && let Some(stepped) = steps::solve(&head, &scopes, &solution, most)
    {
        let stepped = clock::renewed(&head, &scopes, &stepped).unwrap_or(stepped);
        Answer { rows: &rows, scopes: &scopes, solution: &stepped }.fill(learned, false);
        return rows;
    }
    let is_one = learned.fits && learned.limits.len() == 1;
    let known = if is_one { learned.contradictions } else { 1.0 };
    if (known > solve::GOOD || is_window_of_one(learned))
        && let Some(solution) = counters::solve(&head, &scopes, &solution, known)
    {
        Answer { rows: &rows, scopes: &scopes, solution: &solution }.fill(learned, false);
        return rows;
    }
    let later = if is_pair && learned.fits {
        later::one_bucket(&head, &scopes)
    } else if is_one {
        later::bucket(&head, &scopes, &solution, known)
    } else if learned.fits {
        None
    } else {
        later::solve(&head, &scopes, &solution)
    };
    let Some(later) = later else { return rows };
    learned.warnings.extend(rows.rows.first().map(|first| notes::left_out(later.at() - first.at)));
    let rows = later.rows(rows);
    Answer { rows: &rows, scopes: &scopes, solution: &later.solution }.fill(learned, false);
    rows
}

/// Whether the answer is a window of one request. Under an even load anything that admits at an even pace looks like it.
fn is_window_of_one(learned: &Learned) -> bool {
    let [limit] = learned.limits.as_slice() else { return false };
    limit.capacity == 1 && limit.shape.period().is_some()
}

/// The median time of the answers in a scope.
fn answer_time(rows: &Rows, scope: &Scope, refused: bool) -> Nanos {
    let here = rows.rows.iter().filter(|row| row.refused == refused && scope.covers(row.label));
    let mut times: Vec<Nanos> = here.map(|row| row.end - row.at).collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The part of a long run that is searched: from its begin to some time after the first refusal.
fn head(rows: &Rows) -> Rows {
    let first = rows.rows.iter().position(|row| row.refused).unwrap_or_default();
    rows.head(ROWS.max(first + AFTER))
}

struct Answer<'a> {
    rows: &'a Rows,
    scopes: &'a [Scope],
    solution: &'a Solution,
}

impl Answer<'_> {
    /// Puts the solution in the place of the one before.
    fn fill(&self, learned: &mut Learned, is_pair: bool) {
        (learned.limits, learned.pairs) = Default::default();
        learned.noise = self.solution.noise;
        let (cost, significant) = match self.solution.pair.as_ref().filter(|_| is_pair) {
            Some(pair) => (self.pair(learned, pair), true),
            None => self.single(learned),
        };
        learned.contradictions = solve::part(cost, self.rows.refused);
        learned.fits = learned.contradictions <= MOST && significant;
        self.others(learned);
        if let Some(limit) = learned.limits.first() {
            learned.answers = [false, true].map(|refused| answer_time(self.rows, &limit.scope, refused));
            let may_queue =
                learned.fits && matches!(limit.shape, Shape::Requests | Shape::TokenBucket { .. });
            learned.warnings.extend(may_queue.then(|| pacing::note(self.rows, &limit.scope)).flatten());
        }
    }

    fn search(&self, weight: u64) -> Search<'_> {
        Search::new(self.rows, self.scopes, 2 * self.solution.noise, weight)
    }

    /// What the best single limit costs, and whether it explains more than chance does.
    fn single(&self, learned: &mut Learned) -> (u64, bool) {
        let mut search = self.search(WRONG);
        let Some(best) = self.solution.singles.first() else { return (self.rows.refused, false) };
        let view = search.view(best.scope, &[]);
        let settled = search.settle(&view, best.clone());
        let settled = waits::kept(&mut search, settled, best);
        let explained = Self::explained(&mut search, &settled.fit);
        let runs = Runs::of(&view);
        let judged =
            (settled.fit.score.cost(WRONG), permutation::is_significant_alone(&search, &settled.fit));
        learned.limits.push(self.limit(settled, runs, [explained, explained]));
        judged
    }

    fn pair(&self, learned: &mut Learned, pair: &Pair) -> u64 {
        let mut search = self.search(WRONG_OF_TWO);
        let mut fits = pair.fits.clone();
        let mut settled = Vec::new();
        for which in 0..2 {
            let excused = search.explained_refusals(&fits[1 - which]);
            let view = search.view(fits[which].scope, &excused);
            let here = search.settle(&view, fits[which].clone());
            fits[which] = here.fit.clone();
            settled.push((here, Runs::of(&view)));
        }
        let pair = search.judge(fits).unwrap_or_else(|| pair.clone());
        for ((settled, runs), alone) in settled.into_iter().zip(pair.alone) {
            let explained = Self::explained(&mut search, &settled.fit);
            learned.limits.push(self.limit(settled, runs, [explained, alone]));
        }
        learned.pairs = self.solution.pairs.iter().map(|pair| self.other_pair(pair)).collect();
        pair.cost()
    }

    fn other_pair(&self, pair: &Pair) -> [Alternative; 2] {
        pair.fits.each_ref().map(|fit| self.alternative(fit, pair.cost(), Lengths::default()))
    }

    fn explained(search: &mut Search<'_>, fit: &Fit) -> u64 {
        search.explained_refusals(fit).into_iter().filter(|explained| *explained).count() as u64
    }

    fn limit(&self, settled: Settled, runs: Runs, [explained, alone]: [u64; 2]) -> Limit {
        let lengths = lengths(&settled, runs);
        let Settled { fit, capacities, .. } = settled;
        let scope = self.scopes[fit.scope].clone();
        let (capacity, capacities) = match fit.shape {
            Shape::Ban => (runs.before.0, runs.before),
            Shape::TokenBucket { rate } if !self.shows_capacity(&fit, rate) => {
                (fit.score.capacity, (capacities.0, u64::MAX))
            }
            _ => (fit.score.capacity, capacities),
        };
        let view = View::new(self.rows, &scope, 0, &[]);
        let written = written::nearest(&view, fit.shape, capacity);
        Limit { shape: fit.shape, capacity, capacities, lengths, scope, explained, alone, written }
    }

    /// Whether a bucket shows its capacity. Else it may have more tokens, of which some were in use before the run.
    fn shows_capacity(&self, fit: &Fit, rate: f64) -> bool {
        let noise = 2 * self.solution.noise;
        let view = View::new(self.rows, &self.scopes[fit.scope], noise, &[]);
        full::shows_capacity(&view, rate)
    }

    /// The ties, and the second best kind.
    fn others(&self, learned: &mut Learned) {
        let [limit] = learned.limits.as_slice() else { return };
        let (shape, scope) = (limit.shape, limit.scope.clone());
        let best = self.solution.singles.first().map_or(0, |fit| fit.score.cost(WRONG));
        let other = |fit: &&Fit| fit.shape.name() != shape.name() || self.scopes[fit.scope] != scope;
        let tied = |fit: &&Fit| fit.score.cost(WRONG) <= best + self.rows.refused / NEARLY;
        let singles = &self.solution.singles;
        let ties = singles.iter().filter(other).filter(tied).take(6);
        learned.ties = ties.map(|fit| self.tie(fit)).collect();
        let kind = singles.iter().find(|fit| fit.shape.name() != shape.name());
        let tie = |fit: &Fit| {
            let is_like = |tie: &&Alternative| {
                tie.shape.name() == fit.shape.name() && tie.scope == self.scopes[fit.scope]
            };
            learned.ties.iter().find(is_like).cloned()
        };
        let alone = |fit: &Fit| self.alternative(fit, fit.score.cost(WRONG), Lengths::default());
        learned.second_best = kind.map(|fit| tie(fit).unwrap_or_else(|| alone(fit)));
    }

    /// Another single limit that explains as much, with the ranges of its lengths of time.
    fn tie(&self, fit: &Fit) -> Alternative {
        let mut search = self.search(WRONG);
        let view = search.view(fit.scope, &[]);
        let settled = search.settle(&view, fit.clone());
        let settled = waits::kept(&mut search, settled, fit);
        self.alternative(&settled.fit, fit.score.cost(WRONG), lengths(&settled, Runs::of(&view)))
    }

    fn alternative(&self, fit: &Fit, cost: u64, lengths: Lengths) -> Alternative {
        Alternative {
            shape: fit.shape,
            capacity: fit.score.capacity,
            lengths,
            scope: self.scopes[fit.scope].clone(),
            contradictions: solve::part(cost, self.rows.refused),
        }
    }
}

/// The ranges of a fit's numbers in time: a lockout lasts from the first refusal of a run to its last, and ends before the next admission.
fn lengths(settled: &Settled, runs: Runs) -> Lengths {
    let most = runs.shortest.map_or(f64::INFINITY, float);
    let longest = float(runs.longest);
    let once = runs.shows_once();
    match settled.fit.shape {
        Shape::Ban => Lengths { numbers: (longest, f64::INFINITY), lockouts: (0.0, 0.0), once },
        Shape::FixedWindow { lockout: Some(_), .. } => {
            Lengths { numbers: settled.numbers, lockouts: (longest, most), once }
        }
        _ => Lengths { numbers: settled.numbers, lockouts: (0.0, 0.0), once },
    }
}
