//! Queues as an organization's file has them, and how many agents and memberships a file may ask for.

use std::collections::HashMap;

use serde::Deserialize;

use super::directory::{Reference, missing};
use super::{OrganizationSeed, SkillGroup};
use crate::world::relation::MAX_PAIRS;

/// The most agents of one organization.
const MAX_AGENTS: u64 = 100_000;

/// A queue whose members are named. The queues of the list `queues` have every agent as a member.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Queue {
    /// Unique within the organization, also among the names of `queues`.
    pub(crate) name: String,
    /// The name of its division; without it, Home.
    pub(crate) division: Option<Reference>,
    /// Names of users.
    #[serde(default)]
    pub(crate) members: Vec<Reference>,
    /// Names of skill groups, whose agents are members.
    #[serde(default)]
    pub(crate) skill_groups: Vec<Reference>,
}

impl OrganizationSeed {
    /// The names of all queues of the file.
    pub(in crate::world) fn queue_names(&self) -> impl Iterator<Item = &String> {
        self.queues.iter().chain(self.described_queues.iter().map(|queue| &queue.name))
    }

    /// Checks the references of the queues, and the number of agents and of members.
    pub(super) fn check_queues(&self, text: &str) -> Result<(), String> {
        for queue in &self.described_queues {
            let unknown = |kind: &str, reference| missing(text, ("queue", &queue.name), (kind, reference));
            if let Some(user) = queue.members.iter().find(|user| !self.has_user(user.get_ref())) {
                return Err(unknown("user", user));
            }
            if let Some(group) = queue.skill_groups.iter().find(|name| !self.has_skill_group(name.get_ref()))
            {
                return Err(unknown("skill group", group));
            }
            if let Some(division) =
                queue.division.iter().find(|name| !self.divisions.contains(name.get_ref()))
            {
                return Err(unknown("division", division));
            }
        }
        self.check_sizes()
    }

    fn check_sizes(&self) -> Result<(), String> {
        let agents = self.skill_groups.iter().map(counted).sum::<u64>() + self.agents.len() as u64;
        if agents > MAX_AGENTS {
            return Err(format!("the skill groups have {agents} agents, expected at most {MAX_AGENTS}"));
        }
        let of_groups = self.agents_by_group();
        let members_of = |queue: &Queue| {
            let of_group = |group: &Reference| of_groups.get(group.get_ref().as_str()).copied();
            let of_groups = queue.skill_groups.iter().filter_map(of_group).sum::<u64>();
            queue.members.len() as u64 + of_groups
        };
        let named = self.described_queues.iter().map(members_of).sum::<u64>();
        let members = agents * self.queues.len() as u64 + named;
        if members > MAX_PAIRS as u64 {
            let why = "every agent is a member of each of `queues`; a [[queue]] names its members";
            return Err(format!("the queues have {members} members, expected at most {MAX_PAIRS}: {why}"));
        }
        Ok(())
    }

    /// The number of agents of each skill group: those that it counts, and those that name it.
    fn agents_by_group(&self) -> HashMap<&str, u64> {
        let mut all: HashMap<&str, u64> =
            self.skill_groups.iter().map(|group| (group.name.as_str(), counted(group))).collect();
        for agent in &self.agents {
            *all.entry(agent.skill_group.get_ref()).or_default() += 1;
        }
        all
    }
}

/// The number of agents that a skill group counts.
fn counted(group: &SkillGroup) -> u64 {
    group.agents.iter().map(|(_, count)| u64::from(*count)).sum()
}
