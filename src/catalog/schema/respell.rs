//! Spells the words of enumerations as the document does. Requests may write them in another case.

use serde_json::Value;

use super::arena::{Kind, SchemaId, Schemas, TextRule};
use super::check::DEEPEST;

impl Schemas {
    /// Spells each word of an enumeration in the body of a request as the document does, so that it is kept, compared
    /// and shown in one spelling. The time is linear in the size of the body.
    pub(crate) fn respell(&self, schema: SchemaId, body: &mut Value) {
        self.respell_at(schema, body, 0);
    }

    /// The value of a query parameter in the spelling of the document; `None` where it has that already. For a
    /// parameter that is an array, `text` is one item or several with commas between them.
    pub(crate) fn respelled(&self, schema: SchemaId, text: &str) -> Option<String> {
        let respelled = match self.kind(schema) {
            Kind::Text(rule) => rule.respelled(text)?.to_owned(),
            Kind::Array { items, .. } => {
                let Kind::Text(rule) = self.kind(items) else { return None };
                let items = || text.split(',').map(str::trim);
                items().find_map(|item| rule.respelled(item))?;
                items().map(|item| rule.respelled(item).unwrap_or(item)).collect::<Vec<_>>().join(",")
            }
            _ => return None,
        };
        Some(respelled)
    }

    fn respell_at(&self, schema: SchemaId, value: &mut Value, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        match (self.kind(schema), value) {
            (Kind::Text(rule), Value::String(text)) => rule.respell(text),
            (Kind::Array { items, .. }, Value::Array(all)) => {
                for item in all {
                    self.respell_at(items, item, depth + 1);
                }
            }
            (Kind::Map(values), Value::Object(map)) => {
                map.values_mut().for_each(|value| self.respell_at(values, value, depth + 1));
            }
            (Kind::Object(object), Value::Object(map)) => {
                for (name, value) in map.iter_mut() {
                    let Some(property) = object.find(name) else { continue };
                    self.respell_at(property.schema, value, depth + 1);
                }
            }
            _ => {}
        }
    }
}

impl<'s> TextRule<'s> {
    /// Replaces a word in another case by the word of the enumeration.
    fn respell(self, text: &mut String) {
        if let Some(word) = self.respelled(text) {
            word.clone_into(text);
        }
    }

    /// The word of the enumeration that `text` is in another case.
    fn respelled(self, text: &str) -> Option<&'s str> {
        if self.words().any(|word| word == text) {
            return None;
        }
        self.words().find(|word| word.eq_ignore_ascii_case(text))
    }
}
