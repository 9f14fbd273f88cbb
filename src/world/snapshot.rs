//! An organization in a snapshot, and the way back.
//!
//! The types of this room are their own form in a snapshot: each derives it, and leaves out what follows from the rest,
//! such as indices. A type whose fields have to agree is read as a `Saved` in its own file and checked there, so nothing
//! that a snapshot says is believed. No key is unknown and none is missing, or the whole snapshot is refused. A renamed
//! field or variant is another format: `platform::snapshot` has its number.
//!
//! An organization's file is not in the snapshot. What is known from it only is taken over by [`Organization::adopted`]:
//! the numbers of edges, which each process assigns, and how many entities are seeded, from which the bounds follow. So
//! an organization can only be put in place of one of the same file.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::{Client, Organization, Tenant};
use crate::time::Nanos;

/// Why the organization of a snapshot cannot be put in place.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    /// It has more than clients may create.
    #[error("it has more {0} than one organization may have")]
    Large(&'static str),
    /// It was made from another file.
    #[error("the organization's file has no edge {0:?}")]
    Edge(String),
    /// It was made from another file.
    #[error("the organization's file has users that it lacks")]
    Users,
    /// An OAuth client belongs to another organization of this server.
    #[error("the OAuth client {0} belongs to another organization")]
    Client(String),
    /// The merges of contacts lead in a circle.
    #[error("the merges of its external contacts lead in a circle")]
    Merges,
}

impl Organization {
    /// This organization of a snapshot in place of `fresh`, which is as in the organization's file.
    ///
    /// # Errors
    /// When it has more than clients may create, or was made from another file.
    fn adopted(mut self, fresh: Self) -> Result<Self, Unfit> {
        self.bound_tables(&fresh).map_err(Unfit::Large)?;
        if self.people.iter().len() < fresh.people.iter().len() {
            return Err(Unfit::Users);
        }
        if !self.people.grew_from(&fresh.people) {
            return Err(Unfit::Large("users"));
        }
        if !self.workforce.is_bounded() {
            return Err(Unfit::Large("schedules"));
        }
        if !self.explanations.are_bounded() {
            return Err(Unfit::Large("adherence explanations"));
        }
        if !self.external.merges_end() {
            return Err(Unfit::Merges);
        }
        self.workforce.grow_from(fresh.workforce.edges).map_err(Unfit::Edge)?;
        (self.id, self.domain, self.past.count) = (fresh.id, fresh.domain, fresh.past.count);
        (self.past.organization, self.past.domain) = (fresh.past.organization, fresh.past.domain);
        Ok(self)
    }
}

/// The data of an organization, read under its lock while it is written.
pub(crate) struct Locked(pub(crate) Arc<Tenant>);

impl Serialize for Locked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.read().serialize(serializer)
    }
}

/// What tells a created organization from the default one, whose file it has: its id, its name and its clients' secrets.
#[derive(Clone, Debug)]
pub(crate) struct Created {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    /// The secrets of the clients of its file, by the clients' names.
    pub(crate) secrets: BTreeMap<String, Option<String>>,
}

impl Tenant {
    /// The organization of a snapshot as it can be put in place of the present one. Nothing is changed.
    ///
    /// # Errors
    /// When it does not fit the file of this organization.
    pub(crate) fn fit(&self, saved: Organization, now: Nanos) -> Result<Organization, Unfit> {
        saved.adopted(self.seeded(now))
    }

    /// Puts an organization in place of the present one.
    pub(crate) fn put(&self, organization: Organization) {
        self.data.write().used = Some(Box::new(organization));
    }

    /// The secrets of the clients of its file, by the clients' names.
    pub(crate) fn secrets(&self) -> BTreeMap<String, Option<String>> {
        self.clients.iter().map(|client| (client.name.clone(), client.secret.clone())).collect()
    }

    /// Its OAuth clients as they are now, to be written.
    pub(crate) fn saved_clients(&self) -> Vec<Client> {
        self.oauth_clients.read().iter().map(|client| Client::clone(client)).collect()
    }
}
