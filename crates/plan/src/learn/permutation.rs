//! A permutation test: whether a limit explains a run better than the same run with its outcomes in another order.
//!
//! Time noise excuses what lies near a limit's edge. Where requests come as fast as the noise is long, that is everything, and a
//! limit explains refusals that came by chance. It then explains them in any order.

use super::rows::Rows;
use super::search::{Fit, Search};
use super::shape::Shape;
use crate::Nanos;

/// Fits that are tested before the run counts as explained by none.
const TESTED: usize = 12;
/// Another order has to cost more than the real one by this factor, in quarters: 1.25 where another limit may explain a part.
const WORSE: u64 = 5;
/// Twice for the only limit of a run.
const WORSE_ALONE: u64 = 8;
/// And by one in this number of the rarer outcome on top, refusals or admissions.
const PART: u64 = 20;

/// Outcomes change places within blocks of this many times the time that the limit looks back.
const BLOCK: Nanos = 10;

/// The fits from the first one on that explains more than chance does, and whether there is one. If none is, all fits.
pub(super) fn significant(search: &Search<'_>, mut fits: Vec<Fit>) -> (Vec<Fit>, bool) {
    let mut tested = fits.iter().take(TESTED);
    match tested.position(|fit| is_significant(search, fit, &[])) {
        Some(first) => (fits.split_off(first), true),
        None => (fits, false),
    }
}

/// Whether a limit explains more than chance does. `excused` are the refusals that another one explains.
pub(super) fn is_significant(search: &Search<'_>, fit: &Fit, excused: &[bool]) -> bool {
    is_worse(search, fit, excused, WORSE)
}

/// Whether the only limit of a run explains more than chance does.
pub(super) fn is_significant_alone(search: &Search<'_>, fit: &Fit) -> bool {
    is_worse(search, fit, &[], WORSE_ALONE)
}

/// Whether the outcomes in another order cost more by a factor.
fn is_worse(search: &Search<'_>, fit: &Fit, excused: &[bool], worse: u64) -> bool {
    let rows = search.rows;
    let cost = |rows: &Rows| {
        let mut search = Search::new(rows, search.scopes, search.noise, search.weight);
        let view = search.view(fit.scope, excused);
        let fit = search.fit(&view, fit.scope, fit.shape);
        search.cost(&fit)
    };
    let excused_rows = excused.iter().filter(|excused| **excused).count() as u64;
    let binding = rows.rows.iter().filter(|row| rows.binds(row)).count() as u64;
    let rarer = (rows.refused - excused_rows).min(binding - rows.refused);
    // Where nothing is excused, the fit is one of these rows.
    let real = if excused.is_empty() { search.cost(fit) } else { cost(rows) };
    cost(&rows.shuffled(block(search, fit), excused)) > worse * real / 4 + rarer / PART
}

/// The time in which outcomes change places. In a load in waves the refusals come in the crests. Requests at once, which look back for
/// milliseconds, would lose them if outcomes changed places over waves.
fn block(search: &Search<'_>, fit: &Fit) -> Nanos {
    let back = match fit.shape {
        Shape::TokenBucket { .. }
        | Shape::Stepped { refill: Some(_), .. }
        | Shape::Connections
        | Shape::Ban => Nanos::MAX / BLOCK,
        Shape::Requests => search.answer,
        // A counter looks back over two windows.
        Shape::SlidingCounter { period, .. } => period.saturating_mul(2),
        shape => shape.period().unwrap_or(Nanos::MAX / BLOCK),
    };
    back.saturating_add(search.noise).saturating_mul(BLOCK)
}
