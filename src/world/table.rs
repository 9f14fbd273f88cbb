//! A bounded table of named entities of one kind, in the order of creation.
//!
//! A [`Record`] has what every named entity has: id, name, division, authors, dates and a version. The vendor's other
//! fields, which this server only stores, are in `extra`. An entity is found by its id or by its name. To add a kind,
//! write its [`Kind`] in its domain, and give its table to that domain's struct. The work is done by `records`, which
//! knows no kinds.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use ref_cast::RefCast;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::Organization;
use super::id::{Id, seed_id};
pub(crate) use super::records::Refused;
use super::records::{AnyRecord, KindFacts, Records, SavedRecords};
use super::reference::Reference;
use crate::time::Nanos;

/// The most entities that clients may create in one table.
const MAX_CREATED: usize = 10_000;
/// The most bytes that the entities of one table may take, without the seeded ones.
const MAX_BYTES: usize = 16 << 20;

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

impl KindFacts {
    pub(crate) const fn of<K: Kind>() -> &'static Self {
        const {
            &Self {
                name: K::NAME,
                path: K::PATH,
                fields: K::FIELDS,
                object_type: K::OBJECT_TYPE,
                is_unique: K::UNIQUE,
                is_named: K::NAMED,
                references: K::REFERENCES,
                max_created: K::MAX_CREATED,
                max_bytes: K::MAX_BYTES,
            }
        }
    }
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

/// A named entity of a kind.
#[derive(RefCast)]
#[repr(transparent)]
pub(crate) struct Record<K> {
    record: AnyRecord,
    #[trivial]
    kind: PhantomData<fn() -> K>,
}

impl<K> Deref for Record<K> {
    type Target = AnyRecord;

    fn deref(&self) -> &AnyRecord {
        &self.record
    }
}

impl<K> DerefMut for Record<K> {
    fn deref_mut(&mut self) -> &mut AnyRecord {
        &mut self.record
    }
}

// Derived, these would ask the same of `K`.
impl<K> Clone for Record<K> {
    fn clone(&self) -> Self {
        self.record.clone().into()
    }
}

impl<K> fmt::Debug for Record<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.record.fmt(f)
    }
}

impl<K> From<AnyRecord> for Record<K> {
    fn from(record: AnyRecord) -> Self {
        Self { record, kind: PhantomData }
    }
}

impl<K> Record<K> {
    /// A new entity of the home division.
    pub(crate) fn new(id: Id<K>, name: String, now: Nanos) -> Self {
        AnyRecord::new(id.uuid(), name, now).into()
    }

    pub(crate) const fn id(&self) -> Id<K> {
        Id::new(self.record.uuid)
    }
}

impl<K: Kind> Record<K> {
    /// The address of the entity.
    pub(crate) fn uri(&self) -> String {
        format!("{}/{}", K::PATH, self.uuid)
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

/// The entities of one kind.
pub(crate) struct Table<K> {
    records: Records,
    kind: PhantomData<fn() -> K>,
}

impl<K> From<Records> for Table<K> {
    fn from(records: Records) -> Self {
        Self { records, kind: PhantomData }
    }
}

impl<K> Default for Table<K> {
    fn default() -> Self {
        Records::default().into()
    }
}

impl<K> fmt::Debug for Table<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.records.fmt(f)
    }
}

impl<K> Serialize for Table<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.records.serialize(serializer)
    }
}

impl<'de, K: Kind> Deserialize<'de> for Table<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let records = SavedRecords::deserialize(deserializer)?.restore(K::NAME);
        records.map(Self::from).map_err(D::Error::custom)
    }
}

impl<K: Kind> Table<K> {
    /// The entities without their type.
    pub(crate) const fn records(&self) -> &Records {
        &self.records
    }

    /// The entities without their type, to change them.
    pub(crate) const fn records_mut(&mut self) -> &mut Records {
        &mut self.records
    }

    /// Adds a seeded entity. It does not count against the bounds.
    pub(super) fn seed(&mut self, record: Record<K>) {
        self.records.seed(record.record);
    }

    /// Adds an entity.
    pub(crate) fn add(&mut self, record: Record<K>) -> Result<(), Refused> {
        self.records.add(KindFacts::of::<K>(), record.record)
    }

    /// Replaces the entity of the same id. False if there is none.
    pub(crate) fn replace(&mut self, record: Record<K>) -> Result<bool, Refused> {
        self.records.replace(KindFacts::of::<K>(), record.record)
    }

    /// The position of an entity in the order of creation.
    pub(super) fn row_of(&self, id: Id<K>) -> Option<u64> {
        self.records.row_of(id.uuid())
    }

    /// Removes an entity. Its relations are removed by [`Organization::remove`].
    pub(super) fn remove(&mut self, id: Id<K>) -> Option<Record<K>> {
        self.records.remove(KindFacts::of::<K>(), id.uuid()).map(Record::from)
    }

    /// All entities, the oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Record<K>> {
        self.records.iter().map(Record::ref_cast)
    }

    pub(crate) fn get(&self, id: Id<K>) -> Option<&Record<K>> {
        self.records.get(id.uuid()).map(Record::ref_cast)
    }

    /// The entity whose id `text` is.
    pub(crate) fn find(&self, text: &str) -> Option<&Record<K>> {
        self.records.find(text).map(Record::ref_cast)
    }

    /// The first entity of that name.
    pub(crate) fn named(&self, name: &str) -> Option<&Record<K>> {
        self.records.named(name).map(Record::ref_cast)
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
