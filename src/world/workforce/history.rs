//! The values that something of a user had, such as its status. An edge sees them with its lag, and analytics report them.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::AgentStatus;
use crate::time::Nanos;

/// Changes that are remembered. An edge with a long lag misses changes beyond these, and so do analytics.
const MOST: usize = 64;

/// Every change of one value that still matters, oldest first; never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct History<T = AgentStatus> {
    changes: VecDeque<(Nanos, T)>,
}

impl<T: Clone + Default> History<T> {
    /// The history of what always had this value.
    pub(crate) fn new(value: T) -> Self {
        Self { changes: VecDeque::from([(0, value)]) }
    }

    /// Notes a change; the oldest is forgotten where there are too many.
    pub(crate) fn push(&mut self, at: Nanos, value: T) {
        if self.changes.len() >= MOST {
            self.changes.pop_front();
        }
        self.changes.push_back((at, value));
    }

    /// The value at an instant. Before the first remembered change, the value after that change.
    pub(crate) fn at(&self, instant: Nanos) -> T {
        let held = self.changes.iter().rev().find(|(at, _)| *at <= instant);
        held.or(self.changes.front()).map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// When it was changed last; 0 if never.
    pub(crate) fn last_change(&self) -> Nanos {
        self.changes.back().map_or(0, |(at, _)| *at)
    }

    /// The value before the last change, and since when. `None` where none is remembered.
    pub(crate) fn previous(&self) -> Option<(Nanos, T)> {
        self.changes.iter().rev().nth(1).cloned()
    }

    /// The changes after `from`, until `to` and with it, oldest first.
    pub(crate) fn between(&self, from: Nanos, to: Nanos) -> impl Iterator<Item = (Nanos, T)> + '_ {
        self.changes.iter().filter(move |(at, _)| *at > from && *at <= to).cloned()
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
