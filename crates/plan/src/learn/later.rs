//! Explains a run without its beginning: the limit was partly in use before the run, or was another limit.

use super::answer::ENOUGH;
use super::rows::Rows;
use super::scope::Scope;
use super::score::WRONG;
use super::search::Search;
use super::solve::{self, GOOD, NOISES, Solution};
use crate::Nanos;

/// Where the first eighth, quarter or half of the run ends.
const PARTS: [Nanos; 3] = [8, 4, 2];
/// At least one refusal in this number comes after what is left out.
const MUCH: u64 = 4;

/// Where the rows begin that a limit has to explain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Where a full limit admits again: its window begins there, so that nothing before it counts.
    Fresh(Nanos),
    /// What came before charges the limit too.
    Used(Nanos),
}

impl Cut {
    pub(super) const fn at(self) -> Nanos {
        match self {
            Self::Fresh(at) | Self::Used(at) => at,
        }
    }

    pub(super) fn of(self, rows: Rows) -> Rows {
        match self {
            Self::Fresh(at) => rows.starting_at(at),
            Self::Used(at) => rows.binding_from(at),
        }
    }
}

/// A single limit that explains the run from a cut on. Of several the most usual, and of equals the first of [`cuts`].
pub(super) fn solve(rows: &Rows, scopes: &[Scope], whole: &Solution) -> Option<(Cut, Solution)> {
    let solutions =
        cuts(rows).into_iter().filter_map(|cut| Some((cut, explained(rows, scopes, whole, cut)?)));
    solutions.min_by_key(|(_, solution)| solution.singles.first().map(|fit| fit.rank))
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
