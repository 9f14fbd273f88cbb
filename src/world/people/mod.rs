//! The users of one organization: agents and administrators.
//!
//! A user is named by id or, in the threads' endpoints and the admin API, by name. The list only grows at its end, so
//! the index of a user is the number that limits count by. A deleted user keeps its index and is marked.

pub(crate) mod directory;
pub(crate) mod logins;
mod status;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(crate) use self::directory::Directory;
pub(crate) use self::status::Presence;
use super::authorization::Division;
use super::workforce::planning::Group;
use super::workforce::unit::ManagementUnit;
use super::workforce::{AgentStatus, History, Routing};
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::world::id::{Id, UserIndex};

/// Users that clients may create in one organization.
pub(crate) const MAX_CREATED: usize = 5000;

/// The key of the time of the last change of a profile, among the stored fields.
pub(crate) const MODIFIED: &str = "dateModified";

/// The vendor's `state` of a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum State {
    /// May log in.
    #[default]
    Active,
    /// May not, for now.
    Inactive,
    /// Gone, as far as listings are concerned.
    Deleted,
}

impl State {
    /// The vendor's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Deleted => "deleted",
        }
    }

    /// The state of that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Active, Self::Inactive, Self::Deleted].into_iter().find(|state| state.name() == name)
    }
}

/// One user.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct User {
    /// The user's id.
    pub(crate) id: Id<Self>,
    /// The user's name, unique among the seeded users.
    pub(crate) name: String,
    /// The login name.
    pub(crate) email: String,
    /// Whether the user is active, inactive or deleted.
    pub(crate) state: State,
    /// The division; `None` is the home division.
    pub(crate) division: Option<Id<Division>>,
    /// The skill group; `None` for a user that is not an agent.
    pub(crate) skill_group: Option<Id<Group>>,
    /// The management unit that schedules the agent; `None` for a user that is not an agent.
    pub(crate) management_unit: Option<Id<ManagementUnit>>,
    /// The agent's status.
    pub(crate) status: AgentStatus,
    /// Since when.
    pub(crate) status_since: Nanos,
    /// Earlier statuses, as far as an edge may still need them.
    pub(crate) history: History,
    /// Counts the changes of the status.
    pub(crate) status_version: u32,
    /// The presence definition of the organization's own that was chosen for the status.
    pub(crate) presence_definition: Option<Box<str>>,
    /// The definitions that were chosen for earlier presences: one entry for each change of the status or of the definition.
    pub(crate) past_definitions: History<Option<Box<str>>>,
    /// The user's message beside the status.
    pub(crate) presence_message: String,
    /// The routing status.
    pub(crate) routing: Routing,
    /// Since when.
    pub(crate) routing_since: Nanos,
    /// Earlier routing statuses.
    pub(crate) past_routings: History<Routing>,
    /// The vendor's other profile fields that clients have set.
    pub(crate) extra: Map<String, Value>,
    /// Counts the changes of the profile, as the vendor's `version` does.
    pub(crate) version: u32,
}

/// A change of a presence; a field that is `None` stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct PresenceChange {
    pub(crate) status: Option<AgentStatus>,
    /// The presence definition of the organization's own that was chosen for the status.
    pub(crate) definition: Option<Box<str>>,
    /// The user's message beside the status.
    pub(crate) message: Option<String>,
}

/// The routing status does not follow from the one before.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("an invalid routing status transition was attempted")]
pub(crate) struct RefusedTransition;

impl User {
    /// A user of that status, with a profile of name and email only.
    pub(crate) fn new(id: Id<Self>, name: String, email: String, status: AgentStatus, now: Nanos) -> Self {
        let routing = if status == AgentStatus::OnQueue { Routing::Idle } else { Routing::OffQueue };
        Self {
            id,
            name,
            email,
            state: State::Active,
            division: None,
            skill_group: None,
            management_unit: None,
            status,
            status_since: now,
            history: History::new(status),
            status_version: 1,
            presence_definition: None,
            past_definitions: History::new(None),
            presence_message: String::new(),
            routing,
            routing_since: now,
            past_routings: History::new(routing),
            extra: Map::new(),
            version: 1,
        }
    }

    /// Whether the workforce's schedules are about this user.
    pub(crate) fn is_agent(&self) -> bool {
        self.skill_group.is_some() && self.exists()
    }

