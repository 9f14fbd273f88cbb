//! Whether the router gives interactions to a user.

use serde::{Deserialize, Serialize};

/// The vendor's routing status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Routing {
    /// Not on queue.
    #[default]
    OffQueue,
    /// On queue, waiting for an interaction.
    Idle,
    /// The agent has an interaction of a queue.
    Interacting,
    /// On queue, but did not answer an offered interaction.
    NotResponding,
    /// The agent is in a conversation without a queue.
    Communicating,
}

impl Routing {
    /// Every routing status and the vendor's name of it.
    pub(crate) const ALL: [(Self, &'static str); 5] = [
        (Self::OffQueue, "OFF_QUEUE"),
        (Self::Idle, "IDLE"),
        (Self::Interacting, "INTERACTING"),
        (Self::NotResponding, "NOT_RESPONDING"),
        (Self::Communicating, "COMMUNICATING"),
    ];

    /// The vendor's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::OffQueue => "OFF_QUEUE",
            Self::Idle => "IDLE",
            Self::Interacting => "INTERACTING",
            Self::NotResponding => "NOT_RESPONDING",
            Self::Communicating => "COMMUNICATING",
        }
    }

    /// The routing status of that name, however it is cased.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|row| row.1.eq_ignore_ascii_case(name.trim())).map(|row| row.0)
    }

    /// Every name, for messages.
    pub(crate) fn names() -> String {
        Self::ALL.map(|row| row.1).join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_routing_status_is_found_by_its_name() {
        for (routing, name) in Routing::ALL {
            assert_eq!((routing.name(), Routing::from_name(name)), (name, Some(routing)));
        }
        assert_eq!(Routing::from_name("ON_QUEUE"), None);
    }
}
