//! The membership of a user in a queue: by itself, or by a group.
//!
//! The members by a group follow from the groups of the queue and are not stored. They have joined; a user that leaves
//! becomes a member by itself (assumed).

use indexmap::IndexSet;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{Acd, Queue, WrapUpCode};
use crate::world::Organization;
use crate::world::event::Event;
use crate::world::id::{Id, UserIndex};
use crate::world::table::{Record, Refused};

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
    /// The number of users that are members by themselves and have joined a queue.
    pub(crate) fn joined(&self, queue: Id<Queue>) -> usize {
        self.members.members(queue).iter().filter(|(_, membership)| membership.joined).count()
    }
}

/// A member of a queue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member {
    pub(crate) user: UserIndex,
    pub(crate) membership: Membership,
    /// Whether it is a member by a group alone.
    pub(crate) by_group: bool,
}

/// The property of a queue with its groups.
const GROUPS: &str = "memberGroups";

/// The type and the id of each group of a queue. One without a type is a group of the directory.
fn groups(queue: &Record<Queue>) -> impl Iterator<Item = (&str, Uuid)> {
    let all = queue.extra.get(GROUPS).and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|group| Some((type_of(group), id_of(group)?)))
}

fn type_of(group: &Value) -> &str {
    group.get("type").and_then(Value::as_str).unwrap_or("GROUP")
}

fn id_of(group: &Value) -> Option<Uuid> {
    Uuid::try_parse(group.get("id")?.as_str()?).ok()
}

/// Members by groups.
impl Organization {
    /// The users that are members of a queue by a group alone, each once.
    pub(crate) fn members_by_group(&self, queue: &Record<Queue>) -> IndexSet<UserIndex> {
        let users = groups(queue).flat_map(|(kind, group)| self.users_of_group(kind, group));
        users.filter(|user| !self.acd.members.contains(queue.id(), *user)).collect()
    }

    fn users_of_group(&self, kind: &str, group: Uuid) -> Vec<UserIndex> {
        let directory = self.directory();
        match kind {
            "SKILLGROUP" => {
                let group = self.acd.skill_groups.get(Id::new(group));
                group.map(|group| self.members_of_skill_group(group)).unwrap_or_default()
            }
            "TEAM" => directory.team_members.members(Id::new(group)).keys().copied().collect(),
            _ => directory.members.members(Id::new(group)).keys().copied().collect(),
        }
    }

    fn is_in_group(&self, user: UserIndex, kind: &str, group: Uuid) -> bool {
        match kind {
            "SKILLGROUP" => {
                let group = self.acd.skill_groups.get(Id::new(group));
                group.is_some_and(|group| self.is_in_skill_group(user, group))
            }
            "TEAM" => self.directory().team_members.contains(Id::new(group), user),
            _ => self.directory().members.contains(Id::new(group), user),
        }
    }

    /// The members of a queue: users, then those of its groups.
    pub(crate) fn members_of_queue(&self, queue: Id<Queue>) -> impl Iterator<Item = Member> {
        let own = self.acd.members.members(queue).iter();
        let own =
            own.map(|(user, membership)| Member { user: *user, membership: *membership, by_group: false });
        let by_group = self.acd.queues.get(queue).map(|queue| self.members_by_group(queue));
        let by_group = by_group.into_iter().flatten().map(|user| Member {
            user,
            membership: Membership::default(),
            by_group: true,
        });
        own.chain(by_group)
    }

    /// The users that take interactions of a queue.
    pub(crate) fn joined_members(&self, queue: Id<Queue>) -> impl Iterator<Item = UserIndex> {
        let all = self.members_of_queue(queue);
        all.filter(|member| member.membership.joined).map(|member| member.user)
    }

    /// The membership of a user in a queue. `None` where the user is no member.
    pub(crate) fn membership(&self, queue: Id<Queue>, user: UserIndex) -> Option<Membership> {
        let by_group = || {
            let queue = self.acd.queues.get(queue)?;
            let is_member = groups(queue).any(|(kind, group)| self.is_in_group(user, kind, group));
            is_member.then(Membership::default)
        };
        self.acd.members.get(queue, user).copied().or_else(by_group)
    }

    /// The queues of a user and its memberships: those to which the user was added, then those of its groups.
    pub(crate) fn queues_of(&self, user: UserIndex) -> impl Iterator<Item = (Id<Queue>, Membership)> {
        let own = self.acd.members.holders(user).iter().copied();
        let of_groups = self.acd.queues.iter().filter(|queue| queue.extra.contains_key(GROUPS));
        let of_groups = of_groups.map(Record::id);
        let of_groups = of_groups.filter(move |queue| !self.acd.members.contains(*queue, user));
        own.chain(of_groups).filter_map(move |queue| Some((queue, self.membership(queue, user)?)))
    }

    /// Takes a deleted group out of every queue.
    pub(in crate::world) fn leave_queues(&mut self, group: Uuid) {
        let has = |queue: &&Record<Queue>| groups(queue).any(|(_, id)| id == group);
        let changed: Vec<_> = self.acd.queues.iter().filter(has).cloned().collect();
        for mut queue in changed {
            if let Some(groups) = queue.extra.get_mut(GROUPS).and_then(Value::as_array_mut) {
                groups.retain(|one| id_of(one) != Some(group));
            }
            // It has become smaller and keeps its name.
            let _ = self.acd.queues.replace(queue);
        }
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
        let joined = membership.joined;
        self.acd.members.set(queue, user, membership)?;
        self.note_membership(queue, user, joined);
        Ok(())
    }

    fn note_membership(&mut self, queue: Id<Queue>, user: UserIndex, joined: bool) {
        let user = self.people.at(user).map(|user| user.id);
        self.events.extend(user.map(|user| Event::Membership { queue, user, joined }));
    }

    /// Removes a user from a queue. False if the user is not a member.
    pub(crate) fn remove_membership(&mut self, queue: Id<Queue>, user: UserIndex) -> bool {
        let removed = self.acd.members.remove(queue, user);
        if removed {
            self.note_membership(queue, user, false);
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
