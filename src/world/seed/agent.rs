//! Agents with names of their own, as an organization's file has them.

use serde::Deserialize;
use toml::Spanned;
use uuid::Uuid;

use super::twice::{USERS, twice_in};
use super::{OrganizationSeed, Reference, email_of, line_of, missing};
use crate::rules::excerpt;
use crate::time::Nanos;
use crate::world::id::Id;
use crate::world::people::User;
use crate::world::routing::Proficiency;
use crate::world::workforce::AgentStatus;

/// An agent with a name of its own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Agent {
    /// Unique among the users.
    pub(crate) name: String,
    /// The login name; without it, it is made from `name` and the domain.
    pub(crate) email: Option<String>,
    /// The name of its skill group, whose management unit schedules it.
    pub(crate) skill_group: Reference,
    /// The status at the start; without it, On Queue.
    pub(crate) status: Option<Spanned<String>>,
    /// Its skills, beside that of its skill group.
    #[serde(default)]
    pub(crate) skills: Vec<Ability>,
    /// Its languages.
    #[serde(default)]
    pub(crate) languages: Vec<Ability>,
}

/// A skill or a language of an agent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ability {
    /// The name of the skill group or the language.
    pub(crate) name: Reference,
    /// 0 to 5; without it, 3.
    pub(crate) proficiency: Option<f64>,
}

impl Ability {
    /// How well the agent has it. `None` where the number is out of range.
    pub(crate) fn proficiency(&self) -> Option<Proficiency> {
        self.proficiency.map_or(Some(Proficiency::SEEDED), Proficiency::new)
    }
}

impl Agent {
    /// The user at the start.
    pub(super) fn user(&self, seed: &OrganizationSeed, organization: Uuid, now: Nanos) -> User {
        let group = self.skill_group.get_ref();
        let unit = seed.skill_groups.iter().find(|known| known.name == *group);
        let email = self.email.clone().unwrap_or_else(|| email_of(&self.name, &seed.domain));
        let status = self.status.as_ref().map_or("On Queue", |status| status.get_ref().as_str());
        let status = AgentStatus::from_name(status).unwrap_or(AgentStatus::Offline);
        User {
            skill_group: Some(Id::seeded(organization, group)),
            management_unit: unit.map(|group| Id::seeded(organization, &group.management_unit)),
            ..User::new(Id::seeded(organization, &self.name), self.name.clone(), email, status, now)
        }
    }
}

impl OrganizationSeed {
    /// Checks the skill groups, the statuses and the names of the agents.
    pub(super) fn check_agents(&self, text: &str) -> Result<(), String> {
        for agent in &self.agents {
            if !self.has_skill_group(agent.skill_group.get_ref()) {
                return Err(missing(text, ("agent", &agent.name), ("skill group", &agent.skill_group)));
            }
            let wrong = |status: &&Spanned<String>| AgentStatus::from_name(status.get_ref()).is_none();
            if let Some(status) = agent.status.as_ref().filter(wrong) {
                let (line, name) = (line_of(text, status), excerpt(&agent.name));
                let (status, expected) = (excerpt(status.get_ref()), AgentStatus::names());
                return Err(format!("line {line}: agent {name}: status {status}, expected {expected}"));
            }
            self.check_abilities(agent, text)?;
            if self.is_numbered_agent(&agent.name) {
                return Err(twice_in(text, ("user", USERS), &agent.name));
            }
        }
        Ok(())
    }

    fn check_abilities(&self, agent: &Agent, text: &str) -> Result<(), String> {
        let of = ("agent", agent.name.as_str());
        let is_unknown = |ability: &&Ability| !self.has_skill_group(ability.name.get_ref());
        if let Some(skill) = agent.skills.iter().find(is_unknown) {
            return Err(missing(text, of, ("skill group", &skill.name)));
        }
        let is_unknown = |ability: &&Ability| !self.languages.contains(ability.name.get_ref());
        if let Some(language) = agent.languages.iter().find(is_unknown) {
            return Err(missing(text, of, ("language", &language.name)));
        }
        let mut all = agent.skills.iter().chain(&agent.languages);
        all.find(|ability| ability.proficiency().is_none()).map_or(Ok(()), |ability| {
            let (line, name) = (line_of(text, &ability.name), excerpt(&agent.name));
            let of = excerpt(ability.name.get_ref());
            Err(format!("line {line}: agent {name}: proficiency of {of}: expected 0 to 5"))
        })
    }

    /// The names of the agents that have names of their own.
    pub(super) fn agent_names(&self) -> impl Iterator<Item = &String> {
        self.agents.iter().map(|agent| &agent.name)
    }

    /// Whether the file has a skill group of that name.
    pub(super) fn has_skill_group(&self, name: &str) -> bool {
        self.skill_groups.iter().any(|group| group.name == name)
    }
}
