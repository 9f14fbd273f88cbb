//! What is sent for an event: the body for each receiver, and its place in the queue and in the log.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::log::{Entry, Source, State};
use super::queue::Delivery;
use super::receivers::{Hook, Receiver};
use super::{Deliveries, criteria, event_bridge};
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::world::conversation::Message;
use crate::world::id::TenantIndex;

/// An event as it is published.
#[derive(Clone, Copy, Debug)]
pub(super) struct Occurrence<'e> {
    pub(super) id: Uuid,
    pub(super) organization: Uuid,
    pub(super) topic: &'e str,
    pub(super) body: &'e Value,
    /// Model time.
    pub(super) at: Nanos,
}

/// The receiver, or the state of a delivery that is not sent, with the reason.
type Target<'o> = Result<&'o Receiver, (State, Option<String>)>;

/// What is to be sent, where it comes from, and when.
struct Order<'o> {
    tenant: TenantIndex,
    source: Source,
    name: &'o Arc<str>,
    topic: &'o str,
    receiver: Target<'o>,
    body: Value,
    at: Nanos,
    delay: Nanos,
    life: Option<Nanos>,
}

impl Deliveries {
    /// Takes an event for everything that gets it. It does not wait.
    pub(in crate::push) fn take(&self, tenant: TenantIndex, topic: &str, body: &impl Serialize) {
        if !self.has_receiver(tenant, topic) {
            return;
        }
        let Some((receivers, body)) = self.of(tenant).zip(serde_json::to_value(body).ok()) else { return };
        let (id, at) = (Uuid::new_v4(), self.now());
        let event = Occurrence { id, organization: receivers.organization, topic, body: &body, at };
        self.export(tenant, &event);
        for hook in receivers.of_topic(topic).filter(|hook| hook.fires(&body)) {
            self.fire(tenant, hook, &event);
        }
    }

    fn export(&self, tenant: TenantIndex, event: &Occurrence<'_>) {
        if !self.exports() {
            return;
        }
        let envelope = event_bridge::envelope(event);
        if let Some(file) = &self.file {
            file.push(&envelope);
        }
        if let Some(receiver) = &self.url {
            self.accept(Order {
                tenant,
                source: Source::Events,
                name: &"".into(),
                topic: event.topic,
                receiver: Ok(receiver),
                body: envelope,
                at: event.at,
                delay: 0,
                life: None,
            });
        }
    }

    fn fire(&self, tenant: TenantIndex, hook: &Hook, event: &Occurrence<'_>) {
        let body = if hook.is_flat { criteria::primitives(event.body) } else { event.body.clone() };
        self.accept(Order {
            tenant,
            source: Source::Trigger,
            name: &hook.name,
            topic: event.topic,
            receiver: match &hook.receiver {
                Some(receiver) => allowed(receiver),
                None => Err((State::Matched, None)),
            },
            body: json!({
                "trigger": { "id": hook.id, "name": hook.name },
                "topicName": event.topic,
                "timestamp": rfc3339(event.at),
                "eventBody": body,
                "metadata": { "CorrelationId": event.id },
            }),
            at: event.at,
            delay: hook.delay,
            life: hook.life,
        });
    }

    /// Takes an outbound message for the webhook of its open messaging integration.
    pub(crate) fn take_message(&self, tenant: TenantIndex, message: &Message) {
        let integration = Uuid::try_parse(&message.from);
        let Some((receivers, id)) = self.of(tenant).zip(integration.ok()) else { return };
        let Some(messenger) = receivers.messengers.get(&id) else { return };
        self.accept(Order {
            tenant,
            source: Source::OpenMessaging,
            name: &messenger.name,
            topic: "",
            receiver: allowed(&messenger.receiver),
            body: normalized(message),
            at: message.head.at,
            delay: 0,
            life: None,
        });
    }

    /// Puts a delivery into the queue and into the log. Where there is no room for it, the log alone has it.
    fn accept(&self, order: Order<'_>) {
        let body = Bytes::from(order.body.to_string());
        let reserve = |receiver: &Receiver| self.queue.lock().reserve(receiver, body.len());
        let (taken, state, note) = match order.receiver {
            Ok(receiver) => match reserve(receiver) {
                Some(turns) => (Some((receiver, turns)), State::Waiting, None),
                None => (None, State::Dropped, None),
            },
            Err((state, note)) => (None, state, note),
        };
        let id = Uuid::new_v4();
        let number = self.log.lock().add(Entry {
            id,
            tenant: order.tenant,
            time: order.at,
            source: order.source,
            name: Arc::clone(order.name),
            topic: order.topic.to_owned(),
            url: taken.as_ref().map(|(receiver, _)| receiver.address.url.clone()),
            bytes: body.len(),
            state,
            attempts: Vec::new(),
            note,
        });
        let Some((receiver, turns)) = taken else { return };
        let due = order.at.saturating_add(order.delay);
        let expires = order.life.map(|life| order.at.saturating_add(life));
        let epoch = self.epoch();
        let delivery = Delivery { id, number, receiver: receiver.clone(), body, expires, turns, epoch };
        self.queue.lock().add(delivery, due, self.now());
        self.arrived.notify_one();
    }
}

/// The receiver, unless its address is not allowed.
fn allowed(receiver: &Result<Receiver, String>) -> Target<'_> {
    receiver.as_ref().map_err(|why| (State::NotAllowed, Some(why.clone())))
}

/// An outbound message as a receiver of open messaging gets it: the vendor's normalized message.
fn normalized(message: &Message) -> Value {
    let id = message.head.id;
    json!({
        "id": id,
        "channel": {
            "id": message.conversation,
            "platform": "Open",
            "type": "Private",
            "messageId": id,
            "to": { "id": message.to, "idType": "Opaque" },
            "from": { "id": message.from },
            "time": rfc3339(message.head.at),
        },
        "type": "Text",
        "text": message.text,
        "content": [],
        "direction": "Outbound",
        "originatingEntity": "Human",
    })
}
