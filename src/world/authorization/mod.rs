//! Divisions, roles and grants.
//!
//! A grant gives a subject (a user, a group, an OAuth client) a role in a division. A deleted subject, role or division
//! takes its grants with it.

mod grant;
pub(super) mod objects;
pub(crate) mod role;

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

pub(crate) use self::grant::{Grant, Grants};
pub(crate) use self::role::Role;
use super::Organization;
use super::id::{Id, Seeded};
use super::people::People;
use super::seed::OrganizationSeed;
use super::table::{Kind, Record, Stored, Table};
use crate::time::Nanos;

/// A division: a part of the organization to which entities belong.
#[derive(Debug)]
pub(crate) enum Division {}

impl Kind for Division {
    const NAME: &'static str = "division";
    const PATH: &'static str = "/api/v2/authorization/divisions";
    const FIELDS: &'static [&'static str] = &["description"];
}

impl Seeded for Division {
    const PREFIX: &'static str = "/api/v2/authorization/divisions/";
}

impl Stored for Division {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.authorization.divisions
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.authorization.divisions
    }

    fn forget(organization: &mut Organization, id: Id<Self>) {
        organization.leave_division(id);
        organization.authorization.grants.remove_division(id);
    }
}

/// The name of the division that every organization has.
pub(crate) const HOME: &str = "Home";

/// The id of the home division of an organization.
pub(crate) fn home(organization: Uuid) -> Id<Division> {
    Id::seeded(organization, HOME)
}

/// What stands for all divisions where an entity belongs to each one. No division has this id.
pub(crate) const ALL_DIVISIONS: Id<Division> = Id::new(Uuid::max());

/// Who may do what in an organization.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Authorization {
    pub(crate) divisions: Table<Division>,
    pub(crate) roles: Table<Role>,
    pub(crate) grants: Grants,
}

impl Authorization {
    /// The home division, and the divisions and roles of an organization's file.
    pub(super) fn of(seed: &OrganizationSeed, organization: Uuid, people: &People, now: Nanos) -> Self {
        let mut all = Self::default();
        all.divisions.seed(Record::seeded(organization, HOME, now));
        for name in seed.divisions.iter().filter(|name| *name != HOME) {
            all.divisions.seed(Record::seeded(organization, name, now));
        }
        for role in &seed.roles {
            let mut record: Record<Role> = Record::seeded(organization, &role.name, now);
            record.extra.insert("description".to_owned(), json!(role.description));
            record.extra.insert("permissionPolicies".to_owned(), role::policies_of(&role.permissions));
            record.extra.insert("default".to_owned(), json!(true));
            let grant = Grant { role: record.id(), division: Some(home(organization)), made: now };
            all.roles.seed(record);
            let has_it = |user: &super::people::User| {
                role.agents && user.is_agent() || role.users.iter().any(|name| *name.get_ref() == user.name)
            };
            for user in people.iter().filter(|user| has_it(user)) {
                let _ = all.grants.add(user.id.uuid(), grant);
            }
        }
        all.grants.shrink_to_fit();
        all
    }

    /// The roles of a subject, each once, in the order in which they were granted.
    pub(crate) fn roles_of(&self, subject: Uuid) -> Vec<&Record<Role>> {
        let mut ids: Vec<Id<Role>> = Vec::new();
        for grant in self.grants.of(subject) {
            if !ids.contains(&grant.role) {
                ids.push(grant.role);
            }
        }
        ids.into_iter().filter_map(|id| self.roles.get(id)).collect()
    }
}
