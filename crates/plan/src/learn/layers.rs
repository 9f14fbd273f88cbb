//! Two limits at once: each explains what the other leaves.

use super::permutation;
use super::pool::OWN;
use super::score::WRONG;
use super::search::{Fit, NEARLY, Search};

/// How often both layers are made more exact, each beside the other.
const ROUNDS: usize = 3;
/// Refusals of its own that show a second layer without doubt.
const AMPLE: u64 = 60;
/// Other pairs that are told.
const TIES: usize = 3;

/// Two limits that explain the run together.
#[derive(Clone, Debug, PartialEq)]
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

    /// Whether each layer refuses that many requests alone that noise is not the reason. Else one layer under a greater noise may
    /// explain them too.
    pub(super) fn is_ample(&self) -> bool {
        self.alone.iter().all(|alone| *alone >= AMPLE)
    }

    /// The cost by the stamps alone.
    const fn strict(&self) -> u64 {
        self.fits[0].score.strict + self.fits[1].score.strict
    }

    /// Whether both layers are of the kinds and scopes of another pair's.
    fn is_like(&self, other: &Self) -> bool {
        let [first, second] = &self.fits;
        let [one, two] = &other.fits;
        first.is_like(one) && second.is_like(two) || first.is_like(two) && second.is_like(one)
    }

    /// How unusual it is: its scopes, then its kinds.
    const fn rank(&self) -> (usize, usize) {
        let [(scope, kind), (other_scope, other_kind)] = [self.fits[0].rank, self.fits[1].rank];
        (scope + other_scope, kind + other_kind)
    }
}

impl Search<'_> {
    /// The best two limits, if both have a part of their own, and others that explain nearly as much. `self.weight` is that of
    /// one of two.
    pub(super) fn pair(&mut self) -> Option<(Pair, Vec<Pair>)> {
        let combinations = self.combinations();
        let pairs: Vec<Pair> = combinations.into_iter().filter_map(|fits| self.complete(fits)).collect();
        let most = pairs.iter().map(Pair::cost).min()? + self.rows.refused / NEARLY;
        // Of those that explain nearly as much, the most usual.
        let mut tied: Vec<Pair> = pairs.into_iter().filter(|pair| pair.cost() <= most).collect();
        tied.sort_by_key(|pair| (pair.rank(), pair.cost(), pair.strict()));
        let mut significant = tied.into_iter().filter(|pair| self.is_significant(pair));
        let best = significant.next()?;
        let others = significant.filter(|pair| !pair.is_like(&best)).take(TIES).collect();
        Some((best, others))
    }

    /// Whether each layer explains more than chance of what the other one leaves.
    fn is_significant(&mut self, pair: &Pair) -> bool {
        (0..2).all(|which| {
            let excused = self.explained_refusals(&pair.fits[1 - which]);
            permutation::is_significant(self, &pair.fits[which], &excused)
        })
    }

    /// Makes both layers more exact, each beside the other.
    fn complete(&mut self, mut fits: [Fit; 2]) -> Option<Pair> {
        let mut best: Option<Pair> = None;
        for _ in 0..ROUNDS {
            for which in 0..2 {
                let excused = self.explained_refusals(&fits[1 - which]);
                let view = self.view(fits[which].scope, &excused);
                let fit = self.fit(&view, fits[which].scope, fits[which].shape);
                fits[which] = self.refine(&view, fit);
            }
            let Some(pair) = self.judge(fits.clone()) else { break };
            if best.as_ref().is_some_and(|best| best.cost() <= pair.cost()) {
                break;
            }
            // Further rounds mend what the first one nearly explains.
            let hopeless = pair.cost() * 4 > self.rows.refused;
            best = Some(pair);
            if hopeless {
                break;
            }
        }
        best
    }

    /// The refusals that a fit explains, by row.
    pub(super) fn explained_refusals(&mut self, fit: &Fit) -> Vec<bool> {
        let explained = self.explained(fit);
        self.rows.rows.iter().zip(explained).map(|(row, explained)| row.refused && explained).collect()
    }

    /// What two fits explain together, or None if one of them has too little of its own.
    pub(super) fn judge(&mut self, fits: [Fit; 2]) -> Option<Pair> {
        let explained = fits.each_ref().map(|fit| self.explained(fit));
        let (mut wrong, mut unexplained, mut alone) = (0, 0, [0, 0]);
        for (index, row) in self.rows.rows.iter().enumerate() {
            let by = [explained[0][index], explained[1][index]];
            match (row.refused, by) {
                (false, by) => wrong += u64::from(!(by[0] && by[1])),
                (true, [false, false]) => unexplained += 1,
                (true, [true, true]) => {}
                (true, [first, _]) => alone[usize::from(!first)] += 1,
            }
        }
        let own = alone.iter().all(|alone| alone * OWN >= self.rows.refused);
        own.then_some(Pair { fits, wrong, unexplained, alone })
    }
}
