//! Clients, users, roles, groups, teams and locations.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::disguise;
use super::kind::Kind;
use super::names::{ADMINISTRATOR, CLIENT, Named, Names};
use super::resource::{Part, Resource, is_computed};
use super::writer::{Writer, array, quoted};
use crate::world::routing::Proficiency;
use crate::world::seed::email_of;
use crate::world::workforce;

/// The skill group of agents without a skill.
const OTHERS: &str = "Imported agents";

/// Writes clients and people.
pub(super) fn write(names: &Names<'_>, out: &mut Writer) {
    write_clients(names, out);
    out.named("administrator", ADMINISTRATOR);
    let unit = write_units(names, out);
    write_agents(names, &unit, out);
    write_roles(names, out);
    write_groups(names, Kind::Group, "group", out);
    write_groups(names, Kind::Team, "team", out);
    for location in names.of_kind(Kind::Location) {
        write_location(location, out);
    }
}

/// Writes the clients. Secrets are not taken.
fn write_clients(names: &Names<'_>, out: &mut Writer) {
    write_client(CLIENT, &["client_credentials"], out);
    out.strings("scopes", &["*"]);
    for Named { name, resource, .. } in names.of_kind(Kind::Client) {
        let grant = resource.text(&["authorized_grant_type", "authorizedGrantType"]);
        match grant.map(|grant| grant.to_ascii_uppercase().replace('_', "-")).as_deref() {
            Some("CLIENT-CREDENTIALS") => write_client(name, &["client_credentials"], out),
            Some("CODE" | "PKCE") => write_client(name, &["authorization_code", "refresh_token"], out),
            Some("TOKEN") => write_client(name, &["implicit"], out),
            _ => {
                out.note(resource, "OAuth client with a grant that gcmock lacks");
                continue;
            }
        }
        write_client_details(resource, out);
    }
}

fn write_client(name: &str, grants: &[&str], out: &mut Writer) {
    out.named("client", name);
    let word: String =
        name.to_lowercase().chars().map(|char| if char.is_alphanumeric() { char } else { '-' }).collect();
    out.string("secret", &format!("{word}-secret"));
    out.strings("grants", grants);
}

fn write_client_details(resource: &Resource, out: &mut Writer) {
    let scopes = resource.texts(&["scopes", "scope"]);
    let every = ["*"];
    let scopes: &[&str] = if scopes.is_empty() { &every } else { &scopes };
    out.strings("scopes", scopes);
    write_redirect_uris(resource, out);
    let seconds = resource.number(&["access_token_validity_seconds", "accessTokenValiditySeconds"]);
    // The vendor's longest lifetime is two days.
    if let Some(seconds) = seconds.filter(|seconds| (1..=172_800).contains(seconds)) {
        out.string("token_lifetime", &format!("{seconds}s"));
    }
}

/// Writes the addresses of a client, whose hosts tell the company. Unless names are kept, as many made-up ones.
fn write_redirect_uris(client: &Resource, out: &mut Writer) {
    let uris = client.texts(&["registered_redirect_uris", "registeredRedirectUri"]);
    if out.keeps_names {
        return out.strings("redirect_uris", &uris);
    }
    let made_up = (1..=uris.len()).map(|number| format!("https://client.example/callback-{number}"));
    out.strings("redirect_uris", &made_up.collect::<Vec<_>>());
}

/// Writes the management units, or one. The first schedules the agents, because exports do not say which one does.
fn write_units(names: &Names<'_>, out: &mut Writer) -> String {
    let units: Vec<_> = names.of_kind(Kind::ManagementUnit).collect();
    for Named { name, resource, .. } in &units {
        let of = resource.objects(&["businessUnit"]).into_iter().find_map(|unit| unit.text(&["name"]));
        let zone = resource.text(&["timeZone"]).filter(|zone| workforce::zone(zone).is_some());
        let zone = zone.unwrap_or("UTC");
        write_unit(name, of.unwrap_or("Imported"), zone, out);
    }
    if let Some(first) = units.first() {
        return first.name.clone();
    }
    write_unit("Imported", "Imported", "UTC", out);
    "Imported".to_owned()
}

