//! Historical adherence of an agent.

use super::{Activity, AgentStatus, History, Schedule, Standing};
use crate::time::Nanos;

/// A stretch of time during which neither schedule nor status changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// Its first instant.
    pub(crate) start: Nanos,
    /// The first instant after it.
    pub(crate) end: Nanos,
    /// The scheduled activity.
    pub(crate) scheduled: Option<Activity>,
    /// The agent's status.
    pub(crate) status: AgentStatus,
}

impl Stretch {
    /// The agent beside the schedule.
    pub(crate) const fn standing(&self) -> Standing {
        Standing::new(self.scheduled, self.status)
    }

    /// Its length in nanoseconds.
    pub(crate) const fn length(&self) -> Nanos {
        self.end - self.start
    }

    /// Whether something else was due than the agent did.
    pub(crate) fn is_exception(&self) -> bool {
        self.scheduled.is_some_and(|due| due != self.status.activity())
    }
}

/// The stretches from one instant to another, in order and without gaps.
pub(crate) fn stretches(schedule: &Schedule, history: &History, from: Nanos, to: Nanos) -> Vec<Stretch> {
    let mut edges = schedule.boundaries(from, to);
    edges.extend(history.between(from, to).map(|(at, _)| at));
    edges.extend([from, to]);
    edges.sort_unstable();
    edges.dedup();
    let stretch = |pair: &[Nanos]| Stretch {
        start: pair[0],
        end: pair[1],
        scheduled: schedule.due(pair[0], to),
        status: history.at(pair[0]),
    };
    edges.windows(2).map(stretch).collect()
}

/// The totals of all stretches, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Something was due.
    pub(crate) scheduled: Nanos,
    /// Something else was done meanwhile.
    pub(crate) exceptions: Nanos,
    /// The number of times.
    pub(crate) exception_count: u32,
    /// The queue's work was due.
    pub(crate) queue_due: Nanos,
    /// The queue's work was done.
    pub(crate) queue_done: Nanos,
}

impl Kept {
    /// The sums over `stretches`.
    pub(crate) fn of(stretches: &[Stretch]) -> Self {
        stretches.iter().fold(Self::default(), |mut kept, stretch| {
            let length = stretch.length();
            if stretch.scheduled.is_some() {
                kept.scheduled += length;
            }
            if stretch.is_exception() {
                kept.exceptions += length;
                kept.exception_count += 1;
            }
            if stretch.scheduled == Some(Activity::OnQueueWork) {
                kept.queue_due += length;
            }
            if stretch.status.activity() == Activity::OnQueueWork {
                kept.queue_done += length;
            }
            kept
        })
    }

    /// The adherence in hundredths of a percent of the scheduled time; 100 % if nothing was scheduled.
    pub(crate) fn adherence(&self) -> u64 {
        share(self.scheduled - self.exceptions, self.scheduled)
    }

    /// Hundredths of a percent: the queue's work that was done to that which was due.
    pub(crate) fn conformance(&self) -> u64 {
        share(self.queue_done, self.queue_due)
    }
}

fn share(part: Nanos, whole: Nanos) -> u64 {
    if whole == 0 {
        return 10_000;
    }
    u64::try_from(u128::from(part) * 10_000 / u128::from(whole)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::{Pattern, Schedule};
    use super::*;

    #[test]
    fn a_break_in_the_queues_time_is_an_exception() {
        const HOUR: Nanos = 3_600_000_000_000;
        let schedule = Schedule { pattern: Pattern::Always, ..Schedule::default() };
        let mut history = History::new(AgentStatus::OnQueue);
        history.push(2 * HOUR, AgentStatus::OnBreak);
        history.push(3 * HOUR, AgentStatus::OnQueue);
        let stretches = stretches(&schedule, &history, 0, 4 * HOUR);
        assert_eq!(stretches.iter().map(Stretch::length).sum::<Nanos>(), 4 * HOUR);
        let kept = Kept::of(&stretches);
        assert_eq!((kept.scheduled, kept.exceptions, kept.exception_count), (4 * HOUR, HOUR, 1));
        assert_eq!((kept.adherence(), kept.conformance()), (7500, 7500));
        assert_eq!(Kept::default().adherence(), 10_000);
    }
}
