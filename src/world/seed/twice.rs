//! Names that two entities of one kind have.

use std::collections::HashSet;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::OrganizationSeed;
use super::directory::line_at;
use crate::rules::excerpt;

/// A kind, its sections, and the names in them.
type Named<'n> = (&'static str, &'static [&'static str], Vec<&'n String>);

impl OrganizationSeed {
    /// Checks that no two entities of one kind have one name.
    pub(super) fn check_names(&self, text: &str) -> Result<(), String> {
        for (kind, sections, names) in self.names_by_kind() {
            let mut seen = HashSet::new();
            if let Some(twice) = names.into_iter().find(|name| !seen.insert(name.to_lowercase())) {
                return Err(twice_in(text, (kind, sections), twice));
            }
        }
        Ok(())
    }

    /// Each kind, the sections and lists of the file that have entities of it, and the names of these.
    fn names_by_kind(&self) -> [Named<'_>; 27] {
        fn names<'n>(all: impl Iterator<Item = &'n String>) -> Vec<&'n String> {
            all.collect()
        }
        [
            (
                "user",
                USERS,
                names(self.administrators.iter().map(|user| &user.name).chain(self.agent_names())),
            ),
            ("role", &["role"], names(self.roles.iter().map(|role| &role.name))),
            ("group", &["group"], names(self.groups.iter().map(|group| &group.name))),
            ("team", &["team"], names(self.teams.iter().map(|team| &team.name))),
            ("location", &["location"], names(self.locations.iter().map(|location| &location.name))),
            ("station", &["station"], names(self.stations.iter().map(|station| &station.name))),
            ("site", &["site"], names(self.sites.iter().map(|site| &site.name))),
            ("trunk", &["trunk"], names(self.trunks.iter().map(|trunk| &trunk.name))),
            ("edge group", &["edge_group"], names(self.edge_groups.iter().map(|group| &group.name))),
            ("phone base settings", &["phone_base"], names(self.phone_bases.iter().map(|base| &base.name))),
            ("phone", &["phone"], names(self.phones.iter().map(|phone| &phone.name))),
            ("contact list", &["contact_list"], names(self.contact_lists.iter().map(|list| &list.name))),
            ("do not contact list", &["dnc_list"], names(self.dnc_lists.iter().map(|list| &list.name))),
            ("campaign", &["campaign"], names(self.campaigns.iter().map(|campaign| &campaign.name))),
            (
                "external organization",
                &["external_organization"],
                names(self.external_organizations.iter().map(|one| &one.name)),
            ),
            ("division", &["divisions"], names(self.divisions.iter())),
            ("queue", &["queues", "queue"], names(self.queue_names())),
            ("integration", &["integration"], names(self.integrations.iter().map(|one| &one.name))),
            ("action", &["action"], names(self.actions.iter().map(|one| &one.name))),
            (
                "messaging integration",
                &["messaging_integration"],
                names(self.messaging_integrations.iter().map(|one| &one.name)),
            ),
            (
                "web configuration",
                &["web_configuration"],
                names(self.web_configurations.iter().map(|one| &one.name)),
            ),
            (
                "web deployment",
                &["web_deployment", "web_deployments"],
                names(self.web_deployments.iter().map(|one| &one.name).chain(&self.web_deployment_names)),
            ),
            (
                "prompt",
                &["prompt", "prompts"],
                names(self.described_prompts.iter().map(|one| &one.name).chain(&self.prompts)),
            ),
            ("response library", &["response_libraries"], names(self.response_libraries.iter())),
            ("response", &["response"], names(self.responses.iter().map(|one| &one.name))),
            ("wrap-up code", &["wrap_up_codes"], names(self.wrap_up_codes.iter())),
            ("language", &["languages"], names(self.languages.iter())),
        ]
    }
}

/// The sections of the file that have users.
pub(super) const USERS: &[&str] = &["administrator", "agent"];

/// What is said about a name that two entities of the kind in these sections have: the line of the second.
pub(super) fn twice_in(text: &str, (kind, sections): (&str, &[&str]), name: &str) -> String {
    let line = line_of_second(text, sections, name);
    let line = line.map_or_else(String::new, |line| format!("line {line}: "));
    format!("{line}two entities of the kind {kind} have the name {}", excerpt(name))
}

/// The line where the sections of the file have a name for the second time, or where they have it at all.
fn line_of_second(text: &str, sections: &[&str], name: &str) -> Option<usize> {
    let file = DeTable::parse(text).ok()?;
    let of_kind = file.get_ref().iter().filter(|(key, _)| sections.contains(&&**key.get_ref()));
    let names = of_kind.flat_map(|(_, section)| names_in(section));
    let mut places: Vec<usize> = names
        .filter(|(found, _)| found.to_lowercase() == name.to_lowercase())
        .map(|(_, place)| place)
        .collect();
    places.sort_unstable();
    places.get(1).or_else(|| places.first()).map(|place| line_at(text, *place))
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

#[cfg(test)]
mod tests {
    use crate::world::seed::parse;

    const FILE: &str = "[[administrator]]\nname = \"admin\"\n[[edge]]\nname = \"e\"\nhost = \"e\"\n\
        time_zone = \"UTC\"\n[[management_unit]]\nname = \"m\"\nbusiness_unit = \"b\"\n\
        time_zone = \"UTC\"\n[[skill_group]]\nname = \"s\"\nmanagement_unit = \"m\"\nagents = []\n";

    /// The keys that an entity of a section needs beside its name.
    fn keys(section: &str) -> &'static str {
        match section {
            "agent" => "skill_group = \"s\"",
            "role" => "permissions = []",
            "station" | "integration" | "messaging_integration" => "type = \"t\"",
            "site" => "location = \"l\"",
            "trunk" => "type = \"PHONE\"\nmetabase = \"m\"",
            "phone_base" => "metabase = \"m\"",
            "phone" => "site = \"s\"\nbase = \"b\"",
            "contact_list" => "columns = []\nphone_columns = []",
            "campaign" => "contact_list = \"l\"\ncaller_address = \"+1\"",
            "action" => "integration = \"i\"",
            "response" => "library = \"l\"\ntext = \"t\"",
            _ => "",
        }
    }

    /// A file with one name twice in a section or list, which ends it or begins it.
    fn file(section: &str, is_list: bool) -> String {
        if is_list {
            return format!("{section} = [\"n\",\n\"N\"]\nname = \"x\"\n{FILE}");
        }
        let entity = |name| format!("[[{section}]]\nname = \"{name}\"\n{}\n", keys(section));
        format!("name = \"x\"\n{FILE}{}{}", entity("n"), entity("N"))
    }

    #[test]
    fn each_section_and_list_of_each_kind_has_no_name_twice() {
        let seed = parse(&format!("name = \"x\"\n{FILE}")).expect("a sound file");
        for (kind, sections, _) in seed.names_by_kind() {
            for section in sections {
                let is_list = section.ends_with('s');
                let text = file(section, is_list);
                let at = text.lines().position(|line| line.contains("\"N\"")).expect("the second") + 1;
                let expected = format!("line {at}: two entities of the kind {kind} have the name N");
                assert_eq!(parse(&text).expect_err("one name twice"), expected, "{section}");
            }
        }
    }
}
