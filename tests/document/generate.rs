//! Makes bodies and parameters of a schema: its required properties, and a few others.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, Value, json};

use crate::formats;
use crate::spec::Document;

/// Which properties a body gets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fill {
    Required,
    /// The required ones, and booleans, enumerations, names and descriptions of its first level.
    Some,
    /// The required ones, and every boolean, number and string of its first level.
    Full,
}

/// Makes values. Ids come from the entities that exist, by noun: `queue`, `user`.
pub(crate) struct Generator {
    document: &'static Document,
    nouns: BTreeMap<String, String>,
    serial: AtomicUsize,
}

const DEEPEST: usize = 7;

impl Generator {
    pub(crate) const fn new(document: &'static Document) -> Self {
        Self { document, nouns: BTreeMap::new(), serial: AtomicUsize::new(0) }
    }

    /// Remembers the id of an existing entity; the first of a noun stays.
    pub(crate) fn learn(&mut self, noun: &str, id: &str) {
        self.nouns.entry(noun.to_lowercase()).or_insert_with(|| id.to_owned());
    }

    pub(crate) fn noun(&self, noun: &str) -> Option<&str> {
        self.nouns.get(&noun.to_lowercase()).map(String::as_str)
    }

    /// A body of the schema; `noun` is what its own `id` names.
    pub(crate) fn body(&self, schema: &'static Value, noun: &str, fill: Fill) -> Value {
        self.value(schema, noun, 0, fill)
    }

    /// The text of a parameter's value; `noun` is what `id` names.
    pub(crate) fn parameter(&self, parameter: &'static Value, noun: &str) -> String {
        let name = parameter["name"].as_str().unwrap_or_default();
        let name = if name == "id" { &noun_of(name, noun) } else { name };
        let schema = if parameter["type"] == "array" { &parameter["items"] } else { parameter };
        match self.value(schema, name, 1, Fill::Required) {
            Value::String(text) => text,
            other => other.to_string(),
        }
    }

    /// A name that no other value has.
    pub(crate) fn unique(&self) -> String {
        format!("Sweep {}", self.number())
    }

    /// A number that no other value has.
    pub(crate) fn number(&self) -> usize {
        self.serial.fetch_add(1, Ordering::Relaxed)
    }

    fn value(&self, schema: &'static Value, name: &str, depth: usize, fill: Fill) -> Value {
        let schema = self.document.resolve(schema);
        if let Some(words) = schema["enum"].as_array() {
            return words.iter().find(|word| is_usable(word)).unwrap_or(&words[0]).clone();
        }
        match schema["type"].as_str().unwrap_or("object") {
            "object" => self.object(schema, name, depth, fill),
            "array" if depth > DEEPEST => json!([]),
            "array" => {
                let noun = if depth == 0 { name.to_owned() } else { singular(name) };
                json!([self.value(&schema["items"], &noun, depth + 1, Fill::Required)])
            }
            "boolean" => json!(false),
            "integer" => json!(schema["minimum"].as_i64().unwrap_or(1).max(1)),
            "number" => json!(schema["minimum"].as_f64().unwrap_or(1.0).max(1.0)),
            _ => self.text(schema, name),
        }
    }

    fn object(&self, schema: &'static Value, name: &str, depth: usize, fill: Fill) -> Value {
        let Some(properties) = schema["properties"].as_object() else { return json!({}) };
        let required: Vec<_> = schema["required"].as_array().into_iter().flatten().collect();
        let mut object = Map::new();
        for (key, property) in properties {
            let is_required = required.iter().any(|name| *name == key) || is_of_updates(property);
            let wanted = is_required || (depth == 0 && self.is_wanted(key, property, fill));
            if property["readOnly"] == true || !wanted || depth > DEEPEST {
                continue;
            }
            object.insert(key.clone(), self.value(property, &noun_of(key, name), depth + 1, fill));
        }
        if object.is_empty() && depth > 0 && properties.contains_key("id") {
            object.insert("id".to_owned(), json!(self.id(name)));
        }
        Value::Object(object)
    }

    /// Whether a body gets this optional property.
    fn is_wanted(&self, key: &str, property: &'static Value, fill: Fill) -> bool {
        let property = self.document.resolve(property);
        let kind = property["type"].as_str().unwrap_or_default();
        let is_word = kind == "string" && property.get("enum").is_some();
        match fill {
            Fill::Required => false,
            Fill::Some => kind == "boolean" || is_word || matches!(key, "name" | "description"),
            Fill::Full => matches!(kind, "boolean" | "integer" | "number" | "string") && !is_of_server(key),
        }
    }

