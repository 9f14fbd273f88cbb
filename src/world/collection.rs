//! JSON entities without behaviour of their own, by collection path.
//!
//! A collection is named by its path, such as `/api/v2/scripts`. The seed adds entities; clients create, change and
//! remove them. A listing shows exactly those, in the order of creation. Created entities take at most
//! [`MAX_BYTES`]; above that the oldest are dropped. The ids of removed entities are remembered.

mod saved;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Trace;
use super::tombstones::Tombstones;

/// The most bytes of JSON that clients may store in one organization.
pub(crate) const MAX_BYTES: usize = 64 << 20;

/// The files that clients fetch by `GET /api/v2/downloads/{downloadId}`.
pub(crate) const DOWNLOADS: &str = "/api/v2/downloads";

/// The files that clients are to send, and what each is for.
pub(crate) const UPLOADS: &str = "/api/v2/uploads";

/// A stored entity; shared, so that a listing holds the lock only while it selects.
pub(crate) type Entity = Arc<Map<String, Value>>;

/// Every collection of one organization.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "saved::Saved")]
pub(crate) struct Collections {
    tables: HashMap<String, Table>,
    /// The collections that the seed fills.
    seeded: HashSet<String>,
    removed: Tombstones,
    /// Entities that clients created or changed, oldest first: collection and entry.
    created: VecDeque<(String, u64)>,
    #[serde(skip)]
    bytes: usize,
    #[serde(skip)]
    rows: usize,
    next: u64,
}

#[derive(Debug, Default, Serialize)]
struct Table {
    #[serde(skip)]
    entries: HashMap<String, u64>,
    rows: BTreeMap<u64, Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    id: String,
    entity: Entity,
    bytes: usize,
    /// Whether the id was given out by this server, not chosen by a client.
    issued: bool,
}

/// The size of a row, and whether this server issued its id.
#[derive(Clone, Copy)]
struct Origin {
    bytes: usize,
    issued: bool,
}

impl Collections {
    /// The entities of a collection, oldest first.
    pub(crate) fn list(&self, collection: &str) -> impl Iterator<Item = &Entity> {
        self.tables.get(collection).into_iter().flat_map(|table| table.rows.values().map(|row| &row.entity))
    }

    /// The entities of a collection and their ids, oldest first.
    pub(crate) fn entries(&self, collection: &str) -> impl Iterator<Item = (&str, &Entity)> {
        let rows = self.tables.get(collection).into_iter().flat_map(|table| table.rows.values());
        rows.map(|row| (&*row.id, &row.entity))
    }

