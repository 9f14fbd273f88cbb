//! Process automation: the triggers of an organization.
//!
//! A trigger names a topic, conditions on the bodies of its events, and what to invoke. `push::delivery` makes its
//! receivers of them whenever [`Event::Receivers`] is noted.

use serde::{Deserialize, Serialize};

use super::Organization;
use super::event::Event;
use super::id::Id;
use super::table::{Kind, Stored, Table};

/// A trigger.
#[derive(Debug)]
pub(crate) enum Trigger {}

impl Kind for Trigger {
    const NAME: &'static str = "trigger";
    const PATH: &'static str = "/api/v2/processautomation/triggers";
    const FIELDS: &'static [&'static str] = &[
        "topicName",
        "target",
        "enabled",
        "matchCriteria",
        "eventTTLSeconds",
        "delayBySeconds",
        "description",
    ];
    const UNIQUE: bool = false;
    // Each event of a topic is compared with every trigger of the topic.
    const MAX_CREATED: usize = 1000;
    const MAX_BYTES: usize = 4 << 20;
}

impl Stored for Trigger {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.automation.triggers
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.automation.triggers
    }

    fn forget(organization: &mut Organization, _id: Id<Self>) {
        organization.note_receivers();
    }
}

/// The triggers of an organization.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Automation {
    pub(crate) triggers: Table<Trigger>,
}

impl Organization {
    /// Notes that other receivers get the events of the organization: a trigger or an open messaging integration was
    /// created, changed or removed.
    pub(crate) fn note_receivers(&mut self) {
        self.events.push(Event::Receivers);
    }
}
