//! External contacts: people outside the organization, the organizations that they belong to, notes and relationships.
//!
//! Contacts are found by their identifiers, which are indexed here: phone numbers, addresses of emails, external ids, and
//! those that were claimed. Two contacts that were merged are read as the contact that the merge made. Deleting an
//! organization leaves its contacts without one.

mod identifier;
mod kinds;

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) use self::identifier::{CLAIMED, Identifier, identifiers_of};
pub(crate) use self::kinds::{ExternalContact, ExternalOrganization, ExternalSource, Note, Relationship};
use super::Organization;
use super::id::Id;
use super::pairs;
use super::seed::{self, OrganizationSeed};
use super::table::{Record, Refused, Stored, Table, seeded_id};
use super::tables::AnyTable;
use crate::time::Nanos;

/// A merge of two contacts.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Merge {
    pub(crate) source: Id<ExternalContact>,
    pub(crate) target: Id<ExternalContact>,
}

/// The external contacts of an organization and what belongs to them.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Contacts {
    pub(crate) people: Table<ExternalContact>,
    pub(crate) organizations: Table<ExternalOrganization>,
    pub(crate) notes: Table<Note>,
    pub(crate) relationships: Table<Relationship>,
    pub(crate) sources: Table<ExternalSource>,
    /// The contacts of each identifier, in the order in which they got it.
    #[serde(with = "pairs")]
    by_identifier: HashMap<Identifier, Vec<Id<ExternalContact>>>,
    /// What a merged contact became.
    merged_into: HashMap<Id<ExternalContact>, Id<ExternalContact>>,
    /// What the contact of a merge was made from.
    merges: HashMap<Id<ExternalContact>, Merge>,
}

impl Contacts {
    /// The contacts and organizations of an organization's file.
    pub(super) fn of(seed: &OrganizationSeed, organization: Uuid, now: Nanos) -> Self {
        let mut all = Self::default();
        for external in &seed.external_organizations {
            let mut record: Record<ExternalOrganization> = Record::seeded(organization, &external.name, now);
            if !external.industry.is_empty() {
                record.extra.insert("industry".to_owned(), json!(external.industry));
            }
            all.organizations.seed(record);
        }
        for (index, contact) in seed.external_contacts.iter().enumerate() {
            all.seed_contact(contact, index, organization, now);
        }
        all
    }

    fn seed_contact(
        &mut self,
        contact: &seed::ExternalContact,
        index: usize,
        organization: Uuid,
        now: Nanos,
    ) {
        let name = format!("{} {} {}", contact.first_name, contact.last_name, index + 1);
        let mut record = Record::new(seeded_id(organization, &name), String::new(), now);
        let mut set = |key: &str, value: Value| drop(record.extra.insert(key.to_owned(), value));
        set("firstName", json!(contact.first_name));
        set("lastName", json!(contact.last_name));
        if !contact.email.is_empty() {
            set("workEmail", json!(contact.email));
        }
        if !contact.phone.is_empty() {
            set("cellPhone", json!({ "display": contact.phone, "e164": contact.phone }));
        }
        if let Some(name) = &contact.organization {
            let external: Id<ExternalOrganization> = seeded_id(organization, name.get_ref());
            set("externalOrganization", json!({ "id": external }));
        }
        let id = record.id();
        self.people.seed(record);
        self.index(id, &[]);
    }

    pub(super) fn tables(&self) -> [&dyn AnyTable; 5] {
        [&self.people, &self.organizations, &self.notes, &self.relationships, &self.sources]
    }

    pub(super) fn tables_mut(&mut self) -> [&mut dyn AnyTable; 5] {
        [
            &mut self.people,
            &mut self.organizations,
            &mut self.notes,
            &mut self.relationships,
            &mut self.sources,
        ]
    }

    /// The contacts that have an identifier, those of merges left out.
    pub(crate) fn identified(
        &self,
        identifier: &Identifier,
    ) -> impl Iterator<Item = &Record<ExternalContact>> {
        let ids = self.by_identifier.get(identifier).into_iter().flatten();
        ids.filter(|id| !self.merged_into.contains_key(id)).filter_map(|id| self.people.get(*id))
    }

    /// Whether the merges of a snapshot can be followed to an end: what a merge made is newer than what it was made from,
    /// and no contact was merged twice.
    pub(super) fn merges_end(&self) -> bool {
        let row = |id: Id<ExternalContact>| self.people.row_of(id);
        let is_older =
            |old: Id<ExternalContact>, new| row(old).zip(row(new)).is_some_and(|(old, new)| old < new);
        let parts: Vec<_> = self.merges.values().flat_map(|merge| [merge.source, merge.target]).collect();
        self.merged_into.iter().all(|(old, new)| is_older(*old, *new))
            && self.merges.iter().all(|(new, of)| is_older(of.source, *new) && is_older(of.target, *new))
            && parts.iter().collect::<HashSet<_>>().len() == parts.len()
    }

