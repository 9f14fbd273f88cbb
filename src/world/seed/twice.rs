//! Names that two entities of one kind have.

use std::collections::HashSet;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::OrganizationSeed;
use super::directory::line_at;
use crate::rules::excerpt;

impl OrganizationSeed {
    /// Checks that no two entities of one kind have one name.
    pub(super) fn check_names(&self, text: &str) -> Result<(), String> {
        fn names<'n>(all: impl Iterator<Item = &'n String>) -> Vec<&'n String> {
            all.collect()
        }
        let lists = [
            ("user", names(self.administrators.iter().map(|user| &user.name).chain(self.agent_names()))),
            ("role", names(self.roles.iter().map(|role| &role.name))),
            ("group", names(self.groups.iter().map(|group| &group.name))),
            ("team", names(self.teams.iter().map(|team| &team.name))),
            ("location", names(self.locations.iter().map(|location| &location.name))),
            ("station", names(self.stations.iter().map(|station| &station.name))),
            ("site", names(self.sites.iter().map(|site| &site.name))),
            ("trunk", names(self.trunks.iter().map(|trunk| &trunk.name))),
            ("edge group", names(self.edge_groups.iter().map(|group| &group.name))),
            ("phone base settings", names(self.phone_bases.iter().map(|base| &base.name))),
            ("phone", names(self.phones.iter().map(|phone| &phone.name))),
            ("contact list", names(self.contact_lists.iter().map(|list| &list.name))),
            ("do not contact list", names(self.dnc_lists.iter().map(|list| &list.name))),
            ("campaign", names(self.campaigns.iter().map(|campaign| &campaign.name))),
            ("external organization", names(self.external_organizations.iter().map(|one| &one.name))),
            ("division", names(self.divisions.iter())),
            ("queue", names(self.queue_names())),
            ("integration", names(self.integrations.iter().map(|one| &one.name))),
            ("action", names(self.actions.iter().map(|one| &one.name))),
            ("messaging integration", names(self.messaging_integrations.iter().map(|one| &one.name))),
            ("web configuration", names(self.web_configurations.iter().map(|one| &one.name))),
            (
                "web deployment",
                names(self.web_deployments.iter().map(|one| &one.name).chain(&self.web_deployment_names)),
            ),
            ("prompt", names(self.described_prompts.iter().map(|one| &one.name).chain(&self.prompts))),
            ("response library", names(self.response_libraries.iter())),
            ("response", names(self.responses.iter().map(|one| &one.name))),
            ("wrap-up code", names(self.wrap_up_codes.iter())),
            ("language", names(self.languages.iter())),
        ];
        for (kind, names) in lists {
            let mut seen = HashSet::new();
            if let Some(twice) = names.into_iter().find(|name| !seen.insert(name.to_lowercase())) {
                return Err(twice_in(text, kind, twice));
            }
        }
        Ok(())
    }
}

/// What is said about a name that two entities of the kind have: the line of the second.
pub(super) fn twice_in(text: &str, kind: &str, name: &str) -> String {
    let line = line_of_second(text, kind, name).map_or_else(String::new, |line| format!("line {line}: "));
    format!("{line}two entities of the kind {kind} have the name {}", excerpt(name))
}

/// The line where the file has the name of a kind for the second time, or where it has it at all.
fn line_of_second(text: &str, kind: &str, name: &str) -> Option<usize> {
    let (file, sections) = (DeTable::parse(text).ok()?, sections_of(kind));
    let of_kind =
        file.get_ref().iter().filter(|(key, _)| sections.iter().any(|section| section == key.get_ref()));
    let names = of_kind.flat_map(|(_, section)| names_in(section));
    let mut places: Vec<usize> = names
        .filter(|(found, _)| found.to_lowercase() == name.to_lowercase())
        .map(|(_, place)| place)
        .collect();
    places.sort_unstable();
    places.get(1).or_else(|| places.first()).map(|place| line_at(text, *place))
}

/// The sections and lists of the file that have entities of the kind.
fn sections_of(kind: &str) -> Vec<String> {
    let one = match kind {
        "user" => return ["administrator", "agent"].map(str::to_owned).to_vec(),
        "do not contact list" => "dnc_list".to_owned(),
        "phone base settings" => "phone_base".to_owned(),
        _ => kind.replace([' ', '-'], "_"),
    };
    let list =
        if one.ends_with('y') { format!("{}ies", one.trim_end_matches('y')) } else { format!("{one}s") };
    vec![one, list]
}

/// The names in a section, and where each is in the file.
fn names_in<'s>(section: &'s Spanned<DeValue<'_>>) -> Vec<(&'s str, usize)> {
    let DeValue::Array(entities) = section.get_ref() else { return Vec::new() };
    let named = |entity: &'s Spanned<DeValue<'_>>| match entity.get_ref() {
        DeValue::String(name) => Some((&**name, entity.span().start)),
        DeValue::Table(table) => {
            let name = table.iter().find(|(key, _)| key.get_ref() == "name").map(|(_, name)| name)?;
            Some((name.get_ref().as_str()?, name.span().start))
        }
        _ => None,
    };
    entities.iter().filter_map(named).collect()
}
