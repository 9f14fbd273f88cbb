//! Integrations and their actions as an organization's file has them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{OrganizationSeed, Reference, line_of, missing};
use crate::rules::excerpt;
use crate::time::Nanos;
use crate::world::integration::kinds::integration_type;
use crate::world::integration::{Action, Integration};
use crate::world::table::{Record, seeded_id};

/// The types of properties that a contract may have.
pub(in crate::world) const PROPERTY_TYPES: [&str; 6] =
    ["string", "integer", "number", "boolean", "array", "object"];

/// An installed integration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IntegrationSeed {
    /// Unique within the organization.
    pub(crate) name: String,
    /// The vendor's id of its type, such as `purecloud-data-actions`.
    #[serde(rename = "type")]
    pub(crate) kind: Reference,
    #[serde(default = "yes")]
    pub(crate) enabled: bool,
}

fn yes() -> bool {
    true
}

/// An action of an integration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActionSeed {
    /// Unique within the organization.
    pub(crate) name: String,
    /// The name of its integration.
    pub(crate) integration: Reference,
    /// The category; the name of the integration if there is none.
    pub(crate) category: Option<String>,
    /// The properties of its input, each with its type. All of them are required.
    #[serde(default)]
    pub(crate) input: BTreeMap<String, Reference>,
    /// The properties of its result, each with its type.
    #[serde(default)]
    pub(crate) output: BTreeMap<String, Reference>,
}

impl ActionSeed {
    /// The action at the start.
    pub(crate) fn record(&self, organization: Uuid, now: Nanos) -> Record<Action> {
        let mut record: Record<Action> = Record::seeded(organization, &self.name, now);
        let integration = self.integration.get_ref();
        let id = seeded_id::<Integration>(organization, integration);
        let required: Vec<_> = self.input.keys().collect();
        let mut put = |key: &str, value: Value| drop(record.extra.insert(key.to_owned(), value));
        put("integrationId", json!(id));
        put("category", json!(self.category.as_ref().unwrap_or(integration)));
        put("secure", json!(false));
        put(
            "contract",
            json!({
                "input": { "inputSchema": schema("input", &self.input, &required) },
                "output": { "successSchema": schema("output", &self.output, &[]) },
            }),
        );
        put(
            "config",
            json!({
                "request": {
                    "requestUrlTemplate": "/", "requestTemplate": "${input.rawRequest}", "requestType": "GET",
                    "headers": {},
                },
                "response": {
                    "translationMap": {}, "translationMapDefaults": {}, "successTemplate": "${rawResult}",
                },
            }),
        );
        record
    }
}

fn schema(title: &str, properties: &BTreeMap<String, Reference>, required: &[&String]) -> Value {
    let of_type = |kind: &Reference| json!({ "type": kind.get_ref() });
    let properties: Map<String, Value> =
        properties.iter().map(|(name, kind)| (name.clone(), of_type(kind))).collect();
    json!({
        "$schema": "http://json-schema.org/draft-04/schema#", "title": title, "type": "object",
        "required": required, "properties": properties, "additionalProperties": true,
    })
}

impl OrganizationSeed {
    /// Checks the types of integrations, and that every integration that an action refers to is in the file.
    pub(super) fn check_integrations(&self, text: &str) -> Result<(), String> {
        for integration in &self.integrations {
            let kind = integration.kind.get_ref();
            if integration_type(kind).is_none() {
                let (line, name) = (line_of(text, &integration.kind), excerpt(&integration.name));
                return Err(format!(
                    "line {line}: integration {name}: no integration type {}",
                    excerpt(kind)
                ));
            }
        }
        for action in &self.actions {
            let wanted = action.integration.get_ref();
            if !self.integrations.iter().any(|integration| integration.name == *wanted) {
                return Err(missing(text, ("action", &action.name), ("integration", &action.integration)));
            }
            let mut kinds = action.input.values().chain(action.output.values());
            if let Some(wrong) = kinds.find(|kind| !PROPERTY_TYPES.contains(&kind.get_ref().as_str())) {
                let (line, name) = (line_of(text, wrong), excerpt(&action.name));
                let (kind, expected) = (excerpt(wrong.get_ref()), PROPERTY_TYPES.join(", "));
                return Err(format!("line {line}: action {name}: type {kind}, expected one of {expected}"));
            }
        }
        Ok(())
    }
}
