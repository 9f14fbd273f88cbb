//! What holds threads before a sample: synchronizing timers and throughput shaping timers.
//!
//! The gate of a Synchronizing Timer is as the `CyclicBarrier` of `SyncTimer` has it: it opens when enough threads wait, and
//! for all of them when the first gives up.

use smallvec::SmallVec;

use super::events::What;
use super::machine::Machine;
use super::shaping::{Asked, Stops};
use crate::Nanos;
use crate::model::Timer;

/// Timers that hold a thread, the first one last.
pub(super) type Gates = SmallVec<[u32; 1]>;

/// A thread before a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) thread: u32,
    pub(super) sampler: u32,
    /// What its other timers add afterwards.
    pub(super) wait: Nanos,
    /// The timers that still hold it.
    pub(super) gates: Gates,
    /// When it gives up at a synchronizing timer: after the timer's longest wait, or at its end. `None`: never.
    pub(super) until: Option<Nanos>,
}

impl Machine<'_, '_> {
    /// A thread comes to the timers that hold it, and starts its sampler behind the last.
    pub(super) fn pass_gates(&mut self, mut waiting: Waiting, now: Nanos) {
        let Some(timer) = waiting.gates.pop() else { return self.let_through(&waiting, now) };
        match self.plan.timers.get(timer as usize) {
            Some(Timer::Synchronize { timeout, .. }) => self.meet(timer, *timeout, waiting, now),
            Some(Timer::Shaping(_)) => self.shape(timer, waiting, now),
            _ => self.pass_gates(waiting, now),
        }
    }

    fn let_through(&mut self, waiting: &Waiting, now: Nanos) {
        let &Waiting { thread, sampler, wait, .. } = waiting;
        let (start, end) = (now.saturating_add(wait), self.threads[thread as usize].end);
        // Without a further wait the sample is sent also at the thread's end.
        if self.is_stopped(thread) || (wait > 0 && end.is_some_and(|end| start > end)) {
            self.finish(thread, now);
        } else {
            self.schedule(thread, sampler, start, now);
        }
    }

    fn meet(&mut self, timer: u32, timeout: Option<Nanos>, mut waiting: Waiting, now: Nanos) {
        let ends =
            [timeout.map(|timeout| now.saturating_add(timeout)), self.threads[waiting.thread as usize].end];
        let until = ends.into_iter().flatten().min();
        waiting.until = until;
        let needed = self.parties.get(timer as usize).copied().unwrap_or(1);
        let all = self.timers.waiting.entry(timer).or_default();
        all.push(waiting);
        if all.len() >= needed as usize {
            self.release_all(timer);
        } else if let Some(until) = until {
            self.events.push(until, self.now, timer, What::Timeout);
        }
    }

    /// Releases the threads of a timer if one of them gives up now.
    pub(super) fn release(&mut self, timer: u32) {
        let all = self.timers.waiting.get(&timer).map_or(&[][..], Vec::as_slice);
        if all.iter().any(|one| one.until.is_some_and(|until| until <= self.now)) {
            self.release_all(timer);
        }
    }

    fn release_all(&mut self, timer: u32) {
        for waiting in self.timers.waiting.remove(&timer).unwrap_or_default() {
            self.pass_gates(waiting, self.now);
        }
    }

    /// A thread that waits in a throughput shaping timer looks again, unless it was woken before.
    pub(super) fn look_again(&mut self, timer: u32, ticket: u32) {
        let (state, queue) = self.timers.shaping(timer);
        let Some(waiting) = queue.take(ticket) else { return };
        state.waiting -= 1;
        self.shape(timer, waiting, self.now);
    }

    /// A thread asks a throughput shaping timer. Each one that goes wakes the one that has waited longest.
    fn shape(&mut self, timer: u32, waiting: Waiting, now: Nanos) {
        let Some(Timer::Shaping(rows)) = self.plan.timers.get(timer as usize) else { return };
        let mut next = Some(waiting);
        while let Some(one) = next.take() {
            if self.stopped {
                return self.finish(one.thread, now);
            }
            self.work += 1;
            let (state, queue) = self.timers.shaping(timer);
            let (asked, stops) = state.ask(rows, now);
            let thread = one.thread;
            match asked {
                Asked::Goes => {
                    next = queue.first();
                    state.waiting -= u32::from(next.is_some());
                    self.end_by_schedule(thread, stops);
                    self.pass_gates(one, now);
                }
                Asked::Waits(until) => {
                    state.waiting += 1;
                    let ticket = queue.hold(one);
                    if let Some(until) = until {
                        self.events.push(until, self.now, timer, What::Look(ticket));
                    }
                    self.end_by_schedule(thread, stops);
                }
            }
        }
    }

    /// Stops what a throughput shaping timer stops after its schedule.
    fn end_by_schedule(&mut self, thread: u32, stops: Option<Stops>) {
        match stops {
            None => {}
            Some(Stops::Group) => {
                let group = self.threads[thread as usize].group;
                self.groups.states[group].stopped = true;
            }
            Some(Stops::Test) => {
                self.stopped = true;
                for waiting in self.timers.shaped() {
                    self.finish(waiting.thread, self.now);
                }
            }
        }
    }

    /// Whether a thread sends nothing more: its group or the test was stopped.
    pub(super) fn is_stopped(&self, thread: u32) -> bool {
        self.stopped || self.groups.states[self.threads[thread as usize].group].stopped
    }
}
