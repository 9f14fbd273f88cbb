//! The changes of an organization's entities: who changed what, and when. The newest [`MOST`] are kept.

use std::borrow::Cow;
use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::time::Nanos;

/// The most changes that one organization remembers.
pub(crate) const MOST: usize = 5000;
/// The most bytes of a name or an id in a change.
const LONGEST: usize = 256;

/// The author of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Author {
    /// A user.
    User(Uuid),
    /// An OAuth client without a user.
    Client(Uuid),
}

/// A kind of entity as audits name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AuditedKind {
    /// The vendor's service, such as `Architect`.
    pub(crate) service: &'static str,
    /// The type of the entity, such as `Flow`.
    pub(crate) entity_type: &'static str,
}

/// What was done to an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Action {
    Create,
    Update,
    Delete,
}

impl Action {
    /// Every action.
    pub(crate) const ALL: [Self; 3] = [Self::Create, Self::Update, Self::Delete];

    /// The vendor's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Create => "Create",
            Self::Update => "Update",
            Self::Delete => "Delete",
        }
    }
}

/// One change.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditEntry {
    pub(crate) id: Uuid,
    pub(crate) at: Nanos,
    pub(crate) author: Author,
    /// The vendor's service, as in [`AuditedKind`].
    pub(crate) service: Cow<'static, str>,
    /// The type of the entity, as in [`AuditedKind`].
    pub(crate) entity_type: Cow<'static, str>,
    pub(crate) action: Action,
    /// The id of the entity.
    pub(crate) entity: Box<str>,
    /// The name of the entity, where the change told it.
    pub(crate) name: Option<Box<str>>,
}

impl AuditEntry {
    /// Keeps the first bytes of the texts, which have any length in a request.
    fn shorten(&mut self) {
        shorten(&mut self.entity);
        self.name.iter_mut().for_each(shorten);
    }
}

/// Cuts a text to [`LONGEST`] bytes at most, and no character in two.
fn shorten(text: &mut Box<str>) {
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
        *text = text[..end].into();
    }
}

/// The newest changes of one organization, the oldest first.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(from = "VecDeque<AuditEntry>")]
pub(crate) struct AuditLog(VecDeque<AuditEntry>);

/// The newest of the changes in a snapshot.
impl From<VecDeque<AuditEntry>> for AuditLog {
    fn from(mut entries: VecDeque<AuditEntry>) -> Self {
        entries.drain(..entries.len().saturating_sub(MOST));
        entries.iter_mut().for_each(AuditEntry::shorten);
        Self(entries)
    }
}

impl AuditLog {
    /// Adds a change. The oldest is dropped where there are [`MOST`].
    pub(crate) fn add(&mut self, mut entry: AuditEntry) {
        entry.shorten();
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back(entry);
    }

    /// The changes, the oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &AuditEntry> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_between_two_characters() {
        let mut name: Box<str> = format!("x{}", "é".repeat(200)).into();
        shorten(&mut name);
        assert_eq!(&*name, format!("x{}", "é".repeat(127)));
    }

    #[test]
    fn a_flood_of_changes_drops_the_oldest() {
        let mut log = AuditLog::default();
        for at in 0..(MOST as u64 + 10) {
            let author = Author::User(Uuid::nil());
            let (entity, action) = ("x".into(), Action::Create);
            let (service, entity_type) = ("s".into(), "t".into());
            log.add(AuditEntry {
                id: Uuid::nil(),
                at,
                author,
                service,
                entity_type,
                action,
                entity,
                name: None,
            });
        }
        assert_eq!((log.iter().count(), log.iter().next().map(|entry| entry.at)), (MOST, Some(10)));
    }
}
