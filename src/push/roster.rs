//! Which agents are connected, so that a skill group is not overstaffed by two handshakes at once.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::world::id::{Id, TenantIndex, UserIndex};
use crate::world::workforce::planning;

/// A skill group and its organization.
pub(crate) type Group = (TenantIndex, Id<planning::Group>);

/// The connected agents of every skill group, and how many sockets each has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roster(Arc<Groups>);

#[derive(Default)]
struct Groups {
    seated: Mutex<HashMap<Group, HashMap<UserIndex, u32>>>,
    /// The agents that are connected to other servers, by the server's number.
    elsewhere: Mutex<HashMap<u32, Seats>>,
    /// Tells other servers.
    relay: OnceLock<Box<SeatRelay>>,
    /// The handshakes of a group come one after the other: each waits for its place here.
    queues: Mutex<HashMap<Group, Arc<Semaphore>>>,
}

/// The connected agents of each group.
pub(crate) type Seats = HashMap<Group, HashSet<UserIndex>>;

/// Gets an agent, and whether it has just connected or is gone.
pub(crate) type SeatRelay = dyn Fn(Group, UserIndex, bool) + Send + Sync;

impl std::fmt::Debug for Groups {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Groups").finish_non_exhaustive()
    }
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
#[must_use = "a dropped turn seats no agent"]
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
        let elsewhere = self.seated_elsewhere(group);
        let seated = self.0.seated.lock();
        let here = seated.get(&group);
        let is_here = |agent: &UserIndex| here.is_some_and(|agents| agents.contains_key(agent));
        let here_only = here.map_or(0, HashMap::len) - usize::from(is_here(&agent));
        let others = elsewhere.iter().filter(|other| **other != agent && !is_here(other)).count() + here_only;
        u32::try_from(others).unwrap_or(u32::MAX)
    }

    fn seated_elsewhere(&self, group: Group) -> HashSet<UserIndex> {
        let elsewhere = self.0.elsewhere.lock();
        elsewhere.values().filter_map(|seats| seats.get(&group)).flatten().copied().collect()
    }

    /// Tells other servers from now on.
    pub(crate) fn relay(&self, relay: Box<SeatRelay>) {
        let _ = self.0.relay.set(relay);
    }

    fn publish(&self, group: Group, agent: UserIndex, taken: bool) {
        if let Some(relay) = self.0.relay.get() {
            relay(group, agent, taken);
        }
    }

    /// The agents that are connected to this server.
    pub(crate) fn seats(&self) -> Seats {
        let seated = self.0.seated.lock();
        seated.iter().map(|(group, agents)| (*group, agents.keys().copied().collect())).collect()
    }

    /// An agent has connected to another server, or is gone there.
    pub(crate) fn follow(&self, server: u32, group: Group, agent: UserIndex, taken: bool) {
        let mut elsewhere = self.0.elsewhere.lock();
        let agents = elsewhere.entry(server).or_default().entry(group).or_default();
        if taken {
            agents.insert(agent)
        } else {
            agents.remove(&agent)
        };
    }

    /// All agents that are connected to another server.
    pub(crate) fn follow_all(&self, server: u32, seats: Seats) {
        self.0.elsewhere.lock().insert(server, seats);
    }

    /// Forgets the agents of servers that are gone.
    pub(crate) fn keep_servers(&self, is_there: impl Fn(u32) -> bool) {
        self.0.elsewhere.lock().retain(|server, _| is_there(*server));
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
        if *sockets > 0 {
            return;
        }
        agents.remove(&agent);
        if agents.is_empty() {
            seated.remove(&group);
        }
        drop(seated);
        self.publish(group, agent, false);
    }
}

impl Turn {
    /// Seats the agent.
    pub(crate) fn seat(self) -> StaffSeat {
        let mut seated = self.roster.0.seated.lock();
        let sockets = seated.entry(self.group).or_default().entry(self.agent).or_default();
        *sockets += 1;
        let is_first = *sockets == 1;
        drop(seated);
        if is_first {
            self.roster.publish(self.group, self.agent, true);
        }
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
    async fn an_agent_of_two_servers_is_one_agent() {
        let roster = Roster::default();
        roster.follow(2, GROUP, UserIndex(7), true);
        roster.follow(3, GROUP, UserIndex(7), true);
        roster.follow(3, GROUP, UserIndex(8), true);
        let (others, _seat) = seat(&roster, 7).await;
        assert_eq!(others, 1);
        assert_eq!(seat(&roster, 9).await.0, 2);
        roster.keep_servers(|server| server == 2);
        roster.follow_all(2, HashMap::new());
        assert_eq!(seat(&roster, 9).await.0, 1);
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
