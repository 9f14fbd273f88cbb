//! A map that forgets its oldest entries past a size.

use std::borrow::Borrow;
use std::collections::VecDeque;
use std::hash::Hash;

use dashmap::DashMap;
use parking_lot::Mutex;

/// A map that forgets its oldest entries past a size.
#[derive(Debug)]
pub(super) struct Bounded<K: Eq + Hash, V> {
    map: DashMap<K, V, foldhash::fast::RandomState>,
    order: Mutex<VecDeque<K>>,
}

impl<K: Eq + Hash, V> Default for Bounded<K, V> {
    fn default() -> Self {
        Self { map: DashMap::default(), order: Mutex::new(VecDeque::new()) }
    }
}

impl<K: Clone + Eq + Hash, V: Clone> Bounded<K, V> {
    pub(super) fn insert(&self, key: K, value: V, most: usize) {
        if self.map.insert(key.clone(), value).is_some() {
            return;
        }
        let mut order = self.order.lock();
        order.push_back(key);
        while self.map.len() > most {
            let Some(oldest) = order.pop_front() else { return };
            self.map.remove(&oldest);
        }
        // A token that was removed by name is still in the order. Without this, such entries pile up and evict live ones.
        if order.len() > 2 * most {
            order.retain(|key| self.map.contains_key(key));
        }
    }

    pub(super) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.map.get(key).map(|entry| entry.value().clone())
    }

    pub(super) fn remove<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.map.remove(key).map(|(_, value)| value)
    }

    /// The value of the key that `key` makes, which is asked for only if there is any entry.
    pub(super) fn find(&self, key: impl FnOnce() -> K) -> Option<V> {
        if self.map.is_empty() { None } else { self.get(&key()) }
    }

    /// Removes the value of the key that `key` makes, which is asked for only if there is any entry.
    pub(super) fn take(&self, key: impl FnOnce() -> K) -> Option<V> {
        if self.map.is_empty() { None } else { self.remove(&key()) }
    }

    /// Every entry, the oldest first.
    pub(super) fn entries(&self) -> Vec<(K, V)> {
        let order = self.order.lock();
        order.iter().filter_map(|key| Some((key.clone(), self.get(key)?))).collect()
    }

    pub(super) fn retain(&self, keep: impl Fn(&V) -> bool) {
        let before = self.map.len();
        self.map.retain(|_, value| keep(value));
        if self.map.len() < before {
            self.order.lock().retain(|key| self.map.contains_key(key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn past_its_size_the_oldest_go() {
        let map = Bounded::default();
        for key in 0..5 {
            map.insert(key, (), 3);
        }
        assert_eq!([0, 1, 2, 3, 4].map(|key| map.get(&key).is_some()), [false, false, true, true, true]);
    }

    #[test]
    fn removed_entries_evict_no_live_ones_and_leave_nothing_behind() {
        let map = Bounded::default();
        map.insert(0, (), 3);
        for key in 1..1000 {
            map.insert(key, (), 3);
            map.remove(&key);
        }
        assert!(map.get(&0).is_some());
        assert!(map.order.lock().len() <= 6, "{}", map.order.lock().len());
    }
}
