//! Tests of limits files: accepted and refused files, messages, and matching of patterns.

mod faults;
mod keys;
mod layered;
mod mistakes;
mod pattern;
mod reload;
mod scenarios;
mod shipped;

use super::{Config, Cover, OperationCatalog, Pattern, Problems, RuleIds, Source, load, load_json};
use crate::catalog::OperationId;

/// A limit that differs by name only.
fn limit(name: &str, rest: &str) -> String {
    format!(
        "[[limit]]\nname = \"{name}\"\nnamespace = \"n\"\nkey = \"k\"\nscope = [\"tenant\"]\n\
         match = [\"GET /api/v2/users\"]\n{rest}\n"
    )
}

fn window(name: &str, capacity: u32) -> String {
    limit(name, &format!("algorithm = \"fixed-window\"\ncapacity = {capacity}\nperiod = \"60s\""))
}

fn source(name: &str, text: impl Into<String>) -> Source {
    Source { name: name.to_owned(), text: text.into() }
}

fn load_all(sources: &[Source]) -> Result<Config, Problems> {
    load(sources, &|_| true, &RuleIds::default())
}

fn load_one(text: impl Into<String>) -> Config {
    load_all(&[source("limits.toml", text)]).expect("a right file")
}

fn names(config: &Config) -> Vec<&str> {
    config.limits.iter().map(|limit| &*limit.rule.name).collect()
}

/// Compares with the snapshots of the wire tests, where the messages that users read lie together.
fn in_the_snapshots(assert: impl FnOnce()) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(assert);
}

/// Two operations, and everything below `/api/v2`.
struct Catalog;

const OPERATIONS: [(u32, &str, &str); 3] =
    [(3, "GET", "/api/v2/users"), (5, "GET", "/api/v2/users/{id}"), (6, "WS", "/channels/{id}")];

impl OperationCatalog for Catalog {
    fn knows(&self, pattern: &Pattern) -> bool {
        OPERATIONS
            .iter()
            .any(|(_, method, template)| pattern.covers_template(*method, template) != Cover::Never)
    }

    fn each(&self, visit: &mut dyn FnMut(OperationId, &str, &str)) {
        for (id, method, template) in OPERATIONS {
            visit(OperationId(id), method, template);
        }
    }
}
