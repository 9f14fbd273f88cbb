//! An organization at the start: the files of `fixtures/organizations/` as written, and the data made from them.
//!
//! Everything that has a name has a stable id, which `id` makes from the name. To seed
//! another kind of entity, add its list to [`OrganizationSeed`] and its line to [`collections`].

mod agent;
mod dialing;
mod directory;
mod integration;
mod messaging;
mod prompt;
mod queue;
mod response;
mod telephony;
mod twice;

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) use self::agent::{Ability, Agent};
pub(crate) use self::dialing::{Campaign, ContactList, DncList, ExternalContact, ExternalOrganization};
pub(crate) use self::directory::{Group, Location, Reference, Role, Station};
use self::directory::{line_of, missing};
pub(in crate::world) use self::integration::PROPERTY_TYPES;
pub(crate) use self::integration::{ActionSeed, IntegrationSeed};
pub(crate) use self::messaging::{MessagingIntegrationSeed, WebConfigurationSeed, WebDeploymentSeed};
pub(crate) use self::prompt::PromptSeed;
pub(crate) use self::queue::Queue;
pub(crate) use self::response::ResponseSeed;
pub(crate) use self::telephony::{EdgeGroup, NumberPool, Phone, PhoneBase, Site, Trunk};
use super::architect;
use super::authorization::{Division, HOME, home};
use super::collection::Collections;
use super::conversation::MAX_PAST;
use super::people::{People, User};
use super::table::Kind;
use super::workforce::{self, AgentStatus, seed};
use crate::rules::{excerpt, secret_toml_mistake};
use crate::time::Nanos;
use crate::time::duration::{DURATION_EXPECTED, parse_duration};
use crate::world::id::Id;

/// The embedded organizations, the default one first: file name and text.
pub(crate) const EMBEDDED: [(&str, &str); 2] = [
    ("default.toml", include_str!("../../fixtures/organizations/default.toml")),
    ("neighbour.toml", include_str!("../../fixtures/organizations/neighbour.toml")),
];

/// The file of an organization.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrganizationSeed {
    pub(crate) name: String,
    /// The third-party name in `organizations/me`.
    #[serde(default)]
    pub(crate) domain: String,
    /// How many conversations of the day before its start analytics find, at most [`MAX_PAST`].
    #[serde(default)]
    pub(crate) past_conversations: u32,
    /// Its OAuth clients.
    #[serde(default, rename = "client")]
    pub(crate) clients: Vec<Client>,
    /// Users that are not agents. The first is the administrator.
    #[serde(default, rename = "administrator")]
    pub(crate) administrators: Vec<Administrator>,
    /// Its skill groups and the agents in them.
    #[serde(default, rename = "skill_group")]
    pub(crate) skill_groups: Vec<SkillGroup>,
    /// Agents with names of their own, beside those that the skill groups count.
    #[serde(default, rename = "agent")]
    pub(crate) agents: Vec<Agent>,
    /// The names of `agents`, so that a reference is checked without a search.
    #[serde(skip)]
    pub(crate) agent_names: HashSet<String>,
    /// Its edges; the first is the default.
    #[serde(default, rename = "edge")]
    pub(crate) edges: Vec<Edge>,
    #[serde(default, rename = "management_unit")]
    pub(crate) management_units: Vec<ManagementUnit>,
    /// Names of its divisions beside Home.
    #[serde(default)]
    pub(crate) divisions: Vec<String>,
    #[serde(default, rename = "role")]
    pub(crate) roles: Vec<Role>,
    #[serde(default, rename = "group")]
    pub(crate) groups: Vec<Group>,
    #[serde(default, rename = "team")]
    pub(crate) teams: Vec<Group>,
    #[serde(default, rename = "location")]
    pub(crate) locations: Vec<Location>,
    #[serde(default, rename = "station")]
    pub(crate) stations: Vec<Station>,
    /// Its integrations with other systems.
    #[serde(default, rename = "integration")]
    pub(crate) integrations: Vec<IntegrationSeed>,
    /// The actions of its integrations.
    #[serde(default, rename = "action")]
    pub(crate) actions: Vec<ActionSeed>,
    /// Its sites; the first is the default.
    #[serde(default, rename = "site")]
    pub(crate) sites: Vec<Site>,
    #[serde(default, rename = "trunk")]
    pub(crate) trunks: Vec<Trunk>,
    #[serde(default, rename = "edge_group")]
    pub(crate) edge_groups: Vec<EdgeGroup>,
    #[serde(default, rename = "phone_base")]
    pub(crate) phone_bases: Vec<PhoneBase>,
    #[serde(default, rename = "phone")]
    pub(crate) phones: Vec<Phone>,
    #[serde(default, rename = "did_pool")]
    pub(crate) did_pools: Vec<NumberPool>,
    #[serde(default, rename = "extension_pool")]
    pub(crate) extension_pools: Vec<NumberPool>,
    #[serde(default, rename = "contact_list")]
    pub(crate) contact_lists: Vec<ContactList>,
    #[serde(default, rename = "dnc_list")]
    pub(crate) dnc_lists: Vec<DncList>,
    #[serde(default, rename = "campaign")]
    pub(crate) campaigns: Vec<Campaign>,
    #[serde(default, rename = "external_organization")]
    pub(crate) external_organizations: Vec<ExternalOrganization>,
    #[serde(default, rename = "external_contact")]
    pub(crate) external_contacts: Vec<ExternalContact>,
    /// Names of queues of which every agent is a member.
    #[serde(default)]
    pub(crate) queues: Vec<String>,
    #[serde(default, rename = "queue")]
    pub(crate) described_queues: Vec<Queue>,
    /// Names of its wrap-up codes. Agents may choose each of them after an interaction of any queue.
    #[serde(default)]
    pub(crate) wrap_up_codes: Vec<String>,
    /// Names of its routing languages.
    #[serde(default)]
    pub(crate) languages: Vec<String>,
    /// Names of its scripts.
    #[serde(default)]
    pub(crate) scripts: Vec<String>,
    #[serde(default, rename = "flow")]
    pub(crate) flows: Vec<Flow>,
    /// Names of its IVRs.
    #[serde(default)]
    pub(crate) ivrs: Vec<String>,
    /// Names of prompts without resources.
    #[serde(default)]
    pub(crate) prompts: Vec<String>,
    /// Prompts with resources.
    #[serde(default, rename = "prompt")]
    pub(crate) described_prompts: Vec<PromptSeed>,
    /// Names of web deployments, each with a configuration of its own name.
    #[serde(default, rename = "web_deployments")]
    pub(crate) web_deployment_names: Vec<String>,
    #[serde(default, rename = "web_configuration")]
    pub(crate) web_configurations: Vec<WebConfigurationSeed>,
    #[serde(default, rename = "web_deployment")]
    pub(crate) web_deployments: Vec<WebDeploymentSeed>,
    #[serde(default, rename = "messaging_integration")]
    pub(crate) messaging_integrations: Vec<MessagingIntegrationSeed>,
    /// Names of its response libraries.
    #[serde(default)]
    pub(crate) response_libraries: Vec<String>,
    #[serde(default, rename = "response")]
    pub(crate) responses: Vec<ResponseSeed>,
    /// Names of its Architect schedules.
    #[serde(default)]
    pub(crate) schedules: Vec<String>,
    /// Names of its data tables.
    #[serde(default)]
    pub(crate) data_tables: Vec<String>,
}

