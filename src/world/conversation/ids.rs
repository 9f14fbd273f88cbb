//! Ids without an index: each contains its number, encrypted with a key of the store.
//!
//! To a client they are random uuids. The store decrypts them, so a look-up by id is a look-up by number, and no map
//! from ids takes memory. An id of another kind, of another store or from before a reset is unknown.

use std::hash::BuildHasher;

use foldhash::quality::RandomState;
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

/// Makes and opens ids.
#[derive(Debug, Default)]
pub(super) struct Ids(RandomState);

impl Ids {
    /// The id of the item with this number.
    pub(super) fn id(&self, kind: Kind, number: u64) -> Uuid {
        let seal = self.0.hash_one((kind as u8, number)) & SEAL;
        let hidden = (number ^ self.0.hash_one(seal)) & NUMBER;
        let bits = u128::from(hidden >> 12) << 80 | u128::from(hidden & 0xfff) << 64 | u128::from(seal);
        Builder::from_u128(bits).with_version(Version::Random).with_variant(Variant::RFC4122).into_uuid()
    }

    /// The number in an id; `None` for ids that this store did not issue for this kind.
    pub(super) fn number(&self, kind: Kind, id: Uuid) -> Option<u64> {
        let (high, low) = id.as_u64_pair();
        let hidden = high >> 16 << 12 | high & 0xfff;
        let number = (hidden ^ self.0.hash_one(low & SEAL)) & NUMBER;
        (self.id(kind, number) == id).then_some(number)
    }
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
}
