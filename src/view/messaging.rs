//! Messaging integrations, what they support, and web deployments as the vendor writes them.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::record::Properties;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::world::messaging::{
    Channel, MessagingIntegration, MessagingSetting, RECIPIENTS, SupportedContent, WebConfiguration,
    WebDeployment, versions_of,
};
use crate::world::table::{Kind, Record, Stored};
use crate::world::{LANGUAGE, Organization};

/// The path of the users.
const USERS: &str = "/api/v2/users";

/// `{"id", "selfUri"}` of the user or client that created or changed an entity.
fn author(id: Option<Uuid>) -> Option<Value> {
    id.map(|id| json!({ "id": id, "selfUri": format!("{USERS}/{id}") }))
}

/// An integration of its messenger, as it is at `now`.
pub(crate) fn integration(
    organization: &Organization,
    record: &Record<MessagingIntegration>,
    now: Nanos,
) -> Map<String, Value> {
    let Some(channel) = record.channel() else { return Map::new() };
    let is_created = record.is_created(now);
    let shown = channel.required().iter().chain(channel.optional());
    let mut written = common(organization, record);
    for field in shown {
        let default = || channel.required().contains(field).then(|| json!(""));
        if let Some(value) = record.extra.get(*field).cloned().or_else(default) {
            written = written.put(field, value);
        }
    }
    let mut written = written
        .put("status", json!(if is_created { "Active" } else { "Starting" }))
        .put("createStatus", json!(if is_created { "Completed" } else { "Initiated" }))
        .put_some("version", channel.is_versioned().then(|| json!(record.version)))
        .end();
    written.insert("selfUri".to_owned(), json!(address(record, channel)));
    written
}

/// An integration in the listing of those of all messengers.
pub(crate) fn any_integration(
    organization: &Organization,
    record: &Record<MessagingIntegration>,
    now: Nanos,
) -> Map<String, Value> {
    let Some(channel) = record.channel() else { return Map::new() };
    let mut written = common(organization, record)
        .put("status", json!(if record.is_created(now) { "Active" } else { "Starting" }))
        .put("messengerType", json!(channel.word()))
        .put("version", json!(record.version))
        .end();
    written.insert("selfUri".to_owned(), json!(address(record, channel)));
    written
}

fn address(record: &Record<MessagingIntegration>, channel: Channel) -> String {
    format!("{}/{}/{}", MessagingIntegration::PATH, channel.word(), record.id())
}

/// The properties that integrations of every messenger have.
fn common<'a>(
    organization: &'a Organization,
    record: &'a Record<MessagingIntegration>,
) -> Properties<'a, MessagingIntegration> {
    let messaging = organization.messaging();
    let content = messaging.default_content.map(|id| id.to_string());
    let setting = messaging.default_setting.map(|id| id.to_string());
    let (id, name) = (record.id(), &record.name);
    Properties::of(organization, record)
        .put_some(
            "supportedContent",
            reference::<SupportedContent>(organization, &record.extra, "supportedContent", content),
        )
        .put_some(
            "messagingSetting",
            reference::<MessagingSetting>(organization, &record.extra, "messagingSetting", setting),
        )
        .put("recipient", json!({ "id": id, "name": name, "selfUri": format!("{RECIPIENTS}/{id}") }))
        .dates()
        .put_some("createdBy", author(record.created_by))
        .put_some("modifiedBy", author(record.modified_by))
}

/// `{"id", "name", "selfUri"}` of the entity that an entity refers to under `field`, or else of the default.
fn reference<K: Stored>(
    organization: &Organization,
    extra: &Map<String, Value>,
    field: &str,
    default: Option<String>,
) -> Option<Value> {
    let named = extra.get(field).and_then(|of| of.get("id")?.as_str()).map(str::to_owned);
    let found = K::table(organization).find(&named.or(default)?)?;
    Some(json!({ "id": found.id(), "name": found.name, "selfUri": found.uri() }))
}

/// What an integration supports.
pub(crate) fn content(organization: &Organization, record: &Record<SupportedContent>) -> Map<String, Value> {
    Properties::of(organization, record)
        .dates()
        .put_some("createdBy", author(record.created_by))
        .put_some("modifiedBy", author(record.modified_by))
        .put("version", json!(record.version))
        .extra()
        .or(
            "mediaTypes",
            || json!({ "allow": { "inbound": [{ "type": "*/*" }], "outbound": [{ "type": "*/*" }] } }),
        )
        .end()
}

/// A setting of integrations.
pub(crate) fn setting(organization: &Organization, record: &Record<MessagingSetting>) -> Map<String, Value> {
    let (off, on) = (|| json!("Disabled"), || json!("Enabled"));
    Properties::of(organization, record)
        .dates()
        .put("version", json!(record.version.to_string()))
        .put_some("createdBy", author(record.created_by))
        .put_some("updatedBy", author(record.modified_by))
        .extra()
        .or(
            "content",
            || json!({ "story": { "mention": { "inbound": off() }, "reply": { "inbound": off() } } }),
        )
        .or("event", || json!({ "typing": { "on": { "inbound": on(), "outbound": on() } } }))
        .end()
}

/// The draft of a configuration.
pub(crate) fn draft(organization: &Organization, record: &Record<WebConfiguration>) -> Map<String, Value> {
    let mut written = Properties::of(organization, record)
        .put("version", json!("draft"))
        .extra()
        .or("languages", || json!([LANGUAGE]))
        .or("defaultLanguage", || json!(LANGUAGE))
        .dates()
        .put_some("createdUser", author(record.created_by))
        .put_some("lastModifiedUser", author(record.modified_by))
        .put("status", json!("Active"))
        .end();
    written.insert("selfUri".to_owned(), json!(format!("{}/draft", versions_of(record.id()))));
    written
}

/// The draft as the version of that number, published at `now`.
pub(crate) fn version(
    mut draft: Map<String, Value>,
    record: &Record<WebConfiguration>,
    (number, by): (u64, Option<Uuid>),
    now: Nanos,
) -> Map<String, Value> {
    draft.insert("version".to_owned(), json!(number.to_string()));
    draft.insert("datePublished".to_owned(), json!(rfc3339(now)));
    if let Some(by) = author(by) {
        draft.insert("publishedUser".to_owned(), by);
    }
    draft.insert("selfUri".to_owned(), json!(format!("{}/{number}", versions_of(record.id()))));
    draft
}

/// A web deployment.
pub(crate) fn deployment(organization: &Organization, record: &Record<WebDeployment>) -> Map<String, Value> {
    let content = organization.messaging().default_content.map(|id| id.to_string());
    Properties::of(organization, record)
        .extra()
        .or("description", || json!(""))
        .or("allowAllDomains", || json!(true))
        .or("allowedDomains", || json!([]))
        .put("status", json!(record.status()))
        .put_some(
            "supportedContent",
            reference::<SupportedContent>(organization, &record.extra, "supportedContent", content),
        )
        .put_some("configuration", configuration(organization, record))
        .dates()
        .put_some("lastModifiedUser", author(record.modified_by))
        .end()
}

/// The version of a configuration that a deployment has: `{"id", "name", "version", "selfUri"}`.
fn configuration(organization: &Organization, record: &Record<WebDeployment>) -> Option<Value> {
    let stored = record.extra.get("configuration")?;
    let found = WebConfiguration::table(organization).find(stored.get("id")?.as_str()?)?;
    let version = stored.get("version")?.as_str()?;
    let uri = format!("{}/{version}", versions_of(found.id()));
    Some(json!({ "id": found.id(), "name": found.name, "version": version, "selfUri": uri }))
}
