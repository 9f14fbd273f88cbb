//! The membership of a user in a queue.

use serde::{Deserialize, Serialize};

use super::{Acd, Queue, WrapUpCode};
use crate::world::Organization;
use crate::world::event::Event;
use crate::world::id::{Id, UserIndex};
use crate::world::table::Refused;

/// The state of a user in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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

impl Organization {
    /// Makes a user a member of a queue, or changes its membership.
    ///
    /// # Errors
    /// When there are too many memberships.
    pub(crate) fn set_membership(
        &mut self,
        queue: Id<Queue>,
        user: UserIndex,
        membership: Membership,
    ) -> Result<(), Refused> {
        self.acd.members.set(queue, user, membership)?;
        self.events.push(Event::Membership { queue, user });
        Ok(())
    }

    /// Removes a user from a queue. False if the user is not a member.
    pub(crate) fn remove_membership(&mut self, queue: Id<Queue>, user: UserIndex) -> bool {
        let removed = self.acd.members.remove(queue, user);
        if removed {
            self.events.push(Event::Membership { queue, user });
        }
        removed
    }

    /// Lets agents choose a wrap-up code after interactions of a queue.
    ///
    /// # Errors
    /// When there are too many such pairs.
    pub(crate) fn add_code_to_queue(
        &mut self,
        queue: Id<Queue>,
        code: Id<WrapUpCode>,
    ) -> Result<(), Refused> {
        self.acd.codes_of_queue.set(queue, code, ())
    }

    /// Removes a wrap-up code from a queue. False if the queue does not have it.
    pub(crate) fn remove_code_from_queue(&mut self, queue: Id<Queue>, code: Id<WrapUpCode>) -> bool {
        self.acd.codes_of_queue.remove(queue, code)
    }
}
