//! Controllers that run one child of several at a turn, or all in another order or at the same time.

use fastrand::Rng;

use super::tree::{Kind, Tree};
use super::walk::{Spot, State, Walk};
use crate::model::{Child, NodeKind, Selection};

impl Walk<'_, '_> {
    /// Tells the children that a turn of their controller begins, as `fireIterationStart` does: a Throughput Controller
    /// decides then whether it runs, also if it is not the child of the turn. A loop begins again.
    pub(super) fn begin_turn(&mut self, branch: u32) {
        let tree = self.tree;
        for child in &tree.branch(branch).listeners {
            match tree.branch(*child).kind {
                Kind::Controller(NodeKind::Percent { .. } | NodeKind::Total { .. }) => self.decide(*child),
                Kind::Controller(NodeKind::Once) if !self.is_gone(*child) => self.begin_single(*child),
                Kind::Controller(kind) if kind.iterates() && !self.is_gone(*child) => self.begin_loop(*child),
                Kind::Controller(_) | Kind::Root(_) | Kind::Sampler(_) => {}
            }
        }
    }

    /// A loop that does not continue forever begins again, unless it is over.
    fn begin_single(&mut self, single: u32) {
        if self.is_done(single) {
            return;
        }
        *self.spot(single) = Spot::default();
        let tree = self.tree;
        tree.branch(single).children.iter().for_each(|child| self.begin_loop(*child));
    }

    /// A loop begins again, also if it was left in the middle of a turn. It tells its children so in turn.
    fn begin_loop(&mut self, branch: u32) {
        let tree = self.tree;
        let Kind::Controller(_) = tree.branch(branch).kind else { return };
        *self.spot(branch) = Spot::default();
        for child in &tree.branch(branch).children {
            match tree.branch(*child).kind {
                Kind::Controller(_) if self.is_gone(*child) => {}
                Kind::Controller(NodeKind::OnceOnly) => *self.spot(*child) = Spot::default(),
                Kind::Controller(NodeKind::Once) => self.begin_single(*child),
                Kind::Controller(kind) if kind.iterates() => self.begin_loop(*child),
                Kind::Controller(_) | Kind::Root(_) | Kind::Sampler(_) => {}
            }
        }
    }

    /// Asks the Throughput Controllers among the children whether they run in this turn.
    pub(super) fn decide_shares(&mut self, branch: u32) {
        let tree = self.tree;
        tree.branch(branch)
            .children
            .iter()
            .filter(|child| tree.is_share(**child))
            .for_each(|child| self.decide(*child));
    }

    fn decide(&mut self, child: u32) {
        let Kind::Controller(kind) = self.tree.branch(child).kind else { return };
        let runs = self.throughput_runs(child, kind);
        if self.is_gone(child) {
            return;
        }
        self.spot(child).state = if runs { State::Inside } else { State::Barred };
    }

    /// The children that have not left the turn.
    pub(super) fn live_children(&self, branch: u32) -> usize {
        self.orders.of(branch).map_or(self.tree.branch(branch).children.len(), <[u32]>::len)
    }

    /// A child that is over for good leaves the turn of its controller.
    pub(super) fn leave(&mut self, branch: u32, child: u32) {
        self.spot(child).state = State::Gone;
        self.orders.remove(branch, child, &self.tree.branch(branch).children);
    }

    /// The child at the position of a controller, of those that have not left the turn.
    pub(super) fn child_at(&self, branch: u32) -> Option<u32> {
        let place = self.tree.branch(branch);
        let at = self.spots[place.spot].at as usize;
        self.orders.of(branch).unwrap_or(&place.children).get(at).copied()
    }

    pub(super) fn is_gone(&self, child: u32) -> bool {
        self.tree.sampler(child).is_none() && self.spots[self.tree.branch(child).spot].state == State::Gone
    }

