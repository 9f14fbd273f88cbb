//! Integrations, their types, credentials and actions as the vendor writes them.

use serde_json::{Map, Value, json};

use super::record::Properties;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::world::Organization;
use crate::world::integration::action::Contracted;
use crate::world::integration::kinds::{CredentialType, IntegrationType, integration_type};
use crate::world::integration::{Action, Credential, Integration};
use crate::world::table::{Kind, Record};

/// The path of the types of integrations.
const TYPES: &str = "/api/v2/integrations/types";

/// A type of integrations.
pub(crate) fn kind(kind: &IntegrationType) -> Value {
    let uri = format!("{TYPES}/{}", kind.id);
    let mut written = json!({
        "id": kind.id, "name": kind.name, "description": kind.name, "provider": "gcmock", "category": kind.category,
        "images": [],
        "configPropertiesSchemaUri": format!("{uri}/configschemas/properties"),
        "configAdvancedSchemaUri": format!("{uri}/configschemas/advanced"),
        "vendorName": "Genesys", "nonInstallable": false, "userPermissions": [], "vendorOAuthClientIds": [],
        "credentials": {}, "selfUri": uri,
    });
    if !kind.credentials.is_empty() {
        let of = json!({ "required": false, "title": kind.name, "credentialTypes": kind.credentials });
        written["credentials"] = json!({ "basicAuth": of });
    }
    written
}

/// The JSON Schema of one part of the configuration of a type: `properties`, or `advanced`, which has none.
pub(crate) fn config_schema(kind: &IntegrationType, is_advanced: bool) -> Value {
    let names = if is_advanced { &[] } else { kind.properties };
    let properties: Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), json!({ "type": "string" }))).collect();
    json!({
        "$schema": "http://json-schema.org/draft-04/schema#", "title": kind.name, "type": "object",
        "required": [], "properties": properties, "additionalProperties": {},
    })
}

/// An integration as it is at `now`.
pub(crate) fn integration(
    organization: &Organization,
    record: &Record<Integration>,
    now: Nanos,
) -> Map<String, Value> {
    let id = record.type_id();
    let name = integration_type(id).map_or("", |kind| kind.name);
    let code = record.reported_state(now);
    Properties::of(organization, record)
        .put("integrationType", json!({ "id": id, "name": name, "selfUri": format!("{TYPES}/{id}") }))
        .put("notes", configuration(record)["notes"].take())
        .put("intendedState", json!(record.intended_state()))
        .put("config", json!({ "current": configuration(record) }))
        .put(
            "reportedState",
            json!({ "code": code, "effective": code, "lastUpdated": rfc3339(record.modified) }),
        )
        .put("attributes", json!({}))
        .end()
}

/// The configuration of an integration; an empty one before a client sets it.
pub(crate) fn configuration(record: &Record<Integration>) -> Value {
    let uri = format!("{}/config/current", record.uri());
    let mut written = json!({
        "id": record.id(), "name": record.name, "version": 1, "properties": {}, "advanced": {}, "notes": "",
        "credentials": {},
    });
    if let Some(Value::Object(stored)) = record.extra.get("config") {
        for (key, value) in stored {
            written[key] = value.clone();
        }
    }
    written["selfUri"] = json!(uri);
    written
}

/// An application that users open: an integration without what only administrators see.
pub(crate) fn user_app(
    organization: &Organization,
    record: &Record<Integration>,
    now: Nanos,
) -> Map<String, Value> {
    let mut written = integration(organization, record, now);
    written.retain(|key, _| matches!(key.as_str(), "id" | "name" | "integrationType" | "config" | "selfUri"));
    written
}

/// A type of credentials.
pub(crate) fn credential_kind(kind: &CredentialType) -> Value {
    let properties: Map<String, Value> =
        kind.fields.iter().map(|name| ((*name).to_owned(), json!({ "type": "string" }))).collect();
    json!({
        "id": kind.id, "name": kind.id,
        "properties": { "type": "object", "properties": properties },
        "displayOrder": kind.fields, "required": kind.fields,
    })
}

/// A credential. The values of its fields are secret and never shown.
pub(crate) fn credential(organization: &Organization, record: &Record<Credential>) -> Map<String, Value> {
    let kind = record.extra.get("type").and_then(|kind| kind.get("id")?.as_str()).unwrap_or_default();
    Properties::of(organization, record)
        .put("createdDate", json!(rfc3339(record.created)))
        .put("modifiedDate", json!(rfc3339(record.modified)))
        .put("type", json!({ "id": kind, "name": kind }))
        .end()
}

/// How much of an action is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Detail {
    /// Whether the schemas of the contract are in the answer. Else it has their addresses.
    pub(crate) contract: bool,
    /// Whether the configuration is in the answer.
    pub(crate) config: bool,
}

impl Detail {
    /// Everything.
    pub(crate) const ALL: Self = Self { contract: true, config: true };
}

/// An action, or a draft of one.
pub(crate) fn action<K: Contracted>(
    organization: &Organization,
    record: &Record<K>,
    detail: Detail,
) -> Map<String, Value> {
    let address = record.address();
    let text = |key: &str| record.extra.get(key).cloned();
    let mut written = Properties::of(organization, record)
        .put_some("integrationId", text("integrationId"))
        .put_some("category", text("category"))
        .put("contract", contract(record, &address, detail.contract))
        .put("version", json!(record.version))
        .put("secure", text("secure").unwrap_or_else(|| json!(false)))
        .put_some(
            "config",
            text("config").filter(|_| detail.config).map(|config| with_uris(config, &address)),
        )
        .end();
    written.insert("selfUri".to_owned(), json!(format!("{}/{}", Action::PATH, record.id())));
    written
}

fn contract<K: Contracted>(record: &Record<K>, address: &str, in_full: bool) -> Value {
    let mut input = json!({ "inputSchemaUri": format!("{address}/schemas/{INPUT}") });
    let mut output = json!({ "successSchemaUri": format!("{address}/schemas/{SUCCESS}") });
    if in_full {
        input["inputSchema"] = record.input_schema().cloned().unwrap_or_default();
        output["successSchema"] = record.success_schema().cloned().unwrap_or_default();
    }
    json!({ "input": input, "output": output })
}

/// A configuration with the addresses of its templates.
fn with_uris(mut config: Value, address: &str) -> Value {
    for (part, template, key, name) in [
        ("request", "requestTemplate", "requestTemplateUri", REQUEST),
        ("response", "successTemplate", "successTemplateUri", RESPONSE),
    ] {
        if config[part][template].is_string() {
            config[part][key] = json!(format!("{address}/templates/{name}"));
        }
        // An action that runs a function has no request. Its clients send an empty one.
        if config[part].as_object().is_some_and(Map::is_empty)
            && let Some(config) = config.as_object_mut()
        {
            config.shift_remove(part);
        }
    }
    config
}

/// The file names of the parts of an action. They are those of the vendor's exported actions.
pub(crate) const INPUT: &str = "inputschema.json";
/// As above.
pub(crate) const SUCCESS: &str = "successschema.json";
/// As above.
pub(crate) const REQUEST: &str = "requesttemplate.vm";
/// As above.
pub(crate) const RESPONSE: &str = "successtemplate.vm";
