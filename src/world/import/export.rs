//! Documents as entities: exports of Terraform, pages of the API, rows of users.

use std::rc::Rc;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::kind::{Kind, messenger};
use super::notes::Notes;
use super::resource::Resource;
use super::spelling;
use crate::rules::excerpt;

/// The most entities of an import.
const MOST_ENTITIES: usize = 200_000;

/// The data source of Terraform for the division that every organization has.
pub(super) const HOME_DIVISION: &str = "genesyscloud_auth_division_home";

/// The entities of the documents that were added, each by the key that others refer to it by.
#[derive(Debug, Default)]
pub(crate) struct Export {
    resources: IndexMap<String, Resource>,
    notes: Notes,
    /// The file whose documents are being added.
    file: Rc<str>,
}

impl Export {
    /// The documents that are added from here on are those of a file. Notes about them name it.
    pub(crate) fn enter(&mut self, file: &str) {
        self.file = file.into();
    }

    /// Counts something of the file that is not taken.
    pub(crate) fn note(&mut self, what: &str) {
        self.notes.add(what, &self.file);
    }

    /// Counts a file that is not read.
    pub(crate) fn note_file(&mut self, what: &str) {
        self.notes.add(what, "");
    }

    /// Counts an answer that has no entities.
    pub(crate) fn note_answer(&mut self, path: &str) {
        self.note(&format!("answer of {}", collection(path, "")));
    }

    /// Whether no entity was added.
    pub(crate) fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    /// The entities by key, and what is not taken.
    pub(super) fn into_parts(self) -> (IndexMap<String, Resource>, Notes) {
        (self.resources, self.notes)
    }

    /// Adds the resources and the data sources of a Terraform configuration in its JSON form, to which HCL is converted.
    /// What its modules have is elsewhere.
    ///
    /// # Errors
    /// What is of a wrong type, with its address.
    pub(crate) fn add_terraform(&mut self, document: Value) -> Result<(), String> {
        let Value::Object(mut document) = document else {
            return Err("expected an object with the key resource".to_owned());
        };
        for name in objects(document.remove("module"), "module")?.iter().flat_map(Map::keys) {
            self.note(&format!("module.{name}"));
        }
        for (block, before) in [("resource", ""), ("data", "data.")] {
            for types in objects(document.remove(block), block)? {
                for (name, labels) in types {
                    self.add_type(before, &name, labels)?;
                }
            }
        }
        Ok(())
    }

    /// Adds the resources of one type.
    fn add_type(&mut self, before: &str, name: &str, labels: Value) -> Result<(), String> {
        let address = format!("{before}{name}");
        for labels in objects(Some(labels), &address)? {
            let Some(kind) = Kind::of_terraform(name) else {
                if name != HOME_DIVISION {
                    self.notes.add_many(&address, &self.file, labels.len() as u64);
                }
                continue;
            };
            for (label, body) in labels {
                let key = format!("{address}.{label}");
                for mut fields in objects(Some(body), &key)? {
                    if kind == Kind::Messenger {
                        fields.insert("messenger".to_owned(), messenger(name).into());
                    }
                    self.add(kind, key.clone(), fields)?;
                }
            }
        }
        Ok(())
    }

    /// Adds the entities of an answer of the API: an array of entities, an array of pages, a page, or an entity. `path` is
    /// the path that answered, if it is known. An entity with a `selfUri` does not need it.
    ///
    /// # Errors
    /// What is of a wrong type.
    pub(crate) fn add_page(&mut self, path: Option<&str>, document: Value) -> Result<(), String> {
        match document {
            Value::Array(items) => self.add_items(path, items),
            Value::Object(mut page) => match list_of(&mut page) {
                Some(Value::Array(items)) => self.add_items(path, items),
                Some(_) => Err("entities: expected an array".to_owned()),
                None => self.add_entity(path, page),
            },
            _ => Err("expected an array of entities, or a page with entities".to_owned()),
        }
    }

    /// Adds the entities of an answer whose collection is that of a name: `queues`.
    ///
    /// # Errors
    /// What is of a wrong type.
    pub(crate) fn add_collection(&mut self, name: &str, document: Value) -> Result<(), String> {
        self.add_page(Kind::collection_of_name(name), document)
    }

    fn add_items(&mut self, path: Option<&str>, items: Vec<Value>) -> Result<(), String> {
        for (index, item) in items.into_iter().enumerate() {
            if !item.is_object() {
                return Err(format!("entity {}: expected an object", index + 1));
            }
            self.add_page(path, item)?;
        }
        Ok(())
    }

    fn add_entity(&mut self, path: Option<&str>, mut entity: Map<String, Value>) -> Result<(), String> {
        spelling::add_vendor_names(&mut entity);
        let Some(id) = entity.get("id").and_then(Value::as_str).map(str::to_owned) else {
            return Err(
                "an entity without an id; expected an array of entities, or a page with entities".to_owned()
            );
        };
        let own = entity.get("selfUri").and_then(Value::as_str).map(str::to_owned);
        let (kind, uri) = match place(own.as_deref(), path, &id) {
            Ok(place) => place,
            Err(collection) => {
                self.note(&collection);
                return Ok(());
            }
        };
        let key = match kind {
            Kind::Member => {
                let queue = queue_of(&uri);
                entity.insert("queue".to_owned(), queue.into());
                format!("{queue}/{id}")
            }
            Kind::Messenger => {
                let word = messenger(&collection(&uri, &id)).to_owned();
                entity.insert("messenger".to_owned(), word.into());
                id
            }
            _ => id,
        };
        self.add(kind, key, entity)
    }