    /// Whether a child that has given nothing never gives anything again: `Controller.isDone`. A controller without children
    /// is done, and one whose children all are.
    pub(super) fn is_done(&self, child: u32) -> bool {
        let place = self.tree.branch(child);
        let Kind::Controller(kind) = place.kind else { return false };
        let spot = self.spots[place.spot];
        match *kind {
            NodeKind::Never
            | NodeKind::IfLast { .. }
            | NodeKind::If { .. }
            | NodeKind::Every(_)
            | NodeKind::Parallel { .. } => false,
            NodeKind::Once if spot.extra == 1 => spot.state == State::Fresh,
            NodeKind::Percent { percent: 0.0, .. } | NodeKind::Runtime { length: 0 } => true,
            NodeKind::Total { runs, per_thread } if self.is_used_up(child, runs, per_thread) => true,
            _ => self.has_none_left(child),
        }
    }

    /// Whether all children of a controller have left, or would leave.
    pub(super) fn has_none_left(&self, branch: u32) -> bool {
        self.tree.branch(branch).children.iter().all(|child| self.is_gone(*child) || self.is_done(*child))
    }

    pub(super) fn in_random_order(&mut self, branch: u32) -> Option<u32> {
        if self.spot(branch).state == State::Fresh {
            self.decide_shares(branch);
            let seed = self.random.u64(..);
            let mut order = self.tree.branch(branch).children.clone();
            Rng::with_seed(seed).shuffle(&mut order);
            self.orders.set(branch, order);
            self.spot(branch).state = State::Inside;
        }
        while let Some(child) = self.child_at(branch) {
            let found = self.next(child);
            if found.is_none() || self.tree.sampler(child).is_some() {
                self.spot(branch).at += 1;
            }
            if found.is_some() || self.is_stopped() {
                return found;
            }
        }
        *self.spot(branch) = Spot::default();
        None
    }

    /// The child that a value names. It is looked at when a turn begins.
    pub(super) fn select(&mut self, branch: u32, selection: &Selection) -> Option<u32> {
        let begins = self.spot(branch).state == State::Fresh;
        let child = if begins { self.selected(branch, selection) } else { Child::Nothing };
        self.switch(branch, child)
    }

    /// The child of one position. One that is over for good leaves, and the next that stands in its place goes on.
    pub(super) fn switch(&mut self, branch: u32, child: Child) -> Option<u32> {
        if self.spot(branch).state == State::Fresh {
            self.begin_turn(branch);
            let at = match child {
                Child::Named { child, default } => self.by_name(branch, [Some(child), default])?,
                Child::At(at) if at < self.live_children(branch) => at,
                // A position that does not exist reads as the first.
                Child::At(_) => 0,
                Child::Nothing => return None,
            };
            let spot = self.spot(branch);
            (spot.state, spot.at) = (State::Inside, u32::try_from(at).unwrap_or(0));
        }
        while let Some(child) = self.child_at(branch).filter(|_| self.spot(branch).state == State::Inside) {
            let found = self.next(child);
            if self.is_stopped() {
                return found;
            }
            if self.tree.sampler(child).is_some() {
                self.spot(branch).state = State::Served;
            }
            match found {
                Some(found) => return Some(found),
                None if self.is_done(child) => self.leave(branch, child),
                None => self.spot(branch).state = State::Served,
            }
        }
        *self.spot(branch) = Spot::default();
        None
    }

    /// The position of the first of some children that has not left, among those that have not.
    fn by_name(&self, branch: u32, wanted: [Option<usize>; 2]) -> Option<usize> {
        let children = &self.tree.branch(branch).children;
        let stays = |at: &usize| children.get(*at).is_some_and(|child| !self.is_gone(*child));
        let found = wanted.into_iter().flatten().find(stays)?;
        Some(children[..found].iter().filter(|child| !self.is_gone(**child)).count())
    }

    pub(super) fn parallel(&mut self, branch: u32) -> Option<u32> {
        let spot = self.spot(branch);
        if spot.state == State::Served {
            spot.state = State::Fresh;
            return None;
        }
        spot.extra = (spot.extra + 1).min(LATER_TURN);
        if !self.tree.has_something_together(branch, is_first_turn(self.spots, self.tree, branch)) {
            return None;
        }
        self.spot(branch).state = State::Served;
        Some(branch)
    }
}

/// What a parallel controller keeps of its turns: this is not its first.
const LATER_TURN: u64 = 2;

/// Whether a parallel controller is in its first turn.
pub(super) fn is_first_turn(spots: &[Spot], tree: &Tree<'_>, branch: u32) -> bool {
    spots[tree.branch(branch).spot].extra < LATER_TURN
}
