//! A bounded table of named entities of one kind, in the order of creation.
//!
//! A [`Record`] has what every named entity has: id, name, division, authors, dates and a version. The vendor's other
//! fields, which this server only stores, are in `extra`. An entity is found by its id or by its name. To add a kind,
//! write its [`Kind`] in its domain, and give its table to that domain's struct.

use std::collections::{BTreeMap, HashMap};
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Organization;
use super::authorization::Division;
use super::collection::weigh;
use super::id::{Id, seed_id};
use super::reference::Reference;
use crate::time::Nanos;

/// The most entities that clients may create in one table.
const MAX_CREATED: usize = 10_000;
/// The most bytes that the entities of one table may take, without the seeded ones.
const MAX_BYTES: usize = 16 << 20;

/// The greatest number of a row of a snapshot. No table gets there by itself.
const MAX_ROW: u64 = 1 << 53;

/// What tells one kind of named entity from another.
pub(crate) trait Kind: Sized + 'static {
    /// The kind in error messages, such as `queue`.
    const NAME: &'static str;
    /// The path of its listing.
    const PATH: &'static str;
    /// The vendor's fields that clients may set and that are stored as they are sent.
    const FIELDS: &'static [&'static str];
    /// The kind's name as an object of a division; `None` for a kind without divisions.
    const OBJECT_TYPE: Option<&'static str> = None;
    /// Whether two entities may not have one name. Names are compared without case.
    const UNIQUE: bool = true;
    /// Whether an entity has a name, which is required. The name of one without is empty.
    const NAMED: bool = true;
    /// The properties that name other entities.
    const REFERENCES: &'static [Reference] = &[];
    /// The most entities that clients may create.
    const MAX_CREATED: usize = MAX_CREATED;
    /// The most bytes that the created entities may take.
    const MAX_BYTES: usize = MAX_BYTES;
}

/// A kind that an organization has a table of.
pub(crate) trait Stored: Kind {
    /// The organization's table of this kind.
    fn table(organization: &Organization) -> &Table<Self>;
    /// The table, to change it.
    fn table_mut(organization: &mut Organization) -> &mut Table<Self>;
    /// Removes the relations of a removed entity.
    fn forget(_organization: &mut Organization, _id: Id<Self>) {}
    /// Removes what was made of the fields of a removed entity.
    fn forget_record(_organization: &mut Organization, _removed: &Record<Self>) {}
}

/// A named entity.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound = "", deny_unknown_fields)]
pub(crate) struct Record<K> {
    pub(crate) id: Id<K>,
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
    #[serde(skip)]
    kind: PhantomData<fn() -> K>,
}

// Derived, this would ask the same of `K`.
impl<K> Clone for Record<K> {
    fn clone(&self) -> Self {
        Self {
            id: self.id,
            name: self.name.clone(),
            division: self.division,
            created_by: self.created_by,
            created: self.created,
            modified_by: self.modified_by,
            modified: self.modified,
            version: self.version,
            extra: self.extra.clone(),
            kind: PhantomData,
        }
    }
}

impl<K> Record<K> {
    /// A new entity of the home division.
    pub(crate) fn new(id: Id<K>, name: String, now: Nanos) -> Self {
        Self {
            id,
            name,
            division: None,
            created_by: None,
            created: now,
            modified_by: None,
            modified: now,
            version: 1,
            extra: Map::new(),
            kind: PhantomData,
        }
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.name.len() + weigh(&self.extra)
    }
}

impl<K: Kind> Record<K> {
    /// The address of the entity.
    pub(crate) fn uri(&self) -> String {
        format!("{}/{}", K::PATH, self.id)
    }

    /// A seeded entity, whose id is made from its name.
    pub(crate) fn seeded(organization: Uuid, name: &str, now: Nanos) -> Self {
        Self::new(seeded_id(organization, name), name.to_owned(), now)
    }
}

/// The id of the seeded entity of that name.
pub(crate) fn seeded_id<K: Kind>(organization: Uuid, name: &str) -> Id<K> {
    Id::new(seed_id(organization, &format!("{}/{name}", K::PATH)))
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
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound(serialize = "", deserialize = "K: Kind"), try_from = "Saved<K>")]
pub(crate) struct Table<K> {
    rows: BTreeMap<u64, Record<K>>,
    #[serde(skip)]
    by_id: HashMap<Id<K>, u64>,
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
#[serde(bound = "", deny_unknown_fields)]
struct Saved<K> {
    rows: BTreeMap<u64, Record<K>>,
}

impl<K: Kind> TryFrom<Saved<K>> for Table<K> {
    type Error = String;

    fn try_from(saved: Saved<K>) -> Result<Self, String> {
        let mut table = Self::default();
        for (row, record) in saved.rows {
            let before = row.checked_sub(1).filter(|before| *before < MAX_ROW);
            table.next = before.ok_or_else(|| format!("the row of a {} is out of range", K::NAME))?;
            if table.by_id.contains_key(&record.id) {
                return Err(format!("two entities of the kind {} have one id", K::NAME));
            }
            table.put(record);
        }
        Ok(table)
    }
}

impl<K> Default for Table<K> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            by_id: HashMap::new(),
            by_name: HashMap::new(),
            seeded: 0,
            bytes: 0,
            next: 0,
        }
    }
}

