//! Compares what was sent with what is read again.

use serde_json::{Map, Value};

use super::Held;
use crate::generate::is_of_server;
use crate::spec::{Document, Operation};

/// Properties of an entity that the server sets, though the document does not mark them: the beginning of the path, and
/// the property. Most stand in the answer's model, which the request has as well. Properties of that name within the
/// entity are compared.
const OF_SERVER: &[(&str, &str)] = &[
    ("/api/v2/authorization/roles", "userCount"),
    ("/api/v2/conversations/calls/", "name"),
    ("/api/v2/conversations/emails/", "name"),
    ("/api/v2/conversations/messages/", "name"),
    ("/api/v2/flows/{flowId}", "type"),
    ("/api/v2/organizations/me", "domain"),
    ("/api/v2/quality/calibrations", "averageScore"),
    ("/api/v2/quality/forms", "contextId"),
    ("/api/v2/quality/forms", "published"),
    ("/api/v2/users/{userId}/routingstatus", "startTime"),
    ("/api/v2/webdeployments/configurations/{configurationId}/versions/draft", "status"),
    ("/api/v2/workforcemanagement/managementunits/{managementUnitId}/workplans", "agentCount"),
];

/// Compares the values that were sent with those that `get` answered, as far as its schema has them. `None` where
/// nothing can be compared.
pub(super) fn keeps(
    document: &'static Document,
    get: &Operation,
    sent: Option<&Value>,
    read: &Value,
) -> Option<Held> {
    let mut comparison = Comparison { document, path: get.path, compared: 0, wrong: None };
    comparison.value(get.first_schema()?, sent?, read, "");
    let held = comparison.wrong.map_or(Ok(()), Err);
    (comparison.compared > 0).then_some(held)
}

struct Comparison {
    document: &'static Document,
    path: &'static str,
    compared: usize,
    wrong: Option<String>,
}

impl Comparison {
    fn value(&mut self, schema: &'static Value, sent: &Value, read: &Value, at: &str) {
        let schema = self.document.resolve(schema);
        match (schema["type"].as_str().unwrap_or("object"), sent) {
            ("object", Value::Object(sent)) => self.object(schema, sent, read, at),
            ("array", Value::Array(sent)) => self.array(schema, sent, read, at),
            ("string", Value::String(word)) => {
                let is_word = schema["enum"].as_array().is_none_or(|words| words.contains(sent));
                if is_word && !word.is_empty() {
                    self.plain(sent, read, at);
                }
            }
            ("boolean", Value::Bool(_)) | ("integer" | "number", Value::Number(_)) => {
                self.plain(sent, read, at);
            }
            _ => {}
        }
    }

    fn object(&mut self, schema: &'static Value, sent: &Map<String, Value>, read: &Value, at: &str) {
        let Some(properties) = schema["properties"].as_object() else { return };
        for (name, value) in sent {
            let Some(declared) = properties.get(name).filter(|of| of["readOnly"] != true) else { continue };
            let is_top = !at.contains('.') && (at.is_empty() || at.starts_with('['));
            let is_set =
                is_top && OF_SERVER.iter().any(|(path, of)| self.path.starts_with(path) && of == name);
            let is_sent = name != "version" && !is_set && !(at.is_empty() && is_of_server(name));
            if is_sent && !is_secret(name) {
                let at = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                self.value(declared, value, &read[name], &at);
            }
        }
    }

    fn array(&mut self, schema: &'static Value, sent: &[Value], read: &Value, at: &str) {
        for (index, item) in sent.iter().enumerate() {
            self.value(&schema["items"], item, &read[index], &format!("{at}[{index}]"));
        }
    }

    fn plain(&mut self, sent: &Value, read: &Value, at: &str) {
        self.compared += 1;
        let is_equal = match (sent.as_f64(), read.as_f64()) {
            (Some(sent), Some(read)) => (sent - read).abs() < f64::EPSILON,
            _ => sent == read,
        };
        if !is_equal && self.wrong.is_none() {
            self.wrong = Some(format!("{at} was sent as {sent}, read as {read}"));
        }
    }
}

/// A property that is written and never shown.
fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    name.contains("password") || name.contains("secret")
}
