//! The numbers of organizations and of what they have: small, and typed, so that none passes for another.
//!
//! A number is shorter than an id, and a table's index. Limits and the journal count by it.

/// The number of an organization. It is never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TenantIndex(pub u32);

impl TenantIndex {
    /// The organization's index in a table of all that were ever created.
    pub(crate) const fn as_usize(self) -> usize {
        self.0 as usize
    }
}

/// The number of an OAuth client within its organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ClientIndex(pub u32);

impl ClientIndex {
    /// The client's index in the organization's table.
    pub(crate) const fn as_usize(self) -> usize {
        self.0 as usize
    }
}

/// The number of a user within its organization, and the index into its people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct UserIndex(pub u32);

impl UserIndex {
    /// The administrator, whom each seed has first.
    pub(crate) const ADMINISTRATOR: Self = Self(0);

    /// The user's index in the organization's table.
    pub(crate) const fn as_usize(self) -> usize {
        self.0 as usize
    }
}

/// The number of an edge's name. Organizations whose edges have one name share its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct EdgeIndex(pub u32);

impl EdgeIndex {
    /// The index of the edge's name in the table of names.
    pub(crate) const fn as_usize(self) -> usize {
        self.0 as usize
    }
}
