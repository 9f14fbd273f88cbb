//! The receivers of an organization's events: the webhooks of its triggers and of its open messaging integrations.
//!
//! They are read from the organization after each change of them, so that an event is compared with what is read
//! already, and no lock of the organization is taken.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use http::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::address::{Address, Hosts};
use super::criteria::{Criterion, MOST};
use crate::push::topic;
use crate::time::Nanos;
use crate::world::Organization;
use crate::world::automation::Trigger;
use crate::world::messaging::{Channel, MessagingIntegration};
use crate::world::table::{Record, Stored};

const SECOND: Nanos = 1_000_000_000;
/// The most headers that an integration adds.
const HEADERS: usize = 20;

/// An address with the secret that signs what is sent to it.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) address: Arc<Address>,
    pub(crate) secret: Option<Arc<str>>,
    /// Headers that are sent with every body.
    pub(crate) headers: HeaderMap,
}

/// Leaves the secret and the headers out.
impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("address", &self.address).finish_non_exhaustive()
    }
}

/// An enabled trigger.
#[derive(Clone, Debug)]
pub(crate) struct Hook {
    pub(crate) id: Uuid,
    pub(crate) name: Arc<str>,
    /// The template of its topic.
    topic: String,
    criteria: Vec<Criterion>,
    /// Whether the event is reduced to the plain fields of its top.
    pub(crate) is_flat: bool,
    /// The time between the event and its delivery, in model time.
    pub(crate) delay: Nanos,
    /// The time after which the event is worth nothing, in model time.
    pub(crate) life: Option<Nanos>,
    /// The webhook, or why nothing is sent to it. `None` for a trigger without one.
    pub(crate) receiver: Option<Result<Receiver, String>>,
}

/// The webhook of an open messaging integration.
#[derive(Clone, Debug)]
pub(crate) struct Messenger {
    pub(crate) name: Arc<str>,
    /// The URL, or why nothing is sent to it.
    pub(crate) receiver: Result<Receiver, String>,
}

/// All receivers of one organization.
#[derive(Debug)]
pub(crate) struct Receivers {
    /// The id of the organization.
    pub(crate) organization: Uuid,
    pub(crate) hooks: Vec<Hook>,
    /// The webhooks of open messaging integrations, by the integration's id.
    pub(crate) messengers: HashMap<Uuid, Messenger>,
}

impl Receivers {
    /// An organization without any.
    pub(super) fn none(organization: Uuid) -> Self {
        Self { organization, hooks: Vec::new(), messengers: HashMap::new() }
    }

    /// Reads the receivers of an organization.
    pub(super) fn of(organization: &Organization, hosts: &Hosts) -> Self {
        let triggers = Trigger::table(organization).iter().filter(|record| is_enabled(record));
        let integrations = MessagingIntegration::table(organization).iter();
        let open = integrations.filter(|record| record.channel() == Some(Channel::Open));
        Self {
            organization: organization.id,
            hooks: triggers.map(|record| Hook::of(record, hosts)).collect(),
            messengers: open.filter_map(|record| Some((record.uuid, messenger(record, hosts)?))).collect(),
        }
    }

    /// The triggers of a topic.
    pub(super) fn of_topic<'r>(&'r self, topic: &'r str) -> impl Iterator<Item = &'r Hook> {
        self.hooks.iter().filter(move |hook| topic::is_of(&hook.topic, topic))
    }
}

fn is_enabled(record: &Record<Trigger>) -> bool {
    record.extra.get("enabled").and_then(Value::as_bool).unwrap_or_default()
}

impl Hook {
    fn of(record: &Record<Trigger>, hosts: &Hosts) -> Self {
        let seconds =
            |key: &str| record.extra.get(key).and_then(Value::as_u64).map(|of| of.saturating_mul(SECOND));
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let target = record.extra.get("target");
        let format = target.and_then(|target| target.get("workflowTargetSettings")?.get("dataFormat"));
        Self {
            id: record.uuid,
            name: record.name.as_str().into(),
            topic: text(record.extra.get("topicName")),
            criteria: criteria(&record.extra),
            is_flat: text(format) == "TopLevelPrimitives",
            delay: seconds("delayBySeconds").unwrap_or_default(),
            life: seconds("eventTTLSeconds"),
            receiver: target.and_then(|target| webhook(target, hosts)),
        }
    }

    /// Whether the trigger fires for an event with this body.
    pub(super) fn fires(&self, body: &Value) -> bool {
        self.criteria.iter().all(|criterion| criterion.holds(body))
    }
}

/// The conditions of a trigger. They were checked when it was made.
fn criteria(fields: &Map<String, Value>) -> Vec<Criterion> {
    let given = fields.get("matchCriteria").and_then(Value::as_array).into_iter().flatten();
    given.take(MOST).filter_map(|criterion| Criterion::read(criterion).ok()).collect()
}

/// The webhook of a trigger's target: gcmock's own `webhook`, with `url` and `secret`. A snapshot of another server may have
/// a trigger whose address this one does not allow.
fn webhook(target: &Value, hosts: &Hosts) -> Option<Result<Receiver, String>> {
    let webhook = target.get("webhook")?;
    let secret = webhook.get("secret").and_then(Value::as_str);
    let receiver = Address::read(webhook.get("url")?.as_str()?, hosts).map(|address| Receiver {
        address: Arc::new(address),
        secret: secret.map(Arc::from),
        headers: HeaderMap::new(),
    });
    Some(receiver.map_err(|why| why.to_string()))
}

/// The webhook of an open messaging integration. `None` if it names none.
fn messenger(record: &Record<MessagingIntegration>, hosts: &Hosts) -> Option<Messenger> {
    let text = |key: &str| record.extra.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let url = text("outboundNotificationWebhookUrl")?;
    let receiver = Address::read(url, hosts).map(|address| Receiver {
        address: Arc::new(address),
        secret: text("outboundNotificationWebhookSignatureSecretToken").map(Arc::from),
        headers: headers(&record.extra),
    });
    Some(Messenger { name: record.name.as_str().into(), receiver: receiver.map_err(|why| why.to_string()) })
}

/// The headers that an integration adds, without those that no request may name.
fn headers(fields: &Map<String, Value>) -> HeaderMap {
    let given = fields.get("webhookHeaders").and_then(Value::as_object).into_iter().flatten();
    // These belong to the request itself.
    let own = [HOST, CONTENT_LENGTH, CONNECTION, TRANSFER_ENCODING];
    let read = given.filter_map(|(name, value)| {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let mut value = HeaderValue::from_str(value.as_str()?).ok()?;
        value.set_sensitive(true);
        (!own.contains(&name)).then_some((name, value))
    });
    read.take(HEADERS).collect()
}
