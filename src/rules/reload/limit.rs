//! A change of one limit. The limit is written as a limits file in JSON writes it, so that a change of some keys is
//! checked as a whole file is.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use gcmock_limit::{Algorithm, Cost, Hold, Mode, Scope};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{LiveConfig, index};
use crate::rules::grant::Grant;
use crate::rules::{Config, Limit, OnStoreFailure, Problem, Problems, load_json};
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
        config.warnings = self.change_one(limit, change)?;
        index(&mut config, &*self.catalog);
        let config = Arc::new(config);
        self.apply(&config);
        Ok(Some(config))
    }

    /// Changes keys of several limits in the same way. One that its change does not fit gets the keys of the files.
    ///
    /// # Errors
    /// The mistakes of those.
    pub(crate) fn change_limits(
        &self,
        changes: &BTreeMap<String, Map<String, Value>>,
    ) -> Result<(), Problems> {
        let files = self.files.lock();
        let (current, mut problems) = (self.current(), Problems::default());
        let mut config = Config::clone(&current);
        config.warnings.clear();
        for limit in &mut config.limits {
            let Some(change) = changes.get(&*limit.rule.name) else { continue };
            match self.change_one(limit, change.clone()) {
                Ok(warnings) => config.warnings.extend(warnings),
                Err(mistakes) => {
                    problems.0.extend(mistakes.0);
                    let of_files = files.good.limits.iter().find(|known| known.rule.name == limit.rule.name);
                    if let Some(known) = of_files {
                        limit.clone_from(known);
                    }
                }
            }
        }
        if config.limits != current.limits {
            index(&mut config, &*self.catalog);
            self.apply(&Arc::new(config));
        }
        problems.or(())
    }

    /// Changes keys of `limit`. Returns the warnings.
    fn change_one(&self, limit: &mut Limit, change: Map<String, Value>) -> Result<Vec<Problem>, Problems> {
        let mut keys = keys_of(limit);
        for (key, value) in change {
            if value.is_null() {
                keys.remove(&key)
            } else {
                keys.insert(key, value)
            };
        }
        let json = json!({ "limit": [keys] });
        let changed = load_json("request", &json, &|pattern| self.catalog.knows(pattern), &self.ids)?;
        if let Some(mut changed) = changed.limits.into_iter().next() {
            changed.location = limit.location.clone();
            *limit = changed;
        }
        Ok(changed.warnings)
    }
}

impl Config {
    /// A digest of the limits, to tell whether two servers have the same.
    pub(crate) fn digest(&self) -> String {
        let digest = Sha256::digest(serde_json::to_vec(&self.describe_limits()).unwrap_or_default());
        STANDARD_NO_PAD.encode(&digest[..9])
    }

    /// The limits, with the keys of limits files.
    pub(crate) fn describe_limits(&self) -> Vec<Map<String, Value>> {
        self.limits.iter().map(keys_of).collect()
    }
}

/// The keys of `limit`.
fn keys_of(limit: &Limit) -> Map<String, Value> {
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
