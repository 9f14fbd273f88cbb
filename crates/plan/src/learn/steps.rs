//! Buckets that refill in steps, and windows that are renewed whenever their period ends.
//!
//! Under a load that never pauses such a window refuses nearly as one does that requests open, with a period that is a little longer or
//! shorter. So it is tried where nothing fits, where two limits do, and where the period is one that no limiter is configured with.

use super::clock;
use super::learned::Learned;
use super::number::{float, seconds, whole};
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

/// A period is a multiple of this, and this many times as long as the noise.
const ROUND: Nanos = 100_000_000;
const FINE: Nanos = 30;
/// Periods of this and more have whole seconds.
const LONG: Nanos = 2_000_000_000;
/// How far beside a period that people configure another is the same, as a part of it.
const HAIR: Nanos = 1_000;
/// A run shows this many periods.
const PERIODS: Nanos = 2;
/// A limit that leaves this part of the refusals more than another explains as much.
pub(super) const FAIR: f64 = 0.005;
/// It leaves at most this part of what a limit leaves that may be the answer.
const BETTER: f64 = 0.5;
/// And this part of what is left where nothing fits.
const MUCH_BETTER: f64 = 0.2;
/// A refill of one token is a token bucket.
const FEW: f64 = 1.5;
/// The most tokens of a refill.
const MANY: f64 = 100_000.0;

/// Whether people configure a period.
const fn is_usual(period: Nanos) -> bool {
    period.is_multiple_of(if period < LONG { ROUND } else { LONG / 2 })
}

/// Whether people configure a period so near that the times of the run hide the difference.
pub(super) const fn is_near_usual(period: Nanos) -> bool {
    let round = (period + ROUND / 2) / ROUND * ROUND;
    is_usual(round) && period.abs_diff(round) * HAIR <= period
}

/// What a limit that comes back in steps may leave as contradictions to be the answer in the place of what was learned. None if nothing
/// speaks for steps.
///
/// They are behind it if nothing fits well, two limits do, windows of a length that no limiter is configured with, or windows of the clock
/// that do not explain all. A bucket that a step refills wholly or in part admits more than such a window only after a pause, and at the
/// beginning.
pub(super) fn may_leave(learned: &Learned) -> Option<f64> {
    let [limit] = learned.limits.as_slice() else { return Some(GOOD) };
    let is_odd = limit.shape.period().is_some_and(|period| !is_usual(period));
    let is_by_clock = matches!(limit.shape, Shape::AlignedWindow { .. });
    let known = learned.contradictions;
    if !learned.fits {
        return Some((known * MUCH_BETTER).clamp(GOOD, 2.0 * GOOD));
    }
    if is_odd {
        return Some(GOOD);
    }
    (known > if is_by_clock { 0.0 } else { GOOD }).then_some((known * BETTER).min(GOOD))
}

/// The limit with steps that explains all rows, but for `most` as contradictions.
pub(super) fn solve(rows: &Rows, scopes: &[Scope], whole: &Solution, most: f64) -> Option<Solution> {
    NOISES[..3].iter().find_map(|step| {
        let noise = step * rows.resolution;
        let mut search = Search::new(rows, scopes, 2 * noise, WRONG);
        let fits: Vec<Fit> = (0..scopes.len()).filter_map(|scope| best(&mut search, scope)).collect();
        let best = fits.into_iter().min_by_key(|fit| (search.key(fit), fit.rank))?;
        let explains = part(search.cost(&best), rows.refused) <= most;
        (explains && permutation::is_significant_alone(&search, &best))
            .then(|| whole.replaced_by(best, noise))
    })
}

/// The best limit with steps of a scope. Of equals the first.
fn best(search: &mut Search<'_>, scope: usize) -> Option<Fit> {
    let covers_all = search.scopes[scope].labels.is_empty();
    if !covers_all || search.scopes[scope].by == By::Thread {
        return None;
    }
    let view = search.view(scope, &[]);
    let mut best: Option<Fit> = None;
    for shape in shapes(&view) {
        let most = best.as_ref().map_or(view.refusals / 20, |best| search.cost(best));
        let Some(fit) = search.fit_within(&view, scope, shape, most) else { continue };
        // A refill of the whole bucket is a window.
        if matches!(shape, Shape::Stepped { refill: Some(refill), .. } if u64::from(refill) + 1 >= fit.score.capacity)
        {
            continue;
        }
        if best.as_ref().is_none_or(|best| search.key(&fit) < search.key(best)) {
            best = Some(fit);
        }
    }
    if best.as_ref().is_none_or(|best| part(search.cost(best), view.refusals) > FAIR) {
        clock::shift(search, &view, scope, &mut best);
    }
    best
}

fn shapes(view: &View) -> Vec<Shape> {
    let trace = Trace::of(view);
    let mut periods = trace.periods(view);
    periods.retain(|period| is_shown(view, *period));
    let renewed = |period: &Nanos| Shape::Stepped { period: *period, refill: None, phase: None };
    let mut shapes: Vec<Shape> = periods.iter().map(renewed).collect();
    for period in periods {
        let phase = trace.edge(view, period);
        shapes.extend(phase.map(|phase| Shape::AlignedWindow { period, phase }));
        let phases = || std::iter::once(None).chain(trace.phases(view, period).into_iter().map(Some));
        for refill in refills(&trace, period) {
            shapes.extend(phases().map(|phase| Shape::Stepped { period, refill: Some(refill), phase }));
        }
    }
    shapes
}

pub(super) fn is_shown(view: &View, period: Nanos) -> bool {
    is_usual(period) && period >= view.noise * FINE && period.saturating_mul(PERIODS) <= view.span()
}

/// How many tokens a refill may bring: what came between two runs of refusals, and what the rates of the run bring in a period.
fn refills(trace: &Trace, period: Nanos) -> Vec<u32> {
    let tokens = trace.rates().into_iter().map(|rate| rate * seconds(period));
    let tokens = tokens.chain(trace.jumps().into_iter().map(float));
    let tokens = tokens.filter(|tokens| (FEW..MANY).contains(tokens));
    let mut refills: Vec<u32> = tokens.map(nearest).collect();
    refills.sort_unstable();
    refills.dedup();
    refills
}

/// The nearest whole number.
fn nearest(tokens: f64) -> u32 {
    u32::try_from(whole(tokens - 0.5)).unwrap_or(u32::MAX)
}
