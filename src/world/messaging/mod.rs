//! The messaging integrations of an organization, what they support, and its web deployments.
//!
//! A messaging integration is an address at which customers reach the organization. Its recipient, which says what flow
//! an inbound message starts, has its id, and lives as long. To add a kind of entity, write its [`Kind`], and give its
//! table to [`Messaging`].

mod channel;
mod web;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

pub(crate) use self::channel::Channel;
pub(crate) use self::web::{WebConfiguration, WebDeployment, versions_of};
use super::Organization;
use super::architect::Flow;
use super::collection::Collections;
use super::id::Id;
use super::seed::{MessagingIntegrationSeed, OrganizationSeed};
use super::table::{Kind, Record, Stored, Table, seeded_id};
use crate::time::Nanos;
use crate::time::clock::rfc3339;

/// The collection of the recipients of messages.
pub(crate) const RECIPIENTS: &str = "/api/v2/routing/message/recipients";
/// How long an integration is being created, in model time. The duration is assumed.
const CREATED_AFTER: Nanos = 2_000_000_000;
/// The name of the supported content and of the messaging setting that every organization begins with. It is assumed.
const DEFAULT: &str = "Default";

/// An integration of a messenger. Its channel is in `messengerType`.
#[derive(Debug)]
pub(crate) enum MessagingIntegration {}

impl Kind for MessagingIntegration {
    const NAME: &'static str = "messaging integration";
    const PATH: &'static str = "/api/v2/conversations/messaging/integrations";
    const FIELDS: &'static [&'static str] = &[
        "supportedContent",
        "messagingSetting",
        "outboundNotificationWebhookUrl",
        "outboundNotificationWebhookSignatureSecretToken",
        "webhookHeaders",
        "appId",
        "pageId",
        "phoneNumber",
        "messagesForBusinessId",
        "businessName",
        "logoUrl",
        "appleIMessageApp",
        "appleAuthentication",
        "applePay",
    ];
    const UNIQUE: bool = false;
}

impl Stored for MessagingIntegration {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.messaging.integrations
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.messaging.integrations
    }

    fn forget(organization: &mut Organization, id: Id<Self>) {
        organization.collections.remove(RECIPIENTS, &id.to_string());
        organization.note_receivers();
    }
}

impl Record<MessagingIntegration> {
    /// The messenger that the integration is for.
    pub(crate) fn channel(&self) -> Option<Channel> {
        self.extra.get("messengerType").and_then(|word| Channel::from_word(word.as_str()?))
    }

    /// Whether the creation has ended at `now`. A seeded integration was created before the start.
    pub(crate) fn is_created(&self, now: Nanos) -> bool {
        self.created_by.is_none() || now >= self.created.saturating_add(CREATED_AFTER)
    }

    /// Whether the integration refers to the entity of that id under `field`.
    fn refers_to(&self, field: &str, id: &str) -> bool {
        self.extra.get(field).and_then(|of| of.get("id")?.as_str()) == Some(id)
    }

    /// The recipient of the integration's messages.
    fn recipient(&self, channel: Channel, flow: Option<Value>) -> Map<String, Value> {
        let mut recipient = Map::from_iter([
            ("id".to_owned(), json!(self.id())),
            ("name".to_owned(), json!(self.name)),
            ("dateCreated".to_owned(), json!(rfc3339(self.created))),
            ("dateModified".to_owned(), json!(rfc3339(self.created))),
            ("messengerType".to_owned(), json!(channel.word())),
            ("selfUri".to_owned(), json!(format!("{RECIPIENTS}/{}", self.id()))),
        ]);
        if let Some(flow) = flow {
            recipient.insert("flow".to_owned(), flow);
        }
        recipient
    }
}

/// The kinds of content that an integration sends and receives.
#[derive(Debug)]
pub(crate) enum SupportedContent {}

impl Kind for SupportedContent {
    const NAME: &'static str = "supported content";
    const PATH: &'static str = "/api/v2/conversations/messaging/supportedcontent";
    const FIELDS: &'static [&'static str] = &["mediaTypes"];
    const UNIQUE: bool = false;
}

impl Stored for SupportedContent {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.messaging.contents
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.messaging.contents
    }
}

/// What an integration does with stories and typing.
#[derive(Debug)]
pub(crate) enum MessagingSetting {}

impl Kind for MessagingSetting {
    const NAME: &'static str = "messaging setting";
    const PATH: &'static str = "/api/v2/conversations/messaging/settings";
    const FIELDS: &'static [&'static str] = &["content", "event"];
    const UNIQUE: bool = false;
}

