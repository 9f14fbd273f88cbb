//! The collections of a snapshot.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use serde::Deserialize;

use super::{Collections, Entity, MAX_BYTES, Row, Table, Tombstones, weight};

/// The greatest number of an entry of a snapshot. No organization gets there by itself.
const MAX_ENTRY: u64 = 1 << 53;

/// The collections as a snapshot has them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Saved {
    tables: HashMap<String, SavedTable>,
    seeded: HashSet<String>,
    removed: Tombstones,
    created: VecDeque<(String, u64)>,
    next: u64,
}

/// One collection.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedTable {
    rows: BTreeMap<u64, SavedRow>,
}

/// One entity.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedRow {
    id: String,
    entity: Entity,
    /// Above 0 for an entity that a client created or changed.
    bytes: usize,
    issued: bool,
}

impl TryFrom<Saved> for Collections {
    type Error = &'static str;

    fn try_from(saved: Saved) -> Result<Self, Self::Error> {
        let mut all =
            Self { seeded: saved.seeded, removed: saved.removed, next: saved.next, ..Self::default() };
        for (collection, saved) in saved.tables {
            let table = all.tables.entry(collection.clone()).or_default();
            for (entry, row) in saved.rows {
                all.next = all.next.max(entry);
                all.rows += 1;
                all.bytes += table.restore(&collection, entry, row)?;
            }
        }
        all.created = saved.created;
        all.forget_removed();
        if all.next > MAX_ENTRY {
            return Err("the number of an entity is out of range");
        }
        if all.bytes > MAX_BYTES || all.created.len() > all.rows {
            return Err("an organization has more entities than clients may create");
        }
        Ok(all)
    }
}

impl Table {
    /// Adds an entity of a snapshot, and returns the bytes that count against the bound.
    fn restore(&mut self, collection: &str, entry: u64, row: SavedRow) -> Result<usize, &'static str> {
        let SavedRow { id, entity, bytes, issued } = row;
        // What a client wrote is weighed again; a snapshot may claim anything.
        let bytes = if bytes == 0 { 0 } else { weight(collection, &id, &entity) };
        if self.entries.insert(id.clone(), entry).is_some() {
            return Err("two entities of a collection have one id");
        }
        self.rows.insert(entry, Row { id, entity, bytes, issued });
        Ok(bytes)
    }
}
