//! References between entities: a property of one kind that names entities of another by their ids.
//!
//! A kind lists its references in [`Kind::REFERENCES`]. So a body that names an entity which does not exist is refused,
//! and an entity to which another refers is not deleted.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::table::Kind;
use super::{Organization, Trace};

/// A property that names entities: an id, an object with an `id`, or an array of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reference {
    /// The property. A dot leads to a property of an object.
    pub(crate) field: &'static str,
    /// The path of the listing of what it names.
    pub(crate) collection: &'static str,
    /// What it names, in error messages.
    pub(crate) kind: &'static str,
}

impl Reference {
    /// A reference to a kind that has a table.
    pub(crate) const fn to<K: Kind>(field: &'static str) -> Self {
        Self { field, collection: K::PATH, kind: K::NAME }
    }

    /// A reference to an entity of a collection.
    pub(crate) const fn new(field: &'static str, collection: &'static str, kind: &'static str) -> Self {
        Self { field, collection, kind }
    }

    /// The ids that an entity has in the property.
    pub(crate) fn ids<'v>(&self, entity: &'v Map<String, Value>) -> Vec<&'v str> {
        let mut words = self.field.split('.');
        let first = words.next().and_then(|word| entity.get(word));
        match words.try_fold(first, |value, word| Some(value?.get(word))).flatten() {
            Some(Value::Array(items)) => items.iter().filter_map(id).collect(),
            Some(value) => id(value).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// The value of the property, to change it.
    pub(crate) fn value_mut<'v>(&self, entity: &'v mut Map<String, Value>) -> Option<&'v mut Value> {
        let mut words = self.field.split('.');
        let first = entity.get_mut(words.next()?)?;
        words.try_fold(first, |value, word| value.get_mut(word))
    }
}

fn id(value: &Value) -> Option<&str> {
    value.get("id").unwrap_or(value).as_str()
}

impl Organization {
    /// Whether a collection, which is named by its path, has an entity of that id.
    pub(crate) fn has_entity(&self, collection: &str, id: &str) -> bool {
        matches!(self.trace(collection, id), Trace::Here { .. })
    }

    /// The name of an entity of a collection, which is named by its path.
    pub(crate) fn name_of(&self, collection: &str, id: &str) -> Option<&str> {
        let in_table = Uuid::try_parse(id).ok().and_then(|id| self.name_in_table(collection, id));
        in_table.or_else(|| self.collections.get(collection, id)?.get("name")?.as_str())
    }

    /// The first reference of a body to an entity that does not exist, and the id.
    pub(crate) fn dangling<'b>(
        &self,
        references: &'static [Reference],
        body: &'b Map<String, Value>,
    ) -> Option<(&'static Reference, &'b str)> {
        references.iter().find_map(|reference| {
            let mut ids = reference.ids(body).into_iter();
            let unknown = ids.find(|id| !self.has_entity(reference.collection, id));
            unknown.map(|id| (reference, id))
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_are_found_in_objects_arrays_and_below() {
        let entity = json!({ "one": { "id": "a" }, "many": [{ "id": "b" }, { "name": "x" }], "plain": "c",
            "deep": { "er": [{ "id": "d" }] } });
        let entity = entity.as_object().cloned().unwrap_or_default();
        let ids = |field| Reference::new(field, "/x", "x").ids(&entity);
        assert_eq!((ids("one"), ids("many"), ids("plain")), (vec!["a"], vec!["b"], vec!["c"]));
        assert_eq!((ids("deep.er"), ids("deep.no"), ids("none")), (vec!["d"], vec![], vec![]));
    }
}
