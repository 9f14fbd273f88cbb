//! How the server answers each operation, as its coverage says.

use std::collections::HashMap;

use serde_json::Value;

use crate::client::Client;
use crate::spec::Operation;

/// How an operation is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answered {
    ByHand,
    Generic,
    /// The vendor has removed it, and the server says so.
    Removed,
}

/// The coverage of a server.
pub(crate) struct Coverage(HashMap<String, Answered>);

impl Coverage {
    /// Asks `GET /__admin/coverage`.
    pub(crate) async fn of(client: &Client) -> Self {
        let coverage = client.get("/__admin/coverage").await.json;
        let listed = coverage["operations"].as_array().expect("a list").iter();
        Self(listed.map(|one| (shape(&name(one)), answered(one))).collect())
    }

    /// How the operation is answered. One that the server does not list was removed.
    pub(crate) fn answered(&self, operation: &Operation) -> Answered {
        self.0.get(&shape(&operation.name())).copied().unwrap_or(Answered::Removed)
    }

    pub(crate) fn is_by_hand(&self, operation: &Operation) -> bool {
        self.answered(operation) == Answered::ByHand
    }
}

fn answered(operation: &Value) -> Answered {
    if operation["byHand"] == true { Answered::ByHand } else { Answered::Generic }
}

/// `METHOD path` of an operation of the coverage.
fn name(operation: &Value) -> String {
    let text = |name: &str| operation[name].as_str().expect("a string");
    format!("{} {}", text("method"), text("path"))
}

/// The name without those of the parameters, which two documents may name differently.
fn shape(name: &str) -> String {
    let segments = name.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}
