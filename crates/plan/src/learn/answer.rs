//! The answer: what was learned, and how sure it is.

use std::collections::BTreeMap;

use super::layers::Pair;
use super::refine::Settled;
use super::rows::Rows;
use super::scope::{self, Scope};
use super::score::{WRONG, WRONG_OF_TWO};
use super::search::{Fit, NEARLY, Search};
use super::shape::Shape;
use super::solve::{self, MOST, Solution};
use super::tell::time;
use super::{Options, bounds, later, pacing, permutation, question};
use crate::Nanos;
use crate::results::{Outcome, Results};

pub use super::bounds::Bound;
pub use super::question::{Probe, Question, Step};

/// Fewer refusals than these say nothing of a limit but its bounds.
pub(super) const ENOUGH: u64 = 5;
/// Rows beyond these are used for the last judgement only.
const ROWS: usize = 40_000;
/// Rows after the first refusal that are used in any case.
const AFTER: usize = 20_000;

/// What the results of a run say of limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Learned {
    /// Requests that were answered.
    pub rows: u64,
    /// Those that were refused.
    pub refused: u64,
    /// From the first request to the last.
    pub span: Nanos,
    /// How far stamps and arrivals may differ: the least that fits.
    pub noise: Nanos,
    /// The limits that explain the run best: one, or two that hold at once. Empty with too few refusals.
    pub limits: Vec<Limit>,
    /// Whether they explain it: at most 5 % contradictions.
    pub fits: bool,
    /// Contradictions as a part of the refusals: unexplained refusals, and admissions over a limit three times.
    pub contradictions: f64,
    /// The best limit of another kind.
    pub second_best: Option<Alternative>,
    /// Limits of other kinds or scopes that explain the run as well.
    pub ties: Vec<Alternative>,
    /// What the run cannot tell, each with the probe that would, the cheapest first.
    pub questions: Vec<Question>,
    /// What was admitted at most, where too little was refused.
    pub bounds: Vec<Bound>,
    /// How long the first limit's requests take, in the median: those that are admitted, and those that are refused.
    pub answers: [Nanos; 2],
    /// Doubts about the data, one sentence each.
    pub warnings: Vec<String>,
}

/// A limit that was learned.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// Its kind, and its numbers in time.
    pub shape: Shape,
    /// Its capacity.
    pub capacity: u64,
    /// The least and greatest capacity that explain the run nearly as well.
    pub capacities: (u64, u64),
    /// The least and greatest rate a second, or period in nanoseconds, that explain the run nearly as well. Zeros for a kind
    /// without.
    pub numbers: (f64, f64),
    /// What it covers, and what it counts by.
    pub scope: Scope,
    /// Refusals that it explains.
    pub explained: u64,
    /// Refusals that no other learned limit explains.
    pub alone: u64,
}

/// Another limit that was tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// Its kind, and its numbers in time.
    pub shape: Shape,
    /// Its capacity.
    pub capacity: u64,
    /// What it covers, and what it counts by.
    pub scope: Scope,
    /// Its contradictions as a part of the refusals.
    pub contradictions: f64,
}

