//! The names that entities have in the file, and who refers to whom by them.
//!
//! In the file, entities of one kind have different names. Two entities of one kind and name are the same one, because people
//! import several exports of one organization together. Users are told apart by their e-mail addresses.

use std::collections::{BTreeMap, HashMap, HashSet};

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::disguise;
use super::export::HOME_DIVISION;
use super::kind::Kind;
use super::notes::Notes;
use super::resource::{Resource, is_computed, text_of};

/// The name of the administrator that each written file has.
pub(super) const ADMINISTRATOR: &str = "administrator";

/// The client that each written file has: that of the default organization, with the same secret.
pub(super) const CLIENT: &str = "rehearsal";

/// The domain of the users where names are not kept, or none is known.
const DOMAIN: &str = "imported.example";

/// An entity and its name in the file. What the file gives no name has an empty one.
#[derive(Debug)]
pub(super) struct Named<'e> {
    pub(super) name: String,
    /// The key by which the export's other entities refer to it.
    pub(super) key: &'e str,
    pub(super) resource: &'e Resource,
}

/// Every entity that is taken, in the order of the export.
#[derive(Debug)]
pub(super) struct Names<'e> {
    all: Vec<Named<'e>>,
    by_key: HashMap<&'e str, usize>,
    /// The keys of the home division in each of the exports.
    homes: HashSet<&'e str>,
    /// The domain of the users' e-mail addresses.
    pub(super) domain: String,
}

impl<'e> Names<'e> {
    /// Names the entities of an export, and counts those that get no name.
    pub(super) fn of(
        resources: &'e IndexMap<String, Resource>,
        keeps_names: bool,
        notes: &mut Notes,
    ) -> Self {
        let mut naming = Naming { keeps_names, ..Naming::default() };
        naming.by_name.insert((Kind::User, ADMINISTRATOR.to_owned()), None);
        naming.by_name.insert((Kind::Client, CLIENT.to_owned()), None);
        let (mut by_key, mut homes) = (HashMap::new(), HashSet::new());
        for (key, resource) in resources {
            homes.extend(home_of(key, resource));
            if resource.kind == Kind::Division && homes.contains(key.as_str()) {
                continue;
            }
            match naming.place(key, resource) {
                Ok(index) => {
                    by_key.insert(key.as_str(), index);
                }
                Err(why) => notes.add(&format!("{} {why}", resource.kind.word()), &resource.file),
            }
        }
        note_renamed_client(&naming.all, notes);
        let domain = if keeps_names { domain_of(&naming.all) } else { DOMAIN.to_owned() };
        Self { all: naming.all, by_key, homes, domain }
    }

    /// Whether the key of a division is that of the home division.
    pub(super) fn is_home(&self, key: &str) -> bool {
        key == "*"
            || self.homes.contains(key)
            || key.strip_prefix("data.").is_some_and(|data| data.starts_with(HOME_DIVISION))
    }

    /// Whether an entity of the export is taken.
    pub(super) fn has(&self, key: &str) -> bool {
        self.by_key.contains_key(key)
    }

    /// How many entities are taken.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// The entities of a kind.
    pub(super) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Named<'e>> {
        self.all.iter().filter(move |named| named.resource.kind == kind)
    }

    /// The names of the entities of a kind.
    pub(super) fn list(&self, kind: Kind) -> Vec<&str> {
        self.of_kind(kind).map(|named| named.name.as_str()).collect()
    }

    /// The name of the entity of that kind with that key.
    pub(super) fn find(&self, kind: Kind, key: &str) -> Option<&str> {
        self.get(kind, key).map(|named| named.name.as_str())
    }

    /// The entity of that kind with that key.
    pub(super) fn get(&self, kind: Kind, key: &str) -> Option<&Named<'e>> {
        let named = self.all.get(*self.by_key.get(key)?)?;
        (named.resource.kind == kind).then_some(named)
    }
}

/// Names while they are given.
#[derive(Debug, Default)]
struct Naming<'e> {
    keeps_names: bool,
    all: Vec<Named<'e>>,
    /// The entity that has a name, in lower case. A name that is reserved has none.
    by_name: HashMap<(Kind, String), Option<usize>>,
    by_email: HashMap<String, usize>,
    /// The last number that was put after a name.
    numbers: HashMap<(Kind, String), u32>,
}

