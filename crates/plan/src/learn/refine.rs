//! Finds the numbers in time of one candidate more exactly, and the range in which they explain the run as well.

use super::number::{float, nanos};
use super::propose::{roundest_count, roundest_period, roundest_rate, usual_period};
use super::search::{Fit, NEARLY, Search};
use super::shape::Shape;
use super::view::View;
use crate::Nanos;

/// The widths of the grids of rates, each around the best of the one before.
const RATE_STEPS: [f64; 4] = [0.04, 0.013, 0.004, 0.0013];
/// The widths of the grids of periods.
const PERIOD_STEPS: [f64; 3] = [0.02, 0.005, 0.001];
/// Points of a grid on each side of its middle.
const SIDE: i32 = 4;
/// A range is followed to this multiple of the number, or the same part of it; and farther if it does not end there.
const REACH: f64 = 2.0;
const FARTHER: f64 = 64.0;
/// A period that may be this many times as long has no end that the run shows.
const ENDLESS: f64 = 1e4;
/// A part of a number that no configuration means.
const HAIR: f64 = 2e-4;
/// The least and greatest part of a period that jitter hides.
const HAIR_OF_PERIODS: (f64, f64) = (1e-3, 0.015);
/// How far beside a rate a rounder one with another capacity is looked for, as a part of it.
const ISLAND: f64 = 0.1;
/// A count is rounded by at most one part in this number; and in windows of the clock, whose edges jitter moves, in this one.
const EXACT: u64 = 500;
const ROUGH: u64 = 20;
/// How far beside its range a usual period may lie, as a part of it.
const NEAR: f64 = 0.002;

/// A fit with its numbers as the answer has them.
#[derive(Clone, Debug)]
pub(super) struct Settled {
    pub(super) fit: Fit,
    /// The least and greatest rate a second, or period in nanoseconds; zeros for a kind without.
    pub(super) numbers: (f64, f64),
    /// The least and greatest capacity.
    pub(super) capacities: (u64, u64),
}

