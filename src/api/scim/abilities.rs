//! What SCIM says of a user beside its profile: roles, and in the platform's own extension the routing skills and languages,
//! and the external ids.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::attributes::GENESYS;
use crate::api::record::full;
use crate::api::users::external_ids;
use crate::time::Nanos;
use crate::wire::error::ApiError;
use crate::world::Organization;
use crate::world::authorization::{Grant, Role, home};
use crate::world::id::Id;
use crate::world::people::User;
use crate::world::routing::skill::Proficient;
use crate::world::routing::{Language, Proficiency, Skill};
use crate::world::table::{Kind, Record};

type Body = Map<String, Value>;

/// The most skills of a user, and the most languages. Documented.
const MOST: usize = 50;

/// The extension of a user.
pub(super) fn to_json(organization: &Organization, user: &User) -> Value {
    let id = user.id.to_string();
    let ids = external_ids::of_user(organization, &id);
    let ids: Vec<_> = ids.map(|(authority, key)| json!({ "authority": authority, "value": key })).collect();
    json!({
        "routingSkills": all_of::<Skill>(organization, user),
        "routingLanguages": all_of::<Language>(organization, user),
        "externalIds": ids,
    })
}

fn all_of<K: Proficient>(organization: &Organization, user: &User) -> Vec<Value> {
    let Some(index) = organization.people().index_of(user.id) else { return Vec::new() };
    let all = K::proficiencies(organization).members(index).iter();
    let named = all.filter_map(|(id, proficiency)| Some((K::table(organization).get(*id)?, proficiency)));
    named.map(|(record, proficiency)| json!({ "name": record.name, "proficiency": proficiency.0 })).collect()
}

/// What a user is to have.
pub(super) struct Abilities {
    roles: Vec<Id<Role>>,
    skills: Vec<(Id<Skill>, Proficiency)>,
    languages: Vec<(Id<Language>, Proficiency)>,
    ids: Vec<(String, String)>,
}

impl Abilities {
    /// Reads and checks what is written of a user. What is missing is taken away.
    pub(super) fn read(
        organization: &Organization,
        user: &User,
        written: &Map<String, Value>,
    ) -> Result<Self, ApiError> {
        let extension = written.get(GENESYS).and_then(Value::as_object);
        let listed = |key: &str| items(extension.and_then(|extension| extension.get(key)));
        Ok(Self {
            roles: read_roles(organization, &items(written.get("roles")))?,
            skills: read_abilities::<Skill>(organization, user, &listed("routingSkills"))?,
            languages: read_abilities::<Language>(organization, user, &listed("routingLanguages"))?,
            ids: read_ids(organization, user, &listed("externalIds"))?,
        })
    }

    /// Gives them to the user. A role that it had keeps its divisions.
    pub(super) fn give(
        self,
        organization: &mut Organization,
        user: &User,
        now: Nanos,
    ) -> Result<(), ApiError> {
        let subject = user.id.uuid();
        organization.retain_grants(subject, |grant| self.roles.contains(&grant.role));
        let known = organization.authorization().roles_of(subject).into_iter();
        let known: HashSet<_> = known.map(Record::id).collect();
        let division = Some(home(organization.id));
        for role in self.roles.into_iter().filter(|role| !known.contains(role)) {
            organization.grant(subject, Grant { role, division, made: now }).map_err(|_| full())?;
        }
        give_all(organization, user, self.skills)?;
        give_all(organization, user, self.languages)?;
        external_ids::replace(organization, &user.id.to_string(), &self.ids);
        Ok(())
    }
}

fn items(list: Option<&Value>) -> Vec<&Body> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object).collect()
}

fn text<'b>(body: &'b Body, key: &str) -> &'b str {
    body.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn unknown(kind: &'static str, field: &'static str, name: &str) -> ApiError {
    ApiError::no_reference(field, kind, name).with_scim_type("invalidValue")
}

/// The roles of these names, each once.
fn read_roles(organization: &Organization, named: &[&Body]) -> Result<Vec<Id<Role>>, ApiError> {
    let roles = &organization.authorization().roles;
    let mut found = Vec::new();
    for name in named.iter().map(|role| text(role, "value")) {
        let role = roles.named(name).or_else(|| roles.find(name));
        let role = role.ok_or_else(|| unknown(Role::NAME, "roles", name))?.id();
        if !found.contains(&role) {
            found.push(role);
        }
    }
    Ok(found)
}

/// The skills or languages of these names. Without a proficiency the user keeps the one that it has.
fn read_abilities<K: Proficient>(
    organization: &Organization,
    user: &User,
    named: &[&Body],
) -> Result<Vec<(Id<K>, Proficiency)>, ApiError> {
    let index = organization.people().index_of(user.id);
    let known = index.map_or(0, |index| K::proficiencies(organization).members(index).len());
    if named.len() > MOST.max(known) {
        let why = format!("A user has at most {MOST} routing skills, and as many languages.");
        return Err(ApiError::scim("invalidValue", why));
    }
    let read = named.iter().map(|ability| {
        let name = text(ability, "name");
        let id = K::table(organization).named(name).ok_or_else(|| unknown(K::NAME, "name", name))?.id();
        let known = index.and_then(|index| K::proficiencies(organization).get(index, id).copied());
        let given = match ability.get("proficiency").and_then(Value::as_f64) {
            None => known.unwrap_or(Proficiency::SEEDED),
            Some(number) => Proficiency::new(number).ok_or_else(|| {
                ApiError::scim("invalidValue", "The attribute proficiency must be from 0 to 5.")
            })?,
        };
        Ok((id, given))
    });
    read.collect()
}

fn read_ids(
    organization: &Organization,
    user: &User,
    given: &[&Body],
) -> Result<Vec<(String, String)>, ApiError> {
    let user = user.id.to_string();
    let read = given.iter().map(|id| {
        let (authority, key) = (text(id, "authority"), text(id, "value"));
        external_ids::check(organization, &user, authority, key)
            .map_err(|error| error.with_scim_type("invalidValue"))?;
        Ok((authority.to_owned(), key.to_owned()))
    });
    read.collect()
}

/// Gives a user these skills or languages, and takes the others away.
fn give_all<K: Proficient>(
    organization: &mut Organization,
    user: &User,
    given: Vec<(Id<K>, Proficiency)>,
) -> Result<(), ApiError> {
    let Some(index) = organization.people().index_of(user.id) else { return Ok(()) };
    let relation = K::proficiencies_mut(organization);
    let gone: Vec<_> = relation.members(index).iter().map(|(id, _)| *id).collect();
    for id in gone.into_iter().filter(|id| given.iter().all(|(other, _)| other != id)) {
        relation.remove(index, id);
    }
    for (id, proficiency) in given {
        relation.set(index, id, proficiency).map_err(|_| full())?;
    }
    Ok(())
}
