//! Which agents are connected, so that a skill group is not overstaffed by two handshakes at once.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::world::id::{Id, TenantIndex, UserIndex};
use crate::world::workforce::planning;

/// A skill group and its organization.
pub(crate) type Group = (TenantIndex, Id<planning::Group>);

/// The connected agents of every skill group, and how many sockets each has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roster(Arc<Mutex<HashMap<Group, HashMap<UserIndex, u32>>>>);

/// The slot of a connected agent; given back when dropped.
#[derive(Debug)]
#[must_use = "a dropped seat becomes free"]
pub(crate) struct StaffSeat {
    roster: Roster,
    group: Group,
    agent: UserIndex,
}

impl Roster {
    /// Calls `decide` with the number of other connected agents of the group, and seats the agent if it is admitted.
    /// The roster is locked meanwhile.
    pub(crate) fn seat<T>(
        &self,
        group: Group,
        agent: UserIndex,
        decide: impl FnOnce(u32) -> (T, bool),
    ) -> (T, Option<StaffSeat>) {
        let mut seated = self.0.lock();
        let others =
            seated.get(&group).map_or(0, |agents| agents.len() - usize::from(agents.contains_key(&agent)));
        let (decided, admitted) = decide(u32::try_from(others).unwrap_or(u32::MAX));
        if !admitted {
            return (decided, None);
        }
        *seated.entry(group).or_default().entry(agent).or_default() += 1;
        (decided, Some(StaffSeat { roster: self.clone(), group, agent }))
    }

    #[cfg(test)]
    fn connected(&self, group: Group) -> usize {
        self.0.lock().get(&group).map_or(0, HashMap::len)
    }

    fn leave(&self, group: Group, agent: UserIndex) {
        let mut seated = self.0.lock();
        let Some(agents) = seated.get_mut(&group) else { return };
        let Some(sockets) = agents.get_mut(&agent) else { return };
        *sockets -= 1;
        if *sockets == 0 {
            agents.remove(&agent);
        }
        if agents.is_empty() {
            seated.remove(&group);
        }
    }
}

impl Drop for StaffSeat {
    fn drop(&mut self) {
        self.roster.leave(self.group, self.agent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: Group = (TenantIndex(0), Id::new(uuid::Uuid::max()));

    #[test]
    fn an_agent_with_two_sockets_is_one_agent() {
        let roster = Roster::default();
        let seat = |agent| roster.seat(GROUP, UserIndex(agent), |others| (others, true));
        let ((zero, first), (still_zero, second), (one, third)) = (seat(7), seat(7), seat(8));
        assert_eq!((zero, still_zero, one), (0, 0, 1));
        drop(first);
        assert_eq!(roster.connected(GROUP), 2);
        drop((second, third));
        assert_eq!(roster.connected(GROUP), 0);
        assert!(roster.0.lock().is_empty());
    }

    #[test]
    fn an_agent_that_is_not_admitted_is_not_counted() {
        let roster = Roster::default();
        let ((), seat) = roster.seat(GROUP, UserIndex(7), |_| ((), false));
        assert!(seat.is_none());
        assert_eq!(roster.connected(GROUP), 0);
    }
}