    /// The entities of every collection whose path is like `pattern`, in which `{name}` is any segment.
    pub(crate) fn list_like<'c>(&'c self, pattern: &str) -> impl Iterator<Item = &'c Entity> {
        let alike = self.tables.iter().filter(|(path, _)| is_like(pattern, path));
        let rows = alike.flat_map(|(_, table)| table.rows.iter()).collect::<BTreeMap<_, _>>();
        rows.into_values().map(|row| &row.entity)
    }

    /// The number of entities of a collection.
    pub(crate) fn len(&self, collection: &str) -> usize {
        self.tables.get(collection).map_or(0, |table| table.rows.len())
    }

    /// Finds an entity.
    pub(crate) fn get(&self, collection: &str, id: &str) -> Option<&Entity> {
        let table = self.tables.get(collection)?;
        table.rows.get(table.entries.get(id)?).map(|row| &row.entity)
    }

    /// What the organization knows of an id.
    pub(crate) fn trace(&self, collection: &str, id: &str) -> Trace {
        let table = self.tables.get(collection);
        let row = table.and_then(|table| table.rows.get(table.entries.get(id)?));
        match (row, self.removed.get(collection, id)) {
            (Some(row), _) => Trace::Here { issued: row.issued },
            (None, Some(issued)) => Trace::Removed { issued },
            (None, None) => Trace::Unknown,
        }
    }

    /// Whether the seed fills that collection.
    pub(crate) fn is_seeded(&self, collection: &str) -> bool {
        self.seeded.contains(collection)
    }

    /// Stores an entity that belongs to the seed: it is never dropped to make room.
    pub(crate) fn seed(&mut self, collection: &str, id: &str, entity: Map<String, Value>) {
        if !self.seeded.contains(collection) {
            self.seeded.insert(collection.to_owned());
        }
        self.put(collection, id, entity, Origin { bytes: 0, issued: true });
    }

    /// Creates an entity, or replaces the one of that id. It keeps its position.
    pub(crate) fn insert(&mut self, collection: &str, id: &str, entity: Map<String, Value>) -> Entity {
        self.store(collection, id, entity, true)
    }

    /// Creates an entity under an id that a client chose.
    pub(crate) fn insert_chosen(&mut self, collection: &str, id: &str, entity: Map<String, Value>) -> Entity {
        self.store(collection, id, entity, false)
    }

    fn store(&mut self, collection: &str, id: &str, entity: Map<String, Value>, issued: bool) -> Entity {
        let bytes = weight(collection, id, &entity);
        let entry = self.put(collection, id, entity, Origin { bytes, issued });
        self.make_room();
        self.tables
            .get(collection)
            .and_then(|table| table.rows.get(&entry))
            .map(|row| Arc::clone(&row.entity))
            .unwrap_or_default()
    }

    /// Changes an entity in place, so that two writers of different keys do not overwrite each other. `None` if it
    /// does not exist. An error of `change` leaves the entity unchanged.
    pub(crate) fn update<E>(
        &mut self,
        collection: &str,
        id: &str,
        change: impl FnOnce(&mut Map<String, Value>) -> Result<(), E>,
    ) -> Option<Result<Entity, E>> {
        let mut entity = Map::clone(self.get(collection, id)?);
        Some(change(&mut entity).map(|()| self.insert(collection, id, entity)))
    }

    /// Removes an entity and returns it.
    pub(crate) fn remove(&mut self, collection: &str, id: &str) -> Option<Entity> {
        let entry = *self.tables.get(collection)?.entries.get(id)?;
        self.remove_row(collection, entry)
    }

    fn remove_row(&mut self, collection: &str, entry: u64) -> Option<Entity> {
        let table = self.tables.get_mut(collection)?;
        let row = table.rows.remove(&entry)?;
        table.entries.remove(&row.id);
        if table.rows.is_empty() {
            self.tables.remove(collection);
        }
        self.rows -= 1;
        self.bytes -= row.bytes;
        self.removed.add(collection, &row.id, row.issued);
        Some(row.entity)
    }

    /// Removes a whole collection, as deleting a data table removes its rows.
    pub(crate) fn remove_all(&mut self, collection: &str) {
        if let Some(table) = self.tables.remove(collection) {
            self.rows -= table.rows.len();
            self.bytes -= table.rows.values().map(|row| row.bytes).sum::<usize>();
        }
    }

    /// Removes every collection whose path begins with `prefix`, as deleting a knowledge base removes its documents.
    pub(crate) fn remove_below(&mut self, prefix: &str) {
        let below: Vec<_> = self.tables.keys().filter(|path| path.starts_with(prefix)).cloned().collect();
        for collection in below {
            self.remove_all(&collection);
        }
    }

    /// Removes every collection at `path` or below it, as deleting a knowledge base removes its documents.
    pub(crate) fn remove_at_and_below(&mut self, path: &str) {
        let is_below =
            |of: &&String| of.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let below: Vec<_> = self.tables.keys().filter(is_below).cloned().collect();
        for collection in &below {
            self.remove_all(collection);
        }
    }

    fn put(&mut self, collection: &str, id: &str, entity: Map<String, Value>, origin: Origin) -> u64 {
        let Origin { bytes, issued } = origin;
        if !self.tables.contains_key(collection) {
            self.tables.insert(collection.to_owned(), Table::default());
        }
        let Some(table) = self.tables.get_mut(collection) else { return 0 };
        let entry = *table.entries.entry(id.to_owned()).or_insert_with(|| {
            self.next += 1;
            self.next
        });
        let issued = table.rows.get(&entry).map_or(issued, |row| row.issued);
        let row = Row { id: id.to_owned(), entity: Arc::new(entity), bytes, issued };
        let replaced = table.rows.insert(entry, row);
        self.rows += usize::from(replaced.is_none());
        self.bytes = self.bytes + bytes - replaced.as_ref().map_or(0, |row| row.bytes);
        if bytes > 0 && replaced.is_none_or(|row| row.bytes == 0) {
            self.created.push_back((collection.to_owned(), entry));
        }
        entry
    }

    fn make_room(&mut self) {
        while self.bytes > MAX_BYTES {
            let Some((collection, entry)) = self.created.pop_front() else { return };
            self.remove_row(&collection, entry);
        }
        if self.created.len() > 1024 + 2 * self.rows {
            self.forget_removed();
        }
    }

    /// Drops the records of removed entities, so that create-and-delete loops do not grow the list of created
    /// entities.
    fn forget_removed(&mut self) {
        let tables = &self.tables;
        self.created.retain(|(collection, entry)| {
            tables.get(collection).is_some_and(|table| table.rows.contains_key(entry))
        });
    }
}

