//! The numbers and ids of an organization and of what it has, typed so that none passes for another.
//!
//! An index is a small number, and the index of a table: limits and the journal count by it. An [`Id`] is the
//! vendor's. The ids of seeded entities are made here from their names. For another kind that a file seeds:
//! its line of [`Seeded`].

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::people::User;
use super::workforce::planning::{Edge, Group};
use super::workforce::unit::ManagementUnit;

/// The number of an organization. It is never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TenantIndex(pub u32);

impl TenantIndex {
    /// The organization's index in a table of all that were ever created.
    pub(crate) const fn as_usize(self) -> usize {
        self.0 as usize
    }
}

/// The number of an OAuth client within its organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct ClientIndex(pub u32);

impl ClientIndex {
    /// The client's index in the organization's table.
    pub(crate) const fn as_usize(self) -> usize {
        self.0 as usize
    }
}

/// The number of a user within its organization, and the index into its people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct UserIndex(pub u32);

impl UserIndex {
    /// The administrator, the first user of each seed.
    pub(crate) const ADMINISTRATOR: Self = Self(0);

    /// The user's index in the organization's table.
    pub(crate) const fn as_usize(self) -> usize {
        self.0 as usize
    }
}

/// The number of an edge's name. Organizations whose edges have one name share its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct EdgeIndex(pub u32);

impl EdgeIndex {
    /// The index of the edge's name in the table of names.
    pub(crate) const fn as_usize(self) -> usize {
        self.0 as usize
    }
}

/// The id that the vendor's API gives a `T`.
pub(crate) struct Id<T> {
    uuid: Uuid,
    kind: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    /// The id of that UUID.
    pub(crate) const fn new(uuid: Uuid) -> Self {
        Self { uuid, kind: PhantomData }
    }

    /// An id that no entity has.
    pub(crate) fn random() -> Self {
        Self::new(Uuid::new_v4())
    }

    /// The id that `text` is. `None` where it is not a UUID.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self::new)
    }

    pub(crate) const fn uuid(self) -> Uuid {
        self.uuid
    }
}

/// A kind of entity whose seeded ones have ids that are made from their names.
pub(crate) trait Seeded {
    /// The prefix of a seeded entity's name in the text from which its id is made.
    const PREFIX: &'static str;
}

impl Seeded for User {
    const PREFIX: &'static str = "";
}

impl Seeded for Group {
    const PREFIX: &'static str = "/api/v2/routing/skills/";
}

impl Seeded for Edge {
    const PREFIX: &'static str = "edge/";
}

impl Seeded for ManagementUnit {
    const PREFIX: &'static str = "/api/v2/workforcemanagement/managementunits/";
}

/// A business unit: an entity of a collection.
pub(crate) enum BusinessUnit {}

impl Seeded for BusinessUnit {
    const PREFIX: &'static str = "/api/v2/workforcemanagement/businessunits/";
}

pub(crate) use super::routing::Queue;

impl<T> Id<T> {
    /// Whether the entity came with the organization's file. What clients create has a random id.
    pub(crate) fn is_seeded(self) -> bool {
        self.uuid.get_version_num() == 5
    }
}

impl<T: Seeded> Id<T> {
    /// The id of the seeded entity of that name.
    pub(crate) fn seeded(organization: Uuid, name: &str) -> Self {
        Self::new(seed_id(organization, &format!("{}{name}", T::PREFIX)))
    }
}

/// The id of `name` in `organization`, equal at every start.
pub(crate) fn seed_id(organization: Uuid, name: &str) -> Uuid {
    Uuid::new_v5(&organization, name.as_bytes())
}

// Derived, these would ask the same of `T`.
impl<T> Copy for Id<T> {}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}

impl<T> Eq for Id<T> {}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.uuid, f)
    }
}

impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.uuid, f)
    }
}

impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Uuid::deserialize(deserializer).map(Self::new)
    }
}

impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.uuid.serialize(serializer)
    }
}
