//! An agent's status, under the names that schedules, presences and the threads use.

use serde::{Deserialize, Serialize};
use uuid::{Uuid, uuid};

use super::adherence::Activity;

/// The status of an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum AgentStatus {
    /// Ready, outside a queue.
    Available,
    /// Ready for the queue's interactions.
    OnQueue,
    /// Occupied.
    Busy,
    /// Away from the desk.
    Away,
    /// Not active at the desk.
    Idle,
    Meeting,
    Training,
    OnBreak,
    Meal,
    /// Not to be reached.
    Unavailable,
    /// Signed out.
    #[default]
    Offline,
}

/// The presence definitions that every organization of the vendor has, with the vendor's ids, so that a script with
/// such an id runs here. "Unavailable" is gcmock's own, a secondary definition of Offline.
const DEFINITIONS: [(AgentStatus, Uuid); 11] = [
    (AgentStatus::Available, uuid!("6a3af858-942f-489d-9700-5f9bcdcdae9b")),
    (AgentStatus::OnQueue, uuid!("e08eaf1b-ee47-4fa9-a231-1200e284798f")),
    (AgentStatus::Busy, uuid!("31fe3bac-dea6-44b7-bed7-47f91660a1a0")),
    (AgentStatus::Away, uuid!("5e5c5c66-ea97-4e7f-ac41-6424784829f2")),
    (AgentStatus::Idle, uuid!("7ffa01cd-7866-4ad7-8faa-31e11b42f51f")),
    (AgentStatus::Meeting, uuid!("bbdff279-7ae1-48ea-bade-7831d7234c64")),
    (AgentStatus::Training, uuid!("d2390a99-8546-bad9-8f0a-219548e8aeb0")),
    (AgentStatus::OnBreak, uuid!("227b37e2-f1d0-4dd0-8f50-badd7cf6d158")),
    (AgentStatus::Meal, uuid!("3fd96123-badb-4f69-bc03-1b1ccc6d8014")),
    (AgentStatus::Unavailable, uuid!("25921613-e83a-52c9-a851-0c795841aef5")),
    (AgentStatus::Offline, uuid!("ccf3c10a-aa2c-4845-8e8d-f59fa48c58e5")),
];

impl AgentStatus {
    /// Every status with its name and its `systemPresence`.
    pub(crate) const ALL: [(Self, &'static str, &'static str); 11] = [
        (Self::Available, "Available", "Available"),
        (Self::OnQueue, "On Queue", "OnQueue"),
        (Self::Busy, "Busy", "Busy"),
        (Self::Away, "Away", "Away"),
        (Self::Idle, "Idle", "Idle"),
        (Self::Meeting, "Meeting", "Meeting"),
        (Self::Training, "Training", "Training"),
        (Self::OnBreak, "On Break", "Break"),
        (Self::Meal, "Meal", "Meal"),
        (Self::Unavailable, "Unavailable", "Offline"),
        (Self::Offline, "Offline", "Offline"),
    ];

    fn row(self) -> &'static (Self, &'static str, &'static str) {
        Self::ALL.iter().find(|row| row.0 == self).unwrap_or(&Self::ALL[10])
    }

    /// The name schedules and the admin API use.
    pub(crate) fn name(self) -> &'static str {
        self.row().1
    }

    /// The vendor's `systemPresence`, as workforce management writes it: `OnQueue`.
    pub(crate) fn system_presence(self) -> &'static str {
        self.row().2
    }

    /// The name as user presences write it: `On Queue`.
    pub(crate) fn spaced_presence(self) -> &'static str {
        if self == Self::OnQueue { "On Queue" } else { self.system_presence() }
    }

    /// The system presence as analytics write it: `ON_QUEUE`.
    pub(crate) const fn analytics_presence(self) -> &'static str {
        match self {
            Self::Available => "AVAILABLE",
            Self::OnQueue => "ON_QUEUE",
            Self::Busy => "BUSY",
            Self::Away => "AWAY",
            Self::Idle => "IDLE",
            Self::Meeting => "MEETING",
            Self::Training => "TRAINING",
            Self::OnBreak => "BREAK",
            Self::Meal => "MEAL",
            Self::Unavailable | Self::Offline => "OFFLINE",
        }
    }

    /// Whether it is the primary status of its system presence, not a secondary one of an organization.
    pub(crate) fn is_primary(self) -> bool {
        self != Self::Unavailable
    }

    /// The id of its presence definition, equal in all organizations.
    pub(crate) fn definition(self) -> Uuid {
        DEFINITIONS.iter().find(|row| row.0 == self).map_or(Uuid::nil(), |row| row.1)
    }

    /// The status of that presence definition.
    pub(crate) fn from_definition(id: Uuid) -> Option<Self> {
        DEFINITIONS.iter().find(|row| row.1 == id).map(|row| row.0)
    }

    /// The status of that name or system presence, however it is cased and spaced; a name wins over
    /// a presence that several statuses share.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let plain = |text: &str| text.replace([' ', '_', '-'], "").to_ascii_lowercase();
        let name = plain(name);
        let named = Self::ALL.iter().find(|row| plain(row.1) == name);
        named.or_else(|| Self::ALL.iter().find(|row| plain(row.2) == name)).map(|row| row.0)
    }

    /// Every name, for messages.
    pub(crate) fn names() -> String {
        Self::ALL.map(|row| row.1).join(", ")
    }

    /// Whether an agent with this status takes interactions.
    pub(crate) const fn admits(self) -> bool {
        matches!(self, Self::Available | Self::OnQueue)
    }

    /// The activity of an agent with this status.
    pub(crate) const fn activity(self) -> Activity {
        match self {
            Self::OnQueue => Activity::OnQueueWork,
            Self::Available | Self::Busy => Activity::OffQueueWork,
            Self::Meeting => Activity::Meeting,
            Self::Training => Activity::Training,
            Self::OnBreak => Activity::Break,
            Self::Meal => Activity::Meal,
            Self::Away | Self::Idle | Self::Unavailable | Self::Offline => Activity::Unavailable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_found_by_each_of_its_names() {
        for (status, name, presence) in AgentStatus::ALL {
            assert_eq!(AgentStatus::from_name(name), Some(status));
            let spaced = status.spaced_presence();
            assert_eq!(status.analytics_presence(), spaced.to_uppercase().replace(' ', "_"));
            assert_eq!(AgentStatus::from_name(&name.to_uppercase().replace(' ', "_")), Some(status));
            assert!(
                AgentStatus::from_name(presence).is_some_and(|found| found.system_presence() == presence)
            );
        }
        assert_eq!(AgentStatus::from_name("on_queue"), Some(AgentStatus::OnQueue));
        assert_eq!(AgentStatus::from_name("BREAK"), Some(AgentStatus::OnBreak));
        assert_eq!(AgentStatus::from_name("Lunch"), None);
    }

    #[test]
    fn a_status_is_found_by_its_presence_definition() {
        for (status, ..) in AgentStatus::ALL {
            assert_eq!(AgentStatus::from_definition(status.definition()), Some(status));
        }
        assert_eq!(AgentStatus::from_definition(Uuid::nil()), None);
    }
}
