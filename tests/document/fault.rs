//! What is wrong, in a form that is equal in every run.

use serde_json::{Value, json};

use crate::client::Answer;
use crate::spec::Operation;

/// A fault of an operation.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) operation: String,
    pub(crate) family: &'static str,
    /// What is wrong; without ids, so that it can be compared with a list.
    pub(crate) what: String,
    /// The request.
    pub(crate) sent: String,
    /// The answer.
    pub(crate) got: String,
}

impl Fault {
    pub(crate) fn new(operation: &Operation, what: impl Into<String>, sent: &str, answer: &Answer) -> Self {
        let body: String = answer.text.chars().take(2000).collect();
        Self {
            operation: operation.name(),
            family: operation.family(),
            what: what.into(),
            sent: sent.to_owned(),
            got: format!("{} {body}", answer.status),
        }
    }

    /// The line of the list of known faults.
    pub(crate) fn line(&self) -> String {
        format!("{} | {}", self.operation, self.what)
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({ "family": self.family, "operation": self.operation, "what": self.what, "sent": self.sent, "got": self.got })
    }
}

/// The request as a developer reads it.
pub(crate) fn sent(path: &str, body: Option<&Value>) -> String {
    body.map_or_else(|| path.to_owned(), |body| format!("{path} {body}"))
}
