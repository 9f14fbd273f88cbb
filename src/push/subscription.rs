//! The topics of one subscriber: in order, bounded, and registered once each at the hub.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;
use parking_lot::Mutex;

use super::topic::Topic;
use super::{Hub, Mailbox};
use crate::world::id::TenantIndex;

/// Topics of one subscriber.
pub(crate) const MAX_TOPICS: usize = 1000;

/// The error for more than [`MAX_TOPICS`] topics of a subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a channel has at most {MAX_TOPICS} topics")]
pub(crate) struct TooManyTopics;

/// The topics of a channel, or of a socket that has none.
#[derive(Debug)]
pub(crate) struct Subscriptions {
    /// The receiver of the events.
    pub(crate) mailbox: Arc<Mailbox>,
    topics: Mutex<IndexMap<String, Vec<String>>>,
}

impl Subscriptions {
    /// No topics yet, of a subscriber of that organization.
    pub(crate) fn new(tenant: TenantIndex) -> Self {
        Self { mailbox: Mailbox::new(tenant), topics: Mutex::default() }
    }

    /// The topics, as their subscriber wrote them, in order.
    pub(crate) fn list(&self) -> Vec<String> {
        self.topics.lock().keys().cloned().collect()
    }

    /// Adds all of them, or none.
    pub(crate) fn add(&self, hub: &Hub, topics: Vec<Topic>) -> Result<(), TooManyTopics> {
        let mut known = self.topics.lock();
        let new: HashSet<_> =
            topics.iter().map(|topic| &topic.text).filter(|text| !known.contains_key(*text)).collect();
        if known.len() + new.len() > MAX_TOPICS {
            return Err(TooManyTopics);
        }
        for topic in topics {
            topic.singles.iter().for_each(|single| hub.subscribe(single, &self.mailbox));
            known.insert(topic.text, topic.singles);
        }
        Ok(())
    }

    /// Has these topics and no other, or all that it had.
    pub(crate) fn replace(&self, hub: &Hub, topics: Vec<Topic>) -> Result<(), TooManyTopics> {
        let distinct: HashSet<_> = topics.iter().map(|topic| &topic.text).collect();
        if distinct.len() > MAX_TOPICS {
            return Err(TooManyTopics);
        }
        self.clear(hub);
        self.add(hub, topics)
    }

    /// Removes subscriptions. A single topic stays if another subscription includes it.
    pub(crate) fn remove(&self, hub: &Hub, texts: &[String]) {
        let mut known = self.topics.lock();
        let removed: Vec<_> = texts.iter().filter_map(|text| known.shift_remove(text)).flatten().collect();
        let kept: HashSet<&String> = known.values().flatten().collect();
        for single in removed.iter().filter(|single| !kept.contains(single)) {
            hub.unsubscribe(single, &self.mailbox);
        }
    }

    /// Takes all of them away.
    pub(crate) fn clear(&self, hub: &Hub) {
        let known = std::mem::take(&mut *self.topics.lock());
        known.values().flatten().for_each(|single| hub.unsubscribe(single, &self.mailbox));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(text: &str, singles: &[&str]) -> Topic {
        Topic { text: text.into(), singles: singles.iter().map(|single| (*single).to_owned()).collect() }
    }

    #[test]
    fn a_single_topic_is_heard_of_as_long_as_one_subscription_stands_for_it() {
        let (hub, mine) = (Hub::default(), Subscriptions::new(TenantIndex(1)));
        mine.add(&hub, vec![topic("u?a&b", &["u.a", "u.b"]), topic("u.a", &["u.a"])]).expect("few");
        mine.remove(&hub, &["u?a&b".to_owned(), "unknown".to_owned()]);
        assert!(hub.listens(TenantIndex(1), "u.a") && !hub.listens(TenantIndex(1), "u.b"));
        assert_eq!(mine.list(), ["u.a"]);
        mine.replace(&hub, vec![topic("u.c", &["u.c"])]).expect("few");
        assert!(!hub.listens(TenantIndex(1), "u.a") && hub.listens(TenantIndex(1), "u.c"));
        mine.clear(&hub);
        assert!(hub.is_silent());
    }

    #[test]
    fn the_thousand_and_first_topic_changes_nothing() {
        let (hub, mine) = (Hub::default(), Subscriptions::new(TenantIndex(1)));
        let many =
            |range: std::ops::Range<usize>| range.map(|n| topic(&n.to_string(), &[&n.to_string()])).collect();
        assert_eq!(mine.add(&hub, many(0..999)), Ok(()));
        assert_eq!(mine.add(&hub, many(998..1001)), Err(TooManyTopics));
        assert_eq!(mine.add(&hub, many(0..1000)), Ok(()));
        assert_eq!(mine.replace(&hub, many(0..1001)), Err(TooManyTopics));
        assert_eq!(mine.list().len(), 1000);
    }
}