impl<K: Kind> Table<K> {
    /// Adds a seeded entity. It does not count against the bounds.
    pub(super) fn seed(&mut self, record: Record<K>) {
        self.bytes = self.bytes.saturating_sub(record.bytes());
        self.seeded += 1;
        self.put(record);
    }

    /// Adds an entity.
    pub(crate) fn add(&mut self, record: Record<K>) -> Result<(), Refused> {
        if K::UNIQUE && self.named(&record.name).is_some() {
            return Err(Refused::DuplicateName);
        }
        if self.rows.len() >= self.seeded + K::MAX_CREATED || self.bytes + record.bytes() > K::MAX_BYTES {
            return Err(Refused::Full);
        }
        self.put(record);
        Ok(())
    }

    fn put(&mut self, record: Record<K>) {
        self.next += 1;
        self.bytes += record.bytes();
        self.by_id.insert(record.id, self.next);
        self.by_name.entry(record.name.to_lowercase()).or_insert(self.next);
        self.rows.insert(self.next, record);
    }

    /// Replaces the entity of the same id. False if there is none.
    pub(crate) fn replace(&mut self, record: Record<K>) -> Result<bool, Refused> {
        let Some(row) = self.by_id.get(&record.id).copied() else { return Ok(false) };
        if K::UNIQUE && self.named(&record.name).is_some_and(|other| other.id != record.id) {
            return Err(Refused::DuplicateName);
        }
        let before = self.rows.get(&row).map_or(0, Record::bytes);
        if record.bytes() > before && self.bytes + record.bytes() - before > K::MAX_BYTES {
            return Err(Refused::Full);
        }
        self.forget_name(row);
        self.by_name.entry(record.name.to_lowercase()).or_insert(row);
        self.bytes = (self.bytes + record.bytes()).saturating_sub(before);
        self.rows.insert(row, record);
        Ok(true)
    }

    /// The number of the seeded entities, and the bytes of all.
    pub(super) fn extent(&self) -> (usize, usize) {
        (self.seeded, self.rows.values().map(Record::bytes).sum())
    }

    /// Takes over the extent of the table of the organization's file. False where this table, which comes from a
    /// snapshot, has more than clients may add to that one.
    pub(super) fn grew_from(&mut self, (seeded, bytes): (usize, usize)) -> bool {
        self.seeded = seeded;
        self.bytes = self.extent().1.saturating_sub(bytes);
        self.rows.len() <= seeded + K::MAX_CREATED && self.bytes <= K::MAX_BYTES
    }

    /// The position of an entity in the order of creation.
    pub(super) fn row_of(&self, id: Id<K>) -> Option<u64> {
        self.by_id.get(&id).copied()
    }

    /// Moves an entity to a division. False if there is none of that id.
    pub(super) fn set_division(&mut self, id: Id<K>, division: Option<Id<Division>>) -> bool {
        let record = self.by_id.get(&id).and_then(|row| self.rows.get_mut(row));
        record.map(|record| record.division = division).is_some()
    }

    /// Removes an entity. Its relations are removed by [`Organization::remove`].
    pub(super) fn remove(&mut self, id: Id<K>) -> Option<Record<K>> {
        let row = self.by_id.remove(&id)?;
        self.forget_name(row);
        let record = self.rows.remove(&row)?;
        self.bytes = self.bytes.saturating_sub(record.bytes());
        Some(record)
    }

    fn forget_name(&mut self, row: u64) {
        let Some(record) = self.rows.get(&row) else { return };
        let name = record.name.to_lowercase();
        if self.by_name.get(&name) == Some(&row) {
            self.by_name.remove(&name);
            if !K::UNIQUE {
                let next = self
                    .rows
                    .iter()
                    .find(|(other, record)| **other != row && record.name.to_lowercase() == name);
                if let Some((other, _)) = next {
                    self.by_name.insert(name, *other);
                }
            }
        }
    }

    /// All entities, the oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Record<K>> {
        self.rows.values()
    }

    pub(crate) fn get(&self, id: Id<K>) -> Option<&Record<K>> {
        self.rows.get(self.by_id.get(&id)?)
    }

    /// The entity whose id `text` is.
    pub(crate) fn find(&self, text: &str) -> Option<&Record<K>> {
        self.get(Id::parse(text)?)
    }

    /// The first entity of that name.
    pub(crate) fn named(&self, name: &str) -> Option<&Record<K>> {
        self.rows.get(self.by_name.get(&name.to_lowercase())?)
    }
}

impl Organization {
    /// Removes an entity and its relations.
    pub(crate) fn remove<K: Stored>(&mut self, id: Id<K>) -> Option<Record<K>> {
        let removed = K::table_mut(self).remove(id)?;
        K::forget(self, id);
        K::forget_record(self, &removed);
        Some(removed)
    }
}

#[cfg(test)]
mod tests;
