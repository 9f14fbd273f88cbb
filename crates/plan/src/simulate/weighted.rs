//! The Weighted Switch Controller of the plugins: one child at a turn, in proportion to its weight.
//!
//! It is a controller that goes through its children as all do, begins at the one that it has chosen, and ends its turn as soon
//! as it would go on to the next. By then the next child can have given a sampler, which is dropped.

use std::ops::ControlFlow;

use super::tree::Kind;
use super::walk::{State, Walk};
use crate::model::NodeKind;

/// Whether the children were told that a turn begins.
const TOLD: u64 = 1;

impl Walk<'_, '_> {
    /// The next sampler of a weighted switch. Its spot has the position, and in `turn` the child that it has chosen.
    pub(super) fn weighted(&mut self, branch: u32, weights: &[i64], drawn: bool) -> Option<u32> {
        let mut begins = self.spot(branch).state != State::Inside;
        if begins {
            self.spot(branch).state = State::Inside;
            let Some(chosen) = self.choose(branch, weights, drawn) else {
                self.ends = true;
                return None;
            };
            let spot = self.spot(branch);
            (spot.at, spot.turn) = (chosen, chosen);
        }
        let found = loop {
            match self.weighted_child(branch) {
                ControlFlow::Break(found) => break found,
                ControlFlow::Continue(()) => begins = false,
            }
        };
        let spot = *self.spot(branch);
        if begins || self.is_stopped() || (found.is_some() && spot.at == spot.turn) {
            return found;
        }
        self.end_weighted_turn(branch);
        None
    }

    fn end_weighted_turn(&mut self, branch: u32) {
        let tree = self.tree;
        self.spot(branch).state = State::Fresh;
        for child in &tree.branch(branch).children {
            if let Kind::Controller(NodeKind::Weighted { .. }) = tree.branch(*child).kind {
                self.spot(*child).state = State::Fresh;
            }
            self.restart(*child);
        }
    }

    /// What a controller does at one of its children that goes through them. It goes on after one that gives no sampler.
    fn weighted_child(&mut self, branch: u32) -> ControlFlow<Option<u32>> {
        if self.spot(branch).extra & TOLD == 0 {
            self.begin_turn(branch);
            self.spot(branch).extra |= TOLD;
        }
        let Some(child) = self.child_at(branch) else {
            if self.live_children(branch) > 0 {
                let spot = self.spot(branch);
                (spot.at, spot.extra) = (0, spot.extra & !TOLD);
            }
            return ControlFlow::Break(None);
        };
        let found = self.next(child);
        if self.tree.sampler(child).is_some() {
            self.spot(branch).at += 1;
        }
        if found.is_some() || self.is_stopped() {
            return ControlFlow::Break(found);
        }
        if self.is_done(child) {
            self.leave(branch, child);
        } else {
            self.spot(branch).at += 1;
        }
        ControlFlow::Continue(())
    }

    fn choose(&mut self, branch: u32, weights: &[i64], drawn: bool) -> Option<u32> {
        #[expect(clippy::cast_precision_loss, reason = "as JMeter's plugin does")]
        let shares = {
            let sum = weights.iter().fold(0_i64, |sum, weight| sum.wrapping_add(*weight)) as f64;
            weights.iter().map(|weight| *weight as f64 / sum).collect::<Vec<_>>()
        };
        let chosen =
            if drawn { Some(self.drawn_share(&shares)) } else { self.furthest_behind(branch, &shares) }?;
        u32::try_from(chosen).ok()
    }

    fn drawn_share(&mut self, shares: &[f64]) -> usize {
        let mut left = self.random.f64() * shares.iter().sum::<f64>();
        let reached = shares.iter().position(|share| {
            left -= share;
            left <= 0.0
        });
        reached.unwrap_or(0)
    }

    /// The child whose part of the turns is furthest below its share. If none is below, the one with the greatest share.
    fn furthest_behind(&mut self, branch: u32, shares: &[f64]) -> Option<usize> {
        let first = self.tree.branch(branch).spot + 1;
        let counts = &mut self.spots[first..first + shares.len()];
        let total: u64 = counts.iter().map(|spot| spot.extra).sum();
        #[expect(clippy::cast_precision_loss, reason = "as JMeter's plugin does")]
        let parts = counts.iter().map(|spot| if total > 0 { spot.extra as f64 / total as f64 } else { 0.0 });
        let behind = shares.iter().zip(parts).map(|(share, part)| share - part);
        let chosen = greatest(behind).or_else(|| greatest(shares.iter().copied()))?;
        counts[chosen].extra += 1;
        Some(chosen)
    }
}

/// The first of the greatest values, if one is positive.
fn greatest(values: impl Iterator<Item = f64>) -> Option<usize> {
    let mut found = (None, f64::from_bits(1));
    for (index, value) in values.enumerate() {
        if value > found.1 {
            found = (Some(index), value);
        }
    }
    found.0
}
