//! Two limits at once: the second explains the refusals that the first leaves.

use std::collections::BTreeSet;

use super::number::float;
use super::propose::refill_time;
use super::score::WRONG;
use super::search::{Fit, Search};
use super::shape::Shape;

/// The most first layers that are tried.
const FIRSTS: usize = 4;
/// The periods that a second layer has to refuse in by itself.
const PERIODS: usize = 3;

/// Two limits that explain the run together.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) fits: [Fit; 2],
    /// Admissions that either would have refused.
    pub(super) wrong: u64,
    /// Refusals that both would have admitted.
    pub(super) unexplained: u64,
    /// Refusals that each explains alone.
    pub(super) alone: [u64; 2],
}

impl Pair {
    pub(super) const fn cost(&self) -> u64 {
        WRONG * self.wrong + self.unexplained
    }
}

impl Search<'_> {
    /// The best two limits, if both have a part of their own. `self.weight` is that of one of two.
    pub(super) fn pair(&mut self) -> Option<Pair> {
        let firsts = self.firsts();
        let mut best: Option<Pair> = None;
        for first in firsts {
            if best.as_ref().is_some_and(|best| best.cost() * 100 <= self.rows.refused) {
                break;
            }
            let Some(pair) = self.complete(&first) else { continue };
            if best.as_ref().is_none_or(|best| pair.cost() < best.cost()) {
                best = Some(pair);
            }
        }
        best
    }

    /// The best candidates of different kinds or scopes, as first layers.
    fn firsts(&mut self) -> Vec<Fit> {
        let mut firsts: Vec<Fit> = Vec::new();
        for fit in self.layer(&[]) {
            let new = |known: &Fit| known.shape.name() != fit.shape.name() || known.scope != fit.scope;
            if firsts.len() < FIRSTS && firsts.iter().all(new) {
                firsts.push(fit);
            }
        }
        firsts
    }

    /// Fits a second layer to what the first leaves, then the first again to what the second leaves.
    fn complete(&mut self, first: &Fit) -> Option<Pair> {
        let excused = self.explained_refusals(first);
        let second = self.layer(&excused).into_iter().next()?;
        let excused = self.explained_refusals(&second);
        let first = self.layer(&excused).into_iter().next()?;
        let excused = self.explained_refusals(&first);
        let second = self.layer(&excused).into_iter().next()?;
        self.judge([first, second])
    }

    fn explained_refusals(&mut self, fit: &Fit) -> Vec<bool> {
        let explained = self.explained(fit);
        self.rows.rows.iter().zip(explained).map(|(row, explained)| row.refused && explained).collect()
    }

    /// What two fits explain together, or None if one of them has too little of its own.
    pub(super) fn judge(&mut self, fits: [Fit; 2]) -> Option<Pair> {
        let explained = fits.each_ref().map(|fit| self.explained(fit));
        let (mut wrong, mut unexplained, mut alone) = (0, 0, [0, 0]);
        let mut periods = [BTreeSet::new(), BTreeSet::new()];
        let lengths = fits.each_ref().map(period);
        for (index, row) in self.rows.rows.iter().enumerate() {
            let by = [explained[0][index], explained[1][index]];
            match (row.refused, by) {
                (false, by) => wrong += u64::from(!(by[0] && by[1])),
                (true, [false, false]) => unexplained += 1,
                (true, [true, true]) => {}
                (true, [first, _]) => {
                    let which = usize::from(!first);
                    alone[which] += 1;
                    periods[which].insert(row.at / lengths[which]);
                }
            }
        }
        let part = float(self.rows.refused) * 0.05;
        let own = (0..2).all(|which| {
            float(alone[which]) >= part && (lengths[which] == 1 || periods[which].len() >= PERIODS)
        });
        own.then_some(Pair { fits, wrong, unexplained, alone })
    }
}

/// The period of a fit, or 1 for a kind without.
fn period(fit: &Fit) -> u64 {
    match fit.shape {
        Shape::TokenBucket { rate } => refill_time(fit.score.capacity, rate).max(1),
        shape => shape.period().unwrap_or(1).max(1),
    }
}
