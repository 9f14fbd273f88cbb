//! The limits of a snapshot. Latencies, faults and the form of answers are not in one: they stay as they are.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{LiveConfig, index};
use crate::rules::fault::check;
use crate::rules::{Config, Limit, Problems, load_json};

/// The name of a snapshot in problems.
const NAME: &str = "snapshot";

impl LiveConfig {
    /// The limits in force, with the keys of limits files.
    pub(crate) fn saved_limits(&self) -> Vec<Map<String, Value>> {
        self.current().describe_limits()
    }

    /// Checks limits that [`Self::saved_limits`] gave, in this server or another. Nothing is changed.
    ///
    /// # Errors
    /// All mistakes.
    pub(crate) fn check_limits(&self, limits: &[Map<String, Value>]) -> Result<(), Problems> {
        self.with_limits(NAME, limits).map(drop)
    }

    /// Puts such limits in force, in place of all others, until a file changes. Problems call them `name`.
    ///
    /// # Errors
    /// All mistakes; nothing is changed then.
    pub(crate) fn put_limits(&self, name: &str, limits: &[Map<String, Value>]) -> Result<(), Problems> {
        let _one_at_a_time = self.files.lock();
        let config = self.with_limits(name, limits)?;
        if config.limits != self.current().limits {
            self.apply(&Arc::new(config));
        }
        Ok(())
    }

    /// Puts the limits of the files in force again. Latencies and faults stay as they are.
    ///
    /// # Errors
    /// The faults that name another limit; nothing is changed then.
    pub(crate) fn put_file_limits(&self) -> Result<(), Problems> {
        let files = self.files.lock();
        let mut config = Config::clone(&self.current());
        if config.limits != files.good.limits {
            config.limits.clone_from(&files.good.limits);
            config.warnings.clear();
            let mut config = check::limits(&config).or(config)?;
            index(&mut config, &*self.catalog);
            self.apply(&Arc::new(config));
        }
        Ok(())
    }

    /// The configuration in force with other limits. A limit that is in force already keeps its location.
    fn with_limits(&self, name: &str, limits: &[Map<String, Value>]) -> Result<Config, Problems> {
        let json = json!({ "limit": limits });
        let loaded = load_json(name, &json, &|pattern| self.catalog.knows(pattern), &self.ids)?;
        let mut config = Config::clone(&self.current());
        let located = |mut limit: Limit| {
            let same = |known: &&Limit| {
                (&known.rule, &known.matches, known.grants) == (&limit.rule, &limit.matches, limit.grants)
            };
            if let Some(known) = config.limits.iter().find(same) {
                limit.location = known.location.clone();
            }
            limit
        };
        let limits: Vec<_> = loaded.limits.into_iter().map(located).collect();
        (config.limits, config.warnings) = (limits, loaded.warnings);
        let mut config = check::limits(&config).or(config)?;
        index(&mut config, &*self.catalog);
        Ok(config)
    }
}
