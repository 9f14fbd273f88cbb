//! Compares an agent's status with the schedule.

use serde::{Deserialize, Serialize};

use super::AgentStatus;

/// The vendor's activity category, of a schedule or of a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Activity {
    /// Taking the queue's interactions.
    OnQueueWork,
    Break,
    Meal,
    Meeting,
    /// Work outside the queue.
    OffQueueWork,
    /// A day off, or a part of one.
    TimeOff,
    Training,
    /// Not to be reached.
    Unavailable,
}

impl Activity {
    const ALL: [Self; 8] = [
        Self::OnQueueWork,
        Self::Break,
        Self::Meal,
        Self::Meeting,
        Self::OffQueueWork,
        Self::TimeOff,
        Self::Training,
        Self::Unavailable,
    ];

    /// Every name, for messages.
    pub(crate) const NAMES: &'static str =
        "OnQueueWork, Break, Meal, Meeting, OffQueueWork, TimeOff, Training, Unavailable, or a status";

    /// The category of that name, or the one that a status of that name is scheduled as: people publish
    /// "Available" when they mean the queue's work.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let named = Self::ALL.into_iter().find(|activity| activity.name().eq_ignore_ascii_case(name.trim()));
        named.or_else(|| match AgentStatus::from_name(name)? {
            status if status.admits() => Some(Self::OnQueueWork),
            status => Some(status.activity()),
        })
    }

    /// The vendor's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::OnQueueWork => "OnQueueWork",
            Self::Break => "Break",
            Self::Meal => "Meal",
            Self::Meeting => "Meeting",
            Self::OffQueueWork => "OffQueueWork",
            Self::TimeOff => "TimeOff",
            Self::Training => "Training",
            Self::Unavailable => "Unavailable",
        }
    }
}

/// The vendor's name for an hour that no schedule covers.
pub(crate) const UNSCHEDULED: &str = "Unscheduled";

/// An agent beside the schedule at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The scheduled activity; `None` where nothing is scheduled.
    pub(crate) scheduled: Option<Activity>,
    /// The activity of the agent's status.
    pub(crate) actual: Activity,
    /// Whether a difference is explained, and the explanation approved.
    pub(crate) excused: bool,
}

impl Standing {
    /// An agent of that `status` where `scheduled` is due.
    pub(crate) const fn new(scheduled: Option<Activity>, status: AgentStatus) -> Self {
        Self { scheduled, actual: status.activity(), excused: false }
    }

    /// The vendor's name of the scheduled activity.
    pub(crate) const fn scheduled_name(self) -> &'static str {
        match self.scheduled {
            Some(activity) => activity.name(),
            None => UNSCHEDULED,
        }
    }

    /// The vendor's `adherenceState`.
    pub(crate) fn state(self) -> &'static str {
        match self.scheduled {
            None => UNSCHEDULED,
            Some(activity) if activity == self.actual => "InAdherence",
            Some(_) if self.excused => "Explained",
            Some(_) => "OutOfAdherence",
        }
    }

    /// The vendor's `impact`: the effect of the difference on the queue.
    pub(crate) fn impact(self) -> &'static str {
        match (self.scheduled, self.actual) {
            (None, Activity::OnQueueWork) => "Positive",
            (Some(Activity::OnQueueWork), actual) if actual != Activity::OnQueueWork => "Negative",
            _ => "Neutral",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_adheres_by_doing_what_is_scheduled() {
        let standing = |scheduled, status| Standing::new(scheduled, status);
        assert_eq!(standing(None, AgentStatus::Busy).state(), "Unscheduled");
        let queue = Some(Activity::OnQueueWork);
        assert_eq!(standing(queue, AgentStatus::OnQueue).state(), "InAdherence");
        let missing = standing(queue, AgentStatus::Meal);
        assert_eq!((missing.state(), missing.impact()), ("OutOfAdherence", "Negative"));
    }
}