impl Search<'_> {
    /// The same kind of limit with the numbers in time that explain the most.
    pub(super) fn refine(&mut self, view: &View, fit: Fit) -> Fit {
        match fit.shape {
            Shape::TokenBucket { .. } => {
                let best = self.grid(view, fit, &RATE_STEPS);
                self.rounder(view, best, RATE_STEPS[RATE_STEPS.len() - 1])
            }
            Shape::FixedWindow { lockout: None, .. } | Shape::SlidingWindow { counts_refused: false, .. }
                if self.cost(&fit) > 0 =>
            {
                self.grid(view, fit, &PERIOD_STEPS)
            }
            _ => fit,
        }
    }

    fn grid(&mut self, view: &View, fit: Fit, steps: &[f64]) -> Fit {
        let mut best = fit;
        for step in steps {
            let points = (-SIDE..=SIDE).filter(|point| *point != 0);
            let factors = points.map(|point| 1.0 + step * f64::from(point) / f64::from(SIDE));
            let shapes: Vec<Shape> = factors.map(|factor| scaled(best.shape, factor)).collect();
            for shape in shapes {
                let most = self.cost(&best);
                if let Some(fit) = self.fit_within(view, best.scope, shape, most)
                    && self.key(&fit) < self.key(&best)
                {
                    best = fit;
                }
            }
        }
        best
    }

    /// The fit at the middle of its range, or at the roundest number in it, with the ranges that explain the run nearly as well.
    pub(super) fn settle(&mut self, view: &View, fit: Fit) -> Settled {
        let most = self.cost(&fit) + view.refusals / NEARLY;
        let number = number(fit.shape);
        let (kept, (low, high)) =
            if number == 0.0 { (fit, (0.0, 0.0)) } else { self.settle_number(view, fit, most) };
        let kept = self.island(view, kept);
        let told = self::number(kept.shape);
        let numbers = (low.min(told), high.max(told));
        // The histograms have to be those of the fit that is kept.
        let mut kept = self.fit(view, kept.scope, kept.shape);
        let best = kept.score.capacity;
        let capacities = self.scorer.range(best, self.weight, most.max(self.cost(&kept)));
        let room = best / if kept.shape.is_aligned() && self.noise > 0 { ROUGH } else { EXACT };
        kept.score.capacity =
            roundest_count(capacities.0.max(best - room), capacities.1.min(best + room), best);
        Settled { fit: kept, numbers, capacities }
    }

    /// The bucket with a rounder rate beside the range, if it explains as much. Capacities are whole, so that the rates that fit are several
    /// ranges, one for each capacity.
    fn island(&mut self, view: &View, fit: Fit) -> Fit {
        self.rounder(view, fit, ISLAND)
    }

    /// The bucket with the roundest rate within a part of the rate, if it explains as much.
    fn rounder(&mut self, view: &View, fit: Fit, part: f64) -> Fit {
        let Shape::TokenBucket { rate } = fit.shape else { return fit };
        let round = roundest_rate(rate * (1.0 - part), rate * (1.0 + part), rate);
        let key = self.key(&fit);
        let other = self.fit_within(view, fit.scope, Shape::TokenBucket { rate: round }, key.0);
        other.filter(|other| self.key(other) <= key).unwrap_or(fit)
    }

    fn settle_number(&mut self, view: &View, fit: Fit, most: u64) -> (Fit, (f64, f64)) {
        let (number, exact) = (number(fit.shape), self.key(&fit));
        let strictly = self.edges(view, &fit, exact);
        let loosely = self.edges(view, &fit, (most, u64::MAX));
        let (low, high) = (number * loosely.0, number * loosely.1);
        if let Some(usual) = self.usual_period_near(view, &fit, (low, high)) {
            return (usual, (low, high));
        }
        // A period without an end in the run is told by its beginning.
        let middle =
            if strictly.1.is_finite() { number * f64::midpoint(strictly.0, strictly.1) } else { low };
        let shape = match fit.shape {
            Shape::TokenBucket { .. } => Shape::TokenBucket { rate: roundest_rate(low, high, middle) },
            shape => with_period(shape, roundest_period(time(low), time(high), time(middle))),
        };
        let settled = self.fit(view, fit.scope, shape);
        let strict = |search: &Self, other: &Fit| other.score.strict <= exact.1 + search.rows.refused / 50;
        if self.cost(&settled) <= most && strict(self, &settled) {
            return (settled, (low, high));
        }
        // A server's clock and ours differ by some millionths, and jitter shifts the edges of windows: a round number very near is meant.
        let near = |hair: f64| (number * (1.0 - hair), number * (1.0 + hair));
        let (shape, part) = if let Shape::TokenBucket { .. } = fit.shape {
            let (low, high) = near(HAIR);
            (with_number(fit.shape, roundest_rate(low, high, number)), 100)
        } else {
            let hidden = float(self.noise) / number;
            let (low, high) = near(hidden.clamp(HAIR_OF_PERIODS.0, HAIR_OF_PERIODS.1));
            (with_period(fit.shape, roundest_period(time(low), time(high), time(number))), 50)
        };
        let round = self.fit(view, fit.scope, shape);
        let good = self.cost(&round) <= exact.0 + self.rows.refused / part;
        let kept = if good && (part == 50 || strict(self, &round)) { round } else { fit };
        (kept, (low, high))
    }

    /// The fit with a period that people configure, where the range ends just beside it: a few rows at the edges of windows decide that.
    fn usual_period_near(&mut self, view: &View, fit: &Fit, (low, high): (f64, f64)) -> Option<Fit> {
        fit.shape.period()?;
        let (from, to) = (time(low * (1.0 - NEAR)), time(high * (1.0 + NEAR)));
        let inside = usual_period(time(low), time(high));
        let period = usual_period(from, to).filter(|_| inside.is_none())?;
        let most = self.cost(fit) + self.rows.refused / 50;
        self.fit_within(view, fit.scope, with_period(fit.shape, period), most)
    }

    /// How far the number can fall and rise, as factors, while the key is at most `most`.
    fn edges(&mut self, view: &View, fit: &Fit, most: (u64, u64)) -> (f64, f64) {
        let mut is_same = |factor: f64| {
            let other = self.fit_within(view, fit.scope, scaled(fit.shape, factor), most.0);
            other.is_some_and(|other| self.key(&other) <= most)
        };
        let low = edge(&mut is_same, [1.0 / REACH, 1.0 / FARTHER]);
        let has_period = fit.shape.period().is_some();
        let is_endless = has_period && is_same(REACH) && is_same(ENDLESS);
        (low, if is_endless { f64::INFINITY } else { edge(&mut is_same, [REACH, FARTHER]) })
    }
}

/// How far a number can go towards the nearer end, or the farther one if nothing changes up to the nearer.
fn edge(is_same: &mut impl FnMut(f64) -> bool, [near, far]: [f64; 2]) -> f64 {
    let (mut inside, mut outside) = if is_same(near) { (near, far) } else { (1.0, near) };
    for _ in 0..14 {
        let factor = f64::midpoint(inside, outside);
        if is_same(factor) { inside = factor } else { outside = factor }
    }
    inside
}

/// The number in time of a shape: a rate a second, or a period in nanoseconds; 0 if it has none.
fn number(shape: Shape) -> f64 {
    match shape {
        Shape::TokenBucket { rate } => rate,
        shape => shape.period().map_or(0.0, float),
    }
}

fn time(nanoseconds: f64) -> Nanos {
    nanos(nanoseconds / 1e9)
}

fn scaled(shape: Shape, factor: f64) -> Shape {
    with_number(shape, number(shape) * factor)
}

fn with_number(shape: Shape, to: f64) -> Shape {
    match shape {
        Shape::TokenBucket { .. } => Shape::TokenBucket { rate: to },
        shape => with_period(shape, time(to)),
    }
}

/// The shape with another period, if it has one.
pub(super) fn with_period(shape: Shape, to: Nanos) -> Shape {
    let to = to.max(1);
    match shape {
        Shape::FixedWindow { lockout, counts_refused, .. } => {
            Shape::FixedWindow { period: to, lockout, counts_refused }
        }
        Shape::AlignedWindow { phase, .. } => Shape::AlignedWindow { period: to, phase },
        Shape::SlidingCounter { phase, .. } => Shape::SlidingCounter { period: to, phase },
        Shape::Stepped { refill, phase, .. } => Shape::Stepped { period: to, refill, phase },
        Shape::SlidingWindow { counts_refused, .. } => Shape::SlidingWindow { period: to, counts_refused },
        shape => shape,
    }
}
