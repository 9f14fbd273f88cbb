//! Sliding window counters, as clients of Redis write them.
//!
//! Under a steady load such a counter refuses as a small token bucket does, and with small numbers it explains too much, because the part of the
//! window before is rounded. So it is tried where no other limit explains the whole run, and has to explain it with its beginning.

use super::permutation;
use super::propose::Trace;
use super::refine::with_period;
use super::rows::Rows;
use super::scope::{By, Scope};
use super::score::WRONG;
use super::search::{Fit, Search};
use super::shape::Shape;
use super::solve::{GOOD, NOISES, Solution, part};
use super::view::View;
use crate::Nanos;

/// Periods are whole seconds, and this many times as long as the noise.
const SECOND: Nanos = 1_000_000_000;
const FINE: Nanos = 50;
/// The least capacity.
const FEW: u64 = 10;
/// Phases that are tried, those of the best period, and the parts of a period by which the best is moved then.
const PHASES: Nanos = 20;
const MANY_PHASES: Nanos = 100;
const FINER: [Nanos; 5] = [40, 80, 160, 320, 640];
/// A period that is shorter by a fifth has to cost more by one in this number of the rarer outcome, refusals or admissions: under a high load
/// nearly all refusals say nothing of the period.
const DIFFERENT: u64 = 20;
/// The greatest period that explains the run is at most this many times the least.
const NARROW: f64 = 1.25;
/// It leaves at most this part of what the limit leaves that is known.
const BETTER: f64 = 0.5;

/// The counter that explains all rows, in the place of the best single limit of `whole`, which leaves `known` as contradictions.
pub(super) fn solve(rows: &Rows, scopes: &[Scope], whole: &Solution, known: f64) -> Option<Solution> {
    NOISES[..3].iter().find_map(|step| {
        let noise = step * rows.resolution;
        let mut search = Search::new(rows, scopes, 2 * noise, WRONG);
        let fits = (0..scopes.len()).filter(|scope| may_count(&scopes[*scope]));
        let fits: Vec<Fit> = fits.filter_map(|scope| best(&mut search, scope)).collect();
        let best = fits.into_iter().min_by_key(|fit| (search.key(fit), fit.rank))?;
        let explains = part(search.cost(&best), rows.refused) <= (known * BETTER).min(GOOD);
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
    let mut periods = Trace::of(&view).periods(&view);
    periods.retain(|period| period.is_multiple_of(SECOND) && *period >= view.noise * FINE);
    let by_clock = |period: &Nanos| Shape::SlidingCounter { period: *period, phase: 0 };
    let shapes: Vec<Shape> = periods.iter().map(by_clock).collect();
    let mut best: Option<Fit> = None;
    for shape in &shapes {
        better(search, &view, &mut best, (scope, *shape));
    }
    for shape in &shapes {
        shift(search, &view, &mut best, (scope, *shape), PHASES);
    }
    if let Some(shape) = best.as_ref().map(|best| best.shape) {
        shift(search, &view, &mut best, (scope, shape), MANY_PHASES);
    }
    best.filter(|best| shows_its_period(search, &view, best))
}

fn is_good(search: &Search<'_>, view: &View, fit: &Fit) -> bool {
    part(search.cost(fit), view.refusals) <= GOOD
}

/// Keeps the fit of a shape if it is better, and no small number.
fn better(search: &mut Search<'_>, view: &View, best: &mut Option<Fit>, (scope, shape): (usize, Shape)) {
    let most = best.as_ref().map_or(u64::MAX, |best| search.cost(best));
    let fit = search.fit_within(view, scope, shape, most);
    let is_better = |fit: &Fit| best.as_ref().is_none_or(|best| search.key(fit) < search.key(best));
    if let Some(fit) = fit.filter(|fit| fit.score.capacity >= FEW && is_better(fit)) {
        *best = Some(fit);
    }
}

/// Tries windows that begin at other times than those of the clock: over the whole period, and then around the best.
fn shift(
    search: &mut Search<'_>,
    view: &View,
    best: &mut Option<Fit>,
    (scope, shape): (usize, Shape),
    phases: Nanos,
) {
    // A counter that explains the run needs no other phase.
    let explains = best.as_ref().is_some_and(|best| is_good(search, view, best));
    let Some(period) = shape.period().filter(|_| !explains) else { return };
    for step in 1..phases {
        better(search, view, best, (scope, moved(shape, period / phases * step)));
    }
    for part in FINER {
        let Some(Shape::SlidingCounter { phase, .. }) = best.as_ref().map(|best| best.shape) else { return };
        for phase in [phase + period - period / part, phase + period / part] {
            better(search, view, best, (scope, moved(shape, phase % period)));
        }
    }
}

fn moved(shape: Shape, to: Nanos) -> Shape {
    match shape {
        Shape::SlidingCounter { period, .. } => Shape::SlidingCounter { period, phase: to },
        shape => shape,
    }
}

/// Whether a shorter period explains less, and the range of periods that explain as much is narrow.
fn shows_its_period(search: &mut Search<'_>, view: &View, fit: &Fit) -> bool {
    let (low, high) = search.settle(view, fit.clone()).numbers;
    if high > low * NARROW {
        return false;
    }
    let admissions = view.items.iter().filter(|item| !item.refused).count() as u64;
    let most = search.cost(fit) + view.refusals.min(admissions) / DIFFERENT;
    let shorter = fit.shape.period().unwrap_or(SECOND) / 5 * 4;
    search.fit_within(view, fit.scope, with_period(fit.shape, shorter), most).is_none()
}
