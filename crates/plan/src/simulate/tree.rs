//! The plan's controllers and samplers as a tree. A module that stands in several places is a branch in each.

use std::collections::HashMap;

use super::{MAX_BRANCHES, MAX_DEPTH, Unfit};
use crate::model::{Action, NodeId, NodeKind, Plan, Sampler, Share};

/// A controller or a sampler at one place of the plan.
#[derive(Debug)]
pub(super) struct Branch<'p> {
    pub(super) kind: Kind<'p>,
    pub(super) children: Vec<u32>,
    /// The controller around it. `None`: it is the loop of a group.
    pub(super) parent: Option<u32>,
    /// Index of its spot in the state of a thread, counted from the group's first.
    pub(super) spot: usize,
    /// The node of the plan. The loop of a group has none.
    pub(super) node: Option<NodeId>,
    /// What counts for it: its own shared spot, or that of the first place with the same data set.
    pub(super) counter: usize,
    /// Whether it has Throughput Controllers as children.
    pub(super) has_shares: bool,
    /// Its children that are controllers. Only these can leave the turn.
    pub(super) controllers: Vec<u32>,
    /// Whether it takes a turn of its own to end: a transaction whose row is its parent's, where each sampler has a turn.
    pub(super) ends_apart: bool,
}

/// What a branch is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind<'p> {
    /// The loop of a group.
    Root(Option<u32>),
    /// A controller.
    Controller(&'p NodeKind),
    /// A sampler.
    Sampler(&'p Sampler),
}

/// All branches.
#[derive(Debug)]
pub(super) struct Tree<'p> {
    pub(super) branches: Vec<Branch<'p>>,
    /// The loop of each group, and how many spots its threads have.
    pub(super) roots: Vec<(u32, usize)>,
    /// The first branch of each data set, by the group if each group has its own rows.
    sets: HashMap<(u32, Share, Option<usize>), usize>,
}

