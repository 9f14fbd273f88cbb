//! The entries of lists of addresses that are not to be contacted.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::time::Nanos;
use crate::world::pairs;
use crate::world::table::Refused;

/// The most entries of an organization.
pub(crate) const MAX_ENTRIES: usize = 200_000;

/// What an entry of a list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum EntryKind {
    Phone,
    Email,
    WhatsApp,
    /// A value of the list's custom exclusion column.
    Custom,
}

/// The entries of one kind, each with the time at which it expires, if ever.
type Entries = BTreeMap<String, Option<Nanos>>;

/// The entries of every list of an organization.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "Saved")]
pub(crate) struct DncEntries {
    #[serde(with = "pairs")]
    lists: HashMap<(Uuid, EntryKind), Entries>,
    #[serde(skip)]
    count: usize,
}

/// The entries of a snapshot.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    #[serde(with = "pairs")]
    lists: HashMap<(Uuid, EntryKind), Entries>,
}

impl TryFrom<Saved> for DncEntries {
    type Error = &'static str;

    fn try_from(Saved { lists }: Saved) -> Result<Self, Self::Error> {
        let count = lists.values().map(BTreeMap::len).sum();
        if count > MAX_ENTRIES {
            Err("there are too many entries of do not contact lists")
        } else {
            Ok(Self { lists, count })
        }
    }
}

impl DncEntries {
    /// Adds an entry, or changes when it expires.
    pub(crate) fn add(
        &mut self,
        list: Uuid,
        kind: EntryKind,
        entry: &str,
        expires: Option<Nanos>,
    ) -> Result<(), Refused> {
        let entries = self.lists.entry((list, kind)).or_default();
        if !entries.contains_key(entry) {
            if self.count >= MAX_ENTRIES {
                return Err(Refused::Full);
            }
            self.count += 1;
        }
        entries.insert(entry.to_owned(), expires);
        Ok(())
    }

    /// Removes an entry; one that does not exist is no error.
    pub(crate) fn remove(&mut self, list: Uuid, kind: EntryKind, entry: &str) {
        let removed = self.lists.get_mut(&(list, kind)).and_then(|entries| entries.remove(entry));
        self.count -= usize::from(removed.is_some());
    }

    /// Removes the entries of a kind: all, or those that expired before `expired_at`.
    pub(crate) fn clear(&mut self, list: Uuid, kind: EntryKind, expired_at: Option<Nanos>) {
        let Some(entries) = self.lists.get_mut(&(list, kind)) else { return };
        let before = entries.len();
        match expired_at {
            Some(now) => entries.retain(|_, expires| expires.is_none_or(|at| at > now)),
            None => entries.clear(),
        }
        self.count -= before - entries.len();
    }

    /// Removes a deleted list.
    pub(super) fn forget(&mut self, list: Uuid) {
        for kind in [EntryKind::Phone, EntryKind::Email, EntryKind::WhatsApp, EntryKind::Custom] {
            self.count -= self.lists.remove(&(list, kind)).map_or(0, |entries| entries.len());
        }
    }

    /// The entries of a kind, in their order, and when they expire.
    pub(crate) fn iter(&self, list: Uuid, kind: EntryKind) -> impl Iterator<Item = (&String, Option<Nanos>)> {
        let entries = self.lists.get(&(list, kind)).into_iter().flatten();
        entries.map(|(entry, expires)| (entry, *expires))
    }

    /// Whether a list has the address, of any kind, at `now`.
    pub(super) fn blocks(&self, list: Uuid, address: &str, now: Nanos) -> bool {
        [EntryKind::Phone, EntryKind::Email, EntryKind::WhatsApp].into_iter().any(|kind| {
            let entry = self.lists.get(&(list, kind)).and_then(|entries| entries.get(address));
            entry.is_some_and(|expires| expires.is_none_or(|at| at > now))
        })
    }

    /// The number of entries of a list.
    pub(crate) fn len(&self, list: Uuid) -> usize {
        let kinds = [EntryKind::Phone, EntryKind::Email, EntryKind::WhatsApp, EntryKind::Custom];
        kinds.into_iter().filter_map(|kind| self.lists.get(&(list, kind))).map(BTreeMap::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_expires_and_a_cleared_list_leaves_nothing_behind() {
        let (mut all, list) = (DncEntries::default(), Uuid::nil());
        for (entry, expires) in [("+1", None), ("+2", Some(10)), ("+1", None)] {
            assert_eq!(all.add(list, EntryKind::Phone, entry, expires), Ok(()));
        }
        all.clear(list, EntryKind::Phone, Some(9));
        assert_eq!(all.len(list), 2);
        all.clear(list, EntryKind::Phone, Some(10));
        assert_eq!((all.len(list), all.count), (1, 1));
        all.forget(list);
        assert_eq!((all.len(list), all.count), (0, 0));
    }
}
