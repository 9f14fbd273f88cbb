//! The threads of a plan for a driver that runs them in real time: the walk, the timers and the starts of the simulator.
//!
//! A [`Map`] is made once for a plan, a [`Together`] once for a run, a [`Walker`] once for a thread. The driver asks a
//! walker for the next [`Step`], takes it, and tells the walker how a sample ended. Instants count from the start of the
//! run. Nothing reads a clock.

//!
//! `mod` has what a driver sees, `walker` the way of one thread, `open` its transactions.

mod open;
#[cfg(test)]
mod tests;
mod walker;

pub use self::walker::Walker;

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use super::tree::{Kind, Tree};
use super::walk::Spot;
use super::{Unfit, arrivals, random, starts, timers};
use crate::Nanos;
use crate::model::{Action, NodeId, NodeKind, Plan, Sampler, Start, TimerId};
use crate::results::Sample;

/// What a thread does next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Runs a sampler at an instant.
    Sample {
        /// The sampler.
        node: NodeId,
        /// The instant. It can be over.
        at: Nanos,
    },
    /// Runs samplers at the same time.
    Parallel {
        /// The samplers.
        nodes: Vec<NodeId>,
        /// How many at a time.
        most: usize,
        /// The instant. It can be over.
        at: Nanos,
    },
    /// Does nothing until an instant.
    Pause {
        /// The instant.
        until: Nanos,
    },
    /// Waits until this number of threads wait at a timer.
    Gather {
        /// The timer.
        timer: TimerId,
        /// How many threads.
        threads: u32,
        /// The longest wait. `None`: no bound.
        timeout: Option<Nanos>,
    },
    /// Waits until another thread wakes it at a timer, or until an instant.
    Hold {
        /// The timer.
        timer: TimerId,
        /// The instant. `None`: only another thread wakes it.
        until: Option<Nanos>,
    },
    /// Wakes the thread that has waited longest at a timer.
    Wake {
        /// The timer.
        timer: TimerId,
    },
    /// A transaction has ended: a row of the results.
    Transaction(Transaction),
    /// The test ends.
    StopTest {
        /// Whether running samples are cut off.
        at_once: bool,
    },
    /// The thread ends at an instant. Its connection stays open until then.
    End {
        /// The instant.
        at: Nanos,
    },
}

/// A transaction that has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Transaction {
    /// The controller.
    pub node: NodeId,
    /// Its row. Its time is that of its samples, or all of it where timers count.
    pub sample: Sample,
    /// Its samples. A transaction in it that is a sample of its own counts as one.
    pub samples: u32,
    /// How many of them failed.
    pub failed: u32,
}

/// A thread that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thread {
    /// Index of its group.
    pub group: usize,
    /// Its number in the group, from 0.
    pub number: u32,
    /// The start of its group.
    pub started: Nanos,
    /// When it ends at the latest.
    pub end: Option<Nanos>,
}

/// How a sample ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The sample, with its start. A refused request has no success.
    pub sample: Sample,
    /// When its answer was complete.
    pub end: Nanos,
    /// The instant that the `Retry-After` of its refusal names.
    pub retry_after: Option<Nanos>,
}

/// The times of a thread, counted from the start of its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// When it begins.
    pub begin: Nanos,
    /// When it ends at the latest.
    pub end: Option<Nanos>,
}

/// When the threads of a group begin and end, in the order of their numbers. Empty for groups whose threads arrive.
///
/// # Errors
/// [`Unfit::Threads`] for too many.
pub fn lives(start: &Start) -> Result<Vec<Life>, Unfit> {
    let lives = starts::lives(start, 0)?;
    Ok(lives.into_iter().map(|life| Life { begin: life.begin, end: life.end }).collect())
}

/// The arrivals of a group, sorted, counted from its start. Empty for groups whose threads do not arrive.
///
/// # Errors
/// [`Unfit::Threads`] for too many.
pub fn arrivals_of(start: &Start, seed: u64) -> Result<Vec<Nanos>, Unfit> {
    arrivals::arrivals(start, &mut random::generator(seed, 0))
}

/// How many threads a Concurrency Thread Group plans at a time since its start. `None`: it is over, or another group.
pub fn planned(start: &Start, now: Nanos) -> Option<u32> {
    match *start {
        Start::Concurrency { target, ramp, steps, hold } => starts::planned(target, ramp, steps, hold, now),
        _ => None,
    }
}

