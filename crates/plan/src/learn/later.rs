//! Explains a run without its beginning: the limit was partly in use before the run, or was another limit.

use super::answer::ENOUGH;
use super::full;
use super::number::float;
use super::rows::Rows;
use super::scope::Scope;
use super::score::WRONG;
use super::search::{Fit, Search};
use super::shape::Shape;
use super::solve::{self, GOOD, NOISES, Solution};
use crate::Nanos;

/// Where the first eighth, quarter or half of the run ends.
const PARTS: [Nanos; 3] = [8, 4, 2];
/// A bucket that was in use before leaves at most this part of what the limit leaves that is known.
const BETTER: f64 = 0.5;
/// At least one refusal in this number comes after what is left out.
const MUCH: u64 = 4;

/// Where the rows begin that a limit has to explain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Where a full limit admits again: its window begins there, so that nothing before it counts.
    Fresh(Nanos),
    /// What came before charges the limit too.
    Used(Nanos),
    /// Where a token bucket refuses first: all its tokens are in use.
    Full(Nanos),
}

impl Cut {
    pub(super) const fn at(self) -> Nanos {
        match self {
            Self::Fresh(at) | Self::Used(at) | Self::Full(at) => at,
        }
    }

    fn of(self, rows: Rows) -> Rows {
        match self {
            Self::Fresh(at) | Self::Full(at) => rows.starting_at(at),
            Self::Used(at) => rows.binding_from(at),
        }
    }
}

/// An explanation of a run without its beginning.
#[derive(Debug)]
pub(super) struct Later {
    cut: Cut,
    in_use: f64,
    pub(super) solution: Solution,
}

impl Later {
    pub(super) const fn at(&self) -> Nanos {
        self.cut.at()
    }

    /// The rows that are explained.
    pub(super) fn rows(&self, rows: Rows) -> Rows {
        self.cut.of(rows).in_use(self.in_use)
    }
}

/// A single limit that explains the run from a cut on. Of several the most usual, and of equals the first of [`cuts`].
pub(super) fn solve(rows: &Rows, scopes: &[Scope], whole: &Solution) -> Option<Later> {
    let solutions = cuts(rows).into_iter().filter_map(|cut| {
        let solution = explained(rows, scopes, whole, cut)?;
        Some(Later { cut, in_use: 0.0, solution })
    });
    let best = solutions.min_by_key(|later| later.solution.singles.first().map(|fit| fit.rank));
    // Under a load that never pauses a bucket looks like a window of one request.
    let is_bucket = |fit: &Fit| matches!(fit.shape, Shape::TokenBucket { .. }) || fit.score.capacity == 1;
    best.or_else(|| whole.singles.first().filter(|fit| is_bucket(fit)).and_then(|_| full(rows, scopes)))
}

/// A token bucket that was in use before the run, in the place of the limit of `whole`, which leaves `known` as contradictions.
///
/// Under a load that never pauses a bucket admits one request for each token, as a window of one request does. Only the beginning of the run
/// tells them apart, unless the bucket is partly in use then.
pub(super) fn bucket(rows: &Rows, scopes: &[Scope], whole: &Solution, known: f64) -> Option<Later> {
    whole.singles.first().filter(|best| best.score.capacity == 1 && best.shape.period().is_some())?;
    let part = |later: &Later| solve::part(later.solution.single_cost(), rows.refused);
    full(rows, scopes).filter(|later| part(later) <= known * BETTER)
}

/// A token bucket that explains by itself what two limits do, but for the beginning.
pub(super) fn one_bucket(rows: &Rows, scopes: &[Scope]) -> Option<Later> {
    full(rows, scopes)
}

/// A token bucket that explains what follows its first refusal.
fn full(rows: &Rows, scopes: &[Scope]) -> Option<Later> {
    NOISES[..2].iter().find_map(|step| {
        let noise = step * rows.resolution;
        let later = full::of(rows, scopes, 2 * noise)?;
        let at = later.rows.first()?.at;
        let solution = solve::singles(&later, scopes, noise)?;
        let best = solution.singles.first()?;
        let is_bucket = matches!(best.shape, Shape::TokenBucket { .. });
        let is_same = is_bucket && (float(best.score.capacity) - later.in_use).abs() <= 2.0;
        let explains = solve::part(solution.single_cost(), later.refused) <= GOOD
            && later.refused * MUCH >= rows.refused;
        (is_same && explains).then_some(Later { cut: Cut::Full(at), in_use: later.in_use, solution })
    })
}

fn cuts(rows: &Rows) -> Vec<Cut> {
    let first = rows.rows.first().map_or(0, |row| row.at);
    let refused = rows.rows.iter().skip_while(|row| !row.refused);
    let again = refused.skip_while(|row| row.refused).map(|row| Cut::Fresh(row.at)).next();
    again.into_iter().chain(PARTS.map(|part| Cut::Used(first + rows.span() / part))).collect()
}

fn explained(rows: &Rows, scopes: &[Scope], whole: &Solution, cut: Cut) -> Option<Solution> {
    let later = cut.of(rows.clone());
    let promises = || matches!(cut, Cut::Fresh(_)) || is_promising(&later, scopes, whole);
    if later.refused < (rows.refused / MUCH).max(ENOUGH) || !promises() {
        return None;
    }
    let mut solutions =
        NOISES[..2].iter().filter_map(|step| solve::singles(&later, scopes, step * rows.resolution));
    solutions.find(|solution| solve::part(solution.single_cost(), later.refused) <= GOOD)
}

/// Whether any limit that was found for the whole run explains most of a part of it.
fn is_promising(later: &Rows, scopes: &[Scope], whole: &Solution) -> bool {
    let mut search = Search::new(later, scopes, 2 * whole.noise, WRONG);
    whole.singles.iter().any(|fit| {
        let view = search.view(fit.scope, &[]);
        search.fit_within(&view, fit.scope, fit.shape, later.refused / MUCH).is_some()
    })
}
