//! What was learned.

use super::bounds::Bound;
use super::propose;
use super::question::Question;
use super::scope::Scope;
use super::shape::Shape;
use super::written::Written;
use crate::Nanos;

/// The range of a length that was seen more than once is told as one number up to this ratio of its ends.
const WIDE: f64 = 1.25;
/// The range of a length that was seen once has a number up to this ratio.
const NARROW: f64 = 1.02;

/// What the results of a run say of limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Learned {
    /// Requests that were answered.
    pub rows: u64,
    /// Those that were refused.
    pub refused: u64,
    /// From the first request to the last.
    pub span: Nanos,
    /// How far stamps and arrivals may differ: the least that fits.
    pub noise: Nanos,
    /// The limits that explain the run best: one, two that hold at once, or those of single labels. Empty with too few refusals.
    pub limits: Vec<Limit>,
    /// Whether they explain it: at most 5 % contradictions.
    pub fits: bool,
    /// Contradictions as a part of the refusals: unexplained refusals, and admissions over a limit three times.
    pub contradictions: f64,
    /// The best limit of another kind.
    pub second_best: Option<Alternative>,
    /// Limits of other kinds or scopes that explain the run as well.
    pub ties: Vec<Alternative>,
    /// Pairs of limits that explain the run as well as the two that were learned.
    pub pairs: Vec<[Alternative; 2]>,
    /// The part of the requests that was refused at random, where no limit shows.
    pub random: Option<f64>,
    /// What the run cannot tell, each with the probe that would, the cheapest first.
    pub questions: Vec<Question>,
    /// What was admitted at most, where too little was refused.
    pub bounds: Vec<Bound>,
    /// How long the first limit's requests take, in the median: those that are admitted, and those that are refused.
    pub answers: [Nanos; 2],
    /// Doubts about the data, one sentence each.
    pub warnings: Vec<String>,
}

impl Learned {
    /// Whether limits of gcmock explain the run: a kind that gcmock does not have is named, and is no limit of a limits file.
    pub(super) fn has_limits(&self) -> bool {
        let is_foreign = |limit: &Limit| matches!(limit.shape, Shape::SlidingCounter { .. });
        self.fits && !self.limits.iter().any(is_foreign)
    }
}

/// A limit that was learned.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// Its kind, and its numbers in time.
    pub shape: Shape,
    /// Its capacity.
    pub capacity: u64,
    /// The least and greatest capacity that explain the run nearly as well.
    pub capacities: (u64, u64),
    /// The ranges of its numbers in time.
    pub lengths: Lengths,
    /// What it covers, and what it counts by.
    pub scope: Scope,
    /// Refusals that it explains.
    pub explained: u64,
    /// Refusals that no other learned limit explains.
    pub alone: u64,
    /// What a limits file has in its place, if gcmock does not have the kind.
    pub written: Option<Written>,
}

/// The ranges of a limit's numbers in time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lengths {
    /// The least and greatest rate a second, or period in nanoseconds, that explain the run nearly as well. The greatest is
    /// infinite where the run shows no end of the period. Zeros for a kind without.
    pub numbers: (f64, f64),
    /// The least and greatest lockout in nanoseconds.
    pub lockouts: (f64, f64),
    /// Whether one run of refusals at most ended. Lengths of time are then ranges, and no number in them is a fact.
    pub once: bool,
}

impl Lengths {
    /// Whether no number in a range is told: it has no end, or it is the range of a length that was seen once.
    pub(super) const fn is_open(self, (low, high): (f64, f64)) -> bool {
        low > 0.0 && (high.is_infinite() || self.once && high > low * NARROW)
    }

    /// Whether a range is told beside its number.
    pub(super) const fn is_wide(self, (low, high): (f64, f64)) -> bool {
        low > 0.0 && high > low * if self.once { 1.0 } else { WIDE }
    }
}

/// Another limit that was tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// Its kind, and its numbers in time.
    pub shape: Shape,
    /// Its capacity.
    pub capacity: u64,
    /// The ranges of its numbers in time. Zeros, except in a tie.
    pub lengths: Lengths,
    /// What it covers, and what it counts by.
    pub scope: Scope,
    /// Its contradictions as a part of the refusals.
    pub contradictions: f64,
}

impl Limit {
    /// The time in which what is used up comes back: the period of a window, or the time to fill a bucket. None for a
    /// kind without.
    pub fn turnaround(&self) -> Option<Nanos> {
        match self.shape {
            Shape::TokenBucket { rate } => Some(propose::refill_time(self.capacity, rate)),
            shape => shape.period(),
        }
    }
}
