//! The management units of an organization's file. Each schedules the agents of some skill groups.

use uuid::Uuid;

use crate::world::id::{BusinessUnit, Id};
use crate::world::seed;

/// A management unit that has agents. One that a client makes is an entity of a collection, and has none.
#[derive(Clone, Debug)]
pub(crate) struct ManagementUnit {
    pub(crate) id: Id<Self>,
    /// Its name in the file.
    pub(crate) name: String,
    /// The business unit that it belongs to.
    pub(crate) business_unit: Id<BusinessUnit>,
    /// Its IANA time zone.
    pub(crate) time_zone: String,
}

impl ManagementUnit {
    /// The unit of `organization` that a file describes.
    pub(in crate::world) fn of(unit: &seed::ManagementUnit, organization: Uuid) -> Self {
        Self {
            id: Id::seeded(organization, &unit.name),
            name: unit.name.clone(),
            business_unit: Id::seeded(organization, &unit.business_unit),
            time_zone: unit.time_zone.get_ref().clone(),
        }
    }
}