/// Learns limits from the results of a run. Takes about a second for ten thousand rows, and never much longer: of long runs the
/// part around the first refusals is searched, and all rows judge.
pub fn learn(results: &Results, options: &Options) -> Learned {
    let rows = Rows::of(results, options);
    let mut learned = Learned {
        rows: rows.rows.len() as u64,
        refused: rows.refused,
        span: if is_instant(results) { 0 } else { rows.span() },
        warnings: warnings(results, &rows, options),
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

fn search(learned: &mut Learned, mut rows: Rows, results: &Results) {
    let head = head(&rows);
    let scopes = scope::candidates(results, &head);
    let Some((solution, is_pair)) = solve::solve(&head, &scopes) else { return };
    Answer { rows: &rows, scopes: &scopes, solution: &solution }.fill(learned, is_pair);
    let later = if learned.fits { None } else { later::solve(&head, &scopes, &solution) };
    if let Some((cut, later)) = later {
        learned.warnings.extend(rows.rows.first().map(|first| left_out(cut.at() - first.at)));
        learned.limits.clear();
        rows = cut.of(rows);
        Answer { rows: &rows, scopes: &scopes, solution: &later }.fill(learned, false);
    }
    learned.warnings.extend(by_chance(learned));
    question::of_limits(learned, &rows);
}

/// Why a limit with few contradictions is not the answer.
fn by_chance(learned: &Learned) -> Option<String> {
    let sentence =
        "the nearest limit explains the refusals in another order nearly as well, so it says nothing";
    (learned.contradictions <= MOST && !learned.fits).then(|| sentence.to_owned())
}

fn left_out(beginning: Nanos) -> String {
    format!(
        "the first {} are left out: a part of the limit was in use before the run, or it was another one then",
        time(beginning)
    )
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

fn warnings(results: &Results, rows: &Rows, options: &Options) -> Vec<String> {
    let mut warnings = results.warnings.clone();
    warnings.extend(other_refusals(results, options).filter(|_| rows.refused < ENOUGH));
    if rows.has_whole_seconds() {
        let sentence = "the times are whole seconds, so that only slow limits show; k6 writes milliseconds with K6_CSV_TIME_FORMAT=unix_milli";
        warnings.push(sentence.to_owned());
    }
    warnings
}

/// The status that may be a refusal although the options do not say so: the most frequent one of a failure.
fn other_refusals(results: &Results, options: &Options) -> Option<String> {
    let mut counts: BTreeMap<u16, u64> = BTreeMap::new();
    for sample in results.samples.iter().filter(|sample| !sample.transaction) {
        match sample.outcome {
            Outcome::Status(status @ 400..) if !options.refused.contains(&status) => {
                *counts.entry(status).or_default() += 1;
            }
            _ => {}
        }
    }
    let (status, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    (count >= ENOUGH).then(|| {
        format!("{count} answers have the status {status}; --refused {status} counts them as refusals")
    })
}

struct Answer<'a> {
    rows: &'a Rows,
    scopes: &'a [Scope],
    solution: &'a Solution,
}

impl Answer<'_> {
    fn fill(&self, learned: &mut Learned, is_pair: bool) {
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
        let explained = Self::explained(&mut search, &settled.fit);
        let judged =
            (settled.fit.score.cost(WRONG), permutation::is_significant_alone(&search, &settled.fit));
        learned.limits.push(self.limit(settled, explained, explained));
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
            settled.push(here);
        }
        let pair = search.judge(fits).unwrap_or_else(|| pair.clone());
        for (settled, alone) in settled.into_iter().zip(pair.alone) {
            let explained = Self::explained(&mut search, &settled.fit);
            learned.limits.push(self.limit(settled, explained, alone));
        }
        pair.cost()
    }

    fn explained(search: &mut Search<'_>, fit: &Fit) -> u64 {
        search.explained_refusals(fit).into_iter().filter(|explained| *explained).count() as u64
    }

    fn limit(&self, settled: Settled, explained: u64, alone: u64) -> Limit {
        let Settled { fit, numbers, capacities } = settled;
        let scope = self.scopes[fit.scope].clone();
        Limit { shape: fit.shape, capacity: fit.score.capacity, capacities, numbers, scope, explained, alone }
    }

    /// The ties, and the second best kind.
    fn others(&self, learned: &mut Learned) {
        let [limit] = learned.limits.as_slice() else { return };
        let (shape, scope) = (limit.shape, limit.scope.clone());
        let best = self.solution.singles.first().map_or(0, |fit| fit.score.cost(WRONG));
        let other = |fit: &&Fit| fit.shape.name() != shape.name() || self.scopes[fit.scope] != scope;
        let tied = |fit: &&Fit| fit.score.cost(WRONG) <= best + self.rows.refused / NEARLY;
        learned.ties = self
            .solution
            .singles
            .iter()
            .filter(other)
            .filter(tied)
            .take(6)
            .map(|fit| self.alternative(fit))
            .collect();
        let kind = self.solution.singles.iter().find(|fit| fit.shape.name() != shape.name());
        learned.second_best = kind.map(|fit| self.alternative(fit));
    }

    fn alternative(&self, fit: &Fit) -> Alternative {
        Alternative {
            shape: fit.shape,
            capacity: fit.score.capacity,
            scope: self.scopes[fit.scope].clone(),
            contradictions: solve::part(fit.score.cost(WRONG), self.rows.refused),
        }
    }
}

impl Limit {
    /// The time in which what is used up comes back: the period of a window, or the time to fill a bucket. None for a
    /// kind without.
    pub fn turnaround(&self) -> Option<Nanos> {
        match self.shape {
            Shape::TokenBucket { rate } => Some(super::propose::refill_time(self.capacity, rate)),
            shape => shape.period(),
        }
    }
}
