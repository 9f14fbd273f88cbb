//! Variables that decide the course of a thread: Counters, the rows of data sets, and what depends on them.

/// A Counter: a variable that has the next number at each turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    /// The counter. Places with the same one share its numbers, as threads do.
    pub id: u32,
    /// The variable that it sets.
    pub variable: u32,
    /// The first number.
    pub start: i64,
    /// The greatest number. After it, the counter begins again.
    pub end: i64,
    /// What is added at each turn.
    pub increment: i64,
    /// Whether each thread counts for itself.
    pub per_thread: bool,
    /// Whether a thread that counts for itself begins again in each iteration of its group.
    pub resets: bool,
}

/// A number that `JMeter` knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexOf {
    /// The turn of the controller, from 0: `__jm__NAME__idx`.
    Turn,
    /// The thread in its group, from 1: `__threadNum`.
    Thread,
}

/// The value that something depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// That of a variable.
    Of(u32),
    /// A number that is drawn at each look: `__Random`.
    Drawn {
        /// The least.
        least: i64,
        /// The greatest.
        most: i64,
    },
}

/// A condition that depends on one value, and on how the thread's last sample ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The value.
    pub value: Value,
    /// Its truth after a sample that succeeded.
    pub ok: ByValue<bool>,
    /// Its truth after a sample that failed.
    pub failed: ByValue<bool>,
}

/// The child that a Switch Controller runs, by one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// The value.
    pub value: Value,
    /// The child.
    pub child: ByValue<Child>,
}

/// A child of a Switch Controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Child {
    /// The one of this position.
    At(usize),
    /// The one that has a name, or the default one once it is over for good.
    Named {
        /// The position of the child.
        child: usize,
        /// The position of the default child.
        default: Option<usize>,
    },
    /// None.
    Nothing,
}

/// What depends on the value of a variable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ByValue<T> {
    /// Before the variable has a value.
    pub unset: T,
    /// Below the first step.
    pub first: T,
    /// The values from which on it is another, in ascending order.
    pub steps: Vec<(i64, T)>,
}

impl<T: Clone + PartialEq> ByValue<T> {
    /// What does not depend on the variable.
    #[must_use]
    pub fn always(value: T) -> Self {
        Self { unset: value.clone(), first: value, steps: Vec::new() }
    }

    /// What it is with each of some values, in ascending order.
    pub fn of(unset: T, values: impl IntoIterator<Item = (i64, T)>) -> Self {
        let mut values = values.into_iter();
        let first = values.next().map_or_else(|| unset.clone(), |(_, first)| first);
        let mut all = Self { unset, first, steps: Vec::new() };
        for (value, here) in values {
            if all.steps.last().map_or(&all.first, |(_, last)| last) != &here {
                all.steps.push((value, here));
            }
        }
        all
    }

    /// What it is with a value. `None`: the variable has no value.
    #[must_use]
    pub fn at(&self, value: Option<i64>) -> &T {
        let Some(value) = value else { return &self.unset };
        let before = self.steps.partition_point(|(step, _)| *step <= value);
        before.checked_sub(1).map_or(&self.first, |step| &self.steps[step].1)
    }

    /// Whether it is the same for all values.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        self.steps.is_empty() && self.unset == self.first
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::ByValue;

    proptest! {
        #[test]
        fn is_what_it_was_made_of(unset: u8, values in prop::collection::btree_map(-50..50_i64, 0..3_u8, 0..20)) {
            let all = ByValue::of(unset, values.clone());
            prop_assert_eq!(*all.at(None), unset);
            for (value, expected) in &values {
                prop_assert_eq!(all.at(Some(*value)), expected);
            }
            let is_same = values.values().all(|value| *value == unset);
            prop_assert_eq!(all.is_constant(), is_same);
            prop_assert!(all.steps.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 != pair[1].1));
        }
    }
}