fn is_like(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some(one), Some(other)) if one.starts_with('{') || one == other => {}
            _ => return false,
        }
    }
}

/// The bytes that an entity of a client counts.
fn weight(collection: &str, id: &str, entity: &Map<String, Value>) -> usize {
    weigh(entity) + collection.len() + id.len() + 200
}

/// The approximate size of a JSON object in memory: the capacity for entries is a power of two, at least four.
pub(super) fn weigh(object: &Map<String, Value>) -> usize {
    const ENTRY: usize = 128;
    let content: usize = object.iter().map(|(key, value)| key.len() + weigh_value(value)).sum();
    content + slots(object.len()) * ENTRY
}

fn slots(count: usize) -> usize {
    if count == 0 { 0 } else { count.next_power_of_two().max(4) }
}

fn weigh_value(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => {
            slots(items.len()) * size_of::<Value>() + items.iter().map(weigh_value).sum::<usize>()
        }
        Value::Object(object) => weigh(object),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn a_listing_keeps_the_order_of_creation_through_changes() {
        let mut collections = Collections::default();
        for id in ["b", "a", "c"] {
            collections.insert("/x", id, object(&json!({ "id": id })));
        }
        collections.insert("/x", "b", object(&json!({ "id": "b", "name": "again" })));
        collections.remove("/x", "a");
        let ids: Vec<_> = collections.list("/x").map(|entity| entity["id"].clone()).collect();
        assert_eq!(ids, ["b", "c"]);
    }

    #[test]
    fn a_refused_change_leaves_the_entity_as_it_was() {
        let mut collections = Collections::default();
        collections.insert("/x", "a", object(&json!({ "n": 1 })));
        let refused = collections.update("/x", "a", |entity| {
            entity.clear();
            Err("no")
        });
        assert_eq!(refused, Some(Err("no")));
        assert_eq!(collections.get("/x", "a").map(|entity| entity["n"].clone()), Some(json!(1)));
    }

    #[test]
    fn a_flood_drops_the_oldest_that_clients_made_and_never_the_seed() {
        let mut collections = Collections::default();
        collections.seed("/x", "seeded", Map::new());
        let text = "x".repeat(1 << 20);
        for n in 0..80 {
            collections.insert("/x", &n.to_string(), object(&json!({ "text": text })));
        }
        assert!(collections.bytes <= MAX_BYTES);
        assert!(collections.get("/x", "seeded").is_some());
        assert!(collections.get("/x", "0").is_none());
        assert!(collections.get("/x", "79").is_some());
    }

    #[test]
    fn create_and_delete_for_ever_leaves_nothing_behind() {
        let mut collections = Collections::default();
        for _ in 0..10_000 {
            collections.insert("/x", "a", Map::new());
            collections.remove("/x", "a");
        }
        assert_eq!(collections.bytes, 0);
        assert!(collections.created.len() < 2048);
    }

    #[test]
    fn a_removed_id_is_remembered_until_it_is_created_again() {
        let mut collections = Collections::default();
        collections.seed("/x", "seeded", Map::new());
        collections.insert_chosen("/x", "mine", Map::new());
        collections.insert("/x", "mine", Map::new());
        assert_eq!(collections.trace("/x", "seeded"), Trace::Here { issued: true });
        assert_eq!(collections.trace("/x", "mine"), Trace::Here { issued: false });
        for id in ["seeded", "mine"] {
            collections.remove("/x", id);
        }
        assert!(collections.is_seeded("/x"), "though it is empty now");
        assert_eq!(collections.trace("/x", "seeded"), Trace::Removed { issued: true });
        assert_eq!(collections.trace("/x", "mine"), Trace::Removed { issued: false });
        assert_eq!(collections.trace("/x", "other"), Trace::Unknown);
        collections.insert("/x", "seeded", Map::new());
        assert_eq!(collections.trace("/x", "seeded"), Trace::Here { issued: true });
    }
}
