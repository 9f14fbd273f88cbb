//! The limit of gcmock that comes nearest to a kind that gcmock does not have.
//!
//! Each limit that may stand for it decides the requests of the run. The one whose refusals are nearest in number is written.

use gcmock_limit::{Algorithm, Buckets, Rule, RuleId, Scope, Scopes, Subject, decide};

use super::shape::Shape;
use super::view::View;

/// What a limits file has in the place of a kind that gcmock does not have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Written {
    /// A token bucket, or a window that its first request opens.
    pub algorithm: Algorithm,
    /// How many requests of the run it refuses.
    pub refused: u64,
    /// How many were refused.
    pub of: u64,
}

/// The limit that comes nearest. None for a kind that gcmock has.
pub(super) fn nearest(view: &View, shape: Shape, capacity: u64) -> Option<Written> {
    let of = view.items.iter().filter(|item| item.refused).count() as u64;
    let count_refused = shape.counts_refused();
    let replayed = |algorithm| Written { algorithm, of, refused: refusals(view, algorithm, count_refused) };
    candidates(shape, capacity).map(replayed).min_by_key(|written| written.refused.abs_diff(of))
}

/// The limits that may stand for a kind, the most natural first.
fn candidates(shape: Shape, capacity: u64) -> impl Iterator<Item = Algorithm> {
    let capacity = u32::try_from(capacity).unwrap_or(u32::MAX).max(1);
    let both = match shape {
        Shape::Stepped { period, refill: Some(refill), .. } => Some([
            Algorithm::TokenBucket { capacity, refill, period },
            Algorithm::FixedWindow { capacity: refill, period },
        ]),
        Shape::Stepped { period, refill: None, .. }
        | Shape::AlignedWindow { period, .. }
        | Shape::SlidingWindow { period, .. }
        | Shape::SlidingCounter { period, .. } => Some([
            Algorithm::FixedWindow { capacity, period },
            Algorithm::TokenBucket { capacity, refill: capacity, period },
        ]),
        _ => None,
    };
    both.into_iter().flatten()
}

/// How many requests of the run a limit refuses.
fn refusals(view: &View, algorithm: Algorithm, count_refused: bool) -> u64 {
    // Each count of the run is a token.
    let by_token = Scopes::default().with(Scope::Token);
    let rule = Rule { count_refused, ..Rule::new(RuleId(0), "written", by_token, algorithm) };
    let buckets = Buckets::default();
    let is_refused = |group: u32, at| {
        let subject = Subject { token: Some(group.into()), ..Subject::default() };
        let charge = rule.charge(&subject, |_| None);
        charge.is_some_and(|charge| decide(&buckets, None, &[charge], at).refused)
    };
    view.items.iter().filter(|item| is_refused(item.group, item.at)).count() as u64
}
