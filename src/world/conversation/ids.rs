//! Ids without an index: each contains its number, hidden with a key of the store.
//!
//! To a client they are random uuids. The store finds the number in them, so a look-up by id is a look-up by number, and
//! no map from ids takes memory. An id of another kind, of another store or from before a reset is unknown.
//!
//! A snapshot has the key, so that the ids stay as they are. Therefore the hash is written here, and is not that of a
//! library, which may change it. It protects nothing.

use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid, Variant, Version};

/// The kind of entity that an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Conversation,
    Participant,
    Communication,
    Message,
    Recording,
}

/// The bits of a uuid below its variant hold the seal.
const SEAL: u64 = (1 << 62) - 1;
/// The bits above, without the version, hold the number.
const NUMBER: u64 = (1 << 60) - 1;

/// Makes and opens ids, with a key.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Ids(u64, u64);

impl Default for Ids {
    fn default() -> Self {
        let (one, other) = Uuid::new_v4().as_u64_pair();
        Self(one, other)
    }
}

impl Ids {
    /// The id of the item with this number.
    pub(super) fn id(&self, kind: Kind, number: u64) -> Uuid {
        let seal = self.hash(kind as u64, number) & SEAL;
        let hidden = (number ^ self.hash(u64::MAX, seal)) & NUMBER;
        let bits = u128::from(hidden >> 12) << 80 | u128::from(hidden & 0xfff) << 64 | u128::from(seal);
        Builder::from_u128(bits).with_version(Version::Random).with_variant(Variant::RFC4122).into_uuid()
    }

    /// The number in an id; `None` for ids that this store did not issue for this kind.
    pub(super) fn number(&self, kind: Kind, id: Uuid) -> Option<u64> {
        let (high, low) = id.as_u64_pair();
        let hidden = high >> 16 << 12 | high & 0xfff;
        let number = (hidden ^ self.hash(u64::MAX, low & SEAL)) & NUMBER;
        (self.id(kind, number) == id).then_some(number)
    }

    fn hash(&self, domain: u64, value: u64) -> u64 {
        mix(mix(value ^ self.0).wrapping_add(mix(domain ^ self.1)))
    }
}

/// The finalizer of `SplitMix64`: every bit of the input reaches every bit of the output.
const fn mix(value: u64) -> u64 {
    let value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_opens_only_as_what_it_was_made_for(number in 0..NUMBER) {
            let (ids, others) = (Ids::default(), Ids::default());
            let id = ids.id(Kind::Message, number);
            prop_assert_eq!(id.get_version_num(), 4);
            prop_assert_eq!(ids.number(Kind::Message, id), Some(number));
            prop_assert_eq!(ids.number(Kind::Conversation, id), None);
            prop_assert_eq!(others.number(Kind::Message, id), None);
        }
    }

    /// An id of a snapshot is the same in every version of gcmock.
    #[test]
    fn equal_keys_make_equal_ids() {
        let ids = Ids(1, 2);
        let same = Ids(1, 2);
        let mut all: Vec<_> = (0..1000).map(|number| ids.id(Kind::Conversation, number)).collect();
        assert!((0..1000).map(|number| same.id(Kind::Conversation, number)).eq(all.iter().copied()));
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 1000);
    }
}
