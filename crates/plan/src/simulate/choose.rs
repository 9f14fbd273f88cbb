//! Controllers that run one child of several at a turn, or all in another order or at the same time.

use fastrand::Rng;

use super::tree::Kind;
use super::walk::{Spot, State, Walk};
use crate::model::NodeKind;

impl Walk<'_, '_> {
    /// Tells the children that a turn of their controller begins, as `fireIterationStart` does: a Throughput Controller
    /// decides then whether it runs, also if it is not the child of the turn. A loop begins again.
    fn begin_turn(&mut self, branch: u32) {
        let tree = self.tree;
        for child in &tree.branch(branch).children {
            match tree.branch(*child).kind {
                Kind::Controller(NodeKind::Percent { .. } | NodeKind::Total { .. }) => self.decide(*child),
                Kind::Controller(kind) if kind.iterates() => *self.spot(*child) = Spot::default(),
                Kind::Controller(_) | Kind::Root(_) | Kind::Sampler(_) => {}
            }
        }
    }

    fn decide(&mut self, child: u32) {
        let Kind::Controller(kind) = self.tree.branch(child).kind else { return };
        let runs = self.throughput_runs(child, kind);
        self.spot(child).state = if runs { State::Inside } else { State::Barred };
    }

    /// The child of this turn: a sampler once, a controller until it is over or once. One that is over begins again where
    /// each of its samplers has a turn of its own.
    fn serve(&mut self, branch: u32, child: u32, one_sampler: bool) -> Option<u32> {
        let mut found = self.next(child);
        if found.is_none() && one_sampler {
            found = self.next(child);
        }
        let once = one_sampler || self.tree.sampler(child).is_some();
        self.spot(branch).state = match found {
            Some(_) if once => State::Served,
            Some(_) => State::Inside,
            None => State::Fresh,
        };
        found
    }

    /// Whether the turn of an interleaving controller has had its sampler.
    fn is_served(&mut self, branch: u32) -> bool {
        let spot = self.spot(branch);
        let served = spot.state == State::Served;
        if served {
            spot.state = State::Fresh;
        }
        served
    }

    pub(super) fn interleave(&mut self, branch: u32, across: bool, one_sampler: bool) -> Option<u32> {
        let number = self.number;
        self.one_child(branch, one_sampler, |walk, children| {
            let spot = walk.spot(branch);
            if across && spot.extra == 0 {
                (spot.extra, spot.turn) = (1, number);
            }
            let at = spot.turn as usize % children;
            spot.turn = u32::try_from(at + 1).unwrap_or(0);
            at
        })
    }

    pub(super) fn one_of(&mut self, branch: u32, one_sampler: bool) -> Option<u32> {
        self.one_child(branch, one_sampler, |walk, children| walk.random.usize(0..children))
    }

    /// The sampler of one child: of the one that is not over yet, else of the one that `choose` returns for the number of children.
    fn one_child(
        &mut self,
        branch: u32,
        one_sampler: bool,
        mut choose: impl FnMut(&mut Self, usize) -> usize,
    ) -> Option<u32> {
        let children = &self.tree.branch(branch).children;
        if self.is_served(branch) || children.is_empty() {
            return None;
        }
        if self.spot(branch).state == State::Inside {
            let child = children[self.spot(branch).at as usize % children.len()];
            return self.serve(branch, child, one_sampler);
        }
        self.begin_turn(branch);
        for _ in 0..children.len() {
            let at = choose(self, children.len());
            self.spot(branch).at = u32::try_from(at).unwrap_or(0);
            if let Some(found) = self.serve(branch, children[at], one_sampler) {
                return Some(found);
            }
        }
        None
    }

    pub(super) fn in_random_order(&mut self, branch: u32) -> Option<u32> {
        if self.spot(branch).state == State::Fresh {
            let seed = self.random.u64(..);
            let spot = self.spot(branch);
            (spot.state, spot.extra) = (State::Inside, seed);
        }
        let mut order: Vec<u32> = self.tree.branch(branch).children.clone();
        Rng::with_seed(self.spot(branch).extra).shuffle(&mut order);
        while let Some(child) = order.get(self.spot(branch).at as usize) {
            let found = self.next(*child);
            if found.is_none() || self.tree.sampler(*child).is_some() {
                self.spot(branch).at += 1;
            }
            if found.is_some() || self.is_stopped() {
                return found;
            }
        }
        *self.spot(branch) = Spot::default();
        None
    }

    pub(super) fn switch(&mut self, branch: u32, child: usize) -> Option<u32> {
        let children = &self.tree.branch(branch).children;
        if self.is_served(branch) {
            return None;
        }
        if self.spot(branch).state == State::Fresh {
            self.begin_turn(branch);
        }
        // A position that does not exist reads as the first.
        let child = *children.get(child).or_else(|| children.first())?;
        self.serve(branch, child, false)
    }

    pub(super) fn parallel(&mut self, branch: u32) -> Option<u32> {
        if self.is_served(branch) || self.tree.samplers_below(branch).is_empty() {
            return None;
        }
        self.spot(branch).state = State::Served;
        Some(branch)
    }
}
