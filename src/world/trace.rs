//! What an organization knows of an id: it exists, was removed, or is unknown.

use uuid::Uuid;

use super::architect::SCRIPTS;
use super::people::User;
use super::workforce::seed::PRESENCE_DEFINITIONS;
use super::{Organization, Tenant, Tenants};
use crate::world::id::Id;

/// The collection of the users.
const USERS: &str = "/api/v2/users";
/// The collections whose entities are conversations.
const CONVERSATIONS: [&str; 5] = [
    "/api/v2/conversations",
    "/api/v2/conversations/messages",
    "/api/v2/conversations/calls",
    "/api/v2/conversations/callbacks",
    "/api/v2/conversations/emails",
];

/// Collections that have a second path, and the path under which they are kept.
const SECOND_PATHS: [(&str, &str); 2] =
    [("/api/v2/architect/scripts", SCRIPTS), ("/api/v2/presence/definitions", PRESENCE_DEFINITIONS)];

/// What is known of an id in a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trace {
    /// The entity exists. `issued` is whether this server issued its id.
    Here {
        /// Not chosen by a client.
        issued: bool,
    },
    /// There was such an entity.
    Removed {
        /// As above.
        issued: bool,
    },
    /// The entity was never created.
    Unknown,
}

impl Trace {
    const fn is_issued(self) -> bool {
        matches!(self, Self::Here { issued: true } | Self::Removed { issued: true })
    }
}

impl Organization {
    /// What is known of `id` in `collection`, which is named by its path.
    pub(crate) fn trace(&self, collection: &str, id: &str) -> Trace {
        match Uuid::try_parse(id) {
            Ok(id) if collection == USERS => self.trace_user(id),
            Ok(id) if CONVERSATIONS.contains(&collection) && self.conversations().find(id).is_some() => {
                Trace::Here { issued: true }
            }
            _ if let Some(exists) = self.typed(collection, id) => {
                if exists {
                    Trace::Here { issued: true }
                } else {
                    Trace::Removed { issued: false }
                }
            }
            _ => {
                let kept = SECOND_PATHS.iter().find(|(second, _)| *second == collection);
                self.collections.trace(kept.map_or(collection, |(_, kept)| kept), id)
            }
        }
    }

    fn trace_user(&self, id: Uuid) -> Trace {
        let user = self.people().index_of(Id::new(id)).and_then(|user| self.people().at(user));
        match user.map(User::exists) {
            Some(true) => Trace::Here { issued: true },
            Some(false) => Trace::Removed { issued: true },
            None => Trace::Unknown,
        }
    }
}

impl Tenants {
    /// Whether another organization than `own` has or had an entity of that id. Ids that clients chose are left
    /// out: two organizations may choose the same.
    pub(crate) fn is_of_another(&self, own: &Tenant, collection: &str, id: &str) -> bool {
        if Uuid::try_parse(id).is_err() {
            return false;
        }
        let others = self.all().into_iter().filter(|tenant| tenant.index != own.index);
        others.into_iter().any(|other| other.read().trace(collection, id).is_issued())
    }
}
