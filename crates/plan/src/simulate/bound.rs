//! What bounds a run: its time, its requests, its work. And threads that go round without a request and without time.

use std::sync::Arc;

use super::machine::Machine;
use super::tree::Kind;
use super::walk::State;
use crate::Nanos;
use crate::model::{NodeId, NodeKind};

/// Why a run was cut before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// It reached its horizon.
    Horizon,
    /// It had its largest number of requests.
    Requests,
    /// It had its largest number of steps: events, and questions to controllers.
    Work,
    /// It met its first refusal, and was to end there.
    Refusal,
}

/// Threads that went round a loop without a request and without time. `JMeter` turns such a loop until the thread's end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Circles {
    /// How many threads.
    pub threads: u64,
    /// The loop of the first, or its group.
    pub name: Arc<str>,
}

/// Steps that cost as much as one request.
pub(crate) const STEPS_OF_A_REQUEST: u64 = 4;

/// Samples of all threads at one instant without a request, and the most of one thread. One that has more than its share
/// goes round. Where a loop that does so was met before, fewer are enough.
const ALL_STILL: u32 = 2_000_000;
const MOST_STILL: u32 = 100_000;
const LEAST_STILL: u32 = 1_000;

/// Questions to controllers without a sampler between them, and the thread goes round.
pub(super) const MOST_STEPS: u32 = 100_000;

/// How often the bounds are halved, at most.
const MOST_HALVED: u32 = 7;

impl Machine<'_, '_> {
    /// Why the run is cut at `time`, if it is.
    pub(super) fn is_cut(&self, time: Nanos) -> Option<Cut> {
        if time > self.horizon() {
            Some(Cut::Horizon)
        } else if self.watch.played >= self.options.max_requests {
            Some(Cut::Requests)
        } else if self.work >= self.options.max_work {
            Some(Cut::Work)
        } else {
            None
        }
    }

    fn halved(&self, bound: u32) -> u32 {
        bound >> u32::try_from(self.tally.run.circles.threads).unwrap_or(u32::MAX).min(MOST_HALVED)
    }

    /// The most questions of a thread that looks for its next sampler.
    pub(super) fn most_steps(&self) -> u32 {
        self.halved(MOST_STEPS)
    }

    /// Counts a sample of a thread. Returns whether it had too many at this instant.
    pub(super) fn stands_still(&mut self, id: u32, now: Nanos) -> bool {
        let share = (ALL_STILL / self.active.max(1)).clamp(LEAST_STILL, MOST_STILL);
        let most = self.halved(share);
        let thread = &mut self.threads[id as usize];
        let (at, count) = thread.still;
        thread.still = (now, if at == now { count + 1 } else { 0 });
        thread.still.1 > most
    }

    /// Takes a thread that goes round to the end of its Runtime Controller, else to its own end.
    pub(super) fn leave_circle(&mut self, id: u32, sampler: Option<u32>, now: Nanos) {
        let runtime = sampler.and_then(|sampler| self.end_of_runtime(id, sampler)).filter(|end| *end > now);
        if let Some(end) = runtime {
            return self.events.push(end, now, id, super::events::What::Resume);
        }
        let name = self.name_of_loop(id, sampler);
        let circles = &mut self.tally.run.circles;
        if circles.threads == 0 {
            circles.name = name;
        }
        circles.threads += 1;
        let end = self.threads[id as usize].end.unwrap_or(now);
        self.finish(id, end.max(now));
    }

    /// The branches around a sampler, the innermost first.
    fn around(&self, sampler: u32) -> impl Iterator<Item = u32> {
        std::iter::successors(self.tree.branch(sampler).parent, |branch| self.tree.branch(*branch).parent)
    }

    fn end_of_runtime(&self, id: u32, sampler: u32) -> Option<Nanos> {
        self.around(sampler).find_map(|branch| {
            let place = self.tree.branch(branch);
            let spot = self.threads[id as usize].spots.get(place.spot)?;
            match place.kind {
                Kind::Controller(NodeKind::Runtime { length }) if spot.state == State::Inside => {
                    Some(spot.extra.saturating_add(*length))
                }
                _ => None,
            }
        })
    }

    fn name_of_loop(&self, id: u32, sampler: Option<u32>) -> Arc<str> {
        let is_loop = |branch: &u32| match self.tree.branch(*branch).kind {
            Kind::Controller(kind) => kind.iterates(),
            Kind::Root(_) | Kind::Sampler(_) => false,
        };
        let node = sampler.and_then(|sampler| {
            let branch = self.around(sampler).find(is_loop)?;
            self.tree.branch(branch).node
        });
        let group = &self.plan.groups[self.threads[id as usize].group].name;
        let named = |node: NodeId| self.plan.nodes.get(node.0 as usize).map(|node| Arc::clone(&node.name));
        node.and_then(named).unwrap_or_else(|| Arc::clone(group))
    }
}
