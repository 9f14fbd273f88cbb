//! The names of an entity's fields, as the vendor's Python SDK spells them.

use serde_json::{Map, Value};

/// The field that has names of the organization's own as keys.
const OWN_NAMES: &str = "properties";

/// Adds each field that is in snake case, as `to_dict()` of the SDK writes it, under the name that the API has for it:
/// `self_uri` as `selfUri`, within objects and lists too. A field that the entity has already stays.
pub(super) fn add_vendor_names(fields: &mut Map<String, Value>) {
    for (name, value) in fields.iter_mut() {
        if name != OWN_NAMES {
            descend(value);
        }
    }
    let spelled = fields.iter().filter_map(|(name, value)| Some((vendor_name(name)?, value.clone())));
    let spelled: Vec<(String, Value)> = spelled.collect();
    for (name, value) in spelled {
        fields.entry(name).or_insert(value);
    }
}

fn descend(value: &mut Value) {
    match value {
        Value::Object(fields) => add_vendor_names(fields),
        Value::Array(values) => values.iter_mut().for_each(descend),
        _ => {}
    }
}

/// A name in snake case as the API spells it, and none for another name.
pub(super) fn vendor_name(name: &str) -> Option<String> {
    let (first, rest) = name.split_once('_').filter(|(first, _)| !first.is_empty())?;
    let words = rest.split('_').map(|word| {
        let (initial, end) = word.split_at_checked(1).unwrap_or((word, ""));
        format!("{}{end}", initial.to_uppercase())
    });
    Some(first.to_owned() + &words.collect::<String>())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_of_the_sdk_is_added_as_the_api_spells_it() {
        let mut value = json!({ "self_uri": "/a", "id": "a", "selfUri": null, "cell_phone": { "e164": "+1" },
            "contract": { "input": { "input_schema": { "properties": { "a_b": {} } } } }, "_x": 1 });
        let fields = value.as_object_mut().expect("an object");
        add_vendor_names(fields);
        assert_eq!(fields["cellPhone"], json!({ "e164": "+1" }));
        assert_eq!(fields["selfUri"], Value::Null, "what is there stays");
        assert_eq!(fields["contract"]["input"]["inputSchema"]["properties"], json!({ "a_b": {} }));
        assert_eq!(fields.len(), 7);
    }

    #[test]
    fn only_a_name_in_snake_case_has_another_spelling() {
        for (name, expected) in [
            ("authorized_grant_type", Some("authorizedGrantType")),
            ("ring_", Some("ring")),
            ("a_é", Some("aÉ")),
            ("name", None),
            ("_name", None),
        ] {
            assert_eq!(vendor_name(name).as_deref(), expected, "{name}");
        }
    }
}
