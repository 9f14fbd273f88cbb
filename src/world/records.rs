//! The rows of a table, whatever their kind: [`Table`](super::table::Table) gives them their type.
//!
//! A generic function is compiled once for each kind of entity. These are compiled once for all.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::authorization::Division;
use super::collection::weigh;
use super::id::Id;
use super::reference::Reference;
use crate::time::Nanos;

/// The greatest number of a row of a snapshot. No table gets there by itself.
const MAX_ROW: u64 = 1 << 53;

/// Everything that a [`Kind`](super::table::Kind) says of itself.
#[derive(Debug)]
pub(crate) struct KindFacts {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    pub(crate) fields: &'static [&'static str],
    pub(crate) object_type: Option<&'static str>,
    pub(crate) is_unique: bool,
    pub(crate) is_named: bool,
    pub(crate) references: &'static [Reference],
    pub(crate) max_created: usize,
    pub(crate) max_bytes: usize,
}

/// A named entity of any kind.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnyRecord {
    #[serde(rename = "id")]
    pub(crate) uuid: Uuid,
    pub(crate) name: String,
    /// `None` is the home division.
    pub(crate) division: Option<Id<Division>>,
    /// The user or the client that created it; `None` for a seeded one.
    pub(crate) created_by: Option<Uuid>,
    pub(crate) created: Nanos,
    /// The user or the client that changed it last.
    pub(crate) modified_by: Option<Uuid>,
    pub(crate) modified: Nanos,
    /// Counts the changes, from 1.
    pub(crate) version: u32,
    /// The vendor's other fields, as clients set them.
    pub(crate) extra: Map<String, Value>,
}

impl AnyRecord {
    /// A new entity of the home division.
    pub(crate) fn new(uuid: Uuid, name: String, now: Nanos) -> Self {
        Self {
            uuid,
            name,
            division: None,
            created_by: None,
            created: now,
            modified_by: None,
            modified: now,
            version: 1,
            extra: Map::new(),
        }
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.name.len() + weigh(&self.extra)
    }
}

/// Why a table refuses an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// Another entity has the name.
    #[error("another entity has this name already")]
    DuplicateName,
    /// The bound of the table is reached.
    #[error("the organization has as many entities of this kind as it may have")]
    Full,
}

/// The entities of one kind. A snapshot has its rows; the rest follows from them and from the organization's file.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Records {
    rows: BTreeMap<u64, AnyRecord>,
    #[serde(skip)]
    by_id: HashMap<Uuid, u64>,
    /// Names in lower case. Of several entities with one name, the first.
    #[serde(skip)]
    by_name: HashMap<String, u64>,
    #[serde(skip)]
    seeded: usize,
    #[serde(skip)]
    bytes: usize,
    #[serde(skip)]
    next: u64,
}

/// A table as a snapshot has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SavedRecords {
    rows: BTreeMap<u64, AnyRecord>,
}

impl SavedRecords {
    /// The table of the rows.
    ///
    /// # Errors
    /// A row out of range, or two with one id.
    pub(super) fn restore(self, kind: &str) -> Result<Records, String> {
        let mut records = Records::default();
        for (row, record) in self.rows {
            let before = row.checked_sub(1).filter(|before| *before < MAX_ROW);
            records.next = before.ok_or_else(|| format!("the row of a {kind} is out of range"))?;
            if records.by_id.contains_key(&record.uuid) {
                return Err(format!("two entities of the kind {kind} have one id"));
            }
            records.put(record);
        }
        Ok(records)
    }
}

impl Records {
    /// Adds a seeded entity. It does not count against the bounds.
    pub(super) fn seed(&mut self, record: AnyRecord) {
        self.bytes = self.bytes.saturating_sub(record.bytes());
        self.seeded += 1;
        self.put(record);
    }

    /// Adds an entity.
    pub(crate) fn add(&mut self, kind: &KindFacts, record: AnyRecord) -> Result<(), Refused> {
        if kind.is_unique && self.named(&record.name).is_some() {
            return Err(Refused::DuplicateName);
        }
        let is_full = self.rows.len() >= self.seeded + kind.max_created;
        if is_full || self.bytes + record.bytes() > kind.max_bytes {
            return Err(Refused::Full);
        }
        self.put(record);
        Ok(())
    }

    pub(super) fn put(&mut self, record: AnyRecord) {
        self.next += 1;
        self.bytes += record.bytes();
        self.by_id.insert(record.uuid, self.next);
        self.by_name.entry(record.name.to_lowercase()).or_insert(self.next);
        self.rows.insert(self.next, record);
    }

