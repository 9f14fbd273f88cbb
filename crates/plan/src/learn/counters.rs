//! Sliding window counters, as clients of Redis write them.
//!
//! Under a steady load such a counter refuses as a small token bucket does, and with small numbers it explains too much, because the part of the
//! window before is rounded. So it is tried where no other limit explains the whole run, and has to explain it with its beginning.

use super::permutation;
use super::propose::Trace;
use super::rows::Rows;
use super::scope::{By, Scope};
use super::score::WRONG;
use super::search::{Fit, Search};
use super::shape::Shape;
use super::solve::{GOOD, NOISES, Solution, part};
use super::view::View;
use crate::Nanos;

/// Periods are whole seconds, and so many times as long as the noise.
const SECOND: Nanos = 1_000_000_000;
const FINE: Nanos = 50;
/// The least capacity.
const FEW: u64 = 10;
/// A period that is shorter by a fifth has to cost more by one refusal in this number.
const DIFFERENT: u64 = 20;

/// The counter that explains all rows, in the place of the best single limit of `whole`.
pub(super) fn solve(rows: &Rows, scopes: &[Scope], whole: &Solution) -> Option<Solution> {
    NOISES[..3].iter().find_map(|step| {
        let noise = step * rows.resolution;
        let mut search = Search::new(rows, scopes, 2 * noise, WRONG);
        let fits = (0..scopes.len()).filter(|scope| may_count(&scopes[*scope]));
        let fits: Vec<Fit> = fits.filter_map(|scope| best(&mut search, scope)).collect();
        let best = fits.into_iter().min_by_key(|fit| (search.key(fit), fit.rank))?;
        let explains = part(search.cost(&best), rows.refused) <= GOOD;
        (explains && permutation::is_significant_alone(&search, &best))
            .then(|| whole.replaced_by(best, noise))
    })
}

fn may_count(scope: &Scope) -> bool {
    matches!(scope.by, By::All | By::Column(_)) && scope.labels.is_empty()
}

/// The best counter of a scope, if its period shows.
fn best(search: &mut Search<'_>, scope: usize) -> Option<Fit> {
    let view = search.view(scope, &[]);
    let periods = Trace::of(&view).periods(&view).into_iter();
    let periods = periods.filter(|period| period.is_multiple_of(SECOND) && *period >= view.noise * FINE);
    let fits: Vec<Fit> =
        periods.map(|period| search.fit(&view, scope, Shape::SlidingCounter { period })).collect();
    let best = fits.into_iter().min_by_key(|fit| search.key(fit))?;
    (best.score.capacity >= FEW && shows_its_period(search, &view, &best)).then_some(best)
}

/// Whether a shorter period explains less.
fn shows_its_period(search: &mut Search<'_>, view: &View, fit: &Fit) -> bool {
    let most = search.cost(fit) + view.refusals / DIFFERENT;
    let shorter = Shape::SlidingCounter { period: fit.shape.period().unwrap_or(SECOND) / 5 * 4 };
    search.fit_within(view, fit.scope, shorter, most).is_none()
}
