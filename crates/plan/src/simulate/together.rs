//! What a parallel controller sends in one turn.
//!
//! Each child runs in a thread of its own that ends with it. The plugin copies the children for each turn, but not the end of
//! their loops: one that does not continue forever runs in the first turn only. If it is a child, it runs again after a break. A
//! child that continues forever is over after its last turn was ended by an action. Controllers that count turns stand at their begin, and parallel controllers and throughput controllers below it run nothing. A Flow Control Action changes
//! the course of its child alone. What ends an iteration or a thread does so for the thread of the controller, once all samplers
//! are over.

use super::MAX_BRANCHES;
use super::tree::{Kind, Tree};
use crate::model::{Action, Child, Flow, NodeKind};

/// What one turn sends, and what the thread of the controller does then.
#[derive(Debug, Default)]
pub(super) struct Turn {
    pub(super) samplers: Vec<u32>,
    pub(super) flow: Option<Flow>,
}

/// Where a controller stands.
#[derive(Clone, Copy)]
struct Place {
    is_first: bool,
    /// Whether it is a child of the parallel controller.
    is_child: bool,
    /// Whether it runs once in all: a loop that does not continue forever.
    is_single: bool,
}

impl Place {
    const fn of_child(is_first: bool) -> Self {
        Self { is_first, is_child: true, is_single: false }
    }

    /// The place of the children of a controller.
    fn below(self, kind: &NodeKind) -> Self {
        let is_single = kind == &NodeKind::Once;
        Self { is_child: self.is_child && is_single, is_single, ..self }
    }
}

/// How the turns of a controller ended.
#[derive(Clone, Copy, Debug, Default)]
struct End {
    /// The action that ends the controllers around it as well.
    leaves: Option<Flow>,
    /// The action that ended its last turn.
    by: Option<Flow>,
}

impl Tree<'_> {
    /// What a parallel controller does in one turn. To find that out costs as much as its samplers.
    pub(super) fn together(&self, parallel: u32, is_first: bool) -> Turn {
        let mut turn = Turn::default();
        for child in &self.branch(parallel).children {
            let left = self.add_together(*child, Place::of_child(is_first), &mut turn.samplers);
            let ends = left.filter(|flow| !matches!(flow, Flow::Continue | Flow::Break));
            turn.flow = turn.flow.into_iter().chain(ends).max_by_key(|flow| weight(*flow));
        }
        turn
    }

    /// Whether a parallel controller may do something in one turn: the first sampler below it answers that.
    pub(super) fn has_something_together(&self, parallel: u32, is_first: bool) -> bool {
        let place = Place::of_child(is_first);
        self.branch(parallel).children.iter().any(|child| self.has_sampler(*child, place))
    }

    fn has_sampler(&self, index: u32, place: Place) -> bool {
        let branch = self.branch(index);
        let Kind::Controller(kind) = branch.kind else { return true };
        let (turns, children) = turns(kind, &branch.children);
        let is_over = matches!(kind, NodeKind::Loop(_)) && place.is_single && !place.is_first;
        turns > 0
            && children.iter().any(|child| self.has_sampler(*child, place.below(kind)))
            && (!is_over || place.is_child && self.has_action(index))
    }

    fn has_action(&self, index: u32) -> bool {
        let is_action = |below: &u32| {
            self.sampler(*below).is_some_and(|sampler| matches!(sampler.action, Action::Flow(_)))
        };
        self.samplers_below(index).iter().any(is_action)
    }

    /// How many samplers of a parallel controller are sent at a time.
    pub(super) fn most_together(&self, parallel: u32) -> usize {
        match self.branch(parallel).kind {
            Kind::Controller(NodeKind::Parallel { most: Some(most), .. }) => *most as usize,
            _ => usize::MAX,
        }
    }

    /// Whether the samplers of a parallel controller are one sample for its thread, which fails if one of them does.
    pub(super) fn is_one_sample(&self, parallel: u32) -> bool {
        matches!(self.branch(parallel).kind, Kind::Controller(NodeKind::Parallel { is_sample: true, .. }))
    }

    /// Adds what a child sends. Returns the action that ended it.
    fn add_together(&self, index: u32, place: Place, found: &mut Vec<u32>) -> Option<Flow> {
        let branch = self.branch(index);
        let kind = match branch.kind {
            Kind::Controller(kind) => kind,
            Kind::Sampler(sampler) => {
                if let Action::Flow(flow) = sampler.action {
                    return Some(flow);
                }
                found.push(index);
                return None;
            }
            Kind::Root(_) => return None,
        };
        let is_later = matches!(kind, NodeKind::Loop(_)) && !place.is_first;
        if is_later && place.is_single && !place.is_child {
            return None;
        }
        let begin = found.len();
        let end = self.add_turns(kind, &branch.children, place.below(kind), found);
        let is_over = match end.by {
            None => place.is_single,
            Some(flow) => flow == Flow::Continue,
        };
        if is_later && place.is_child && is_over {
            found.truncate(begin);
        }
        end.leaves
    }

    /// Adds what the turns of a controller send.
    fn add_turns(&self, kind: &NodeKind, children: &[u32], place: Place, found: &mut Vec<u32>) -> End {
        let (turns, children) = turns(kind, children);
        let mut end = End::default();
        for _ in 0..turns {
            let before = found.len();
            end.by = children.iter().find_map(|child| self.add_together(*child, place, found));
            match end.by {
                Some(Flow::Break) if kind.iterates() => break,
                Some(Flow::Continue) if kind.iterates() => {}
                Some(flow) => return End { leaves: Some(flow), ..end },
                None => {}
            }
            // A turn that sends nothing is followed by others that send nothing.
            if found.len() == before || found.len() >= MAX_BRANCHES {
                break;
            }
        }
        end
    }
}

/// Which of two actions counts.
const fn weight(flow: Flow) -> u32 {
    match flow {
        Flow::Continue | Flow::Break => 0,
        Flow::NextIteration => 1,
        Flow::StopThread => 2,
        Flow::StopTest => 3,
        Flow::StopTestNow => 4,
    }
}

/// How often a controller below a parallel one runs in a turn, and which of its children. Samples are taken to succeed.
fn turns<'c>(kind: &NodeKind, children: &'c [u32]) -> (u32, &'c [u32]) {
    match kind {
        NodeKind::Never
        | NodeKind::IfLast { ok: false, .. }
        | NodeKind::Parallel { .. }
        | NodeKind::Percent { .. }
        | NodeKind::Total { .. }
        | NodeKind::Rows(_)
        | NodeKind::Index { .. }
        | NodeKind::Counter(_) => (0, children),
        NodeKind::Loop(turns) => (turns.unwrap_or(1), children),
        NodeKind::Interleave { .. } => (1, &children[..children.len().min(1)]),
        NodeKind::Switch(Child::At(at) | Child::Named { child: at, .. }) => {
            (1, children.get(*at..=*at).unwrap_or_default())
        }
        _ => (1, children),
    }
}
