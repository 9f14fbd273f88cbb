//! The adherence check: whether an edge admits an agent.
//!
//! The check compares the agent's status with the published schedule in the view of the edge, which is `sync_lag` old.
//! Three causes refuse, in this order: the status, the schedule, and a skill group that has all the agents it needs.

use serde::{Deserialize, Serialize};

use super::schedule::horizon;
use super::{Activity, AgentStatus, History, Schedule};
use crate::time::Nanos;

/// The wait that is reported if no known event will admit the agent.
const OTHERWISE: Nanos = 30 * 1_000_000_000;

/// Which of the three refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AdherenceCause {
    /// The status does not admit.
    AgentStatus,
    /// No published schedule asks for the agent now.
    Schedule,
    /// The skill group has all the agents that the interval needs.
    Overstaffed,
}

impl AdherenceCause {
    /// The name in explanations.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::AgentStatus => "status",
            Self::Schedule => "schedule",
            Self::Overstaffed => "overstaffed",
        }
    }
}

/// The refusal of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AdherenceRefusal {
    /// Which of the three spoke.
    pub(crate) why: AdherenceCause,
    /// Its description, one sentence.
    pub(crate) message: String,
    /// Time until the next instant that would admit, more than 0.
    pub(crate) wait: Nanos,
}

impl AdherenceRefusal {
    /// The wait in whole seconds, rounded up, at least one.
    pub(crate) fn retry_after(&self) -> u32 {
        u32::try_from(self.wait.div_ceil(1_000_000_000).max(1)).unwrap_or(u32::MAX)
    }
}

/// Agents that a skill group needs from one instant to another; the end is outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Demand {
    /// Its first instant.
    pub(crate) start: Nanos,
    /// The first instant after it.
    pub(crate) end: Nanos,
    /// Agents.
    pub(crate) staff: u32,
}

/// An agent, as one edge sees him.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    /// The agent's name.
    pub(crate) agent: &'a str,
    /// The agent's statuses.
    pub(crate) history: &'a History,
    /// The agent's schedule.
    pub(crate) schedule: &'a Schedule,
    /// The staff that the skill group needs. The first entry that covers an instant holds.
    pub(crate) demands: &'a [Demand],
    /// The edge's name.
    pub(crate) edge: &'a str,
    /// The lag of the edge.
    pub(crate) lag: Nanos,
}

