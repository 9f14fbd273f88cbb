//! What `Retry-After` says: a window refuses until its end, a bucket until its next token.
//!
//! The header has whole seconds. A server that always sends one number says nothing.

use super::number::{float, nanos, seconds};
use super::propose::Trace;
use super::refine::{Settled, with_period};
use super::replay;
use super::score::Score;
use super::search::{Fit, NEARLY, Search};
use super::shape::Shape;
use super::view::Item;
use crate::Nanos;

/// The part of the answers that may contradict a limit.
const MOST: f64 = 0.2;
/// How far a wait may differ: a second of rounding, and the time on the way.
const TOLERANCE: f64 = 1.2;

/// How far a limit is from the waits.
#[derive(Clone, Copy, Debug, Default)]
struct Distance {
    compared: u64,
    wrong: u64,
    seconds: f64,
}

impl Distance {
    fn agrees(self) -> bool {
        float(self.wrong) <= MOST * float(self.compared)
    }
}

/// The fits that agree with the rows' Retry-After, or all fits if none does or the rows have none.
pub(super) fn possible(search: &mut Search<'_>, fits: Vec<Fit>) -> Vec<Fit> {
    if !are_told(search) {
        return fits;
    }
    let agreeing: Vec<Fit> = fits.iter().filter_map(|fit| agreeing(search, fit)).collect();
    if agreeing.is_empty() { fits } else { agreeing }
}

/// What was settled, unless its number is farther from the waits than that of the fit.
pub(super) fn kept(search: &mut Search<'_>, settled: Settled, fit: &Fit) -> Settled {
    if !has_ends(fit.shape) || !are_told(search) {
        return settled;
    }
    let [before, after] = [fit, &settled.fit].map(|fit| distance(search, fit).seconds);
    if before < after { Settled { fit: fit.clone(), ..settled } } else { settled }
}

fn are_told(search: &Search<'_>) -> bool {
    let mut waits = search.rows.rows.iter().filter_map(|row| row.retry_after);
    let first = waits.next();
    !waits.all(|wait| Some(wait) == first)
}

/// The fit if it agrees. A window of another period may explain the refusals as well, and then the waits say which.
fn agreeing(search: &mut Search<'_>, fit: &Fit) -> Option<Fit> {
    let own = distance(search, fit);
    if !has_ends(fit.shape) {
        return own.agrees().then(|| fit.clone());
    }
    let mut best = (own, fit.clone());
    let view = search.view(fit.scope, &[]);
    let most = search.cost(fit) + search.rows.refused / NEARLY;
    for period in Trace::of(&view).periods(&view).into_iter().chain(longest(search)) {
        let shape = with_period(fit.shape, period);
        let Some(other) = search.fit_within(&view, fit.scope, shape, most) else { continue };
        let here = distance(search, &other);
        if here.seconds < best.0.seconds {
            best = (here, other);
        }
    }
    best.0.agrees().then_some(best.1)
}

/// Whether the kind has an end that the waits tell.
const fn has_ends(shape: Shape) -> bool {
    matches!(shape, Shape::FixedWindow { lockout: None, .. })
}

/// Periods that the longest wait allows: it is told after the window was filled, and rounded up.
fn longest(search: &Search<'_>) -> impl Iterator<Item = Nanos> + use<> {
    let longest = search.rows.rows.iter().filter_map(|row| row.retry_after).max();
    let least = u64::from(longest.unwrap_or_default()).max(1);
    (least..least + 3).map(|seconds| nanos(float(seconds)))
}

fn distance(search: &mut Search<'_>, fit: &Fit) -> Distance {
    let view = search.view(fit.scope, &[]);
    replay::uses(&view, fit.shape, &mut search.uses);
    let mut ends = ends(&view.items, fit);
    let mut distance = Distance::default();
    for (item, usage) in view.items.iter().zip(&search.uses) {
        let end = ends(item);
        let Some(told_wait) = search.rows.rows[item.row as usize].retry_after.filter(|_| item.refused) else {
            continue;
        };
        let expected = match fit.shape {
            Shape::TokenBucket { rate } => Some(missing(usage.exact, &fit.score) / rate),
            _ => end,
        };
        if let Some(expected) = expected.filter(|_| !usage.is_unknown()) {
            let apart = (f64::from(told_wait) - expected.max(0.0).ceil()).abs();
            distance.compared += 1;
            distance.wrong += u64::from(apart > TOLERANCE.max(slack(fit)));
            distance.seconds += apart;
        }
    }
    distance
}

/// How far a wait may differ: the time of one token, as uses are whole.
fn slack(fit: &Fit) -> f64 {
    if let Shape::TokenBucket { rate } = fit.shape { 1.0 + 1.0 / rate } else { 0.0 }
}

fn missing(usage: i64, score: &Score) -> f64 {
    float(u64::try_from(usage).unwrap_or_default().saturating_sub(score.capacity))
}

/// The wait until the window of an item ends, in seconds, for kinds that have windows.
fn ends<'v>(items: &'v [Item], fit: &Fit) -> impl FnMut(&Item) -> Option<f64> + use<'v> {
    let shape = fit.shape;
    let groups = items.iter().map(|item| item.group as usize + 1).max().unwrap_or_default();
    let mut windows = vec![(0u64, false, 0u64); groups];
    move |item| {
        let (start, open, locked) = &mut windows[item.group as usize];
        match shape {
            Shape::FixedWindow { period, lockout, .. } => {
                *open &= item.at < *start + period && item.at >= *locked;
                if !item.refused && !*open {
                    (*start, *open) = (item.at, true);
                }
                if let Some(lockout) = lockout.filter(|_| item.refused && *open && item.at >= *locked) {
                    *locked = item.at + lockout;
                }
                let end = if lockout.is_some() { *locked } else { *start + period };
                Some(seconds(end.saturating_sub(item.at)))
            }
            Shape::AlignedWindow { period, phase } => {
                Some(seconds(period - item.at.saturating_sub(phase) % period))
            }
            _ => None,
        }
    }
}