impl Stored for MessagingSetting {
    fn table(organization: &Organization) -> &Table<Self> {
        &organization.messaging.settings
    }

    fn table_mut(organization: &mut Organization) -> &mut Table<Self> {
        &mut organization.messaging.settings
    }
}

/// How customers reach an organization by messages.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Messaging {
    pub(crate) integrations: Table<MessagingIntegration>,
    pub(crate) contents: Table<SupportedContent>,
    /// What integrations support that name nothing else.
    pub(crate) default_content: Option<Id<SupportedContent>>,
    pub(crate) settings: Table<MessagingSetting>,
    /// The setting of integrations that name no other.
    pub(crate) default_setting: Option<Id<MessagingSetting>>,
    pub(crate) configurations: Table<WebConfiguration>,
    pub(crate) deployments: Table<WebDeployment>,
}

impl Messaging {
    /// The integrations and deployments of an organization's file.
    pub(super) fn of(seed: &OrganizationSeed, organization: Uuid, now: Nanos) -> Self {
        let mut all = Self::default();
        let content: Record<SupportedContent> = Record::seeded(organization, DEFAULT, now);
        let setting: Record<MessagingSetting> = Record::seeded(organization, DEFAULT, now);
        (all.default_content, all.default_setting) = (Some(content.id()), Some(setting.id()));
        all.contents.seed(content);
        all.settings.seed(setting);
        for integration in &seed.messaging_integrations {
            all.integrations.seed(integration.record(organization, now));
        }
        all.seed_web(seed, organization, now);
        all
    }
}

/// Adds the recipients and the published versions of an organization's file.
pub(super) fn seed(from: &OrganizationSeed, organization: Uuid, now: Nanos, all: &mut Collections) {
    for integration in &from.messaging_integrations {
        let record = integration.record(organization, now);
        let Some(channel) = record.channel() else { continue };
        let recipient = record.recipient(channel, integration.flow(organization));
        all.seed(RECIPIENTS, &record.id().to_string(), recipient);
    }
    web::seed(from, organization, now, all);
}

impl MessagingIntegrationSeed {
    fn record(&self, organization: Uuid, now: Nanos) -> Record<MessagingIntegration> {
        let mut record: Record<MessagingIntegration> = Record::seeded(organization, &self.name, now);
        let channel = Channel::from_word(self.kind.get_ref()).unwrap_or(Channel::Open);
        record.extra.insert("messengerType".to_owned(), json!(channel.word()));
        for field in channel.required() {
            record.extra.insert((*field).to_owned(), json!(""));
        }
        record
    }

    fn flow(&self, organization: Uuid) -> Option<Value> {
        self.flow.as_ref().map(|name| flow(organization, name.get_ref()))
    }
}

/// A seeded flow, as other entities refer to it.
fn flow(organization: Uuid, name: &str) -> Value {
    let id: Id<Flow> = seeded_id(organization, name);
    json!({ "id": id, "name": name, "selfUri": format!("{}/{id}", Flow::PATH) })
}

impl Organization {
    /// Its messaging integrations and web deployments.
    pub(crate) const fn messaging(&self) -> &Messaging {
        &self.messaging
    }

    /// Makes the recipient of a new integration.
    pub(crate) fn add_recipient(&mut self, id: Id<MessagingIntegration>) {
        let Some(record) = self.messaging.integrations.get(id) else { return };
        let Some(channel) = record.channel() else { return };
        let recipient = record.recipient(channel, None);
        self.collections.insert(RECIPIENTS, &id.to_string(), recipient);
    }

    /// Sets or removes what integrations support that name nothing else.
    pub(crate) fn set_default_content(&mut self, id: Option<Id<SupportedContent>>) {
        self.messaging.default_content = id;
    }

    /// Sets or removes the setting of integrations that name no other.
    pub(crate) fn set_default_setting(&mut self, id: Option<Id<MessagingSetting>>) {
        self.messaging.default_setting = id;
    }

    /// Whether an integration or a web deployment refers to the content.
    pub(crate) fn uses_content(&self, id: Id<SupportedContent>) -> bool {
        let (messaging, text) = (&self.messaging, id.to_string());
        let mut deployments = messaging.deployments.iter();
        messaging.integrations.iter().any(|one| one.refers_to("supportedContent", &text))
            || deployments.any(|one| one.refers_to("supportedContent", &text))
    }

    /// Whether an integration refers to the setting.
    pub(crate) fn uses_setting(&self, id: Id<MessagingSetting>) -> bool {
        let text = id.to_string();
        self.messaging.integrations.iter().any(|one| one.refers_to("messagingSetting", &text))
    }
}
