//! The node that uses the store, and what it hears of the others.

use std::collections::HashMap;
use std::time::Duration;

use super::{Change, Lease};

/// A value that a node proposes to all.
pub(crate) enum Proposal {
    /// That of the first node holds.
    First { key: &'static str, value: Vec<u8> },
    /// A change as any other.
    Change(Change),
}

/// The node that uses the store.
pub(crate) trait Node: Send + Sync {
    /// What the node proposes for values that all nodes share. Decisions wait for it.
    fn proposals(&self) -> Vec<Proposal>;

    /// What the others may know of this node, once a second. Decisions wait for it.
    fn report(&self) -> Vec<u8>;

    /// The store's time was read with the lease; `took` is how long that took. Decisions wait for it.
    fn read_time(&self, lease: &Lease, took: Duration);

    /// Does what follows from the news. It is called for all news in their order, and no decision waits for it.
    fn follow(&self, news: News);
}

/// What a node hears of the others.
#[derive(Debug)]
pub(crate) enum News {
    /// The node has joined. It gets the values that all nodes share, and the messages that are kept from before.
    Joined(World, Vec<Vec<u8>>),
    /// Something that all nodes share has changed.
    Changed(World),
    /// The lease was renewed.
    Renewed(Lease),
    /// A message of a node, maybe of this one.
    Message(Vec<u8>),
}

impl News {
    /// About the bytes that it holds.
    pub(super) fn bytes(&self) -> usize {
        let lengths = |all: &[Vec<u8>]| all.iter().map(Vec::len).sum::<usize>();
        match self {
            Self::Joined(world, kept) => world.bytes() + lengths(kept),
            Self::Changed(world) => world.bytes(),
            Self::Renewed(lease) => lease.others.iter().map(|(_, report)| report.len()).sum(),
            Self::Message(message) => message.len(),
        }
    }
}

/// The values that all nodes share, as they were when they were read.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    pub(crate) values: HashMap<String, Vec<u8>>,
    /// Changes of this node that were made or dropped before.
    pub(super) ended_changes: u64,
}

impl World {
    /// The number of changes until it was read.
    pub(crate) fn version(&self) -> Option<u64> {
        std::str::from_utf8(self.values.get("version")?).ok()?.parse().ok()
    }

    fn bytes(&self) -> usize {
        self.values.iter().map(|(key, value)| key.len() + value.len()).sum()
    }
}