    /// Adds a user that has a name and an e-mail address and no id.
    ///
    /// # Errors
    /// When there are too many entities.
    pub(crate) fn add_user(&mut self, name: &str, email: &str) -> Result<(), String> {
        let of = if email.is_empty() { name } else { email };
        let key = format!("user {}", of.to_lowercase());
        let fields = [("name", name), ("email", email)];
        let fields = fields.into_iter().filter(|(_, value)| !value.is_empty());
        let fields = fields.map(|(field, value)| (field.to_owned(), Value::from(value))).collect();
        self.add(Kind::User, key, fields)
    }

    /// Adds an entity, or fields to an entity that was added before, as answers that show it again do.
    fn add(&mut self, kind: Kind, key: String, fields: Map<String, Value>) -> Result<(), String> {
        for name in ["name", "script_name", "email"] {
            if fields.get(name).is_some_and(|value| !value.is_string() && !value.is_null()) {
                return Err(format!("{}: {name}: expected a string", excerpt(&key)));
            }
        }
        if let Some(known) = self.resources.get_mut(&key) {
            known.fields.extend(fields);
            return Ok(());
        }
        if self.resources.len() >= MOST_ENTITIES {
            return Err(format!("more than {MOST_ENTITIES} entities; import a part of them"));
        }
        self.resources.insert(key, Resource::new(kind, fields, Rc::clone(&self.file)));
        Ok(())
    }
}

/// The objects of a block of Terraform, which is one object or an array of objects.
fn objects(value: Option<Value>, what: &str) -> Result<Vec<Map<String, Value>>, String> {
    let wrong = || format!("{}: expected an object", excerpt(what));
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Object(one)) => Ok(vec![one]),
        Some(Value::Array(values)) => {
            let object = |value| if let Value::Object(one) = value { Ok(one) } else { Err(wrong()) };
            values.into_iter().map(object).collect()
        }
        Some(_) => Err(wrong()),
    }
}

/// The list of a page. An entity has an id and is no page.
fn list_of(page: &mut Map<String, Value>) -> Option<Value> {
    if page.contains_key("id") {
        return None;
    }
    page.remove("entities").or_else(|| page.remove("results"))
}

/// The kind of an entity and the path that tells it: its own, or the one that answered. An answer with the members of a
/// queue shows users, so there the path that answered comes first.
///
/// # Errors
/// The collection of an entity that is of no kind.
fn place(own: Option<&str>, answered: Option<&str>, id: &str) -> Result<(Kind, String), String> {
    let of = |uri: &str| Some((Kind::of_collection(&collection(uri, id))?, uri.to_owned()));
    let answer = answered.and_then(of);
    let shows_members = matches!(answer, Some((Kind::Member, _)));
    let found = if shows_members { answer } else { own.and_then(of).or(answer) };
    found.ok_or_else(|| match own.or(answered) {
        Some(uri) => collection(uri, id),
        None => "entity without a selfUri, in a file whose name is not that of a collection".to_owned(),
    })
}

/// The collection of the entity of that path and id, with `{id}` in the place of each other id.
fn collection(uri: &str, id: &str) -> String {
    let path = uri.split(['?', '#']).next().unwrap_or_default();
    let path = path.find("/api/v2/").map_or(path, |at| &path[at..]);
    let path = path.split("/versions/").next().unwrap_or_default().trim_end_matches('/');
    let path = path.strip_suffix(id).and_then(|path| path.strip_suffix('/')).unwrap_or(path);
    let template = |segment| if is_id(segment) { "{id}" } else { segment };
    path.split('/').map(template).collect::<Vec<_>>().join("/")
}

/// Whether a segment of a path is an id of the API.
fn is_id(segment: &str) -> bool {
    segment.len() >= 20 && segment.bytes().any(|byte| byte.is_ascii_digit())
}

/// The id of the queue in the path of a member.
fn queue_of(uri: &str) -> &str {
    let after = uri.split("/queues/").nth(1).unwrap_or_default();
    after.split('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUEUE: &str = "11111111-2222-4333-8444-555555555555";

    #[test]
    fn the_kind_of_an_entity_is_told_by_its_own_path_or_by_the_one_that_answered() {
        let queues = format!("/api/v2/routing/queues/{QUEUE}");
        let members = format!("https://api.mypurecloud.com{queues}/members?pageNumber=2");
        for (own, answered, expected) in [
            (Some("/api/v2/users/u"), None, Ok(Kind::User)),
            (None, Some("/api/v2/users"), Ok(Kind::User)),
            (None, Some("/api/v2/users/u"), Ok(Kind::User)),
            (Some("/api/v2/users/u"), Some("/api/v2/users/search"), Ok(Kind::User)),
            (Some("/api/v2/users/u"), Some(members.as_str()), Ok(Kind::Member)),
            (Some("/api/v2/webdeployments/configurations/u/versions/3"), None, Ok(Kind::WebConfiguration)),
            (Some("/api/v2/flows/datatables/u"), None, Ok(Kind::DataTable)),
            (Some("/api/v2/greetings/u"), None, Err("/api/v2/greetings")),
        ] {
            let kind = place(own, answered, "u").map(|(kind, _)| kind);
            assert_eq!(kind, expected.map_err(str::to_owned), "{own:?} {answered:?}");
        }
        assert_eq!(queue_of(&members), QUEUE);
        assert_eq!(collection(&format!("{queues}/members/u"), "u"), "/api/v2/routing/queues/{id}/members");
        assert!(place(None, None, "u").is_err());
    }
}
