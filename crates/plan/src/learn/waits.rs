//! What `Retry-After` says: a window refuses until its end, a bucket until its next token.
//!
//! The header has whole seconds. A server that always sends one number says nothing.

use super::number::{float, seconds};
use super::replay;
use super::score::Score;
use super::search::{Fit, Search};
use super::shape::Shape;
use super::view::Item;

/// The part of the answers that may contradict a limit.
const MOST: f64 = 0.2;
/// How far a wait may differ: a second of rounding, and the time on the way.
const TOLERANCE: f64 = 1.2;

/// The fits that agree with the rows' Retry-After, or all fits if none does or the rows have none.
pub(super) fn possible(search: &mut Search<'_>, fits: Vec<Fit>) -> Vec<Fit> {
    let mut waits = search.rows.rows.iter().filter_map(|row| row.retry_after);
    let first = waits.next();
    if waits.all(|wait| Some(wait) == first) {
        return fits;
    }
    let agreeing: Vec<Fit> = fits.iter().filter(|fit| agrees(search, fit)).cloned().collect();
    if agreeing.is_empty() { fits } else { agreeing }
}

fn agrees(search: &mut Search<'_>, fit: &Fit) -> bool {
    let view = search.view(fit.scope, &[]);
    replay::uses(&view, fit.shape, &mut search.uses);
    let mut ends = ends(&view.items, fit);
    let (mut compared, mut wrong) = (0, 0);
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
            compared += 1;
            wrong += u64::from(
                (f64::from(told_wait) - expected.max(0.0).ceil()).abs() > TOLERANCE.max(slack(fit)),
            );
        }
    }
    float(wrong) <= MOST * float(compared)
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
