//! The levels of limits in a snapshot: limits, operations and edges by name, because each process numbers them again.
//!
//! A level is left out where the loading server has no such limit, operation or edge: no request can meet it there.

use std::collections::HashMap;

use gcmock_limit::{Buckets, Key, Level, Rule, Scope};
use serde::{Deserialize, Serialize};

use crate::catalog::OperationId;
use crate::platform::Platform;
use crate::rules::Config;
use crate::time::Nanos;
use crate::world::id::EdgeIndex;

/// The levels of one limit in one organization, or in the server.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SavedLevels {
    limit: String,
    algorithm: String,
    /// The scopes in one word, such as `tenant+endpoint`.
    scope: String,
    buckets: Vec<SavedBucket>,
}

/// One bucket.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedBucket {
    /// The key, without the numbers of operation and edge.
    key: [u64; 2],
    /// `METHOD template` of the operation; null for unknown paths, and where the limit is not counted by it.
    operation: Option<String>,
    /// The name of the edge; null where the limit is not counted by it.
    edge: Option<String>,
    used: u32,
    at: Nanos,
    part: u32,
    locked: bool,
    refused: u32,
    highest: u32,
}

/// The levels of the limits of `config` in `buckets`.
pub(super) fn of(platform: &Platform, config: &Config, buckets: &Buckets) -> Vec<SavedLevels> {
    let levels = config.rules().map(|rule| SavedLevels {
        limit: rule.name.to_string(),
        algorithm: rule.algorithm.name().to_owned(),
        scope: rule.scope.to_string(),
        buckets: buckets.levels(rule).iter().map(|level| SavedBucket::of(platform, rule, level)).collect(),
    });
    levels.filter(|levels| !levels.buckets.is_empty()).collect()
}

/// The operations and edges of the loading server, by name.
pub(super) struct Names {
    operations: HashMap<String, OperationId>,
    edges: Vec<String>,
}

impl Names {
    pub(super) fn of(platform: &Platform) -> Self {
        let operations = platform.catalog.iter();
        let named = operations.map(|one| (format!("{} {}", one.verb(), one.template), one.id));
        Self { operations: named.collect(), edges: platform.tenants.edge_names() }
    }

    fn edge(&self, name: &str) -> Option<u32> {
        u32::try_from(self.edges.iter().position(|known| known == name)?).ok()
    }
}

/// Puts levels in place in `buckets`.
pub(super) fn restore(platform: &Platform, names: &Names, buckets: &Buckets, saved: &[SavedLevels]) {
    let config = platform.config.current();
    for saved in saved {
        let is_it = |rule: &&Rule| {
            *rule.name == *saved.limit
                && rule.algorithm.name() == saved.algorithm
                && rule.scope.to_string() == saved.scope
        };
        let Some(rule) = config.rules().find(is_it) else { continue };
        let levels: Vec<_> = saved.buckets.iter().filter_map(|bucket| bucket.level(names, rule)).collect();
        buckets.restore(rule, &levels);
    }
}

impl SavedBucket {
    fn of(platform: &Platform, rule: &Rule, level: &Level) -> Self {
        let (mut key, mut operation, mut edge) = (level.key, None, None);
        if rule.scope.has(Scope::Endpoint) {
            let known = platform.catalog.by_id(OperationId(key.endpoint()));
            operation = known.map(|known| format!("{} {}", known.verb(), known.template));
            key = key.with_endpoint(0).unwrap_or(key);
        }
        if rule.scope.has(Scope::Edge) {
            edge = platform.tenants.edge_name(EdgeIndex(key.edge()));
            key = key.with_edge(0).unwrap_or(key);
        }
        let Level { used, at, part, locked, refused, highest, .. } = *level;
        Self { key: key.halves(), operation, edge, used, at, part, locked, refused, highest }
    }

    /// The level with the numbers of this server. `None` where it has no such operation or edge.
    fn level(&self, names: &Names, rule: &Rule) -> Option<Level> {
        let mut key = Key::from_halves(self.key);
        if rule.scope.has(Scope::Endpoint)
            && let Some(operation) = &self.operation
        {
            key = key.with_endpoint(names.operations.get(operation)?.0)?;
        }
        if rule.scope.has(Scope::Edge) {
            key = key.with_edge(names.edge(self.edge.as_deref()?)?)?;
        }
        let Self { used, at, part, locked, refused, highest, .. } = *self;
        Some(Level { key, used, at, part, locked, refused, highest })
    }
}
