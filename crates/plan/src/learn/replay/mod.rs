//! Runs a kind of limit over the admissions that were observed.
//!
//! Only observed admissions charge, whatever the candidate would have said (teacher forcing), so that one error does not
//! make the next. A kind that counts refusals charges the observed ones too. The result is the *use* of each row: units in use just before it, and its own. It does not depend on the
//! capacity, which is found afterwards as a threshold over the uses. The use of a row depends on the rows before it only,
//! so that a candidate can be given up in the middle.

mod ban;
mod bucket;
mod counter;
mod held;
mod sliding;
mod stepped;
mod window;

use super::shape::Shape;
use super::view::{Item, View};

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
    #[inline]
    fn around(exact: i64, early: u32, late: u32) -> Self {
        Self { low: exact - i64::from(early), exact, high: exact + i64::from(late) }
    }

    #[inline]
    pub(super) const fn is_unknown(self) -> bool {
        self.exact == i64::MIN
    }
}

/// A kind of limit that goes over the items of a view.
pub(super) trait Replay {
    /// Goes over the next items, and adds the use of each.
    fn pass(&mut self, items: &[Item], uses: &mut Vec<Use>);
}

/// A limit of the shape before the first item of the view.
pub(super) fn begin(view: &View, shape: Shape) -> Box<dyn Replay + '_> {
    match shape {
        Shape::TokenBucket { rate } => Box::new(bucket::Buckets::new(view, rate)),
        Shape::FixedWindow { period, lockout, counts_refused } => {
            Box::new(window::Opened::new(view, period, (lockout, counts_refused)))
        }
        Shape::AlignedWindow { period, phase } => Box::new(window::Aligned::new(view, period, phase)),
        Shape::SlidingWindow { period, counts_refused } => {
            Box::new(sliding::Windows::new(view, period, counts_refused))
        }
        Shape::Requests => Box::new(held::Requests::new(view)),
        Shape::Connections => Box::new(held::Connections::new(view)),
        Shape::SlidingCounter { period, phase } => Box::new(counter::Counters::new(view, period, phase)),
        Shape::Stepped { period, refill, phase } => {
            Box::new(stepped::Buckets::new(view, (period, phase), refill))
        }
        Shape::Ban => Box::new(ban::Bans::new(view)),
    }
}

/// Fills `uses` with the use of each item of the view.
pub(super) fn uses(view: &View, shape: Shape, uses: &mut Vec<Use>) {
    uses.clear();
    uses.reserve(view.items.len());
    begin(view, shape).pass(&view.items, uses);
}