impl<'p> Tree<'p> {
    pub(super) fn of(plan: &'p Plan) -> Result<Self, Unfit> {
        let mut tree = Self { branches: Vec::new(), roots: Vec::new(), sets: HashMap::new() };
        let timers = plan.timers.len();
        for group in &plan.groups {
            let mut spots = 1;
            let root = tree.push(Kind::Root(group.loops), None, 0, None)?;
            for child in &group.children {
                tree.grow(plan, *child, root, &mut spots, 1)?;
            }
            tree.roots.push((root, spots));
        }
        let known = |branch: &Branch<'_>| match branch.kind {
            Kind::Sampler(sampler) => sampler.timers.iter().all(|timer| (timer.0 as usize) < timers),
            _ => true,
        };
        if tree.branches.iter().all(known) { Ok(tree) } else { Err(Unfit::Index) }
    }

    fn push(
        &mut self,
        kind: Kind<'p>,
        parent: Option<u32>,
        spot: usize,
        node: Option<NodeId>,
    ) -> Result<u32, Unfit> {
        if self.branches.len() >= MAX_BRANCHES {
            return Err(Unfit::Branches);
        }
        let index = u32::try_from(self.branches.len()).map_err(|_| Unfit::Branches)?;
        let counter = self.counter(kind, spot);
        let ends_apart = self.ends_apart(kind, parent);
        let (children, controllers, has_shares) = (Vec::new(), Vec::new(), false);
        self.branches.push(Branch {
            kind,
            children,
            parent,
            spot,
            node,
            counter,
            has_shares,
            controllers,
            ends_apart,
        });
        if let Some(parent) = parent {
            let is_share = self.is_share(index);
            let parent = &mut self.branches[parent as usize];
            parent.children.push(index);
            if !matches!(kind, Kind::Sampler(_)) {
                parent.controllers.push(index);
            }
            parent.has_shares |= is_share;
        }
        Ok(index)
    }

    fn ends_apart(&self, kind: Kind<'p>, parent: Option<u32>) -> bool {
        let mut above = std::iter::successors(parent, |branch| self.branch(*branch).parent);
        matches!(kind, Kind::Controller(NodeKind::Transaction { parent: true, .. }))
            && above.any(|branch| match self.branch(branch).kind {
                Kind::Controller(kind) => kind.gives_one_sampler(),
                Kind::Root(_) | Kind::Sampler(_) => false,
            })
    }

    /// The shared spot of a branch, or for a data set that each thread has for itself the spot of the thread.
    fn counter(&mut self, kind: Kind<'p>, spot: usize) -> usize {
        let own = self.branches.len();
        let Kind::Controller(NodeKind::Rows { set, share, .. }) = kind else { return own };
        let (group, counter) = match share {
            Share::All => (None, own),
            Share::Group => (Some(self.roots.len()), own),
            Share::Thread => (Some(self.roots.len()), spot),
        };
        *self.sets.entry((*set, *share, group)).or_insert(counter)
    }

    fn grow(
        &mut self,
        plan: &'p Plan,
        id: NodeId,
        parent: u32,
        spots: &mut usize,
        depth: usize,
    ) -> Result<(), Unfit> {
        if depth > MAX_DEPTH {
            return Err(Unfit::Depth);
        }
        let node = plan.nodes.get(id.0 as usize).ok_or(Unfit::Index)?;
        if let NodeKind::Sampler(sampler) = &node.kind {
            return self.push(Kind::Sampler(sampler), Some(parent), 0, Some(id)).map(|_| ());
        }
        let branch = self.push(Kind::Controller(&node.kind), Some(parent), *spots, Some(id))?;
        // A weighted switch counts the turns of each child.
        *spots += match &node.kind {
            NodeKind::Weighted { weights, .. } => 1 + weights.len(),
            _ => 1,
        };
        if *spots > MAX_BRANCHES {
            return Err(Unfit::Branches);
        }
        node.children.iter().try_for_each(|child| self.grow(plan, *child, branch, spots, depth + 1))
    }

    #[inline]
    pub(super) fn branch(&self, index: u32) -> &Branch<'p> {
        &self.branches[index as usize]
    }

    /// The samplers at and below a branch.
    pub(super) fn samplers_below(&self, index: u32) -> Vec<u32> {
        let mut found = Vec::new();
        let mut open = vec![index];
        while let Some(next) = open.pop() {
            let branch = self.branch(next);
            match branch.kind {
                Kind::Sampler(_) => found.push(next),
                Kind::Controller(NodeKind::Never) => {}
                _ => open.extend(branch.children.iter().rev()),
            }
        }
        found
    }

    /// The samplers that a parallel controller sends in one turn. Each child runs in a thread of its own that ends with it. The plugin
    /// copies the children for each turn, but not the end of their loops: a loop runs in the first turn only. Controllers that count
    /// turns stand at their begin, and parallel controllers and throughput controllers below it run nothing.
    pub(super) fn samplers_together(&self, parallel: u32, is_first: bool) -> Vec<u32> {
        let mut found = Vec::new();
        for child in &self.branch(parallel).children {
            self.add_together(*child, is_first, &mut found);
        }
        found
    }

    fn add_together(&self, index: u32, is_first: bool, found: &mut Vec<u32>) {
        let branch = self.branch(index);
        let Kind::Controller(kind) = branch.kind else {
            return found.push(index);
        };
        let (turns, children) = together(kind, &branch.children, is_first);
        for _ in 0..turns {
            let before = found.len();
            for child in children {
                self.add_together(*child, is_first, found);
            }
            // A turn that sends nothing is followed by others that send nothing.
            if found.len() == before || found.len() >= MAX_BRANCHES {
                return;
            }
        }
    }

    /// Whether a group sends HTTP.
    pub(super) fn sends_http(&self, group: usize) -> bool {
        let below = self.roots.get(group).map(|(root, _)| self.samplers_below(*root)).unwrap_or_default();
        below
            .iter()
            .any(|sampler| self.sampler(*sampler).is_some_and(|it| matches!(it.action, Action::Http(_))))
    }

    /// Whether a controller is a Throughput Controller.
    pub(super) fn is_share(&self, index: u32) -> bool {
        matches!(self.branch(index).kind, Kind::Controller(NodeKind::Percent { .. } | NodeKind::Total { .. }))
    }

    /// Whether a branch is a step without a sample: the end of a transaction.
    pub(super) fn is_step(&self, index: u32) -> bool {
        matches!(self.branch(index).kind, Kind::Controller(NodeKind::Transaction { .. }))
    }

    /// How many samplers of a parallel controller are sent at a time.
    pub(super) fn most_together(&self, index: u32) -> usize {
        match self.branch(index).kind {
            Kind::Controller(NodeKind::Parallel { most: Some(most) }) => *most as usize,
            _ => usize::MAX,
        }
    }

    /// The lock of a critical section.
    pub(super) fn lock(&self, index: u32) -> Option<u32> {
        match self.branch(index).kind {
            Kind::Controller(NodeKind::Critical { lock }) => Some(*lock),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn sampler(&self, index: u32) -> Option<&'p Sampler> {
        match self.branch(index).kind {
            Kind::Sampler(sampler) => Some(sampler),
            _ => None,
        }
    }

    pub(super) fn controllers(&self) -> impl Iterator<Item = &'p NodeKind> + use<'p, '_> {
        self.branches.iter().filter_map(|branch| match branch.kind {
            Kind::Controller(kind) => Some(kind),
            _ => None,
        })
    }
}

/// How often a controller below a parallel one runs in a turn, and which of its children.
fn together<'c>(kind: &NodeKind, children: &'c [u32], is_first: bool) -> (u32, &'c [u32]) {
    match kind {
        NodeKind::Never
        | NodeKind::Parallel { .. }
        | NodeKind::Percent { .. }
        | NodeKind::Total { .. }
        | NodeKind::Rows { .. } => (0, children),
        NodeKind::Loop(turns) => (if is_first { turns.unwrap_or(1) } else { 0 }, children),
        NodeKind::Interleave { .. } => (1, &children[..children.len().min(1)]),
        NodeKind::Switch(at) | NodeKind::Named { child: at, .. } => {
            (1, children.get(*at..=*at).unwrap_or_default())
        }
        _ => (1, children),
    }
}
