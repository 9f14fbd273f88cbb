//! Windows of the clock that begin at no multiple of their period: where a hash of the key says when, or where a limiter renews them from
//! its first request on.

use super::propose::{Trace, roundest_count};
use super::rows::Rows;
use super::scope::{By, Scope};
use super::score::WRONG;
use super::search::{Fit, Search};
use super::shape::Shape;
use super::solve::{Solution, part};
use super::steps::{self, FAIR};
use super::view::View;
use crate::Nanos;

/// Begins of the windows that are tried, and the parts of a period by which the best is moved then.
const PHASES: Nanos = 20;
const FINER: [Nanos; 5] = [40, 80, 160, 320, 640];
/// The distance of begins that are equally good, as a part of the period.
const SAME: Nanos = 160;
/// How far the begin of a window may be from the first request, as a part of the period.
const NEAR: Nanos = 100;

/// Tries all begins of windows of the clock, then those around the best. After pauses no request shows when a window begins.
pub(super) fn shift(search: &mut Search<'_>, view: &View, scope: usize, best: &mut Option<Fit>) {
    let mut periods = Trace::of(view).periods(view);
    periods.retain(|period| steps::is_shown(view, *period));
    for period in periods {
        for step in 0..PHASES {
            better(search, view, best, (scope, period, period / PHASES * step));
        }
    }
    for part in FINER {
        let Some((period, phase)) = window(best.as_ref()) else { return };
        for phase in [phase + period - period / part, phase + period / part] {
            better(search, view, best, (scope, period, phase % period));
        }
    }
    *best = best.take().map(|best| centred(search, view, best));
}

fn window(best: Option<&Fit>) -> Option<(Nanos, Nanos)> {
    match best?.shape {
        Shape::AlignedWindow { period, phase } => Some((period, phase)),
        _ => None,
    }
}

/// Keeps the window of the clock if it is better.
fn better(
    search: &mut Search<'_>,
    view: &View,
    best: &mut Option<Fit>,
    (scope, period, phase): (usize, Nanos, Nanos),
) {
    let most = best.as_ref().map_or(view.refusals / 4, |best| search.cost(best));
    let fit = search.fit_within(view, scope, Shape::AlignedWindow { period, phase }, most);
    let is_better = |fit: &Fit| best.as_ref().is_none_or(|best| search.key(fit) < search.key(best));
    if let Some(fit) = fit.filter(is_better) {
        *best = Some(fit);
    }
}

/// The fit with the roundest capacity of the begins that explain as much, and the begin in their middle.
fn centred(search: &mut Search<'_>, view: &View, fit: Fit) -> Fit {
    let Shape::AlignedWindow { period, phase } = fit.shape else { return fit };
    let most = search.cost(&fit);
    let mut moved = |step: Nanos| {
        let shape = Shape::AlignedWindow { period, phase: (phase + period / SAME * step) % period };
        search.fit_within(view, fit.scope, shape, most)
    };
    // From the half of a period before to the half after.
    let before = (SAME / 2..SAME).rev().map_while(&mut moved).collect::<Vec<_>>();
    let mut equal: Vec<Fit> = before.into_iter().rev().chain(std::iter::once(fit.clone())).collect();
    equal.extend((1..SAME / 2).map_while(&mut moved));
    let low = equal.iter().map(|fit| fit.score.low).min().unwrap_or_default();
    let high = equal.iter().map(|fit| fit.score.high).max().unwrap_or_default();
    let round = roundest_count(low, high, low.midpoint(high));
    equal.retain(|fit| (fit.score.low..=fit.score.high).contains(&round));
    let middle = equal.len() / 2;
    equal.into_iter().nth(middle).unwrap_or(fit)
}

/// The solution with a window that is renewed from its first request on, where a window of the clock begins with the run.
pub(super) fn renewed(rows: &Rows, scopes: &[Scope], solution: &Solution) -> Option<Solution> {
    let best = solution.singles.first()?;
    let Shape::AlignedWindow { period, phase: phase @ 1.. } = best.shape else { return None };
    if !steps::is_near_usual(period) {
        return None;
    }
    let mut search = Search::new(rows, scopes, 2 * solution.noise, WRONG);
    let view = search.view(best.scope, &[]);
    let with_run = scopes[best.scope].by == By::All && begins_with_run(rows, &view, (period, phase));
    let begins = std::iter::once(None).chain(with_run.then_some(Some(phase)));
    let fits = begins.filter_map(|phase| {
        let shape = Shape::Stepped { period, refill: None, phase };
        search.fit_within(&view, best.scope, shape, u64::MAX)
    });
    let fit = fits.min_by_key(|fit| fit.score.cost(WRONG))?;
    let most = part(best.score.cost(WRONG), rows.refused) + FAIR;
    let explains = part(fit.score.cost(WRONG), rows.refused) <= most;
    explains.then(|| solution.replaced_by(fit, solution.noise))
}

/// Whether a window begins while the first request is on its way.
fn begins_with_run(rows: &Rows, view: &View, (period, phase): (Nanos, Nanos)) -> bool {
    let Some(first) = view.items.first().map(|item| &rows.rows[item.row as usize]) else { return false };
    let after = (phase + period - first.at % period) % period;
    let near = view.noise + period / NEAR;
    after <= first.end - first.at + near || period - after <= near
}
