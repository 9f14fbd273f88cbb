//! Counts the operations that remember: what was created is listed, read, changed and deleted; what was set is read.
//!
//! An operation counts as right only after a comparison that could have failed. One for which nothing can be compared
//! is not counted.

mod acts;
mod collection;
mod compare;
mod owners;
mod seen;
mod single;
mod story;
mod views;

use std::collections::BTreeMap;

use gcmock::MockServer;
use serde_json::Value;

use crate::client::{Answer, Body, Client, Request};
use crate::generate::Fill;
use crate::places::Places;
use crate::spec::Operation;

/// Whether a state is right, and why it is not.
type Held = Result<(), String>;

/// The operations whose state was looked at, and the first thing that was wrong.
#[derive(Debug, Default)]
pub(crate) struct States(BTreeMap<String, Held>);

impl States {
    fn note(&mut self, operation: &Operation, held: Held) {
        let known = self.0.entry(operation.name()).or_insert(Ok(()));
        if known.is_ok() {
            *known = held;
        }
    }

    /// The operations whose state was right.
    pub(crate) fn right(&self) -> usize {
        self.0.values().filter(|held| held.is_ok()).count()
    }

    /// The operations whose state was wrong, and why.
    pub(crate) fn wrong(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(name, held)| Some((name.as_str(), held.as_ref().err()?.as_str())))
    }

    /// Whether the state of the operation was looked at.
    pub(crate) fn judges(&self, operation: &Operation) -> bool {
        self.0.contains_key(&operation.name())
    }

    pub(crate) fn merge(&mut self, other: Self) {
        for (name, held) in other.0 {
            let known = self.0.entry(name).or_insert(Ok(()));
            if known.is_ok() {
                *known = held;
            }
        }
    }
}

/// The body with the ids of the path, where it names what the path names.
fn of_path(operation: &Operation, path: &str, mut body: Value) -> Value {
    let path = path.split('?').next().unwrap_or_default();
    for (name, value) in operation.path.split('/').zip(path.split('/')) {
        let Some(name) = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')) else { continue };
        if let Some(id) = body.get_mut(name).filter(|id| id.is_string()) {
            *id = Value::String(value.to_owned());
        }
        let noun = name.strip_suffix("Id").unwrap_or_default();
        if let Some(id) = body.get_mut(noun).and_then(|entity| entity.get_mut("id")) {
            *id = Value::String(value.to_owned());
        }
    }
    body
}

/// `Ok` if `holds`, else what is wrong.
fn held(holds: bool, what: impl FnOnce() -> String) -> Held {
    if holds { Ok(()) } else { Err(what()) }
}

/// What is wrong with an answer that is no success.
fn succeeds(answer: &Answer, doing: &str) -> Held {
    held(answer.is_success(), || format!("{doing} answers {} {}", answer.status, excerpt(&answer.text)))
}

fn excerpt(text: &str) -> String {
    text.chars().take(160).collect()
}

/// Looks at the state of collections and of single things.
pub(crate) struct Looker<'a> {
    pub(crate) client: &'a Client,
    pub(crate) places: &'a Places,
    pub(crate) mock: &'a MockServer,
}

impl Looker<'_> {
    /// What the operation creates, sets or does is remembered.
    pub(crate) async fn look(&self, operation: &Operation) -> States {
        let mut states = States::default();
        match &*operation.method {
            "POST" if self.creates(operation) => self.collection(operation, &mut states).await,
            "POST" | "PUT" | "PATCH" => self.single(operation, &mut states).await,
            _ => {}
        }
        self.acts(operation, &mut states).await;
        states
    }

    /// A second path of a collection shows what was created there.
    pub(crate) async fn look_at_view(&self, operation: &Operation) -> States {
        let mut states = States::default();
        self.views(operation, &mut states).await;
        states
    }

    /// Whether an operation whose own state cannot be looked at knows what it is below.
    pub(crate) async fn look_at_owner(&self, operation: &Operation) -> States {
        let mut states = States::default();
        self.owned(operation, &mut states).await;
        states
    }

    async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.client.send(Request { method, path: path.to_owned(), body: Body::from(body) }).await
    }

    /// Sends a change with the fullest body that is accepted. Its values differ from those that were read, and it names
    /// the version that was read.
    async fn change(&self, operation: &Operation, path: &str, read: &Value) -> (Answer, Option<Value>) {
        let path = format!("{path}{}", self.places.query(operation));
        let mut last = None;
        for body in self.places.bodies(operation, &[Fill::Full, Fill::Some, Fill::Required]) {
            let body = body.map(|body| self.differing(operation, body, read));
            let body = body.map(|body| of_path(operation, &path, body));
            let answer = self.send(&operation.method, &path, body.clone()).await;
            if answer.is_success() {
                return (answer, body);
            }
            last = Some((answer, body));
        }
        last.expect("at least one body")
    }

    fn differing(&self, operation: &Operation, body: Value, read: &Value) -> Value {
        let Some(schema) = operation.body else { return body };
        let mut body = self.places.generator.differing(schema, body, read);
        if let (Some(body), Some(version)) = (body.as_object_mut(), read.get("version"))
            && body.contains_key("version")
        {
            body.insert("version".to_owned(), version.clone());
        }
        body
    }
}
