//! Divisions.

use uuid::Uuid;

use super::Organization;
use super::id::{Id, Seeded};
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
    }
}

/// The name of the division that every organization has.
pub(crate) const HOME: &str = "Home";

/// The id of the home division of an organization.
pub(crate) fn home(organization: Uuid) -> Id<Division> {
    Id::seeded(organization, HOME)
}

/// Who may do what in an organization.
#[derive(Debug, Default)]
pub(crate) struct Authorization {
    pub(crate) divisions: Table<Division>,
}

impl Authorization {
    /// The home division alone.
    pub(super) fn of(organization: Uuid, now: Nanos) -> Self {
        let mut divisions = Table::default();
        divisions.seed(Record::seeded(organization, HOME, now));
        Self { divisions }
    }
}