    /// Moves the user to a state. A move notes its date, and its reason where there is one.
    pub(crate) fn move_to(&mut self, state: State, reason: Option<&str>, now: Nanos) {
        if self.state != state {
            self.state = state;
            self.extra.insert("stateChangeDate".to_owned(), rfc3339(now).into());
            self.extra.remove("stateChangeReason");
        }
        self.extra.extend(reason.map(|reason| ("stateChangeReason".to_owned(), reason.into())));
    }

    /// Counts a change of the profile, and notes its time.
    pub(crate) fn touch(&mut self, now: Nanos) {
        self.version += 1;
        self.extra.insert(MODIFIED.to_owned(), rfc3339(now).into());
    }

    /// The time of the last change of the profile; that of the status where it was never changed.
    pub(crate) fn modified(&self) -> String {
        let noted = self.extra.get(MODIFIED).and_then(Value::as_str);
        noted.map_or_else(|| rfc3339(self.status_since), str::to_owned)
    }

    /// Whether the user was not deleted.
    pub(crate) fn exists(&self) -> bool {
        self.state != State::Deleted
    }
}

/// Every user, in the order of the seed, then of creation.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "Saved")]
pub(crate) struct People {
    users: Vec<User>,
    #[serde(skip)]
    by_id: HashMap<Id<User>, UserIndex>,
    #[serde(skip)]
    by_name: HashMap<String, UserIndex>,
    #[serde(skip)]
    seeded: usize,
}

/// The users of a snapshot.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    users: Vec<User>,
}

impl TryFrom<Saved> for People {
    type Error = &'static str;

    fn try_from(Saved { users }: Saved) -> Result<Self, Self::Error> {
        let mut people = Self { seeded: users.len(), ..Self::default() };
        for user in users {
            if people.by_id.contains_key(&user.id) {
                return Err("two users have one id");
            }
            people.add(user).map_err(|_| "there are too many users")?;
        }
        Ok(people)
    }
}

/// No more users can be created.
#[derive(Debug, thiserror::Error)]
#[error("{MAX_CREATED} users were created already")]
pub(crate) struct TooManyUsers;

impl People {
    /// The people of a seed.
    pub(crate) fn new(users: Vec<User>) -> Self {
        let by_id = indexed(&users).map(|(index, user)| (user.id, index)).collect();
        let by_name = indexed(&users).map(|(index, user)| (user.name.clone(), index)).collect();
        Self { seeded: users.len(), users, by_id, by_name }
    }

    /// Takes over the number of seeded users from the people of the organization's file. False where these people, which
    /// come from a snapshot, lack some of those, or are more than clients may add.
    pub(super) fn grew_from(&mut self, fresh: &Self) -> bool {
        self.seeded = fresh.seeded;
        (self.seeded..=self.seeded + MAX_CREATED).contains(&self.users.len())
    }

    /// Adds a user at the end.
    pub(super) fn add(&mut self, user: User) -> Result<(), TooManyUsers> {
        if self.users.len() >= self.seeded + MAX_CREATED {
            return Err(TooManyUsers);
        }
        let index = UserIndex(u32::try_from(self.users.len()).map_err(|_| TooManyUsers)?);
        self.by_id.insert(user.id, index);
        self.by_name.entry(user.name.clone()).or_insert(index);
        self.users.push(user);
        Ok(())
    }