fn write_unit(name: &str, business_unit: &str, zone: &str, out: &mut Writer) {
    out.named("management_unit", name);
    out.string("business_unit", business_unit);
    out.string("time_zone", zone);
}

/// Writes the skills as skill groups, and the users as their agents.
fn write_agents(names: &Names<'_>, unit: &str, out: &mut Writer) {
    // The groups by name in lower case, because two names that differ in case alone are refused.
    let skills = names.of_kind(Kind::Skill).map(|skill| (skill.name.to_lowercase(), skill.name.as_str()));
    let mut groups: IndexMap<String, &str> = skills.collect();
    let users = names.of_kind(Kind::User).map(|user| {
        let mut skills = skills_of(names, user.resource, out);
        for (name, _) in &mut skills {
            *name = *groups.entry(name.to_lowercase()).or_insert(*name);
        }
        let group = skills.first().map_or(OTHERS, |(name, _)| name);
        groups.entry(group.to_lowercase()).or_insert(group);
        (user, group, skills)
    });
    let users: Vec<(&Named<'_>, &str, Abilities<'_>)> = users.collect();
    for group in groups.into_values() {
        out.named("skill_group", group);
        out.string("management_unit", unit);
        out.literal("agents", "[]");
    }
    for (user, group, skills) in users {
        write_agent(names, user, group, out);
        // The first one with the usual proficiency follows from the skill group.
        if !matches!(skills.as_slice(), [] | [(_, None)]) {
            out.literal("skills", &abilities(&skills));
        }
        let languages = languages_of(names, user.resource, out);
        if !languages.is_empty() {
            out.literal("languages", &abilities(&languages));
        }
    }
}

/// Names of skills or languages with their proficiencies.
type Abilities<'n> = Vec<(&'n str, Option<f64>)>;

fn abilities(of: &Abilities<'_>) -> String {
    let table = |(name, proficiency): &(&str, Option<f64>)| match proficiency {
        Some(number) => format!("{{ name = {}, proficiency = {number:?} }}", quoted(name)),
        None => format!("{{ name = {} }}", quoted(name)),
    };
    format!("[{}]", of.iter().map(table).collect::<Vec<_>>().join(", "))
}

/// The skills of a user. The first one is the skill group.
fn skills_of<'n>(names: &'n Names<'_>, user: &'n Resource, out: &mut Writer) -> Abilities<'n> {
    let mut skills = Abilities::new();
    for skill in user.objects(&["routing_skills", "routingSkills", "skills"]) {
        let Some(name) = skill_name(names, skill) else {
            out.note(user, "user: skill that the export lacks");
            continue;
        };
        if !skills.iter().any(|(known, _)| known.to_lowercase() == name.to_lowercase()) {
            skills.push((name, proficiency(user, skill, out)));
        }
    }
    skills
}

/// The languages of a user that the export has: a file names all of its languages.
fn languages_of<'n>(names: &'n Names<'_>, user: &'n Resource, out: &mut Writer) -> Abilities<'n> {
    let mut languages = Abilities::new();
    for language in user.objects(&["routing_languages", "routingLanguages", "languages"]) {
        let by_key = language.key(&["language_id", "id"]).and_then(|key| names.find(Kind::Language, key));
        let by_name = || {
            let named = language.text(&["name"])?;
            names.of_kind(Kind::Language).map(|of| of.name.as_str()).find(|name| *name == named)
        };
        match by_key.or_else(by_name) {
            None => out.note(user, "user: language that the export lacks"),
            Some(name) if languages.iter().any(|(known, _)| *known == name) => {}
            Some(name) => languages.push((name, proficiency(user, language, out))),
        }
    }
    languages
}

/// The proficiency of a skill or a language of a user: a number, or a string of one.
fn proficiency(user: &Resource, ability: Part<'_>, out: &mut Writer) -> Option<f64> {
    let value = ability.values(&["proficiency"]).into_iter().next()?;
    let number = value.as_f64().or_else(|| value.as_str()?.parse().ok());
    let known = number.and_then(Proficiency::new).map(|proficiency| proficiency.0);
    if known.is_none() {
        out.note(user, "user: proficiency that is no number from 0 to 5");
    }
    known
}