impl View<'_> {
    /// The status that the edge believes in.
    pub(crate) fn status(&self, now: Nanos) -> AgentStatus {
        self.history.at(now.saturating_sub(self.lag))
    }

    /// The scheduled activity in the view of the edge.
    pub(crate) fn due(&self, now: Nanos) -> Option<Activity> {
        self.schedule.due(now, now.saturating_sub(self.lag))
    }

    fn staff(&self, now: Nanos) -> Option<u32> {
        let holds = self.demands.iter().find(|demand| (demand.start..demand.end).contains(&now));
        holds.map(|demand| demand.staff)
    }

    /// Which of the three refuses, while `others` of the group are connected.
    fn verdict(&self, others: u32, now: Nanos) -> Option<AdherenceCause> {
        if !self.status(now).admits() {
            Some(AdherenceCause::AgentStatus)
        } else if self.due(now) != Some(Activity::OnQueueWork) {
            Some(AdherenceCause::Schedule)
        } else {
            self.staff(now).filter(|staff| others >= *staff).map(|_| AdherenceCause::Overstaffed)
        }
    }

    /// Whether the agent may connect, while `others` of the group are.
    pub(crate) fn check(&self, others: u32, now: Nanos) -> Result<(), AdherenceRefusal> {
        let Some(why) = self.verdict(others, now) else { return Ok(()) };
        let wait = self.next_admission(others, now).map_or(OTHERWISE, |at| at - now);
        Err(AdherenceRefusal { why, message: self.sentence(why, others, now), wait })
    }

    /// The next instant at which the schedule, or an update on its way, would admit.
    fn next_admission(&self, others: u32, now: Nanos) -> Option<Nanos> {
        let known = now.saturating_sub(self.lag);
        let updates: Vec<_> = self.history.between(known, Nanos::MAX).collect();
        let hopeless = !self.status(now).admits() && !updates.iter().any(|(_, status)| status.admits());
        if hopeless {
            return None;
        }
        let news = updates.iter().map(|(at, _)| *at).chain(self.schedule.news(known));
        let mut instants: Vec<_> = news.map(|at| at.saturating_add(self.lag)).collect();
        let end = horizon(now);
        instants.extend(self.schedule.boundaries(now, end));
        instants.extend(self.demands.iter().flat_map(|demand| [demand.start, demand.end]));
        instants.retain(|at| *at > now && *at <= end);
        instants.sort_unstable();
        instants.into_iter().find(|at| self.verdict(others, *at).is_none())
    }

    fn sentence(&self, why: AdherenceCause, others: u32, now: Nanos) -> String {
        let (agent, edge) = (self.agent, self.edge);
        let late = match self.lag {
            0 => String::new(),
            lag => format!(", whose view of the workforce is {} ms old", lag / 1_000_000),
        };
        let fact = match why {
            AdherenceCause::AgentStatus => format!("agent {agent} is {}", self.status(now).name()),
            AdherenceCause::Schedule => {
                let due = self.due(now).map_or("nothing", Activity::name);
                format!("the published schedule of agent {agent} asks for {due} now, not for OnQueueWork")
            }
            AdherenceCause::Overstaffed => {
                let staff = self.staff(now).unwrap_or_default();
                format!("agent {agent} would overstaff the skill group: {others} connected, {staff} required")
            }
        };
        format!("Workforce adherence: {fact}, at edge {edge}{late}.")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::world::workforce::{Pattern, Publication, Shift};

    const SECOND: Nanos = 1_000_000_000;

    fn view<'a>(history: &'a History, schedule: &'a Schedule, demands: &'a [Demand], lag: Nanos) -> View<'a> {
        View { agent: "agent-1", history, schedule, demands, edge: "singapore", lag }
    }

    #[test]
    fn an_update_on_its_way_tells_when_to_come_back() {
        let mut history = History::new(AgentStatus::OnBreak);
        let always = Schedule { pattern: Pattern::Always, ..Schedule::default() };
        let refused =
            view(&history, &always, &[], 5 * SECOND).check(0, 100 * SECOND).expect_err("on a break");
        assert_eq!((refused.why, refused.retry_after()), (AdherenceCause::AgentStatus, 30));
        history.push(98 * SECOND, AgentStatus::Available);
        let refused =
            view(&history, &always, &[], 5 * SECOND).check(0, 100 * SECOND).expect_err("not heard of");
        assert_eq!((refused.why, refused.wait), (AdherenceCause::AgentStatus, 3 * SECOND));
        assert_eq!(view(&history, &always, &[], 5 * SECOND).check(0, 103 * SECOND), Ok(()));
        assert_eq!(view(&history, &always, &[], 0).check(0, 98 * SECOND), Ok(()), "an edge without lag");
    }

    #[test]
    fn a_full_skill_group_admits_no_other_agent() {
        let history = History::new(AgentStatus::OnQueue);
        let always = Schedule { pattern: Pattern::Always, ..Schedule::default() };
        let demands = [Demand { start: 0, end: 200 * SECOND, staff: 2 }];
        let view = view(&history, &always, &demands, 0);
        assert_eq!(view.check(1, 100 * SECOND), Ok(()));
        let refused = view.check(2, 100 * SECOND).expect_err("two are enough");
        assert_eq!(
            (refused.why, refused.wait),
            (AdherenceCause::Overstaffed, 100 * SECOND),
            "until the interval ends"
        );
        assert!(refused.message.contains("2 connected, 2 required"), "{}", refused.message);
    }

    /// Published, withdrawn, and the shifts: start, end, whether the queue's work.
    type Published = (u64, Option<u64>, Vec<(u64, u64, bool)>);

    #[derive(Clone, Debug)]
    struct World {
        changes: Vec<(u64, AgentStatus)>,
        publications: Vec<Published>,
        always: bool,
        lag: u64,
        now: u64,
    }

    fn world() -> impl Strategy<Value = World> {
        let status = prop_oneof![
            Just(AgentStatus::OnQueue),
            Just(AgentStatus::Available),
            Just(AgentStatus::OnBreak),
            Just(AgentStatus::Meal)
        ];
        let shifts = prop::collection::vec((1..30u64, 1..30u64, any::<bool>()), 1..4);
        let publication = (0..120u64, prop::option::of(1..120u64), (0..100u64, shifts));
        (
            prop::collection::vec((1..120u64, status), 0..6),
            prop::collection::vec(publication, 0..4),
            any::<bool>(),
            0..20u64,
            0..130u64,
        )
            .prop_map(|(mut changes, publications, always, lag, now)| {
                changes.sort_by_key(|change| change.0);
                let spread = |(published, withdrawn, (start, lengths)): (u64, Option<u64>, (u64, Vec<_>))| {
                    let mut at = start;
                    let shifts = lengths.into_iter().map(|(gap, length, queue)| {
                        let start = at + gap;
                        at = start + length;
                        (start, at, queue)
                    });
                    (published, withdrawn.map(|after| published + after), shifts.collect())
                };
                let mut publications: Vec<_> = publications.into_iter().map(spread).collect();
                publications.sort_by_key(|publication: &(u64, _, Vec<_>)| publication.0);
                World { changes, publications, always, lag, now }
            })
    }

    impl World {
        fn history(&self) -> History {
            let mut history = History::new(AgentStatus::OnQueue);
            self.changes.iter().for_each(|(at, status)| history.push(at * SECOND, *status));
            history
        }

        fn schedule(&self) -> Schedule {
            let shift = |(start, end, queue): &(u64, u64, bool)| Shift {
                start: start * SECOND,
                end: end * SECOND,
                activity: if *queue { Activity::OnQueueWork } else { Activity::Break },
            };
            let publications = self.publications.iter().map(|(published, withdrawn, shifts)| Publication {
                published: published * SECOND,
                withdrawn: withdrawn.map(|at| at * SECOND),
                shifts: shifts.iter().map(shift).collect(),
            });
            let pattern = if self.always { Pattern::Always } else { Pattern::Nothing };
            Schedule { pattern, publications: publications.collect() }
        }

        /// The rule again, without any of the code above.
        fn admits(&self, second: u64) -> bool {
            let known = second.saturating_sub(self.lag);
            let status = self
                .changes
                .iter()
                .rfind(|(at, _)| *at <= known)
                .map_or(AgentStatus::OnQueue, |change| change.1);
            let speaks = self.publications.iter().rfind(|(published, withdrawn, shifts)| {
                *published <= known
                    && withdrawn.is_none_or(|withdrawn| known < withdrawn)
                    && shifts[0].0 <= second
                    && second < shifts[shifts.len() - 1].1
            });
            let due = match speaks {
                Some((.., shifts)) => {
                    shifts.iter().any(|(start, end, queue)| *queue && *start <= second && second < *end)
                }
                None => self.always,
            };
            due && matches!(status, AgentStatus::OnQueue | AgentStatus::Available)
        }
    }

    proptest! {
        #[test]
        fn the_check_admits_as_the_rule_does_and_tells_the_next_instant_that_it_will(world in world()) {
            let (history, schedule) = (world.history(), world.schedule());
            let view = view(&history, &schedule, &[], world.lag * SECOND);
            let checked = view.check(0, world.now * SECOND);
            prop_assert_eq!(checked.is_ok(), world.admits(world.now));
            if let Err(refused) = checked {
                let next = (world.now + 1..1000).find(|second| world.admits(*second));
                let expected = next.map_or(OTHERWISE, |next| (next - world.now) * SECOND);
                prop_assert_eq!(refused.wait, expected);
            }
        }
    }
}
