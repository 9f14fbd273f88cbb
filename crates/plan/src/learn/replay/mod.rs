//! Runs a kind of limit over the admissions that were observed.
//!
//! Only observed admissions charge, whatever the candidate would have said (teacher forcing), so that one error does not
//! make the next. The result is the *use* of each row: units in use just before it, and its own. It does not depend on the
//! capacity, which is found afterwards as a threshold over the uses.

mod bucket;
mod held;
mod sliding;
mod window;

use super::shape::Shape;
use super::view::View;

/// The use of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Use {
    /// The least use that the time noise allows.
    pub(super) low: i64,
    /// The use by the stamps.
    pub(super) exact: i64,
    /// The greatest use that the time noise allows.
    pub(super) high: i64,
}

impl Use {
    /// The row says nothing: it is too near to an instant at which the limit changes.
    pub(super) const UNKNOWN: Self = Self { low: 0, exact: i64::MIN, high: i64::MAX };
    /// The limit refuses, whatever its capacity.
    pub(super) const LOCKED: Self = Self { low: i64::MAX, exact: i64::MAX, high: i64::MAX };

    /// A use of whole units, with what may have come before or after.
    fn around(exact: i64, early: u32, late: u32) -> Self {
        Self { low: exact - i64::from(early), exact, high: exact + i64::from(late) }
    }

    pub(super) const fn is_unknown(self) -> bool {
        self.exact == i64::MIN
    }
}

/// Fills `uses` with the use of each item of the view.
pub(super) fn uses(view: &View, shape: Shape, uses: &mut Vec<Use>) {
    uses.clear();
    uses.reserve(view.items.len());
    match shape {
        Shape::TokenBucket { rate } => bucket::uses(view, rate, uses),
        Shape::FixedWindow { period, lockout } => window::opened(view, period, lockout, uses),
        Shape::AlignedWindow { period, phase } => window::aligned(view, period, phase, uses),
        Shape::SlidingWindow { period, counts_refused } => sliding::uses(view, period, counts_refused, uses),
        Shape::Requests => held::requests(view, uses),
        Shape::Connections => held::connections(view, uses),
    }
}
