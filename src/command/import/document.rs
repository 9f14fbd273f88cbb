//! A text as a document of the form that it has.

use serde_json::Value;

use super::files::{Form, Input};
use super::{har, terraform, users};
use crate::rules::json_mistake;
use crate::world::import::Export;

/// The keys of which a Terraform configuration in JSON has one.
const TERRAFORM: [&str; 8] =
    ["resource", "data", "terraform", "provider", "variable", "output", "locals", "module"];

/// Adds the entities of a file.
///
/// # Errors
/// What is wrong in it, with its line where that is known.
pub(super) fn add(file: &Input, text: &str, export: &mut Export) -> Result<(), String> {
    match file.form {
        Form::Hcl => export.add_terraform(terraform::parse(text)?),
        Form::Csv => users::add(text, export),
        Form::Json => add_documents(&file.stem(), text, export),
    }
}

/// Adds the documents of a text: one, or several in a row, such as pages that one command after the other appended, or one
/// entity in each line.
fn add_documents(stem: &str, text: &str, export: &mut Export) -> Result<(), String> {
    let mut documents = serde_json::Deserializer::from_str(text).into_iter::<Value>().peekable();
    if documents.peek().is_none() {
        // The mistake of an empty text.
        return serde_json::from_str::<()>(text).map_err(|error| json_mistake(text.as_bytes(), &error));
    }
    documents.try_for_each(|document| {
        add_json(stem, document.map_err(|error| json_mistake(text.as_bytes(), &error))?, export)
    })
}

fn add_json(stem: &str, mut document: Value, export: &mut Export) -> Result<(), String> {
    if har::is_recording(&document) {
        har::add(&mut document, export)
    } else if is_terraform(&document) {
        export.add_terraform(document)
    } else {
        export.add_collection(stem, document)
    }
}

/// Whether a document is a configuration of Terraform. An entity of the API has an id, and its fields may have any name.
fn is_terraform(document: &Value) -> bool {
    let is_entity = document.get("id").is_some_and(Value::is_string);
    !is_entity
        && TERRAFORM
            .iter()
            .any(|key| document.get(key).is_some_and(|block| block.is_object() || block.is_array()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_of_json_is_known_by_its_keys() {
        for (document, expected) in [
            (json!({ "resource": {} }), true),
            (json!({ "terraform": [{}], "provider": [] }), true),
            (json!({ "id": "a", "resource": {} }), false),
            (json!({ "entities": [] }), false),
            (json!({ "resource": "a" }), false),
            (json!([]), false),
        ] {
            assert_eq!(is_terraform(&document), expected, "{document}");
        }
    }
}
