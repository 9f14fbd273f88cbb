//! Grants: which subject has which role in which division.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Division, Role};
use crate::time::Nanos;
use crate::world::Organization;
use crate::world::id::Id;
use crate::world::table::Refused;

/// The most grants of an organization.
const MAX_GRANTS: usize = 1 << 18;

/// A role of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Grant {
    pub(crate) role: Id<Role>,
    /// The division in which the role holds; `None` is every division.
    pub(crate) division: Option<Id<Division>>,
    /// When it was granted.
    pub(crate) made: Nanos,
}

impl Grant {
    fn is_same(&self, other: &Self) -> bool {
        self.role == other.role && self.division == other.division
    }
}

/// The grants of an organization, by the id of the user, group or client that has them.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "Saved")]
pub(crate) struct Grants {
    of: HashMap<Uuid, Vec<Grant>>,
    #[serde(skip)]
    count: usize,
}

/// The grants of a snapshot.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    of: HashMap<Uuid, Vec<Grant>>,
}

impl TryFrom<Saved> for Grants {
    type Error = &'static str;

    fn try_from(Saved { of }: Saved) -> Result<Self, Self::Error> {
        let count = of.values().map(Vec::len).sum();
        if count > MAX_GRANTS { Err("there are too many grants") } else { Ok(Self { of, count }) }
    }
}

impl Grants {
    /// Grants a role. A grant that the subject has already is left as it is.
    pub(crate) fn add(&mut self, subject: Uuid, grant: Grant) -> Result<(), Refused> {
        if self.of(subject).iter().any(|known| known.is_same(&grant)) {
            return Ok(());
        }
        if self.count >= MAX_GRANTS {
            return Err(Refused::Full);
        }
        self.count += 1;
        self.of.entry(subject).or_default().push(grant);
        Ok(())
    }

    /// Gives memory back that was taken for further grants.
    pub(super) fn shrink_to_fit(&mut self) {
        self.of.values_mut().for_each(Vec::shrink_to_fit);
    }

    /// Takes a role back. False if the subject does not have it in that division.
    pub(crate) fn remove(&mut self, subject: Uuid, grant: &Grant) -> bool {
        let before = self.count;
        self.retain(subject, |known| !known.is_same(grant));
        self.count < before
    }

    /// Keeps the grants of a subject that `keep` accepts.
    pub(crate) fn retain(&mut self, subject: Uuid, keep: impl Fn(&Grant) -> bool) {
        let Some(grants) = self.of.get_mut(&subject) else { return };
        self.count -= grants.len();
        grants.retain(keep);
        self.count += grants.len();
        if grants.is_empty() {
            self.of.remove(&subject);
        }
    }

    /// The grants of a subject, in the order in which they were made.
    pub(crate) fn of(&self, subject: Uuid) -> &[Grant] {
        self.of.get(&subject).map_or(&[], Vec::as_slice)
    }

    /// Every subject and its grants.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Uuid, &[Grant])> {
        self.of.iter().map(|(subject, grants)| (*subject, grants.as_slice()))
    }

    /// Removes every grant of a deleted subject.
    pub(crate) fn remove_subject(&mut self, subject: Uuid) {
        self.retain(subject, |_| false);
    }

    /// Removes every grant of a deleted role.
    pub(super) fn remove_role(&mut self, role: Id<Role>) {
        self.retain_all(|grant| grant.role != role);
    }

    /// Removes every grant in a deleted division.
    pub(super) fn remove_division(&mut self, division: Id<Division>) {
        self.retain_all(|grant| grant.division != Some(division));
    }

    fn retain_all(&mut self, keep: impl Fn(&Grant) -> bool) {
        self.of.retain(|_, grants| {
            grants.retain(&keep);
            !grants.is_empty()
        });
        self.count = self.of.values().map(Vec::len).sum();
    }
}

impl Organization {
    /// Gives a user, a group or a client a role.
    ///
    /// # Errors
    /// When there are too many grants.
    pub(crate) fn grant(&mut self, subject: Uuid, grant: Grant) -> Result<(), Refused> {
        self.authorization.grants.add(subject, grant)
    }

    /// Takes a role back. False if the subject does not have it in that division.
    pub(crate) fn revoke(&mut self, subject: Uuid, grant: &Grant) -> bool {
        self.authorization.grants.remove(subject, grant)
    }

    /// Keeps the grants of a subject that `keep` accepts.
    pub(crate) fn retain_grants(&mut self, subject: Uuid, keep: impl Fn(&Grant) -> bool) {
        self.authorization.grants.retain(subject, keep);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_is_made_once_and_goes_with_its_role() {
        let (mut grants, subject) = (Grants::default(), Uuid::new_v4());
        let grant = Grant { role: Id::random(), division: None, made: 1 };
        let other = Grant { role: Id::random(), division: Some(Id::random()), made: 1 };
        for grant in [grant, Grant { made: 2, ..grant }, other] {
            assert_eq!(grants.add(subject, grant), Ok(()));
        }
        assert_eq!((grants.of(subject), grants.count), ([grant, other].as_slice(), 2));
        grants.remove_role(grant.role);
        assert_eq!(grants.of(subject), [other]);
        assert!(grants.remove(subject, &other) && !grants.remove(subject, &other));
        assert!(grants.of.is_empty() && grants.count == 0);
    }
}
