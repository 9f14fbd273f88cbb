//! The kind of gcmock that comes nearest to one that gcmock does not have.
//!
//! Each kind that may stand for it decides the requests of the run by itself. The one whose refusals are nearest in number is written.

use super::number::{float, nanos, seconds};
use super::shape::Shape;
use super::view::{Item, View};
use crate::Nanos;

/// What a limits file has in the place of a kind that gcmock does not have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Written {
    /// A token bucket, or a window that its first request opens.
    pub shape: Shape,
    /// Its capacity.
    pub capacity: u64,
    /// How many requests of the run it refuses.
    pub refused: u64,
    /// How many were refused.
    pub of: u64,
}

/// The kind that comes nearest. None for a kind that gcmock has.
pub(super) fn nearest(view: &View, shape: Shape, capacity: u64) -> Option<Written> {
    let of = view.items.iter().filter(|item| item.refused).count() as u64;
    let replayed =
        |(shape, capacity)| Written { shape, capacity, of, refused: refusals(view, shape, capacity) };
    candidates(shape, capacity).map(replayed).min_by_key(|written| written.refused.abs_diff(of))
}

/// The kinds that may stand for another, each with its capacity, the most natural first.
fn candidates(shape: Shape, capacity: u64) -> impl Iterator<Item = (Shape, u64)> {
    let bucket = |tokens: f64, period| (Shape::TokenBucket { rate: tokens / seconds(period) }, capacity);
    let both = match shape {
        Shape::Stepped { period, refill: Some(refill), .. } => {
            Some([bucket(f64::from(refill), period), (Shape::window(period), refill.into())])
        }
        Shape::Stepped { period, refill: None, .. }
        | Shape::AlignedWindow { period, .. }
        | Shape::SlidingWindow { period, .. }
        | Shape::SlidingCounter { period, .. } => {
            Some([(Shape::window(period), capacity), bucket(float(capacity), period)])
        }
        _ => None,
    };
    both.into_iter().flatten()
}

/// How many requests a limit refuses that charges what it admits itself.
fn refusals(view: &View, shape: Shape, capacity: u64) -> u64 {
    let mut counts = vec![Count::default(); view.groups];
    let refuses = |item: &&Item| {
        let count = &mut counts[item.group as usize];
        count.pass(item.at, shape);
        let admits = count.used + 1.0 <= float(capacity);
        count.used += f64::from(u8::from(admits));
        !admits
    };
    view.items.iter().filter(refuses).count() as u64
}

/// What one count has in use.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    used: f64,
    /// The begin of the window, or when the level of the bucket was this.
    since: Nanos,
}

impl Count {
    fn pass(&mut self, now: Nanos, shape: Shape) {
        match shape {
            Shape::TokenBucket { rate } => {
                self.used = (self.used - rate * seconds(now - self.since)).max(0.0);
                self.since = now;
            }
            shape => {
                let period = shape.period().unwrap_or_else(|| nanos(1.0));
                if self.used == 0.0 || now - self.since >= period {
                    (self.used, self.since) = (0.0, now);
                }
            }
        }
    }
}