    /// The body with another value wherever it has the one that was read, so that a change is one.
    pub(crate) fn differing(&self, schema: &'static Value, mut body: Value, read: &Value) -> Value {
        let properties = self.document.properties(schema);
        let (Some(object), Some(properties)) = (body.as_object_mut(), properties) else { return body };
        for (name, value) in object.iter_mut().filter(|(name, value)| read[*name] == **value) {
            let Some(property) = properties.get(name) else { continue };
            if let Some(other) = self.other(self.document.resolve(property), name, value) {
                *value = other;
            }
        }
        body
    }

    /// Another value of the same type; `None` where only this one is sure to be accepted.
    fn other(&self, property: &'static Value, name: &str, value: &Value) -> Option<Value> {
        if let Some(words) = property["enum"].as_array() {
            return words.iter().find(|word| is_usable(word) && *word != value).cloned();
        }
        match value {
            Value::Bool(on) => Some(json!(!on)),
            Value::Number(number) if property.get("maximum").is_none() && name != "version" => {
                number.as_i64().map(|number| json!(number + 1))
            }
            Value::String(text) if text == "sweep" || text.starts_with("Sweep ") => {
                Some(json!(self.unique()))
            }
            _ => None,
        }
    }

    fn id(&self, noun: &str) -> String {
        let known = self.noun(noun).map(str::to_owned);
        known.unwrap_or_else(|| "8f1b8ab2-2a25-4c0c-9c7c-0d5b1f0e7a11".to_owned())
    }

    fn text(&self, schema: &'static Value, name: &str) -> Value {
        let lower = name.to_lowercase();
        if let Some(example) = schema["format"].as_str().and_then(|format| formats::example(format, &lower)) {
            return example;
        }
        if schema["pattern"].as_str().is_some_and(|pattern| pattern.starts_with("^#(")) {
            return json!("#336699");
        }
        if let Some(form) = form_of(&lower) {
            return json!(form);
        }
        if let Some(noun) = lower.strip_suffix("id") {
            return json!(self.id(noun));
        }
        let text = match lower.as_str() {
            "language" | "locale" | "languagecode" => "en-us".to_owned(),
            "username" => format!("{}@example.com", self.unique().replace(' ', "_")),
            lower if lower.contains("email") => "sweep@example.com".to_owned(),
            lower if lower.contains("phone") => "+13175550100".to_owned(),
            lower if lower.ends_with("name") => self.unique(),
            lower => self.noun(lower).unwrap_or("sweep").to_owned(),
        };
        json!(text)
    }
}

/// A string of the form that only the description of a property of that lower-case name tells.
fn form_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "timezone" | "timezoneid" => "America/Chicago",
        "rrule" => "FREQ=DAILY;INTERVAL=1",
        "starttime" | "earliestcallabletime" => "08:00:00",
        "stoptime" | "latestcallabletime" => "17:00:00",
        "start" => "2026-03-09T10:00:00.000",
        "end" => "2026-03-10T10:00:00.000",
        "fulldaymanagementunitdates" => "2026-03-09",
        _ => return None,
    })
}

/// Whether the server sets the property, also where the document does not say so.
pub(crate) fn is_of_server(name: &str) -> bool {
    let is_stamp =
        ["created", "modif", "updated", "completed"].iter().any(|word| name.to_lowercase().contains(word));
    matches!(name, "id" | "selfUri" | "userId" | "versionId") || is_stamp
}

/// Whether only the description of a property says that a change has to have it.
fn is_of_updates(property: &Value) -> bool {
    property["description"].as_str().is_some_and(|text| text.to_lowercase().contains("required for updates"))
}

/// Whether a client would send this word of an enumeration.
fn is_usable(word: &Value) -> bool {
    let word = word.as_str().unwrap_or_default().to_lowercase();
    !matches!(word.as_str(), "" | "all" | "unknown" | "outdatedsdkversion" | "deleted" | "invalid")
}

/// `id` of a property `queue` names a queue.
fn noun_of(key: &str, parent: &str) -> String {
    if key == "id" { format!("{parent}Id") } else { key.to_owned() }
}

/// `queues` and `queueIds` hold what `queue` and `queueId` are.
pub(crate) fn singular(name: &str) -> String {
    let cut = name.strip_suffix("ies").map(|stem| format!("{stem}y"));
    let cut = cut.or_else(|| name.strip_suffix("sses").map(|stem| format!("{stem}ss")));
    cut.unwrap_or_else(|| name.strip_suffix('s').unwrap_or(name).to_owned())
}
