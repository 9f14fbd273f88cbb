//! What the vendor writes of every named entity.

use serde_json::{Map, Value, json};

use crate::time::clock::rfc3339;
use crate::world::Organization;
use crate::world::authorization::{ALL_DIVISIONS, Division, HOME, home};
use crate::world::id::Id;
use crate::world::table::{Kind, Record};

/// The properties of an entity, in the order in which they are added.
pub(crate) struct Properties<'a, K> {
    organization: &'a Organization,
    record: &'a Record<K>,
    written: Map<String, Value>,
}

impl<'a, K: Kind> Properties<'a, K> {
    /// Its id and name.
    pub(crate) fn of(organization: &'a Organization, record: &'a Record<K>) -> Self {
        let mut written = Map::new();
        written.insert("id".to_owned(), json!(record.id()));
        written.insert("name".to_owned(), json!(record.name));
        Self { organization, record, written }
    }

    /// Adds its division.
    pub(crate) fn division(self) -> Self {
        let division = division(self.organization, self.record.division);
        self.put("division", division)
    }

    /// Adds `dateCreated` and `dateModified`.
    pub(crate) fn dates(self) -> Self {
        let (created, modified) = (rfc3339(self.record.created), rfc3339(self.record.modified));
        self.put("dateCreated", json!(created)).put("dateModified", json!(modified))
    }

    /// Adds `createdBy` and `modifiedBy` as ids. A seeded entity has no author.
    pub(crate) fn authors(self) -> Self {
        let (created, modified) = (self.record.created_by, self.record.modified_by);
        self.put_some("createdBy", created.map(|id| json!(id)))
            .put_some("modifiedBy", modified.map(|id| json!(id)))
    }

    /// Adds the fields that clients have set.
    pub(crate) fn extra(mut self) -> Self {
        let extra = self.record.extra.iter().filter(|(_, value)| !value.is_null());
        self.written.extend(extra.map(|(key, value)| (key.clone(), value.clone())));
        self
    }

    /// Adds a property.
    pub(crate) fn put(mut self, key: &str, value: Value) -> Self {
        self.written.insert(key.to_owned(), value);
        self
    }

    /// Adds a property that not every entity has.
    pub(crate) fn put_some(self, key: &str, value: Option<Value>) -> Self {
        match value {
            Some(value) => self.put(key, value),
            None => self,
        }
    }

    /// Adds a property that clients may leave out.
    pub(crate) fn or(mut self, key: &str, default: impl FnOnce() -> Value) -> Self {
        self.written.entry(key.to_owned()).or_insert_with(default);
        self
    }

    /// Everything, with the address at the end.
    pub(crate) fn end(self) -> Map<String, Value> {
        let uri = self.record.uri();
        self.put("selfUri", json!(uri)).written
    }
}

/// The division of an entity; `None` is the home division. All divisions are shown as `*`.
pub(crate) fn division(organization: &Organization, id: Option<Id<Division>>) -> Value {
    if id == Some(ALL_DIVISIONS) {
        return json!({ "id": "*", "name": "*", "selfUri": format!("{}/*", Division::PATH) });
    }
    let id = id.unwrap_or_else(|| home(organization.id));
    let name = organization.authorization().divisions.get(id).map_or(HOME, |division| &division.name);
    json!({ "id": id, "name": name, "selfUri": format!("{}/{id}", Division::PATH) })
}
