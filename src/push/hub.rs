//! Sends an event to all subscribers of its topic.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use dashmap::DashMap;
use indexmap::IndexMap;
use parking_lot::{Mutex, RwLock};
use serde::Serialize;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use uuid::Uuid;

use super::delivery::Deliveries;
use super::outbox::Outbox;
use crate::world::id::TenantIndex;

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// A subscriber, with or without an open socket.
#[derive(Debug)]
pub(crate) struct Mailbox {
    id: u64,
    /// The number of the subscriber's organization.
    pub(crate) tenant: TenantIndex,
    outbox: Mutex<Option<Arc<Outbox>>>,
}

impl Mailbox {
    /// A subscriber without a socket.
    pub(crate) fn new(tenant: TenantIndex) -> Arc<Self> {
        Arc::new(Self { id: NEXT_ID.fetch_add(1, Relaxed), tenant, outbox: Mutex::new(None) })
    }

    /// Connects a socket, and returns the one that was connected before.
    pub(crate) fn connect(&self, outbox: Arc<Outbox>) -> Option<Arc<Outbox>> {
        self.outbox.lock().replace(outbox)
    }

    /// Disconnects a socket, unless another one has taken its place.
    pub(crate) fn disconnect(&self, outbox: &Arc<Outbox>) {
        let mut connected = self.outbox.lock();
        if connected.as_ref().is_some_and(|known| Arc::ptr_eq(known, outbox)) {
            *connected = None;
        }
    }

    /// The socket at the moment.
    pub(crate) fn outbox(&self) -> Option<Arc<Outbox>> {
        self.outbox.lock().clone()
    }

    fn deliver(&self, frame: &Utf8Bytes) -> bool {
        self.outbox().is_some_and(|outbox| outbox.push(frame.clone()))
    }
}

/// The subscribers of an organization's topics, by topic and number.
type Topics = DashMap<Arc<str>, IndexMap<u64, Arc<Mailbox>>>;

/// The subscribers of each topic.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    tenants: RwLock<HashMap<TenantIndex, Arc<Topics>>>,
    subscriptions: AtomicUsize,
    /// What leaves this server; a hub in a unit test has none.
    deliveries: Option<Arc<Deliveries>>,
    /// Tells other servers of events that have subscribers.
    relay: OnceLock<Relay>,
}

/// Tells other servers of an event.
pub(crate) struct Relay(pub(crate) Box<Tell>);

/// Gets the organization's number, the topic, and the frame.
type Tell = dyn Fn(TenantIndex, &str, &str) + Send + Sync;

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay").finish_non_exhaustive()
    }
}

impl Hub {
    /// A hub whose events also go to `deliveries`.
    pub(super) fn new(deliveries: Arc<Deliveries>) -> Self {
        Self { deliveries: Some(deliveries), ..Self::default() }
    }

    fn topics(&self, tenant: TenantIndex) -> Option<Arc<Topics>> {
        self.tenants.read().get(&tenant).cloned()
    }

    /// Whether there are no subscriptions, and no event leaves the server. It costs two atomic loads.
    pub(crate) fn is_silent(&self) -> bool {
        self.subscriptions.load(Relaxed) == 0 && self.deliveries.as_ref().is_none_or(|of| of.is_idle())
    }

    /// Whether any topic of the organization has a subscriber, or events leave the server.
    pub(crate) fn may_hear(&self, tenant: TenantIndex) -> bool {
        self.topics(tenant).is_some_and(|topics| !topics.is_empty())
            || self.deliveries.as_ref().is_some_and(|of| !of.is_idle())
    }

    /// Whether the topic has a subscriber, or its events leave the server.
    pub(crate) fn listens(&self, tenant: TenantIndex, topic: &str) -> bool {
        let is_subscribed = || self.topics(tenant).is_some_and(|topics| topics.contains_key(topic));
        let leaves = || self.deliveries.as_ref().is_some_and(|of| of.has_receiver(tenant, topic));
        !self.is_silent() && (is_subscribed() || leaves())
    }

    /// Subscribes a mailbox to a topic.
    pub(crate) fn subscribe(&self, topic: &str, mailbox: &Arc<Mailbox>) {
        let topics = Arc::clone(self.tenants.write().entry(mailbox.tenant).or_default());
        let added = match topics.get_mut(topic) {
            Some(mut known) => known.insert(mailbox.id, Arc::clone(mailbox)).is_none(),
            None => topics.entry(topic.into()).or_default().insert(mailbox.id, Arc::clone(mailbox)).is_none(),
        };
        self.subscriptions.fetch_add(usize::from(added), Relaxed);
    }

