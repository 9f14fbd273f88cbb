//! Rules that have left the configuration, and whose buckets are kept for a while.
//!
//! A configuration file that is saved in two steps loses rules for a moment. Without this module their levels
//! would be lost with them, and every client would start from a full quota again.

use crate::{Nanos, Rule, RuleId};

/// The time for which the buckets of a removed rule are kept, in model time.
const KEPT: Nanos = 60_000_000_000;
/// The most rules that are kept; under a frozen clock no time passes.
const MOST: usize = 256;

/// The rules that have left the configuration within the last minute, in the order in which they left. At most
/// 256 are kept.
#[derive(Debug, Default)]
pub struct RetiredRules(Vec<(Nanos, Rule)>);

impl RetiredRules {
    /// Takes in a change from the rules `old` to the rules `new`. Returns each rule whose numbers change, with the
    /// numbers that it had: its buckets have to settle under those.
    pub fn change(&mut self, old: &[&Rule], new: &[&Rule], now: Nanos) -> Vec<Rule> {
        let next = |rule: &Rule| new.iter().find(|next| next.id == rule.id);
        let before = old.iter().copied().chain(self.0.iter().map(|(_, rule)| rule));
        let differs = |rule: &&Rule| next(rule).is_some_and(|next| next.algorithm != rule.algorithm);
        let changed = before.filter(differs).cloned().collect();
        self.0.retain(|(_, rule)| next(rule).is_none());
        let left = old.iter().filter(|rule| next(rule).is_none());
        self.0.extend(left.map(|rule| (now, Rule::clone(rule))));
        self.0.drain(..self.0.len().saturating_sub(MOST));
        changed
    }

    /// Drops the rules that left a minute ago or earlier, and returns their ids.
    pub fn expire(&mut self, now: Nanos) -> Vec<RuleId> {
        let is_over = |(left, _): &mut (Nanos, Rule)| now >= left.saturating_add(KEPT);
        self.0.extract_if(.., is_over).map(|(_, rule)| rule.id).collect()
    }

    /// Removes all entries.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The rule of that id, if it has left and is kept.
    pub fn get(&self, id: RuleId) -> Option<&Rule> {
        self.0.iter().map(|(_, rule)| rule).find(|rule| rule.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Algorithm, Scopes};

    fn rule(id: u32, capacity: u32) -> Rule {
        let window = Algorithm::FixedWindow { capacity, period: 1 };
        Rule::new(RuleId(id), "a", Scopes::default(), window)
    }

    #[test]
    fn a_rule_that_left_is_kept_for_a_minute_and_settles_when_it_comes_back_with_other_numbers() {
        let (mut retired, first, second) = (RetiredRules::default(), rule(0, 1), rule(0, 2));
        assert!(retired.change(&[&first], &[], 5).is_empty());
        assert_eq!(retired.get(RuleId(0)), Some(&first));
        assert_eq!(retired.change(&[], &[&second], 6), [first]);
        assert_eq!(retired.get(RuleId(0)), None);

        retired.change(&[&second], &[], 7);
        assert_eq!(retired.expire(6 + KEPT), []);
        assert!(retired.get(RuleId(0)).is_some());
        assert_eq!(retired.expire(7 + KEPT), [RuleId(0)]);
        assert!(retired.get(RuleId(0)).is_none());
    }

    #[test]
    fn no_more_than_so_many_are_kept_while_the_clock_stands() {
        let mut retired = RetiredRules::default();
        for id in 0..1000 {
            retired.change(&[&rule(id, 1)], &[], 0);
        }
        assert_eq!((retired.0.len(), retired.get(RuleId(0)).is_none()), (MOST, true));
        assert!(retired.get(RuleId(999)).is_some());
    }
}
