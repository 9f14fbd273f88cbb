//! Roles, groups, teams, locations and stations as an organization's file has them.

use serde::Deserialize;
use serde_json::{Value, json};
use toml::Spanned;

use super::OrganizationSeed;
use crate::rules::excerpt;

/// The name of another entity of the file, and where it is.
pub(crate) type Reference = Spanned<String>;

/// The line of a reference in the file.
pub(super) fn line_of(text: &str, reference: &Reference) -> usize {
    line_at(text, reference.span().start)
}

/// The line of a place in the file.
pub(super) fn line_at(text: &str, place: usize) -> usize {
    1 + text.bytes().take(place).filter(|byte| *byte == b'\n').count()
}

/// What is said about a reference of an entity to something that the file lacks: its line and both names.
pub(super) fn missing(text: &str, (kind, name): (&str, &str), (of, reference): (&str, &Reference)) -> String {
    let line = line_of(text, reference);
    format!("line {line}: {kind} {}: no {of} {}", excerpt(name), excerpt(reference.get_ref()))
}

/// A role and the users that have it in the home division.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Role {
    /// Unique within the organization.
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) description: String,
    /// Permissions as `domain:entity:action`; `*` is every word.
    pub(crate) permissions: Vec<String>,
    /// Names of users that have the role.
    #[serde(default)]
    pub(crate) users: Vec<Reference>,
    /// Whether every agent has the role.
    #[serde(default)]
    pub(crate) agents: bool,
}

/// A group of the directory, or a team.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    /// Unique within the organization.
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) description: String,
    /// Names of users.
    #[serde(default)]
    pub(crate) members: Vec<Reference>,
}

/// A location and its address.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Location {
    /// Unique within the organization.
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) street: String,
    #[serde(default)]
    pub(crate) city: String,
    #[serde(default)]
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) zip: String,
    /// Two letters.
    #[serde(default)]
    pub(crate) country: String,
}

impl Location {
    /// The address in the vendor's properties.
    pub(crate) fn address(&self) -> Value {
        json!({ "street1": self.street, "city": self.city, "state": self.state, "zipcode": self.zip,
            "country": self.country, "countryName": self.country })
    }
}

/// A station.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Station {
    /// Unique within the organization.
    pub(crate) name: String,
    /// The vendor's station type, such as `inin_webrtc_softphone`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The name of the user whose default station it is.
    pub(crate) default_of: Option<Reference>,
}

impl OrganizationSeed {
    /// Checks that every user that the directory refers to is in the file, and that no name is twice in a list.
    pub(super) fn check_directory(&self, text: &str) -> Result<(), String> {
        let of_roles =
            self.roles.iter().flat_map(|role| role.users.iter().map(|user| ("role", &role.name, user)));
        let of_groups = self.groups.iter().map(|group| ("group", group));
        let of_groups = of_groups.chain(self.teams.iter().map(|team| ("team", team)));
        let of_groups = of_groups
            .flat_map(|(kind, group)| group.members.iter().map(move |user| (kind, &group.name, user)));
        let of_stations = self
            .stations
            .iter()
            .filter_map(|station| station.default_of.as_ref().map(|user| ("station", &station.name, user)));
        for (kind, name, user) in of_roles.chain(of_groups).chain(of_stations) {
            if !self.has_user(user.get_ref()) {
                return Err(missing(text, (kind, name), ("user", user)));
            }
        }
        self.check_names(text)
    }

    /// Whether the file has a user of that name: an administrator, or an agent by its number or its name.
    pub(super) fn has_user(&self, name: &str) -> bool {
        self.is_numbered_agent(name)
            || self.agent_names.contains(name)
            || self.administrators.iter().any(|user| user.name == name)
    }

    /// Whether a name is that of an agent that a skill group counts.
    pub(super) fn is_numbered_agent(&self, name: &str) -> bool {
        let counts =
            self.skill_groups.iter().flat_map(|group| &group.agents).map(|(_, count)| u64::from(*count));
        let agents = counts.fold(0, u64::saturating_add);
        let number = name.strip_prefix("agent-").and_then(|number| number.parse::<u64>().ok());
        number.is_some_and(|number| (1..=agents).contains(&number) && name == format!("agent-{number}"))
    }
}
