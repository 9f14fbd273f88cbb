//! Which agents are connected, so that a skill group is not overstaffed by two handshakes at once.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::world::id::{Id, TenantIndex, UserIndex};
use crate::world::workforce::planning;

/// A skill group and its organization.
pub(crate) type Group = (TenantIndex, Id<planning::Group>);

/// The connected agents of every skill group, and how many sockets each has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roster(Arc<Groups>);

#[derive(Debug, Default)]
struct Groups {
    seated: Mutex<HashMap<Group, HashMap<UserIndex, u32>>>,
    /// The handshakes of a group come one after the other: each waits for its place here.
    queues: Mutex<HashMap<Group, Arc<Semaphore>>>,
}

/// The slot of a connected agent; given back when dropped.
#[derive(Debug)]
#[must_use = "a dropped seat becomes free"]
pub(crate) struct StaffSeat {
    roster: Roster,
    group: Group,
    agent: UserIndex,
}

/// The turn of one handshake of a group. The next one begins when it is dropped.
#[derive(Debug)]
#[must_use = "a dropped turn seats nobody"]
pub(crate) struct Turn {
    roster: Roster,
    group: Group,
    agent: UserIndex,
    /// Freed with the turn.
    place: Option<OwnedSemaphorePermit>,
}

impl Roster {
    /// Waits until earlier handshakes of the group are decided. Returns the turn, and the number of other connected
    /// agents of the group.
    pub(crate) async fn turn(&self, group: Group, agent: UserIndex) -> (Turn, u32) {
        let queue =
            Arc::clone(self.0.queues.lock().entry(group).or_insert_with(|| Arc::new(Semaphore::new(1))));
        // The queue is never closed.
        let place = queue.acquire_owned().await.ok();
        let turn = Turn { roster: self.clone(), group, agent, place };
        (turn, self.others(group, agent))
    }

    fn others(&self, group: Group, agent: UserIndex) -> u32 {
        let seated = self.0.seated.lock();
        let others =
            seated.get(&group).map_or(0, |agents| agents.len() - usize::from(agents.contains_key(&agent)));
        u32::try_from(others).unwrap_or(u32::MAX)
    }

    #[cfg(test)]
    fn connected(&self, group: Group) -> usize {
        self.0.seated.lock().get(&group).map_or(0, HashMap::len)
    }

    fn leave(&self, group: Group, agent: UserIndex) {
        let mut seated = self.0.seated.lock();
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

impl Turn {
    /// Seats the agent.
    pub(crate) fn seat(self) -> StaffSeat {
        let mut seated = self.roster.0.seated.lock();
        *seated.entry(self.group).or_default().entry(self.agent).or_default() += 1;
        StaffSeat { roster: self.roster.clone(), group: self.group, agent: self.agent }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        drop(self.place.take());
        let mut queues = self.roster.0.queues.lock();
        // Whoever waits has a handle of the queue too.
        if queues.get(&self.group).is_some_and(|queue| Arc::strong_count(queue) == 1) {
            queues.remove(&self.group);
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

    async fn seat(roster: &Roster, agent: u32) -> (u32, StaffSeat) {
        let (turn, others) = roster.turn(GROUP, UserIndex(agent)).await;
        (others, turn.seat())
    }

    #[tokio::test]
    async fn an_agent_with_two_sockets_is_one_agent() {
        let roster = Roster::default();
        let (zero, first) = seat(&roster, 7).await;
        let (still_zero, second) = seat(&roster, 7).await;
        let (one, third) = seat(&roster, 8).await;
        assert_eq!((zero, still_zero, one), (0, 0, 1));
        drop(first);
        assert_eq!(roster.connected(GROUP), 2);
        drop((second, third));
        assert_eq!(roster.connected(GROUP), 0);
        assert!(roster.0.seated.lock().is_empty());
        assert!(roster.0.queues.lock().is_empty());
    }

    #[tokio::test]
    async fn an_agent_that_is_not_admitted_is_not_counted() {
        let roster = Roster::default();
        drop(roster.turn(GROUP, UserIndex(7)).await);
        assert_eq!(roster.connected(GROUP), 0);
    }

    #[tokio::test]
    async fn a_handshake_waits_for_the_turn_before_it() {
        let roster = Roster::default();
        let (first, _) = roster.turn(GROUP, UserIndex(7)).await;
        let waiting = tokio::spawn({
            let roster = roster.clone();
            async move { roster.turn(GROUP, UserIndex(8)).await.1 }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        let seat = first.seat();
        assert_eq!(waiting.await.ok(), Some(1), "it counts the agent that was seated before it");
        drop(seat);
    }
}
