//! The order of events.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::Nanos;

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// The run's next phase, or the next group of a serial plan, begins.
    Phase,
    /// A group's next arrival, or a look at how many threads are planned. The thread's number is that of the group.
    Group,
    /// A thread begins.
    Begin,
    /// A sample's answer is complete. The branch is the sampler's.
    Answer(u32),
    /// A thread goes on after a wait that is no sample: a pause, or the first of two timers.
    Resume,
    /// The longest wait of a synchronizing timer is over. The thread's number is that of the timer.
    Timeout,
    /// The request of a sampler is decided.
    Arrive(u32),
    /// A thread ends.
    Finish,
}

impl What {
    /// Its place among the kinds of events, and the sampler's branch.
    pub(super) const fn code(self) -> (u64, u64) {
        match self {
            Self::Phase => (0, 0),
            Self::Group => (1, 0),
            Self::Begin => (2, 0),
            Self::Answer(branch) => (3, branch as u64),
            Self::Resume => (4, 0),
            Self::Timeout => (5, 0),
            Self::Arrive(branch) => (6, branch as u64),
            Self::Finish => (7, 0),
        }
    }
}

/// An event: its time, when it was scheduled, its number, its thread.
pub(super) type Event = (Nanos, Nanos, u64, u32, What);

/// The events to come. Events of one time come in the order in which they were scheduled in model time: so a sample
/// needs no event for its answer, and the order is that of answers all the same.
#[derive(Debug, Default)]
pub(super) struct Events {
    heap: BinaryHeap<Reverse<Event>>,
    count: u64,
}

impl Events {
    /// Schedules an event for a thread. `now` is the model time at which it is known.
    pub(super) fn push(&mut self, time: Nanos, now: Nanos, thread: u32, what: What) {
        self.heap.push(Reverse((time, now, self.count, thread, what)));
        self.count += 1;
    }

    pub(super) fn pop(&mut self) -> Option<Event> {
        self.heap.pop().map(|Reverse(event)| event)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Event> {
        self.heap.iter().map(|Reverse(event)| event)
    }

    pub(super) fn clear(&mut self) {
        self.heap.clear();
    }
}
