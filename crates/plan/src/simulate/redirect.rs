//! Changes of a thread's course: the next iteration, the next turn of a loop, its end.

use super::interleave;
use super::restart::initialize_below;
use super::tree::{Kind, Tree};
use super::walk::{Spot, State};
use crate::model::{Flow, NodeKind};

/// Changes the course of a thread that stands at a sampler. Returns whether the thread ends.
pub(super) fn redirect(tree: &Tree<'_>, spots: &mut [Spot], sampler: u32, flow: Flow) -> bool {
    // A parallel controller, which stands for its samplers, begins again too.
    let mut at = if tree.sampler(sampler).is_some() { tree.branch(sampler).parent } else { Some(sampler) };
    while let Some(branch) = at {
        let place = tree.branch(branch);
        let spot = &mut spots[place.spot];
        let is_loop = match place.kind {
            Kind::Root(_) => true,
            Kind::Controller(kind) => kind.iterates(),
            Kind::Sampler(_) => false,
        };
        let is_root = place.parent.is_none();
        if is_loop && (is_root || flow != Flow::NextIteration) {
            return turn_loop(spot, place.children.len(), flow, is_root);
        }
        // A weighted switch keeps its choice, and goes on with its first child.
        if let Kind::Controller(NodeKind::Weighted { .. }) = place.kind {
            (spot.at, spot.extra) = (0, 0);
            at = place.parent;
            continue;
        }
        (spot.state, spot.decided) = (State::Fresh, false);
        if let Kind::Controller(NodeKind::IfLast { .. } | NodeKind::If { .. }) = place.kind {
            spot.at = 0;
            initialize_below(tree, spots, branch);
            at = place.parent;
            continue;
        }
        match place.kind {
            // These keep their positions.
            Kind::Controller(NodeKind::Interleave { .. } | NodeKind::Random { .. }) => {
                spot.extra &= interleave::PLACED;
            }
            _ => spot.at = 0,
        }
        if is_loop {
            spot.turn = 0;
        }
        // What runs once and was left in the middle begins again, as does a transaction at its end.
        if let Kind::Controller(NodeKind::OnceOnly | NodeKind::Once | NodeKind::Transaction { .. }) =
            place.kind
        {
            spot.extra = 0;
        }
        at = place.parent;
    }
    false
}

fn turn_loop(spot: &mut Spot, children: usize, flow: Flow, is_root: bool) -> bool {
    spot.at = u32::try_from(children).unwrap_or(u32::MAX);
    if flow == Flow::Break {
        spot.state = State::Served;
    }
    flow == Flow::Break && is_root
}
