//! The plan's controllers and samplers as a tree. A module that stands in several places is a branch in each.

use std::collections::HashMap;

use super::{MAX_BRANCHES, MAX_DEPTH, Unfit};
use crate::model::{Action, Credentials, NodeId, NodeKind, Plan, Sampler, Share, Value};

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
    /// What counts for it: its own shared spot, or that of the first place with the same data set or counter.
    pub(super) counter: usize,
    /// The spot of the thread that has the value of its variable: of what sets it, or of what depends on it.
    pub(super) variable: usize,
    /// The spot of the thread that has the row of its token.
    pub(super) token: usize,
    /// Of the loop of a group: the spots of counters that begin again in each iteration.
    pub(super) resets: Vec<usize>,
    /// Whether it has Throughput Controllers as children.
    pub(super) has_shares: bool,
    /// Its children that have to know when a turn begins: Throughput Controllers, loops.
    pub(super) listeners: Vec<u32>,
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

impl Branch<'_> {
    /// Whether it takes rows that threads share.
    pub(super) fn is_shared_set(&self) -> bool {
        matches!(self.kind, Kind::Controller(NodeKind::Rows(rows)) if !matches!(rows.share, Share::Thread))
    }
}

/// All branches.
#[derive(Debug)]
pub(super) struct Tree<'p> {
    pub(super) branches: Vec<Branch<'p>>,
    /// The loop of each group, and how many spots its threads have.
    pub(super) roots: Vec<(u32, usize)>,
    /// The first branch of each data set, by the group if each group has its own rows.
    sets: HashMap<(u32, Share, Option<usize>), usize>,
    /// The first branch of each counter.
    counters: HashMap<u32, usize>,
    /// The spots of the variables of the group that is being read.
    variables: HashMap<u32, usize>,
    /// The same of each group that has been read.
    pub(super) variables_of: Vec<HashMap<u32, usize>>,
}

impl<'p> Tree<'p> {
    pub(super) fn of(plan: &'p Plan) -> Result<Self, Unfit> {
        let mut tree = Self {
            branches: Vec::new(),
            roots: Vec::new(),
            sets: HashMap::new(),
            counters: HashMap::new(),
            variables: HashMap::new(),
            variables_of: Vec::new(),
        };
        let timers = plan.timers.len();
        for group in &plan.groups {
            let mut spots = 1;
            let root = tree.push(Kind::Root(group.loops), None, 0, None)?;
            for child in &group.children {
                tree.grow(plan, *child, root, &mut spots, 1)?;
            }
            tree.roots.push((root, spots));
            let variables = std::mem::take(&mut tree.variables);
            tree.variables_of.push(variables);
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
        let (children, listeners, has_shares) = (Vec::new(), Vec::new(), false);
        let (variable, token, resets) = (0, 0, Vec::new());
        self.branches.push(Branch {
            kind,
            children,
            parent,
            spot,
            node,
            counter,
            variable,
            token,
            resets,
            has_shares,
            listeners,
            ends_apart,
        });
        if let Some(parent) = parent {
            let is_share = self.is_share(index);
            let parent = &mut self.branches[parent as usize];
            parent.children.push(index);
            if listens(kind) {
                parent.listeners.push(index);
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
        if let Kind::Controller(NodeKind::Counter(counter)) = kind {
            return *self.counters.entry(counter.id).or_insert(own);
        }
        let Kind::Controller(NodeKind::Rows(rows)) = kind else { return own };
        let (group, counter) = match rows.share {
            Share::All => (None, own),
            Share::Group => (Some(self.roots.len()), own),
            Share::Thread => (Some(self.roots.len()), spot),
        };
        *self.sets.entry((rows.set, rows.share, group)).or_insert(counter)
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
            let branch = self.push(Kind::Sampler(sampler), Some(parent), 0, Some(id))?;
            self.add_rows(branch, &sampler.action, spots);
            return Ok(());
        }
        let branch = self.push(Kind::Controller(&node.kind), Some(parent), *spots, Some(id))?;
        // A weighted switch counts the turns of each child.
        *spots += match &node.kind {
            NodeKind::Weighted { weights, .. } => 1 + weights.len(),
            _ => 1,
        };
        self.add_variable(branch, &node.kind, spots);
        if *spots > MAX_BRANCHES {
            return Err(Unfit::Branches);
        }
        node.children.iter().try_for_each(|child| self.grow(plan, *child, branch, spots, depth + 1))
    }

    /// The spot of a variable, the next free one if it has none yet.
    fn spot_of(&mut self, variable: u32, spots: &mut usize) -> usize {
        let place = *self.variables.entry(variable).or_insert(*spots);
        *spots += usize::from(place == *spots);
        place
    }

    /// Gives the rows that a request depends on their spots.
    fn add_rows(&mut self, branch: u32, action: &Action, spots: &mut usize) {
        let (Action::Http(request) | Action::SocketOpen(request)) = action else { return };
        if let Some(by_row) = &request.by_row {
            self.branches[branch as usize].variable = self.spot_of(by_row.variable, spots);
        }
        if let Credentials::Rows { variable, .. } = request.credentials {
            self.branches[branch as usize].token = self.spot_of(variable, spots);
        }
    }

    /// Gives a variable its spot, and notes a counter that begins again.
    fn add_variable(&mut self, branch: u32, kind: &NodeKind, spots: &mut usize) {
        let variable = match kind {
            NodeKind::Counter(counter) => counter.variable,
            NodeKind::Index { variable, .. } => *variable,
            NodeKind::Rows(rows) => match rows.variable {
                Some(place) => place.variable,
                None => return,
            },
            NodeKind::While { condition, .. } | NodeKind::If { condition, .. } => match condition.value {
                Value::Of(variable) => variable,
                Value::Drawn { .. } => return,
            },
            NodeKind::Select(selection) => match selection.value {
                Value::Of(variable) => variable,
                Value::Drawn { .. } => return,
            },
            _ => return,
        };
        let place = self.spot_of(variable, spots);
        let own = &mut self.branches[branch as usize];
        own.variable = place;
        let (spot, mut root) = (own.spot, branch);
        while let Some(parent) = self.branch(root).parent {
            root = parent;
        }
        if matches!(kind, NodeKind::Counter(counter) if counter.resets && counter.per_thread) {
            self.branches[root as usize].resets.push(spot);
        }
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

/// Whether a child has to know when a turn of its controller begins.
const fn listens(kind: Kind<'_>) -> bool {
    match kind {
        Kind::Controller(NodeKind::Percent { .. } | NodeKind::Total { .. } | NodeKind::Once) => true,
        Kind::Controller(kind) => kind.iterates(),
        Kind::Root(_) | Kind::Sampler(_) => false,
    }
}
