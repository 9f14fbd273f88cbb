//! Integrations and their actions.

use serde_json::{Map, Value};

use super::kind::Kind;
use super::names::{Named, Names};
use super::resource::Resource;
use super::writer::{Writer, quoted};
use crate::world::integration::kinds::integration_type;
use crate::world::seed::PROPERTY_TYPES;

/// Writes integrations and actions. Credentials, addresses and properties are not taken.
pub(super) fn write(names: &Names<'_>, out: &mut Writer) {
    for integration in names.of_kind(Kind::Integration) {
        match known_type(integration.resource) {
            Some(kind) => write_integration(integration, kind, out),
            None => out.note(integration.resource, "integration of a type that gcmock lacks"),
        }
    }
    for action in names.of_kind(Kind::Action) {
        write_action(names, action, out);
    }
}

/// The type of an integration, unless gcmock lacks it.
fn known_type(integration: &Resource) -> Option<&str> {
    let kind = integration.references(&["integration_type", "integrationType"]).into_iter().next()?;
    integration_type(kind).is_some().then_some(kind)
}

fn write_integration(integration: &Named<'_>, kind: &str, out: &mut Writer) {
    out.named("integration", &integration.name);
    out.string("type", kind);
    let state = integration.resource.text(&["intended_state", "intendedState"]);
    if state.is_some_and(|state| !state.eq_ignore_ascii_case("enabled")) {
        out.literal("enabled", "false");
    }
}

fn write_action(names: &Names<'_>, action: &Named<'_>, out: &mut Writer) {
    // An action of the API has the id of its integration itself in place of an object.
    let keys = action.resource.references(&["integration_id", "integrationId"]);
    let key = keys.into_iter().find(|key| {
        names
            .get(Kind::Integration, key)
            .is_some_and(|integration| known_type(integration.resource).is_some())
    });
    let Some(integration) = key.and_then(|key| names.find(Kind::Integration, key)) else {
        out.note(action.resource, "action without its integration");
        return;
    };
    out.named("action", &action.name);
    out.string("integration", integration);
    out.optional("category", action.resource.text(&["category"]));
    let contract = |terraform, path: [&str; 2]| schema_of(action.resource, terraform, path);
    write_properties("input", contract("contract_input", ["input", "inputSchema"]).as_ref(), out);
    write_properties("output", contract("contract_output", ["output", "successSchema"]).as_ref(), out);
}

/// A schema of an action's contract: a string of JSON in Terraform, an object in the API.
fn schema_of(action: &Resource, terraform: &'static str, path: [&str; 2]) -> Option<Value> {
    action.see(&["contract"]);
    if let Some(text) = action.text(&[terraform]) {
        return serde_json::from_str(text).ok();
    }
    path.iter().try_fold(action.fields.get("contract")?, |value, key| value.get(key)).cloned()
}

/// Writes the properties of a schema that have a simple type.
fn write_properties(key: &str, schema: Option<&Value>, out: &mut Writer) {
    let properties = schema.and_then(|schema| schema.get("properties")?.as_object());
    let pairs: Vec<String> = properties.into_iter().flat_map(Map::iter).filter_map(pair).collect();
    if !pairs.is_empty() {
        out.literal(key, &format!("{{ {} }}", pairs.join(", ")));
    }
}

fn pair((name, property): (&String, &Value)) -> Option<String> {
    let kind = property.get("type")?.as_str().filter(|kind| PROPERTY_TYPES.contains(kind))?;
    Some(format!("{} = {}", quoted(name), quoted(kind)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_properties_of_a_contract_are_taken_from_json_within_a_string_and_from_objects() {
        let schema =
            json!({ "properties": { "a b": { "type": "string" }, "c": { "type": ["null"] }, "d": 7 } });
        for fields in [
            json!({ "contract_input": schema.to_string() }),
            json!({ "contract": { "input": { "inputSchema": schema } } }),
        ] {
            let fields = fields.as_object().expect("an object").clone();
            let action = Resource::new(Kind::Action, fields, "".into());
            let found = schema_of(&action, "contract_input", ["input", "inputSchema"]).expect("a schema");
            let properties = found["properties"].as_object().expect("an object");
            let pairs: Vec<_> = properties.iter().filter_map(pair).collect();
            assert_eq!(pairs, [r#""a b" = "string""#]);
        }
        let action = Resource::new(Kind::Action, Map::new(), "".into());
        assert!(schema_of(&action, "contract_input", ["input", "inputSchema"]).is_none());
    }
}
