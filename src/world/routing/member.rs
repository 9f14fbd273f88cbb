//! The membership of a user in a queue.

use super::{Acd, Queue};
use crate::world::id::{Id, UserIndex};

/// The state of a user in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Membership {
    /// Whether the user takes interactions of the queue. A user that left stays a member.
    pub(crate) joined: bool,
    /// The ring of bullseye routing, from 1.
    pub(crate) ring: u8,
}

impl Default for Membership {
    fn default() -> Self {
        Self { joined: true, ring: 1 }
    }
}

impl Acd {
    /// The queues of a user and its memberships, in the order in which the user was added.
    pub(crate) fn queues_of(&self, user: UserIndex) -> impl Iterator<Item = (Id<Queue>, Membership)> {
        let queues = self.members.holders(user).iter();
        queues.filter_map(move |queue| Some((*queue, *self.members.get(*queue, user)?)))
    }

    /// The number of members that have joined a queue.
    pub(crate) fn joined(&self, queue: Id<Queue>) -> usize {
        self.members.members(queue).iter().filter(|(_, membership)| membership.joined).count()
    }
}
