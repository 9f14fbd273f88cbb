//! The contacts of contact lists.
//!
//! A contact has the id that its client chose, or one of this server. A list keeps its contacts in the order in which
//! they were added. All lists of an organization together are bounded.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::time::Nanos;
use crate::world::collection::weigh;
use crate::world::table::Refused;

/// The most contacts of an organization.
pub(crate) const MAX_CONTACTS: usize = 200_000;
/// The most bytes that the contacts of an organization take.
const MAX_BYTES: usize = 64 << 20;
/// The greatest number of a row of a snapshot. No list gets there by itself.
const MAX_ROW: u64 = 1 << 53;

/// A contact of a contact list.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DialerContact {
    /// Unique within its list.
    pub(crate) id: String,
    /// The value of each column.
    pub(crate) data: Map<String, Value>,
    /// Whether campaigns may call it.
    pub(crate) callable: bool,
    /// The vendor's other fields, as clients set them.
    pub(crate) extra: Map<String, Value>,
    pub(crate) created: Nanos,
}

impl DialerContact {
    fn bytes(&self) -> usize {
        size_of::<Self>() + 2 * self.id.len() + weigh(&self.data) + weigh(&self.extra)
    }

    /// The value of a column; empty without one.
    pub(crate) fn column(&self, name: &str) -> &str {
        self.data.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

#[derive(Debug, Default, Serialize)]
struct Rows {
    rows: BTreeMap<u64, DialerContact>,
    #[serde(skip)]
    by_id: HashMap<String, u64>,
}

/// The contacts of every list of an organization.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "Saved")]
pub(crate) struct DialerContacts {
    lists: HashMap<Uuid, Rows>,
    #[serde(skip)]
    count: usize,
    #[serde(skip)]
    bytes: usize,
    #[serde(skip)]
    next: u64,
}

/// The contacts of a snapshot.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    lists: HashMap<Uuid, SavedRows>,
}

/// One list of a snapshot.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedRows {
    rows: BTreeMap<u64, DialerContact>,
}

impl TryFrom<Saved> for DialerContacts {
    type Error = &'static str;

    fn try_from(saved: Saved) -> Result<Self, Self::Error> {
        let mut all = Self::default();
        for (list, SavedRows { rows }) in saved.lists {
            all.count += rows.len();
            all.bytes += rows.values().map(DialerContact::bytes).sum::<usize>();
            all.next = all.next.max(rows.keys().next_back().copied().unwrap_or_default());
            let by_id: HashMap<_, _> = rows.iter().map(|(row, contact)| (contact.id.clone(), *row)).collect();
            if by_id.len() != rows.len() {
                return Err("two contacts of a list have one id");
            }
            all.lists.insert(list, Rows { rows, by_id });
        }
        let fits = all.count <= MAX_CONTACTS && all.bytes <= MAX_BYTES && all.next < MAX_ROW;
        if fits { Ok(all) } else { Err("there are too many contacts of contact lists") }
    }
}

impl DialerContacts {
    /// Adds a contact to a list, or replaces the one of its id, which keeps its position.
    pub(crate) fn put(&mut self, list: Uuid, contact: DialerContact) -> Result<(), Refused> {
        self.put_all(list, vec![contact])
    }

    /// Adds contacts to a list, or replaces those of their ids. All, or none where there is no room for all. Of two
    /// contacts with one id the last stays, and both count for the room.
    pub(crate) fn put_all(&mut self, list: Uuid, contacts: Vec<DialerContact>) -> Result<(), Refused> {
        let (mut count, mut bytes, mut freed) = (0, 0, 0);
        let mut replaced = HashSet::new();
        for contact in &contacts {
            let known = self.get(list, &contact.id).map(DialerContact::bytes);
            count += usize::from(known.is_none());
            bytes += contact.bytes();
            if replaced.insert(&contact.id) {
                freed += known.unwrap_or_default();
            }
        }
        let is_full = count > 0 && self.count + count > MAX_CONTACTS;
        if is_full || bytes > freed && self.bytes + bytes - freed > MAX_BYTES {
            return Err(Refused::Full);
        }
        for contact in contacts {
            self.insert(list, contact);
        }
        Ok(())
    }