    /// Ends the subscription of a mailbox to a topic.
    pub(crate) fn unsubscribe(&self, topic: &str, mailbox: &Mailbox) {
        let Some(topics) = self.topics(mailbox.tenant) else { return };
        let gone = topics.get_mut(topic).is_some_and(|mut known| known.swap_remove(&mailbox.id).is_some());
        topics.remove_if(topic, |_, known| known.is_empty());
        self.subscriptions.fetch_sub(usize::from(gone), Relaxed);
    }

    /// Sends an event to all subscribers of `topic` and to what leaves the server, without waiting. Returns the number
    /// of sockets that took it.
    pub(crate) fn publish(&self, tenant: TenantIndex, topic: &str, body: &impl Serialize) -> usize {
        if self.is_silent() {
            return 0;
        }
        if let Some(deliveries) = &self.deliveries {
            deliveries.take(tenant, topic, body);
        }
        let Some(subscribers) = self.subscribers(tenant, topic) else { return 0 };
        let Some(frame) = envelope(topic, body) else { return 0 };
        if let Some(Relay(relay)) = self.relay.get() {
            relay(tenant, topic, &frame);
        }
        subscribers.iter().filter(|mailbox| mailbox.deliver(&frame)).count()
    }

    /// Sends the frame of an event of another server to the sockets of this one.
    pub(crate) fn deliver(&self, tenant: TenantIndex, topic: &str, frame: &str) {
        let frame = Utf8Bytes::from(frame);
        for mailbox in self.subscribers(tenant, topic).into_iter().flatten() {
            mailbox.deliver(&frame);
        }
    }

    /// Tells other servers of events from now on.
    pub(crate) fn relay(&self, relay: Relay) {
        let _ = self.relay.set(relay);
    }

    /// The subscribers of a topic, copied so that no queue is touched while the map is held.
    fn subscribers(&self, tenant: TenantIndex, topic: &str) -> Option<Vec<Arc<Mailbox>>> {
        let topics = self.topics(tenant)?;
        let subscribers = topics.get(topic)?.values().cloned().collect();
        Some(subscribers)
    }

    /// Removes an organization.
    pub(crate) fn forget(&self, tenant: TenantIndex) {
        if let Some(deliveries) = &self.deliveries {
            deliveries.forget(tenant);
        }
        let Some(topics) = self.tenants.write().remove(&tenant) else { return };
        let gone = topics.iter().map(|entry| entry.value().len()).sum();
        self.subscriptions.fetch_sub(gone, Relaxed);
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a, B> {
    topic_name: &'a str,
    version: &'static str,
    event_body: &'a B,
    metadata: Metadata,
}

#[derive(Serialize)]
struct Metadata {
    #[serde(rename = "CorrelationId")]
    correlation_id: Uuid,
}

/// The frame of an event, serialized once for all subscribers.
fn envelope(topic: &str, body: &impl Serialize) -> Option<Utf8Bytes> {
    let metadata = Metadata { correlation_id: Uuid::new_v4() };
    let envelope = Envelope { topic_name: topic, version: "2", event_body: body, metadata };
    serde_json::to_string(&envelope).ok().map(Utf8Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_reaches_the_connected_subscribers_of_its_topic_and_organization() {
        let hub = Hub::default();
        assert!(hub.is_silent());
        let (one, two, other) =
            (Mailbox::new(TenantIndex(1)), Mailbox::new(TenantIndex(1)), Mailbox::new(TenantIndex(2)));
        for mailbox in [&one, &two, &other] {
            hub.subscribe("t", mailbox);
            hub.subscribe("t", mailbox);
        }
        let outbox = Arc::new(Outbox::default());
        assert!(one.connect(Arc::clone(&outbox)).is_none());
        other.connect(Arc::new(Outbox::default()));
        assert_eq!(hub.publish(TenantIndex(1), "t", &"hello"), 1, "two has no socket");
        assert_eq!(
            (hub.publish(TenantIndex(1), "u", &"hello"), hub.publish(TenantIndex(3), "t", &"hello")),
            (0, 0)
        );
        assert_eq!(outbox.len(), 1);
        hub.unsubscribe("t", &one);
        assert_eq!(hub.publish(TenantIndex(1), "t", &"hello"), 0);
        hub.unsubscribe("t", &two);
        assert!(!hub.listens(TenantIndex(1), "t") && hub.listens(TenantIndex(2), "t"));
        hub.forget(TenantIndex(2));
        assert!(hub.is_silent());
    }

    #[test]
    fn a_replaced_socket_does_not_disconnect_its_successor() {
        let mailbox = Mailbox::new(TenantIndex(1));
        let (old, new) = (Arc::new(Outbox::default()), Arc::new(Outbox::default()));
        mailbox.connect(Arc::clone(&old));
        assert!(mailbox.connect(Arc::clone(&new)).is_some_and(|before| Arc::ptr_eq(&before, &old)));
        mailbox.disconnect(&old);
        assert!(mailbox.outbox().is_some());
        mailbox.disconnect(&new);
        assert!(mailbox.outbox().is_none());
    }
}
