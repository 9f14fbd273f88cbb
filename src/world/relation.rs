//! A relation between two kinds of entities, such as the members of queues.
//!
//! A relation is stored on the side of its holder, in the order in which the members were added, and is indexed on the
//! side of the member. Deleting an entity of either side removes its pairs and nothing else: the entity on the other
//! side stays.

use std::collections::HashMap;
use std::hash::Hash;

use super::table::Refused;

/// The most pairs of one relation.
const MAX_PAIRS: usize = 1 << 20;

/// Pairs of a holder `H` and a member `M`, each with data `D`.
#[derive(Debug)]
pub(crate) struct Relation<H, M, D = ()> {
    members: HashMap<H, Vec<(M, D)>>,
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
        self.members.entry(holder).or_default().push((member, data));
        self.holders.entry(member).or_default().push(holder);
        Ok(())
    }

    /// The members of a holder and their data, in the order in which they were added.
    pub(crate) fn members(&self, holder: H) -> &[(M, D)] {
        self.members.get(&holder).map_or(&[], Vec::as_slice)
    }

    /// The holders that a member belongs to, in the order in which it was added to them.
    pub(crate) fn holders(&self, member: M) -> &[H] {
        self.holders.get(&member).map_or(&[], Vec::as_slice)
    }

    /// Whether the holder has the member.
    pub(crate) fn contains(&self, holder: H, member: M) -> bool {
        self.holders(member).contains(&holder)
    }

    /// The data of a pair.
    pub(crate) fn get(&self, holder: H, member: M) -> Option<&D> {
        self.members(holder).iter().find(|(other, _)| *other == member).map(|(_, data)| data)
    }

    /// The data of a pair, to change it.
    pub(crate) fn get_mut(&mut self, holder: H, member: M) -> Option<&mut D> {
        // A member has few holders, and a holder may have thousands of members.
        if !self.contains(holder, member) {
            return None;
        }
        let pairs = self.members.get_mut(&holder)?;
        pairs.iter_mut().find(|(other, _)| *other == member).map(|(_, data)| data)
    }

    /// Removes a pair. False if there is none.
    pub(crate) fn remove(&mut self, holder: H, member: M) -> bool {
        if !self.contains(holder, member) {
            return false;
        }
        remove_from(&mut self.holders, &member, |other| *other == holder);
        remove_from(&mut self.members, &holder, |(other, _)| *other == member);
        self.pairs -= 1;
        true
    }

    /// Removes every pair of a deleted holder.
    pub(crate) fn remove_holder(&mut self, holder: H) {
        let Some(pairs) = self.members.remove(&holder) else { return };
        self.pairs -= pairs.len();
        for (member, _) in pairs {
            remove_from(&mut self.holders, &member, |other| *other == holder);
        }
    }

    /// Removes every pair of a deleted member.
    pub(crate) fn remove_member(&mut self, member: M) {
        let Some(holders) = self.holders.remove(&member) else { return };
        self.pairs -= holders.len();
        for holder in holders {
            remove_from(&mut self.members, &holder, |(other, _)| *other == member);
        }
    }
}

/// Removes the entry of a list; an empty list is removed with it.
fn remove_from<K: Eq + Hash, T>(lists: &mut HashMap<K, Vec<T>>, key: &K, is_it: impl Fn(&T) -> bool) {
    let Some(list) = lists.get_mut(key) else { return };
    if let Some(at) = list.iter().position(is_it) {
        list.remove(at);
    }
    if list.is_empty() {
        lists.remove(key);
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
        assert_eq!(relation.members(1), [('b', true), ('a', true)]);
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
        assert_eq!((relation.members(1), relation.members(2).len()), ([('b', true)].as_slice(), 0));
        relation.remove_holder(1);
        assert!(relation.members.is_empty() && relation.holders.is_empty() && relation.pairs == 0);
    }
}
