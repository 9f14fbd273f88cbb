//! The statuses that an agent had. An edge sees them with its lag.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::AgentStatus;
use crate::time::Nanos;

/// Changes that are remembered. An edge with a long lag misses changes beyond these.
const MOST: usize = 64;

/// Every change of one agent's status that still matters, oldest first; never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct History {
    changes: VecDeque<(Nanos, AgentStatus)>,
}

impl History {
    /// The history of an agent that always had this status.
    pub(crate) fn new(status: AgentStatus) -> Self {
        Self { changes: VecDeque::from([(0, status)]) }
    }

    /// Notes a change; the oldest is forgotten where there are too many.
    pub(crate) fn push(&mut self, at: Nanos, status: AgentStatus) {
        if self.changes.len() >= MOST {
            self.changes.pop_front();
        }
        self.changes.push_back((at, status));
    }

    /// The status at an instant. Before the first remembered change, the status after that change.
    pub(crate) fn at(&self, instant: Nanos) -> AgentStatus {
        let held = self.changes.iter().rev().find(|(at, _)| *at <= instant);
        held.or(self.changes.front()).map_or(AgentStatus::Offline, |(_, status)| *status)
    }

    /// The status before the last change, and since when. `None` where none is remembered.
    pub(crate) fn previous(&self) -> Option<(Nanos, AgentStatus)> {
        self.changes.iter().rev().nth(1).copied()
    }

    /// The changes after `from`, until `to` and with it, oldest first.
    pub(crate) fn between(&self, from: Nanos, to: Nanos) -> impl Iterator<Item = (Nanos, AgentStatus)> + '_ {
        self.changes.iter().copied().filter(move |(at, _)| *at > from && *at <= to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_sees_the_last_change_before_it() {
        let mut history = History::new(AgentStatus::Available);
        history.push(10, AgentStatus::OnBreak);
        history.push(20, AgentStatus::OnQueue);
        history.push(20, AgentStatus::Meal);
        for (at, status) in [
            (0, AgentStatus::Available),
            (9, AgentStatus::Available),
            (10, AgentStatus::OnBreak),
            (20, AgentStatus::Meal),
        ] {
            assert_eq!(history.at(at), status, "{at}");
        }
        assert_eq!(
            history.between(10, 20).map(|change| change.1).collect::<Vec<_>>(),
            [AgentStatus::OnQueue, AgentStatus::Meal]
        );
    }

    #[test]
    fn a_long_history_forgets_its_beginning() {
        let mut history = History::new(AgentStatus::Available);
        for at in 1..=1000 {
            history.push(at, if at % 2 == 0 { AgentStatus::Busy } else { AgentStatus::Away });
        }
        assert_eq!(history.changes.len(), MOST);
        assert_eq!(history.at(1000), AgentStatus::Busy);
        assert_eq!(history.at(1), history.changes[0].1);
    }
}