    /// What a contact became by merges: itself without any.
    pub(crate) fn canonical(&self, id: Id<ExternalContact>) -> Id<ExternalContact> {
        let next = |id: &Id<ExternalContact>| self.merged_into.get(id).copied();
        std::iter::successors(Some(id), next).last().unwrap_or(id)
    }

    /// Whether a contact was merged into another.
    pub(crate) fn is_merged(&self, id: Id<ExternalContact>) -> bool {
        self.merged_into.contains_key(&id)
    }

    /// What the contact of a merge was made from.
    pub(crate) fn merge_of(&self, id: Id<ExternalContact>) -> Option<Merge> {
        self.merges.get(&id).copied()
    }

    /// Every contact that a contact was made from, and itself.
    pub(crate) fn merge_set(&self, id: Id<ExternalContact>) -> Vec<Id<ExternalContact>> {
        let mut set = vec![id];
        let mut at = 0;
        while let Some(id) = set.get(at).copied() {
            if let Some(merge) = self.merge_of(id) {
                set.extend([merge.source, merge.target]);
            }
            at += 1;
        }
        set
    }

    /// Indexes the identifiers of a contact, and forgets those that it had before.
    pub(super) fn index(&mut self, id: Id<ExternalContact>, before: &[Identifier]) {
        for identifier in before {
            if let Some(ids) = self.by_identifier.get_mut(identifier) {
                ids.retain(|other| *other != id);
                if ids.is_empty() {
                    self.by_identifier.remove(identifier);
                }
            }
        }
        let Some(contact) = self.people.get(id) else { return };
        for identifier in identifiers_of(&contact.extra) {
            let ids = self.by_identifier.entry(identifier).or_default();
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
    }

    fn forget_merges(&mut self, id: Id<ExternalContact>) {
        self.merges.remove(&id);
        self.merges.retain(|_, merge| merge.source != id && merge.target != id);
        self.merged_into.remove(&id);
        self.merged_into.retain(|_, into| *into != id);
    }
}

impl Organization {
    /// Its external contacts.
    pub(crate) const fn external(&self) -> &Contacts {
        &self.external
    }

    /// Indexes the identifiers of a contact that was created or changed. `before` are those that it had.
    pub(crate) fn index_contact(&mut self, id: Id<ExternalContact>, before: &[Identifier]) {
        self.external.index(id, before);
    }

    /// Merges two contacts into a new one, which has the fields of both; those of the target win.
    pub(crate) fn merge_contacts(
        &mut self,
        merge: Merge,
        result: Record<ExternalContact>,
    ) -> Result<(), Refused> {
        let id = result.id();
        self.external.people.add(result)?;
        self.external.merged_into.insert(merge.source, id);
        self.external.merged_into.insert(merge.target, id);
        self.external.merges.insert(id, merge);
        self.external.index(id, &[]);
        self.note_entity(id);
        Ok(())
    }

    /// Removes what belongs to a removed contact.
    fn forget_contact(&mut self, id: Id<ExternalContact>) {
        self.external.forget_merges(id);
        self.remove_notes_of(id.uuid());
    }

    /// Removes what belongs to a removed organization. Its contacts stay.
    fn forget_external_organization(&mut self, id: Id<ExternalOrganization>) {
        let is_it = |value: Option<&Value>| {
            value.and_then(|of| of.get("id")?.as_str()).and_then(Id::parse) == Some(id)
        };
        let contacts = self.external.people.iter();
        let contacts = contacts.filter(|contact| is_it(contact.extra.get("externalOrganization")));
        for mut contact in contacts.cloned().collect::<Vec<_>>() {
            contact.extra.shift_remove("externalOrganization");
            let _ = self.external.people.replace(contact);
        }
        let relationships = self.external.relationships.iter();
        let relationships = relationships.filter(|one| is_it(one.extra.get("externalOrganization")));
        for id in relationships.map(Record::id).collect::<Vec<_>>() {
            Relationship::table_mut(self).remove(id);
        }
        self.remove_notes_of(id.uuid());
    }

    fn remove_notes_of(&mut self, owner: Uuid) {
        let notes = self.external.notes.iter().filter(|note| kinds::owner_of(note) == Some(owner));
        for id in notes.map(Record::id).collect::<Vec<_>>() {
            self.external.notes.remove(id);
        }
    }
}

/// The contact or the organization that a note is about.
pub(crate) fn owner_of(note: &Record<Note>) -> Option<Uuid> {
    kinds::owner_of(note)
}
