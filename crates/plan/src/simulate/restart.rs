//! Controllers that begin again from outside: `Controller.triggerEndOfLoop` and `Controller.initialize`.

use super::interleave;
use super::tree::{Kind, Tree};
use super::walk::{Spot, State, Walk};
use crate::model::NodeKind;

/// The controllers below one begin at their first child: `initializeSubControllers`.
pub(super) fn initialize_below(tree: &Tree<'_>, spots: &mut [Spot], branch: u32) {
    for child in &tree.branch(branch).children {
        let place = tree.branch(*child);
        let Kind::Controller(kind) = place.kind else { continue };
        if spots[place.spot].state != State::Gone {
            initialize(&mut spots[place.spot], kind);
            initialize_below(tree, spots, *child);
        }
    }
}

fn initialize(spot: &mut Spot, kind: &NodeKind) {
    match kind {
        // A loop that is over stays so.
        NodeKind::Once if spot.extra == 1 && spot.state == State::Fresh => {}
        // What they count and what they have decided stays.
        NodeKind::Percent { .. } | NodeKind::Total { .. } | NodeKind::Runtime { .. } => {
            (spot.at, spot.decided) = (0, false);
        }
        NodeKind::Rows(_) | NodeKind::Counter(_) | NodeKind::Index { .. } => {}
        // A weighted switch keeps its choice, and goes on with its first child.
        NodeKind::Weighted { .. } => (spot.at, spot.extra) = (0, 0),
        // One that has had its sampler has a turn without one.
        NodeKind::Interleave { .. } | NodeKind::Random { .. } => {
            spot.extra &= !interleave::PLACED;
            if spot.state != State::Served {
                spot.state = State::Fresh;
            }
        }
        _ => *spot = Spot::default(),
    }
}

impl Walk<'_, '_> {
    /// A child of a controller that has left it in the middle of a turn begins again, and all below it.
    pub(super) fn restart(&mut self, branch: u32) {
        let tree = self.tree;
        let Kind::Controller(kind) = tree.branch(branch).kind else { return };
        if self.is_gone(branch) {
            return;
        }
        if !matches!(kind, NodeKind::Transaction { .. }) {
            tree.branch(branch).children.iter().for_each(|child| self.restart(*child));
        }
        let over = kind == &NodeKind::Once && self.is_done(branch);
        let spot = self.spot(branch);
        match kind {
            _ if over => {}
            NodeKind::Percent { .. } | NodeKind::Total { .. } => (spot.at, spot.decided) = (0, false),
            NodeKind::Rows(_) | NodeKind::Counter(_) | NodeKind::Index { .. } => {}
            NodeKind::Weighted { .. } => (spot.at, spot.extra) = (0, 0),
            NodeKind::Interleave { .. } | NodeKind::Random { .. } => {
                (spot.state, spot.extra) = (State::Fresh, spot.extra & interleave::PLACED);
            }
            _ => *spot = Spot::default(),
        }
    }
}