/// The name of a skill of a user: that of the export's skill, or the one that the user has for it, as the API shows it.
fn skill_name<'n>(names: &'n Names<'_>, skill: Part<'n>) -> Option<&'n str> {
    let known = skill.key(&["skill_id", "id"]).and_then(|key| names.find(Kind::Skill, key));
    known.or_else(|| skill.text(&["name"]).filter(|name| !is_computed(name)))
}

fn write_agent(names: &Names<'_>, user: &Named<'_>, group: &str, out: &mut Writer) {
    out.named("agent", &user.name);
    let email = user.resource.text(&["email"]).filter(|_| out.keeps_names);
    out.optional("email", email.filter(|email| *email != email_of(&user.name, &names.domain)));
    out.string("skill_group", group);
    if user.resource.text(&["state"]).is_some_and(|state| state.eq_ignore_ascii_case("inactive")) {
        out.string("status", "Offline");
    }
}

fn write_roles(names: &Names<'_>, out: &mut Writer) {
    let mut users: HashMap<&str, Vec<&str>> = HashMap::new();
    for grants in names.of_kind(Kind::UserRoles) {
        let user = grants.resource.references(&["user_id"]);
        for role in grants.resource.objects(&["roles"]) {
            match role.key(&["role_id"]).and_then(|key| names.find(Kind::Role, key)) {
                Some(role) => users.entry(role).or_default().extend(&user),
                None => out.note(grants.resource, "roles of a user: role that the export lacks"),
            }
        }
    }
    for Named { name, resource, .. } in names.of_kind(Kind::Role) {
        out.named("role", name);
        write_description(resource, out);
        out.literal("permissions", &array(&permissions(resource)));
        let keys = users.remove(name.as_str()).unwrap_or_default();
        let users = out.resolve(names, resource, Kind::User, &keys);
        out.strings("users", &users);
    }
}

/// The permissions of a role as `domain:entity:action`.
fn permissions(role: &Resource) -> Vec<String> {
    let mut all = Vec::new();
    for policy in role.objects(&["permission_policies", "permissionPolicies"]) {
        let domain = policy.text(&["domain"]).unwrap_or("*");
        let entity = policy.text(&["entity_name", "entityName"]).unwrap_or("*");
        let actions = policy.values(&["action_set", "actionSet"]);
        all.extend(
            actions.iter().filter_map(|action| Some(format!("{domain}:{entity}:{}", action.as_str()?))),
        );
    }
    all
}

fn write_groups(names: &Names<'_>, kind: Kind, table: &str, out: &mut Writer) {
    for Named { name, resource, .. } in names.of_kind(kind) {
        let members = out.resolve(names, resource, Kind::User, &members_of(resource));
        out.named(table, name);
        write_description(resource, out);
        out.strings("members", &members);
    }
}

/// Writes a description, which may name people, where names are kept.
fn write_description(of: &Resource, out: &mut Writer) {
    if out.keeps_names {
        out.optional("description", of.text(&["description"]).filter(|text| !is_computed(text)));
    }
}

/// The keys of the users of a group or a team.
pub(super) fn members_of(group: &Resource) -> Vec<&str> {
    group.references(&["member_ids", "members"])
}

fn write_location(location: &Named<'_>, out: &mut Writer) {
    out.named("location", &location.name);
    let Some(address) = location.resource.objects(&["address"]).into_iter().next() else { return };
    let keeps_names = out.keeps_names;
    let shown = |fields: &[&'static str], made_up: fn(&str) -> String| {
        address.text(fields).map(|value| if keeps_names { value.to_owned() } else { made_up(value) })
    };
    out.optional("street", address.text(&["street1"]).filter(|_| keeps_names));
    out.optional("city", shown(&["city"], disguise::place).as_deref());
    out.optional("state", shown(&["state"], disguise::place).as_deref());
    out.optional("zip", shown(&["zip_code", "zipcode"], disguise::zip).as_deref());
    out.optional("country", address.text(&["country"]).filter(|country| country.len() == 2));
}
