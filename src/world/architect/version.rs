//! The versions of a flow: saving and checking in make 1.1, 1.2, …, publishing makes the next whole number.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::Nanos;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::people::User;

/// The number of a version, such as `1.2`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VersionNumber {
    whole: u64,
    part: u64,
}

impl VersionNumber {
    /// The number of the next version.
    const fn next(self, stage: Stage) -> Self {
        match stage {
            Stage::Published => Self { whole: self.whole.saturating_add(1), part: 0 },
            Stage::Saved | Stage::CheckedIn => Self { part: self.part.saturating_add(1), ..self },
        }
    }
}

impl fmt::Display for VersionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.whole, self.part)
    }
}

/// What made a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stage {
    Saved,
    CheckedIn,
    Published,
}

/// The user or the client that holds a flow or made a version of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum FlowAuthor {
    User(Id<User>),
    /// An organization's data has no clients, so the name is kept.
    Client {
        id: Box<str>,
        name: Box<str>,
    },
}

impl FlowAuthor {
    /// Whether both are the same user or client.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::User(one), Self::User(two)) => one == two,
            (Self::Client { id: one, .. }, Self::Client { id: two, .. }) => one == two,
            _ => false,
        }
    }

    /// What it is called. A user that is not known has no name.
    pub(crate) fn name<'o>(&'o self, organization: &'o Organization) -> &'o str {
        match self {
            Self::User(id) => {
                let people = organization.people();
                people.index_of(*id).and_then(|index| people.at(index)).map_or("", |user| &user.name)
            }
            Self::Client { name, .. } => name,
        }
    }

    /// The user; `None` for a client.
    pub(crate) const fn user(&self) -> Option<Id<User>> {
        match self {
            Self::User(user) => Some(*user),
            Self::Client { .. } => None,
        }
    }
}

/// A version of a flow. What a client saved as its configuration is in a collection.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FlowVersion {
    pub(crate) number: VersionNumber,
    pub(crate) stage: Stage,
    pub(crate) created: Nanos,
    /// `None` for a seeded one.
    pub(crate) author: Option<FlowAuthor>,
}

/// The part of a flow that its actions change.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FlowState {
    /// The vendor's type, such as `INBOUNDCALL`.
    pub(crate) kind: Box<str>,
    pub(crate) active: bool,
    pub(crate) deleted: bool,
    /// The user or the client that has it checked out.
    pub(crate) holder: Option<FlowAuthor>,
    /// The version that conversations use.
    pub(crate) published: Option<FlowVersion>,
    /// The user that published it last; `None` for a client.
    pub(crate) published_by: Option<Id<User>>,
    pub(crate) checked_in: Option<FlowVersion>,
    pub(crate) saved: Option<FlowVersion>,
    /// Every version, the oldest first.
    pub(crate) versions: Vec<FlowVersion>,
}

impl FlowState {
    /// A new flow, which has no version.
    pub(crate) const fn new(kind: Box<str>) -> Self {
        Self {
            kind,
            active: false,
            deleted: false,
            holder: None,
            published: None,
            published_by: None,
            checked_in: None,
            saved: None,
            versions: Vec::new(),
        }
    }

    /// A flow that is published.
    pub(super) fn published(kind: &str, now: Nanos) -> Self {
        let mut state = Self::new(kind.into());
        state.publish_as(None, now);
        state
    }

    /// The number of the published version; empty without one.
    pub(crate) fn published_number(&self) -> String {
        self.published.as_ref().map(|version| version.number.to_string()).unwrap_or_default()
    }

    /// The version of that number.
    pub(crate) fn version(&self, number: &str) -> Option<&FlowVersion> {
        self.versions.iter().find(|version| version.number.to_string() == number)
    }

    /// The holder, where it is not `author`.
    pub(crate) fn other_holder(&self, author: &FlowAuthor) -> Option<&FlowAuthor> {
        self.holder.as_ref().filter(|holder| !holder.is(author))
    }

    /// Locks it for all but `author`.
    pub(crate) fn check_out(&mut self, author: &FlowAuthor) {
        self.holder = Some(author.clone());
    }

    pub(crate) fn unlock(&mut self) {
        self.holder = None;
    }

    pub(crate) fn save(&mut self, author: &FlowAuthor, now: Nanos) -> FlowVersion {
        let version = self.add_version(Stage::Saved, Some(author.clone()), now);
        self.saved = Some(version.clone());
        version
    }

    pub(crate) fn check_in(&mut self, author: &FlowAuthor, now: Nanos) {
        self.checked_in = Some(self.add_version(Stage::CheckedIn, Some(author.clone()), now));
        self.unlock();
    }

    pub(crate) fn publish(&mut self, author: &FlowAuthor, now: Nanos) {
        self.publish_as(Some(author.clone()), now);
        self.published_by = author.user();
        self.unlock();
    }

    fn publish_as(&mut self, author: Option<FlowAuthor>, now: Nanos) {
        let version = self.add_version(Stage::Published, author, now);
        self.saved = Some(version.clone());
        self.checked_in = Some(version.clone());
        self.published = Some(version);
        self.active = true;
    }

    /// Goes back to the version that was checked in last.
    pub(crate) fn revert(&mut self) {
        self.saved = self.checked_in.clone();
        self.unlock();
    }

    pub(crate) fn deactivate(&mut self) {
        self.active = false;
        self.published = None;
    }

    /// Keeps what a deleted flow shows. Its versions are not found any more.
    pub(super) fn retire(&mut self) {
        self.deleted = true;
        self.active = false;
        self.versions = Vec::new();
    }

    fn add_version(&mut self, stage: Stage, author: Option<FlowAuthor>, now: Nanos) -> FlowVersion {
        let last = self.versions.last().map(|version| version.number);
        let number = last.unwrap_or_default().next(stage);
        let version = FlowVersion { number, stage, created: now, author };
        self.versions.push(version.clone());
        version
    }
}