    /// Replaces the entity of the same id. False if there is none.
    pub(crate) fn replace(&mut self, kind: &KindFacts, record: AnyRecord) -> Result<bool, Refused> {
        let Some(row) = self.by_id.get(&record.uuid).copied() else { return Ok(false) };
        if kind.is_unique && self.named(&record.name).is_some_and(|other| other.uuid != record.uuid) {
            return Err(Refused::DuplicateName);
        }
        let before = self.rows.get(&row).map_or(0, AnyRecord::bytes);
        if record.bytes() > before && self.bytes + record.bytes() - before > kind.max_bytes {
            return Err(Refused::Full);
        }
        self.forget_name(kind, row);
        self.by_name.entry(record.name.to_lowercase()).or_insert(row);
        self.bytes = (self.bytes + record.bytes()).saturating_sub(before);
        self.rows.insert(row, record);
        Ok(true)
    }

    /// The number of the seeded entities, and the bytes of all.
    pub(super) fn extent(&self) -> (usize, usize) {
        (self.seeded, self.iter().map(AnyRecord::bytes).sum())
    }

    /// Takes over the extent of the table of the organization's file. False where this table, which comes from a
    /// snapshot, has more than clients may add to that one.
    pub(super) fn grew_from(&mut self, kind: &KindFacts, (seeded, bytes): (usize, usize)) -> bool {
        self.seeded = seeded;
        self.bytes = self.extent().1.saturating_sub(bytes);
        self.rows.len() <= seeded + kind.max_created && self.bytes <= kind.max_bytes
    }

    /// The position of an entity in the order of creation.
    pub(super) fn row_of(&self, id: Uuid) -> Option<u64> {
        self.by_id.get(&id).copied()
    }

    /// Moves an entity to a division. False if there is none of that id.
    pub(super) fn set_division(&mut self, id: Uuid, division: Option<Id<Division>>) -> bool {
        let record = self.by_id.get(&id).and_then(|row| self.rows.get_mut(row));
        record.map(|record| record.division = division).is_some()
    }

    /// Moves every entity of a division to the home division.
    pub(super) fn leave(&mut self, division: Id<Division>) {
        let there = self.rows.values_mut().filter(|record| record.division == Some(division));
        there.for_each(|record| record.division = None);
    }

    /// Removes an entity.
    pub(super) fn remove(&mut self, kind: &KindFacts, id: Uuid) -> Option<AnyRecord> {
        let row = self.by_id.remove(&id)?;
        self.forget_name(kind, row);
        let record = self.rows.remove(&row)?;
        self.bytes = self.bytes.saturating_sub(record.bytes());
        Some(record)
    }

    fn forget_name(&mut self, kind: &KindFacts, row: u64) {
        let Some(record) = self.rows.get(&row) else { return };
        let name = record.name.to_lowercase();
        if self.by_name.get(&name) != Some(&row) {
            return;
        }
        self.by_name.remove(&name);
        let is_next = |other: u64, record: &AnyRecord| other != row && record.name.to_lowercase() == name;
        let mut others = self.rows.iter().filter(|_| !kind.is_unique);
        if let Some((next, _)) = others.find(|(other, record)| is_next(**other, record)) {
            self.by_name.insert(name, *next);
        }
    }

    /// All entities, the oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &AnyRecord> {
        self.rows.values()
    }

    pub(crate) fn get(&self, id: Uuid) -> Option<&AnyRecord> {
        self.rows.get(self.by_id.get(&id)?)
    }

    /// The entity whose id `text` is.
    pub(crate) fn find(&self, text: &str) -> Option<&AnyRecord> {
        self.get(Uuid::try_parse(text).ok()?)
    }

    /// The first entity of that name.
    pub(crate) fn named(&self, name: &str) -> Option<&AnyRecord> {
        self.rows.get(self.by_name.get(&name.to_lowercase())?)
    }

    /// The number of the entities in a division. Of the home division, those that name none are counted too.
    pub(super) fn count_in(&self, division: Id<Division>, home: Id<Division>) -> usize {
        self.iter().filter(|record| record.division.unwrap_or(home) == division).count()
    }

    /// Whether one of the entities refers to an entity of a collection.
    pub(super) fn refers_to(&self, kind: &KindFacts, collection: &str, id: Uuid) -> bool {
        let mut references = kind.references.iter().filter(|reference| reference.collection == collection);
        references.any(|reference| self.iter().any(|record| reference.names(&record.extra, id)))
    }
}

#[cfg(test)]
mod tests;
