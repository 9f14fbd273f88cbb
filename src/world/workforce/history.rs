//! The statuses that an agent had, so that whoever hears of them late can be told from whoever knows.

use std::collections::VecDeque;

use gcmock_limit::Nanos;

use super::Status;

/// Changes that are remembered; an agent who changes more often within an edge's lag is seen coarsely.
const MOST: usize = 64;

/// Every change of one agent's status that still matters, oldest first; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    changes: VecDeque<(Nanos, Status)>,
}

impl History {
    /// An agent who always had that status.
    pub fn new(status: Status) -> Self {
        Self { changes: VecDeque::from([(0, status)]) }
    }

    /// Notes a change; the oldest is forgotten where there are too many.
    pub fn push(&mut self, at: Nanos, status: Status) {
        if self.changes.len() >= MOST {
            self.changes.pop_front();
        }
        self.changes.push_back((at, status));
    }

    /// What held at an instant; before the first change that is remembered, what it changed to.
    pub fn at(&self, instant: Nanos) -> Status {
        let held = self.changes.iter().rev().find(|(at, _)| *at <= instant);
        held.or(self.changes.front()).map_or(Status::Offline, |(_, status)| *status)
    }

    /// The changes after `from`, until `to` and with it, oldest first.
    pub fn between(&self, from: Nanos, to: Nanos) -> impl Iterator<Item = (Nanos, Status)> + '_ {
        self.changes.iter().copied().filter(move |(at, _)| *at > from && *at <= to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_sees_the_last_change_before_it() {
        let mut history = History::new(Status::Available);
        history.push(10, Status::OnBreak);
        history.push(20, Status::OnQueue);
        history.push(20, Status::Meal);
        for (at, status) in
            [(0, Status::Available), (9, Status::Available), (10, Status::OnBreak), (20, Status::Meal)]
        {
            assert_eq!(history.at(at), status, "{at}");
        }
        assert_eq!(
            history.between(10, 20).map(|change| change.1).collect::<Vec<_>>(),
            [Status::OnQueue, Status::Meal]
        );
    }

    #[test]
    fn a_long_history_forgets_its_beginning() {
        let mut history = History::new(Status::Available);
        for at in 1..=1000 {
            history.push(at, if at % 2 == 0 { Status::Busy } else { Status::Away });
        }
        assert_eq!(history.changes.len(), MOST);
        assert_eq!(history.at(1000), Status::Busy);
        assert_eq!(history.at(1), history.changes[0].1);
    }
}
