//! A relation between two kinds of entities, such as the members of queues.
//!
//! A relation is stored on the side of its holder, in the order in which the members were added, and is indexed on the
//! side of the member. Deleting an entity of either side removes its pairs and nothing else: the entity on the other
//! side stays.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use indexmap::IndexMap;
use indexmap::map::Slice;
use serde::{Deserialize, Serialize};

use super::table::Refused;

/// The most pairs of one relation.
pub(crate) const MAX_PAIRS: usize = 1 << 20;

/// Pairs of a holder `H` and a member `M`, each with data `D`.
///
/// A snapshot has both sides, because each has an order of its own.
#[derive(Debug, Serialize, Deserialize)]
#[serde(
    bound(
        serialize = "H: Serialize, M: Serialize, D: Serialize",
        deserialize = "H: Copy + Eq + Hash + Deserialize<'de>, M: Copy + Eq + Hash + Deserialize<'de>, D: Deserialize<'de>"
    ),
    try_from = "Saved<H, M, D>"
)]
pub(crate) struct Relation<H, M, D = ()> {
    members: HashMap<H, IndexMap<M, D>>,
    holders: HashMap<M, Vec<H>>,
    #[serde(skip)]
    pairs: usize,
}

/// A relation as a snapshot has it.
#[derive(Deserialize)]
#[serde(
    bound(
        deserialize = "H: Eq + Hash + Deserialize<'de>, M: Eq + Hash + Deserialize<'de>, D: Deserialize<'de>"
    ),
    deny_unknown_fields
)]
struct Saved<H, M, D> {
    members: HashMap<H, IndexMap<M, D>>,
    holders: HashMap<M, Vec<H>>,
}

impl<H: Copy + Eq + Hash, M: Copy + Eq + Hash, D> TryFrom<Saved<H, M, D>> for Relation<H, M, D> {
    type Error = &'static str;

    fn try_from(saved: Saved<H, M, D>) -> Result<Self, Self::Error> {
        let Saved { members, holders } = saved;
        let pairs = members.values().map(IndexMap::len).sum();
        let relation = Self { members, holders, pairs };
        let listed = relation
            .holders
            .iter()
            .flat_map(|(member, holders)| holders.iter().map(move |one| (*one, *member)));
        let listed: HashSet<(H, M)> = listed.collect();
        let of_holders: usize = relation.holders.values().map(Vec::len).sum();
        if pairs > MAX_PAIRS {
            return Err("a relation has too many pairs");
        }
        let agree = of_holders == pairs
            && listed.len() == pairs
            && listed.iter().all(|(holder, member)| relation.contains(*holder, *member));
        if agree { Ok(relation) } else { Err("the two sides of a relation differ") }
    }
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

    /// Gives memory back that was taken for further pairs. Most pairs of a seed stay as they are.
    pub(crate) fn shrink_to_fit(&mut self) {
        self.members.values_mut().for_each(IndexMap::shrink_to_fit);
        self.holders.values_mut().for_each(Vec::shrink_to_fit);
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
    fn a_relation_keeps_both_of_its_orders_in_a_snapshot() {
        let mut relation = relation();
        relation.remove(1, 'b');
        assert_eq!((relation.set(2, 'b', true), relation.set(1, 'b', false)), (Ok(()), Ok(())));
        let text = serde_json::to_string(&relation).expect("JSON");
        let again: Relation<u8, char, bool> = serde_json::from_str(&text).expect("the same form");
        assert!(again.members(1).iter().eq(relation.members(1).iter()));
        assert_eq!((again.holders('b'), again.pairs), ([2, 1].as_slice(), 4));
        let one_sided = r#"{"members":{"1":{"a":true}},"holders":{}}"#;
        assert!(serde_json::from_str::<Relation<u8, char, bool>>(one_sided).is_err());
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