impl<'e> Naming<'e> {
    /// The index of an entity among all, which it gets here unless another one is the same.
    fn place(&mut self, key: &'e str, resource: &'e Resource) -> Result<usize, &'static str> {
        if !has_name(resource.kind) {
            return Ok(self.push(String::new(), key, resource));
        }
        let original = original_name(resource).ok_or("without a name")?;
        if is_computed(original) {
            return Err("with a name that Terraform computes");
        }
        if resource.kind == Kind::User {
            return self.place_user(original, key, resource);
        }
        let name = match resource.kind {
            Kind::ExternalOrganization if !self.keeps_names => disguise::company(original),
            _ => original.to_owned(),
        };
        let known = (resource.kind, name.to_lowercase());
        let name = match self.by_name.get(&known) {
            Some(Some(index)) => return Ok(*index),
            Some(None) => self.free_name(resource.kind, &name),
            None => name,
        };
        self.by_name.insert(known, Some(self.all.len()));
        Ok(self.push(name, key, resource))
    }

    fn place_user(
        &mut self,
        original: &str,
        key: &'e str,
        resource: &'e Resource,
    ) -> Result<usize, &'static str> {
        if resource.text(&["state"]).is_some_and(|state| state.eq_ignore_ascii_case("deleted")) {
            return Err("that is deleted");
        }
        let of = resource.text(&["email"]).unwrap_or(key).to_lowercase();
        if let Some(index) = self.by_email.get(&of) {
            return Ok(*index);
        }
        let wanted = if self.keeps_names {
            original.to_owned()
        } else {
            let (first, last) = disguise::person(&of);
            format!("{first} {last}")
        };
        let name = self.free_name(Kind::User, &wanted);
        self.by_name.insert((Kind::User, name.to_lowercase()), Some(self.all.len()));
        self.by_email.insert(of, self.all.len());
        Ok(self.push(name, key, resource))
    }

    /// A name that no entity of the kind has: this one, or this one with a number.
    fn free_name(&mut self, kind: Kind, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        while self.by_name.contains_key(&(kind, name.to_lowercase())) {
            let number = self.numbers.entry((kind, wanted.to_lowercase())).or_insert(1);
            *number += 1;
            name = format!("{wanted} {number}");
        }
        name
    }

    fn push(&mut self, name: String, key: &'e str, resource: &'e Resource) -> usize {
        self.all.push(Named { name, key, resource });
        self.all.len() - 1
    }
}

/// Notes a client of the export that has another name because its own is that of the default client.
fn note_renamed_client(all: &[Named<'_>], notes: &mut Notes) {
    let clients = all.iter().filter(|named| named.resource.kind == Kind::Client);
    for Named { name, resource, .. } in clients {
        let original = original_name(resource).unwrap_or_default();
        if original.eq_ignore_ascii_case(CLIENT) {
            notes.add(&format!("OAuth client {original}: is {name} in the file"), &resource.file);
        }
    }
}

/// Whether the file has a name for entities of a kind.
fn has_name(kind: Kind) -> bool {
    let nameless = [Kind::UserRoles, Kind::Member, Kind::DidPool, Kind::ExtensionPool, Kind::ExternalContact];
    !nameless.contains(&kind)
}

/// The name of an entity in the export.
fn original_name(resource: &Resource) -> Option<&str> {
    let own = resource.text(&["name", "script_name", "scriptName"]);
    // Terraform has the name of an integration within its configuration.
    own.or_else(|| resource.objects(&["config"]).into_iter().find_map(|config| config.text(&["name"])))
}

/// The key of the home division, which every organization has, where an entity is that division or shows it as its own.
fn home_of<'e>(key: &'e str, resource: &'e Resource) -> Option<&'e str> {
    let is_home = |of: &Map<String, Value>| {
        text_of(of, &["name"]).is_some_and(|name| name.eq_ignore_ascii_case("home"))
    };
    if resource.kind == Kind::Division {
        return Some(key).filter(|_| is_home(&resource.fields));
    }
    let own = resource.fields.get("division")?.as_object().filter(|of| is_home(of))?;
    text_of(own, &["id"])
}

/// The domain that most users have in their addresses.
fn domain_of(all: &[Named<'_>]) -> String {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for named in all.iter().filter(|named| named.resource.kind == Kind::User) {
        let domain = named.resource.text(&["email"]).and_then(|email| email.rsplit_once('@'));
        if let Some((_, domain)) = domain {
            *counts.entry(domain.to_lowercase()).or_default() += 1;
        }
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    most.map_or_else(|| DOMAIN.to_owned(), |(domain, _)| domain)
}