/// An OAuth client as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Client {
    /// Unique within the organization; its id is made from it.
    pub(crate) name: String,
    /// The secret; a public client (PKCE) has none.
    pub(crate) secret: Option<String>,
    /// `client_credentials`, `authorization_code`, `refresh_token`, `implicit`.
    pub(crate) grants: Vec<String>,
    /// OAuth scopes; `*` is every one.
    #[serde(default)]
    pub(crate) scopes: Vec<String>,
    /// The allowed redirect URIs of codes; empty allows any address.
    #[serde(default)]
    pub(crate) redirect_uris: Vec<String>,
    /// The lifetime of its tokens.
    #[serde(default = "one_day")]
    pub(crate) token_lifetime: String,
}

fn one_day() -> String {
    "24h".to_owned()
}

/// An administrator of the organization.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Administrator {
    /// Unique among the users.
    pub(crate) name: String,
}

/// A skill group and how many agents it has.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SkillGroup {
    /// Unique within the organization.
    pub(crate) name: String,
    /// The management unit that schedules its agents.
    pub(crate) management_unit: String,
    /// Agents by status at the start, in order: `[["On Queue", 160], ["Available", 20]]`.
    pub(crate) agents: Vec<(String, u32)>,
}

/// An edge.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edge {
    pub(crate) name: String,
    /// The first label of the hosts that lead to it.
    pub(crate) host: String,
    /// A name of the IANA time zone database.
    pub(crate) time_zone: Reference,
    /// The delay after which this edge knows a change of the workforce.
    #[serde(default)]
    pub(crate) sync_lag: String,
}

/// A management unit.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ManagementUnit {
    /// Unique within the organization.
    pub(crate) name: String,
    /// The business unit it belongs to.
    pub(crate) business_unit: String,
    /// A name of the IANA time zone database.
    pub(crate) time_zone: Reference,
}

/// A flow.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Flow {
    pub(crate) name: String,
    /// The vendor's flow type, such as `INBOUNDCALL`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