    /// All of them, the deleted ones too.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &User> {
        self.users.iter()
    }

    /// All of them, each with its index.
    pub(crate) fn indexed(&self) -> impl Iterator<Item = (UserIndex, &User)> {
        indexed(&self.users)
    }

    pub(crate) fn agents(&self) -> impl Iterator<Item = &User> {
        self.users.iter().filter(|user| user.is_agent())
    }

    /// The index of the user with that id, name or email.
    pub(crate) fn find(&self, id_or_name: &str) -> Option<UserIndex> {
        let by_id = Id::parse(id_or_name).and_then(|id| self.by_id.get(&id));
        by_id.or_else(|| self.by_name.get(id_or_name)).copied().or_else(|| {
            self.indexed()
                .find(|(_, user)| user.email.eq_ignore_ascii_case(id_or_name))
                .map(|(index, _)| index)
        })
    }

    /// The index of the user with that id.
    pub(crate) fn index_of(&self, id: Id<User>) -> Option<UserIndex> {
        self.by_id.get(&id).copied()
    }

    /// The id of a user that was created.
    pub(crate) fn created(&self, user: UserIndex) -> Option<Id<User>> {
        let is_created = user.as_usize() >= self.seeded;
        self.at(user).filter(|_| is_created).map(|user| user.id)
    }

    /// The user of an index.
    pub(crate) fn at(&self, user: UserIndex) -> Option<&User> {
        self.users.get(user.as_usize())
    }

    /// The user with that id, name or email.
    pub(crate) fn get(&self, id_or_name: &str) -> Option<&User> {
        self.at(self.find(id_or_name)?)
    }

    /// The index of the agent with that id, name or email.
    pub(crate) fn agent(&self, id_or_name: &str) -> Option<UserIndex> {
        self.find(id_or_name).filter(|user| self.is_agent(*user))
    }

    /// Whether the user of an index is an agent.
    pub(crate) fn is_agent(&self, user: UserIndex) -> bool {
        self.at(user).is_some_and(User::is_agent)
    }

    /// The user of an index, to change it; the name only by [`Self::rename`].
    pub(super) fn at_mut(&mut self, user: UserIndex) -> Option<&mut User> {
        self.users.get_mut(user.as_usize())
    }

    /// Sets the fields that a client may set: name, email, state and profile.
    pub(super) fn set_profile(&mut self, index: UserIndex, profile: &User) {
        let Some(user) = self.at_mut(index) else { return };
        user.email.clone_from(&profile.email);
        user.state = profile.state;
        user.division = profile.division;
        user.extra.clone_from(&profile.extra);
        user.version = profile.version;
        if user.name != profile.name {
            self.rename(index, profile.name.clone());
        }
    }

    /// Moves every user of a division to the home division.
    pub(super) fn leave_division(&mut self, division: Id<Division>) {
        for user in self.users.iter_mut().filter(|user| user.division == Some(division)) {
            user.division = None;
        }
    }

    /// Gives a user another name, by which it is found from then on.
    fn rename(&mut self, index: UserIndex, name: String) {
        let Some(user) = self.users.get_mut(index.as_usize()) else { return };
        if self.by_name.get(&user.name) == Some(&index) {
            self.by_name.remove(&user.name);
        }
        self.by_name.entry(name.clone()).or_insert(index);
        user.name = name;
    }
}

fn indexed(users: &[User]) -> impl Iterator<Item = (UserIndex, &User)> {
    (0..).map(UserIndex).zip(users)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str, status: AgentStatus) -> User {
        User::new(Id::seeded(uuid::Uuid::NAMESPACE_DNS, name), name.into(), name.into(), status, 1)
    }

    #[test]
    fn the_routing_status_follows_the_status() {
        let mut user = user("a", AgentStatus::Available);
        user.set_status(AgentStatus::OnQueue, 5);
        assert_eq!((user.routing, user.routing_since), (Routing::Idle, 5));
        user.set_routing(Routing::Interacting, 6);
        user.set_status(AgentStatus::OnQueue, 7);
        assert_eq!((user.routing, user.status_since, user.status_version), (Routing::Interacting, 5, 2));
        user.set_status(AgentStatus::Busy, 8);
        assert_eq!((user.routing, user.routing_since), (Routing::OffQueue, 8));
    }

    #[test]
    fn the_status_follows_the_routing_status() {
        let mut user = user("a", AgentStatus::Meal);
        assert_eq!(user.request_routing(Routing::Interacting, 2), Err(RefusedTransition));
        assert_eq!(user.request_routing(Routing::OffQueue, 2), Ok(()));
        assert_eq!((user.status, user.status_version), (AgentStatus::Meal, 1));
        assert_eq!(user.request_routing(Routing::Idle, 3), Ok(()));
        assert_eq!(user.request_routing(Routing::NotResponding, 4), Ok(()));
        assert_eq!((user.status, user.status_since, user.routing_since), (AgentStatus::OnQueue, 3, 4));
        assert_eq!(user.request_routing(Routing::OffQueue, 5), Ok(()));
        assert_eq!((user.status, user.routing), (AgentStatus::Available, Routing::OffQueue));
    }

    #[test]
    fn a_renamed_user_is_found_by_the_new_name_alone() {
        let mut people = People::new(vec![user("a", AgentStatus::Busy), user("b", AgentStatus::Busy)]);
        people.rename(UserIndex(0), "c".into());
        assert_eq!(people.find("c"), Some(UserIndex(0)));
        assert!(!people.by_name.contains_key("a"));
        people.rename(UserIndex(0), "b".into());
        assert_eq!(people.find("b"), Some(UserIndex(1)), "a name that is taken stays with its first owner");
    }
}