    fn insert(&mut self, list: Uuid, contact: DialerContact) {
        self.remove_weight(list, &contact.id);
        self.bytes += contact.bytes();
        self.count += 1;
        self.next += 1;
        let rows = self.lists.entry(list).or_default();
        let row = *rows.by_id.entry(contact.id.clone()).or_insert(self.next);
        rows.rows.insert(row, contact);
    }

    /// Counts the contact of that id no more, because another takes its row.
    fn remove_weight(&mut self, list: Uuid, id: &str) {
        let known = self.get(list, id).map(DialerContact::bytes);
        self.bytes -= known.unwrap_or_default();
        self.count -= usize::from(known.is_some());
    }

    /// The contacts of a list, the oldest first.
    pub(crate) fn iter(&self, list: Uuid) -> impl Iterator<Item = &DialerContact> {
        self.lists.get(&list).into_iter().flat_map(|rows| rows.rows.values())
    }

    /// The number of contacts of a list.
    pub(crate) fn len(&self, list: Uuid) -> usize {
        self.lists.get(&list).map_or(0, |rows| rows.rows.len())
    }

    /// The contact of that id.
    pub(crate) fn get(&self, list: Uuid, id: &str) -> Option<&DialerContact> {
        let rows = self.lists.get(&list)?;
        rows.rows.get(rows.by_id.get(id)?)
    }

    /// Removes a contact. False if the list has none of that id.
    pub(crate) fn remove(&mut self, list: Uuid, id: &str) -> bool {
        let Some(rows) = self.lists.get_mut(&list) else { return false };
        let removed = rows.by_id.remove(id).and_then(|row| rows.rows.remove(&row));
        self.bytes -= removed.as_ref().map_or(0, DialerContact::bytes);
        self.count -= usize::from(removed.is_some());
        removed.is_some()
    }

    /// Removes every contact of a list.
    pub(crate) fn clear(&mut self, list: Uuid) {
        let Some(rows) = self.lists.remove(&list) else { return };
        self.count -= rows.rows.len();
        self.bytes -= rows.rows.values().map(DialerContact::bytes).sum::<usize>();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(id: &str, value: &str) -> DialerContact {
        let data = Map::from_iter([("Phone".to_owned(), Value::from(value))]);
        DialerContact { id: id.to_owned(), data, callable: true, extra: Map::new(), created: 0 }
    }

    #[test]
    fn a_contact_that_is_put_again_keeps_its_position_and_nothing_is_left_behind() {
        let mut contacts = DialerContacts::default();
        let list = Uuid::nil();
        for (id, value) in [("b", "1"), ("a", "2"), ("b", "333")] {
            assert_eq!(contacts.put(list, contact(id, value)), Ok(()));
        }
        let all: Vec<_> =
            contacts.iter(list).map(|contact| (&*contact.id, contact.column("Phone"))).collect();
        assert_eq!(all, [("b", "333"), ("a", "2")]);
        assert!(contacts.remove(list, "b") && !contacts.remove(list, "b"));
        contacts.clear(list);
        assert_eq!((contacts.count, contacts.bytes, contacts.len(list)), (0, 0, 0));
    }

    #[test]
    fn contacts_without_room_for_all_leave_the_list_as_it_was() {
        let mut contacts = DialerContacts::default();
        let list = Uuid::nil();
        let value = "1".repeat(8 << 20);
        let large =
            |range: std::ops::Range<usize>| range.map(|id| contact(&id.to_string(), &value)).collect();
        assert_eq!(contacts.put_all(list, large(0..6)), Ok(()));
        let before = (contacts.count, contacts.bytes);
        assert_eq!(contacts.put_all(list, large(6..9)), Err(Refused::Full));
        assert_eq!((contacts.count, contacts.bytes), before);
        assert!(contacts.get(list, "6").is_none());
        assert_eq!(contacts.put_all(list, large(0..2)), Ok(()), "known ones need no room");
        assert_eq!((contacts.count, contacts.bytes), before);
        let again = (0..4).map(|_| contact("0", &"2".repeat(28 << 20))).collect();
        assert_eq!(contacts.put_all(list, again), Err(Refused::Full), "a repeated one frees its room once");
        assert_eq!((contacts.count, contacts.bytes), before);
    }
}
