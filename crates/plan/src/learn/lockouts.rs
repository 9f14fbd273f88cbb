//! A lockout in the place of a window of an odd length.
//!
//! Under an even load, a window that fills in four seconds and then locks for ten refuses as a window of fourteen seconds does. Nobody
//! configures fourteen seconds and a bit.

use super::learned::Learned;
use super::scope::Scope;
use super::score::WRONG;
use super::shape::Shape;
use super::solve::Solution;
use super::steps::is_near_usual;

/// The lockout among the ties whose length people configure, if the window that was learned has a length that nobody does, and does not
/// explain more.
pub(super) fn rounder(learned: &Learned, scopes: &[Scope], solution: &Solution) -> Option<usize> {
    let [limit] = learned.limits.as_slice() else { return None };
    let is_plain = !matches!(limit.shape, Shape::FixedWindow { lockout: Some(_), .. });
    let period = limit.shape.period().filter(|period| is_plain && !is_near_usual(*period))?;
    let is_round = |shape: Shape| match shape {
        Shape::FixedWindow { lockout: Some(lockout), .. } => lockout < period && is_near_usual(lockout),
        _ => false,
    };
    let tie = learned.ties.iter().find(|tie| tie.scope == limit.scope && is_round(tie.shape))?;
    let most = solution.singles.first()?.score.cost(WRONG);
    solution.singles.iter().position(|fit| {
        fit.shape.name() == tie.shape.name()
            && scopes[fit.scope] == tie.scope
            && fit.score.cost(WRONG) <= most
    })
}
