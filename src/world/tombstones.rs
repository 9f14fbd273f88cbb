//! The removed entities of an organization.
//!
//! Only a hash of collection and id is kept, and only of the newest [`MOST`] removals. A snapshot has the hashes, so the
//! hash is written here (FNV-1a), and is not that of a library, which may change it.

use std::collections::{HashMap, HashSet, VecDeque};

use serde::{Deserialize, Serialize};

/// The most removed entities that one organization remembers.
const MOST: usize = 1 << 16;

/// Removed entities, and whether this server issued their ids.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "Saved")]
pub(super) struct Tombstones {
    issued: HashMap<u64, bool>,
    oldest: VecDeque<u64>,
}

/// Removed entities as a snapshot has them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    issued: HashMap<u64, bool>,
    oldest: VecDeque<u64>,
}

impl TryFrom<Saved> for Tombstones {
    type Error = &'static str;

    fn try_from(saved: Saved) -> Result<Self, Self::Error> {
        let Saved { issued, oldest } = saved;
        let listed = oldest.iter().collect::<HashSet<_>>().len();
        if oldest.len() > MOST || listed != oldest.len() {
            return Err("too many removed entities, or one of them twice");
        }
        if issued.len() != listed || !oldest.iter().all(|hash| issued.contains_key(hash)) {
            return Err("the removed entities and their order differ");
        }
        Ok(Self { issued, oldest })
    }
}

impl Tombstones {
    /// Records a removal. `issued` is whether this server issued the id, not a client.
    pub(super) fn add(&mut self, collection: &str, id: &str, issued: bool) {
        let hash = hash(collection, id);
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
        if self.issued.is_empty() { None } else { self.issued.get(&hash(collection, id)).copied() }
    }
}

/// Ids are the same in upper and lower case.
fn hash(collection: &str, id: &str) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    // No text has the byte between both.
    let bytes = collection.bytes().chain([0xff]).chain(id.bytes().map(|byte| byte.to_ascii_lowercase()));
    bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
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