/// Reads one organization's file; the error names line and cause, and repeats no value: some are secrets.
pub(crate) fn parse(text: &str) -> Result<OrganizationSeed, String> {
    let mut organization: OrganizationSeed =
        toml::from_str(text).map_err(|error| secret_toml_mistake(text, &error))?;
    organization.agent_names = organization.agents.iter().map(|agent| agent.name.clone()).collect();
    organization.check()?;
    organization.check_time_zones(text)?;
    organization.check_agents(text)?;
    organization.check_queues(text)?;
    organization.check_directory(text)?;
    organization.check_telephony(text)?;
    organization.check_dialing(text)?;
    organization.check_integrations(text)?;
    organization.check_messaging(text)?;
    organization.check_responses(text)?;
    organization.check_prompts(text)?;
    Ok(organization)
}

impl OrganizationSeed {
    fn check(&self) -> Result<(), String> {
        if self.administrators.is_empty() {
            return Err("at least one [[administrator]] is expected".to_owned());
        }
        if self.edges.is_empty() {
            return Err("at least one [[edge]] is expected, the default first".to_owned());
        }
        if self.past_conversations > MAX_PAST {
            return Err(format!(
                "past_conversations is {}, expected at most {MAX_PAST}",
                self.past_conversations
            ));
        }
        for group in &self.skill_groups {
            if !self.management_units.iter().any(|unit| unit.name == group.management_unit) {
                let (name, unit) = (excerpt(&group.name), excerpt(&group.management_unit));
                return Err(format!("skill group {name}: no management unit {unit}"));
            }
            if let Some((status, _)) =
                group.agents.iter().find(|(name, _)| AgentStatus::from_name(name).is_none())
            {
                let (name, status) = (excerpt(&group.name), excerpt(status));
                let expected = AgentStatus::names();
                return Err(format!("skill group {name}: status {status}, expected {expected}"));
            }
        }
        for client in &self.clients {
            if parse_duration(&client.token_lifetime).is_none() {
                let name = excerpt(&client.name);
                return Err(format!("client {name}: token_lifetime is {DURATION_EXPECTED}"));
            }
        }
        Ok(())
    }

    fn check_time_zones(&self, text: &str) -> Result<(), String> {
        let edges = self.edges.iter().map(|edge| ("edge", &edge.name, &edge.time_zone));
        let units = self.management_units.iter().map(|unit| ("management unit", &unit.name, &unit.time_zone));
        let unknown = edges.chain(units).find(|(_, _, zone)| workforce::zone(zone.get_ref()).is_none());
        unknown.map_or(Ok(()), |(kind, name, zone)| Err(missing(text, (kind, name), ("time zone", zone))))
    }

    /// The id of an organization that has this file's name.
    pub(crate) fn id(&self) -> Uuid {
        Uuid::new_v5(&Uuid::NAMESPACE_DNS, format!("{}.gcmock", self.name).as_bytes())
    }
}

/// The users of an organization at its start: administrators first, then agents `agent-1`, `agent-2`, …, then the agents
/// that have names of their own.
pub(crate) fn people(seed: &OrganizationSeed, organization: Uuid, now: Nanos) -> People {
    let user = |name: String, skill_group, management_unit, status| {
        let email = email_of(&name, &seed.domain);
        let user = User::new(Id::seeded(organization, &name), name, email, status, now);
        User { skill_group, management_unit, ..user }
    };
    let administrators =
        seed.administrators.iter().map(|admin| user(admin.name.clone(), None, None, AgentStatus::Available));
    let mut users: Vec<User> = administrators.collect();
    let first_agent = users.len();
    for group in &seed.skill_groups {
        let id = Id::seeded(organization, &group.name);
        let unit = Id::seeded(organization, &group.management_unit);
        for (status, count) in &group.agents {
            let status = AgentStatus::from_name(status).unwrap_or(AgentStatus::Offline);
            for _ in 0..*count {
                let name = format!("agent-{}", users.len() - first_agent + 1);
                users.push(user(name, Some(id), Some(unit), status));
            }
        }
    }
    users.extend(seed.agents.iter().map(|agent| agent.user(seed, organization, now)));
    People::new(users)
}

/// The e-mail address of a user whose file has none.
pub(in crate::world) fn email_of(name: &str, domain: &str) -> String {
    format!("{}@{domain}", name.to_lowercase().replace(' ', "."))
}

/// The entities of an organization at its start, under the paths that list them.
pub(crate) fn collections(seed: &OrganizationSeed, organization: Uuid, now: Nanos) -> Collections {
    let mut all = seed::collections(seed, organization, now);
    super::messaging::seed(seed, organization, now, &mut all);
    architect::seed(seed, organization, now, &mut all);
    all
}

/// The id of the home division.
pub(crate) fn home_division_id(organization: Uuid) -> Uuid {
    home(organization).uuid()
}

/// The home division, as entities refer to it.
pub(crate) fn home_division(organization: Uuid) -> Value {
    let id = home_division_id(organization);
    json!({ "id": id, "name": HOME, "selfUri": format!("{}/{id}", Division::PATH) })
}

#[cfg(test)]
mod tests;
