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
    /// A thread that waits in a throughput shaping timer looks again. It has this ticket; the thread's number is that of the
    /// timer.
    Look(u32),
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
            Self::Look(ticket) => (8, ticket as u64),
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
    /// Whether the first event is over. It stays in the heap until the next one comes, which mostly takes its place:
    /// so an event costs one way through the heap in place of two.
    over: bool,
}

impl Events {
    /// Schedules an event for a thread. `now` is the model time at which it is known.
    pub(super) fn push(&mut self, time: Nanos, now: Nanos, thread: u32, what: What) {
        let event = Reverse((time, now, self.count, thread, what));
        self.count += 1;
        if std::mem::take(&mut self.over)
            && let Some(mut first) = self.heap.peek_mut()
        {
            *first = event;
        } else {
            self.heap.push(event);
        }
    }

    pub(super) fn pop(&mut self) -> Option<Event> {
        if std::mem::take(&mut self.over) {
            self.heap.pop();
        }
        let event = self.heap.peek().map(|Reverse(event)| *event);
        self.over = event.is_some();
        event
    }

    /// The events to come, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Event> {
        // The first event of a heap is the first of its iterator.
        self.heap.iter().skip(usize::from(self.over)).map(|Reverse(event)| event)
    }

    pub(super) fn clear(&mut self) {
        self.heap.clear();
        self.over = false;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn events_come_in_the_order_of_their_times_and_of_their_scheduling(
            steps in prop::collection::vec((0..50_u64, 0..3_usize), 1..200),
        ) {
            let (mut events, mut naive): (Events, Vec<Event>) = (Events::default(), Vec::new());
            let (mut now, mut count) = (0, 0);
            for (later, pushes) in steps {
                for more in 0..pushes as u64 {
                    events.push(now + later + more % 2, now, 7, What::Begin);
                    naive.push((now + later + more % 2, now, count, 7, What::Begin));
                    count += 1;
                }
                let mut open: Vec<Event> = events.iter().copied().collect();
                open.sort_unstable();
                naive.sort_unstable();
                prop_assert_eq!(&open, &naive);
                let first = (!naive.is_empty()).then(|| naive.remove(0));
                prop_assert_eq!(events.pop(), first);
                now = first.map_or(now, |first| first.0);
            }
        }
    }
}
