//! The removed entities of an organization.
//!
//! Only a hash of collection and id is kept, and only of the newest [`MOST`] removals.

use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;

use foldhash::quality::RandomState;

/// The most removed entities that one organization remembers.
const MOST: usize = 1 << 16;

/// Removed entities, and whether this server issued their ids.
#[derive(Debug, Default)]
pub(super) struct Tombstones {
    hasher: RandomState,
    issued: HashMap<u64, bool>,
    oldest: VecDeque<u64>,
}

impl Tombstones {
    /// Records a removal. `issued` is whether this server issued the id, not a client.
    pub(super) fn add(&mut self, collection: &str, id: &str, issued: bool) {
        let hash = self.hash(collection, id);
        if self.issued.insert(hash, issued).is_none() {
            self.oldest.push_back(hash);
        }
        if self.oldest.len() > MOST
            && let Some(oldest) = self.oldest.pop_front()
        {
            self.issued.remove(&oldest);
        }
    }

    /// Whether this server issued the id of a removed entity; `None` if no removal is known.
    pub(super) fn get(&self, collection: &str, id: &str) -> Option<bool> {
        if self.issued.is_empty() { None } else { self.issued.get(&self.hash(collection, id)).copied() }
    }

    /// Ids are the same in upper and lower case.
    fn hash(&self, collection: &str, id: &str) -> u64 {
        self.hasher.hash_one((collection, id.to_ascii_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removal_is_remembered_by_collection_and_id() {
        let mut tombstones = Tombstones::default();
        tombstones.add("/x", "ab", true);
        tombstones.add("/x", "c", false);
        assert_eq!(
            ["ab", "AB", "c", "d"].map(|id| tombstones.get("/x", id)),
            [Some(true), Some(true), Some(false), None]
        );
        assert_eq!(tombstones.get("/y", "ab"), None);
    }

    #[test]
    fn a_flood_of_removals_is_bounded() {
        let mut tombstones = Tombstones::default();
        for n in 0..MOST + 1000 {
            tombstones.add("/x", &n.to_string(), true);
            tombstones.add("/x", "again", true);
        }
        assert!(tombstones.issued.len() == MOST && tombstones.oldest.len() == MOST);
        assert_eq!(tombstones.get("/x", "0"), None);
        assert_eq!(tombstones.get("/x", &(MOST + 999).to_string()), Some(true));
    }
}