/// A plan as its threads go through it.
#[derive(Debug)]
pub struct Map<'p> {
    plan: &'p Plan,
    tree: Tree<'p>,
    /// The threads that each group has.
    threads: Vec<u64>,
    /// How many threads meet at each synchronizing timer.
    parties: Vec<u32>,
}

impl<'p> Map<'p> {
    /// The map of a plan.
    ///
    /// # Errors
    /// [`Unfit`] for a plan that is too large.
    pub fn of(plan: &'p Plan) -> Result<Self, Unfit> {
        let threads = plan.groups.iter().map(|group| starts::threads(&group.start)).collect();
        let tree = Tree::of(plan)?;
        let parties = timers::parties(plan, &tree);
        Ok(Self { plan, tree, threads, parties })
    }

    /// The plan.
    pub const fn plan(&self) -> &'p Plan {
        self.plan
    }

    /// Whether a group sends anything to the platform.
    pub fn sends(&self, group: usize) -> bool {
        let below =
            self.tree.roots.get(group).map(|(root, _)| self.tree.samplers_below(*root)).unwrap_or_default();
        let sends = |sampler: &Sampler| {
            matches!(sampler.action, Action::Http(_) | Action::SocketOpen(_) | Action::SocketMessage(_))
        };
        below.iter().any(|branch| self.tree.sampler(*branch).is_some_and(sends))
    }

    fn group_threads(&self, group: usize) -> u64 {
        self.threads.get(group).copied().unwrap_or(0)
    }

    /// The transactions around a branch, the outermost first.
    fn transactions(&self, branch: u32) -> Vec<(u32, NodeId, bool, bool)> {
        let mut found = Vec::new();
        let mut at = Some(branch);
        while let Some(branch) = at {
            let place = self.tree.branch(branch);
            if let (Kind::Controller(NodeKind::Transaction { parent, with_timers }), Some(node)) =
                (place.kind, place.node)
            {
                found.push((branch, node, *parent, *with_timers));
            }
            at = place.parent;
        }
        found.reverse();
        found
    }
}

/// What the threads of a run share.
#[derive(Debug)]
pub struct Together {
    timers: timers::Shared,
    spots: Vec<Spot>,
    active: u32,
    groups: Vec<u32>,
    /// The groups that a timer has stopped.
    stopped: Vec<bool>,
    /// The locks of critical sections, alive as long as a thread holds them.
    locks: HashMap<u32, Weak<()>>,
}

impl Together {
    /// The state at the start of a run. `seed` is that of all that is drawn for several threads.
    pub fn new(map: &Map<'_>, seed: u64) -> Self {
        Self {
            timers: timers::Shared::of(seed),
            spots: vec![Spot::default(); map.tree.branches.len()],
            active: 0,
            groups: vec![0; map.plan.groups.len()],
            stopped: vec![false; map.plan.groups.len()],
            locks: HashMap::new(),
        }
    }

    /// A thread of a group has begun: throughput timers share their rate among active threads.
    pub fn begin(&mut self, group: usize) {
        self.active += 1;
        if let Some(active) = self.groups.get_mut(group) {
            *active += 1;
        }
    }

    /// A thread of a group has ended.
    pub fn end(&mut self, group: usize) {
        self.active = self.active.saturating_sub(1);
        if let Some(active) = self.groups.get_mut(group) {
            *active = active.saturating_sub(1);
        }
    }

    /// Stops a group: its threads send nothing more, and no further ones begin.
    fn stop(&mut self, group: usize) {
        if let Some(stopped) = self.stopped.get_mut(group) {
            *stopped = true;
        }
    }

    /// Whether a timer has stopped a group.
    pub fn is_stopped(&self, group: usize) -> bool {
        self.stopped.get(group).copied().unwrap_or(false)
    }

    /// Takes a lock, unless another thread holds it.
    fn take(&mut self, lock: u32) -> Option<Arc<()>> {
        let held = self.locks.get(&lock).and_then(Weak::upgrade);
        if held.is_some() {
            return None;
        }
        let taken = Arc::new(());
        self.locks.insert(lock, Arc::downgrade(&taken));
        Some(taken)
    }

    /// Threads that have begun and not ended.
    pub const fn active(&self) -> u32 {
        self.active
    }

    /// Threads of a group that have begun and not ended.
    pub fn active_of(&self, group: usize) -> u32 {
        self.groups.get(group).copied().unwrap_or(0)
    }
}
