//! A relation between two kinds of entities, such as the members of queues.
//!
//! A relation is stored on the side of its holder, in the order in which the members were added, and is indexed on the
//! side of the member. Deleting an entity of either side removes its pairs and nothing else: the entity on the other
//! side stays.

use std::collections::HashMap;
use std::hash::Hash;

use indexmap::IndexMap;
use indexmap::map::Slice;

use super::table::Refused;

/// The most pairs of one relation.
pub(crate) const MAX_PAIRS: usize = 1 << 20;

/// Pairs of a holder `H` and a member `M`, each with data `D`.
#[derive(Debug)]
pub(crate) struct Relation<H, M, D = ()> {
    members: HashMap<H, IndexMap<M, D>>,
    holders: HashMap<M, Vec<H>>,
    pairs: usize,
}

impl<H, M, D> Default for Relation<H, M, D> {
    fn default() -> Self {
        Self { members: HashMap::new(), holders: HashMap::new(), pairs: 0 }
    }
}

impl<H: Copy + Eq + Hash, M: Copy + Eq + Hash, D> Relation<H, M, D> {
    /// Adds a member, or replaces the data of one that the holder has already.
    pub(crate) fn set(&mut self, holder: H, member: M, data: D) -> Result<(), Refused> {
        if let Some(known) = self.get_mut(holder, member) {
            *known = data;
            return Ok(());
        }
        if self.pairs >= MAX_PAIRS {
            return Err(Refused::Full);
        }
        self.pairs += 1;
        self.members.entry(holder).or_default().insert(member, data);
        self.holders.entry(member).or_default().push(holder);
        Ok(())
    }

    /// The members of a holder and their data, in the order in which they were added.
    pub(crate) fn members(&self, holder: H) -> &Slice<M, D> {
        self.members.get(&holder).map_or_else(Slice::new, IndexMap::as_slice)
    }

    /// The holders that a member belongs to, in the order in which it was added to them.
    pub(crate) fn holders(&self, member: M) -> &[H] {
        self.holders.get(&member).map_or(&[], Vec::as_slice)
    }

    /// Whether the holder has the member.
    pub(crate) fn contains(&self, holder: H, member: M) -> bool {
        self.get(holder, member).is_some()
    }

    /// The data of a pair.
    pub(crate) fn get(&self, holder: H, member: M) -> Option<&D> {
        self.members.get(&holder)?.get(&member)
    }

    /// The data of a pair, to change it.
    pub(crate) fn get_mut(&mut self, holder: H, member: M) -> Option<&mut D> {
        self.members.get_mut(&holder)?.get_mut(&member)
    }

    /// Removes a pair. False if there is none.
    pub(crate) fn remove(&mut self, holder: H, member: M) -> bool {
        if !self.contains(holder, member) {
            return false;
        }
        self.forget_holder(member, holder);
        self.forget_member(holder, member);
        self.pairs -= 1;
        true
    }

    /// Removes every pair of a deleted holder.
    pub(crate) fn remove_holder(&mut self, holder: H) {
        let Some(pairs) = self.members.remove(&holder) else { return };
        self.pairs -= pairs.len();
        for (member, _) in pairs {
            self.forget_holder(member, holder);
        }
    }

    /// Removes every pair of a deleted member.
    pub(crate) fn remove_member(&mut self, member: M) {
        let Some(holders) = self.holders.remove(&member) else { return };
        self.pairs -= holders.len();
        for holder in holders {
            self.forget_member(holder, member);
        }
    }

    /// Removes a pair from the side of the holder. A holder without members is removed with it.
    fn forget_member(&mut self, holder: H, member: M) {
        let Some(members) = self.members.get_mut(&holder) else { return };
        members.shift_remove(&member);
        if members.is_empty() {
            self.members.remove(&holder);
        }
    }

    /// Removes a pair from the side of the member. A member without holders is removed with it.
    fn forget_holder(&mut self, member: M, holder: H) {
        let Some(holders) = self.holders.get_mut(&member) else { return };
        holders.retain(|other| *other != holder);
        if holders.is_empty() {
            self.holders.remove(&member);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relation() -> Relation<u8, char, bool> {
        let mut relation = Relation::default();
        for (holder, member) in [(1, 'b'), (1, 'a'), (2, 'a')] {
            assert_eq!(relation.set(holder, member, true), Ok(()));
        }
        relation
    }

    #[test]
    fn both_sides_of_a_relation_agree() {
        let mut relation = relation();
        assert!(relation.members(1).iter().eq([(&'b', &true), (&'a', &true)]));
        assert_eq!(relation.holders('a'), [1, 2]);
        assert_eq!(relation.set(1, 'a', false), Ok(()));
        assert_eq!(
            (relation.get(1, 'a'), relation.get(2, 'a'), relation.get(2, 'b')),
            (Some(&false), Some(&true), None)
        );
        assert!(relation.remove(1, 'a') && !relation.remove(1, 'a'));
        assert_eq!((relation.members(1).len(), relation.holders('a')), (1, [2].as_slice()));
    }

    #[test]
    fn a_deletion_on_one_side_removes_its_pairs_and_keeps_the_other_side() {
        let mut relation = relation();
        relation.remove_member('a');
        assert!(relation.members(1).iter().eq([(&'b', &true)]) && relation.members(2).is_empty());
        relation.remove_holder(1);
        assert!(relation.members.is_empty() && relation.holders.is_empty() && relation.pairs == 0);
    }
}
