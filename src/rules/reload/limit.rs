//! A change of one limit. The limit is written as a limits file in JSON writes it, so that a change of some keys is
//! checked as a whole file is.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use gcmock_limit::{Algorithm, Cost, Hold, Mode, Scope};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{LiveConfig, index};
use crate::rules::grant::Grant;
use crate::rules::{Config, Limit, OnStoreFailure, Problems, load_json};
use crate::time::duration::format_duration;

impl LiveConfig {
    /// Changes keys of one limit, until a file changes or [`Self::reset`]. A null removes a key. The others stay as they
    /// are, and the levels too unless the algorithm or the scope changes. `None` if no limit has that name.
    pub(crate) fn change_limit(
        &self,
        name: &str,
        change: Map<String, Value>,
    ) -> Result<Option<Arc<Config>>, Problems> {
        let _one_at_a_time = self.files.lock();
        let mut config = Config::clone(&self.current());
        let Some(limit) = config.limits.iter_mut().find(|limit| &*limit.rule.name == name) else {
            return Ok(None);
        };
        let mut keys = written(limit);
        for (key, value) in change {
            if value.is_null() {
                keys.remove(&key)
            } else {
                keys.insert(key, value)
            };
        }
        let json = json!({ "limit": [keys] });
        let changed = load_json("request", &json, &|pattern| self.catalog.knows(pattern), &self.ids)?;
        config.warnings.clone_from(&changed.warnings);
        if let Some(mut changed) = changed.limits.into_iter().next() {
            changed.location = limit.location.clone();
            *limit = changed;
        }
        index(&mut config, &*self.catalog);
        let config = Arc::new(config);
        self.apply(&config);
        Ok(Some(config))
    }
}

impl Config {
    /// A digest of the limits, to tell whether two servers have the same.
    pub(crate) fn digest(&self) -> String {
        let limits: Vec<_> = self.limits.iter().map(written).collect();
        let digest = Sha256::digest(serde_json::to_vec(&limits).unwrap_or_default());
        STANDARD_NO_PAD.encode(&digest[..9])
    }
}

/// The keys of `limit`.
pub(super) fn written(limit: &Limit) -> Map<String, Value> {
    let rule = &limit.rule;
    let scope: Vec<_> = rule.scope.iter().map(Scope::name).collect();
    let mut keys = Map::new();
    let mut put = |key: &str, value: Value| drop(keys.insert(key.to_owned(), value));
    put("name", json!(rule.name));
    put("namespace", json!(rule.namespace));
    put("key", json!(rule.key));
    put("scope", json!(scope));
    put("match", json!(limit.matches));
    put("count_refused", json!(rule.count_refused));
    put("cost", cost(&rule.cost));
    put("mode", json!(if rule.mode == Mode::Shadow { "shadow" } else { "enforce" }));
    put("source", json!(rule.source.name()));
    if let Some(seconds) = rule.retry_after {
        put("retry_after", json!(format!("{seconds}s")));
    }
    if let Some(lockout) = rule.lockout {
        put("lockout", json!(format_duration(lockout)));
    }
    if let Some(grants) = limit.grants {
        put("grant", json!(grants.iter().map(Grant::name).collect::<Vec<_>>()));
    }
    // A value that is the capacity follows a changed capacity.
    if rule.value != u64::from(rule.algorithm.capacity()) {
        put("value", json!(rule.value));
    }
    if let Some(place) = limit.place {
        put("store", json!(place.name()));
    }
    if limit.on_store_failure != OnStoreFailure::default() {
        put("on_store_failure", json!(limit.on_store_failure.name()));
    }
    algorithm(&rule.algorithm, put);
    keys
}

fn algorithm(algorithm: &Algorithm, mut put: impl FnMut(&str, Value)) {
    put("algorithm", json!(algorithm.name()));
    put("capacity", json!(algorithm.capacity()));
    match *algorithm {
        Algorithm::TokenBucket { refill, period, .. } => {
            put("refill", json!(refill));
            put("period", json!(format_duration(period)));
        }
        Algorithm::FixedWindow { period, .. } => put("period", json!(format_duration(period))),
        Algorithm::Concurrency { hold, .. } => {
            put("hold", json!(if hold == Hold::Connection { "connection" } else { "request" }));
        }
    }
}

fn cost(cost: &Cost) -> Value {
    match cost {
        Cost::Fixed(units) => json!(units),
        Cost::Query { name, default } => json!({ "query": name, "default": default }),
    }
}
