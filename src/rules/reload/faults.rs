//! Single faults, added to the configuration in force and taken out of it.

use std::sync::Arc;

use serde_json::Value;

use super::{LiveConfig, index};
use crate::rules::compile::{load_fault, put};
use crate::rules::fault::check;
use crate::rules::problem::{Location, Problem, Problems};
use crate::rules::{Config, Fault, MAX_FAULTS, RuleIds, Source, load_part};

impl LiveConfig {
    /// Names the edges that faults may name, and compares the configuration in force with them.
    ///
    /// # Errors
    /// The faults of another edge.
    pub(crate) fn name_edges(&self, edges: Vec<String>) -> Result<(), Problems> {
        let edges = self.edges.get_or_init(|| edges);
        check::edges(&self.current(), edges).or(())
    }

    /// Compares the faults with the edges, once these are known.
    pub(super) fn with_known_edges(&self, config: Config) -> Result<Config, Problems> {
        let edges = self.edges.get().map_or_else(Problems::default, |edges| check::edges(&config, edges));
        edges.or(config)
    }

    /// Puts the fault of a JSON object in force, in place of the one of its name, until a file changes or
    /// [`Self::reset`].
    ///
    /// # Errors
    /// All mistakes; nothing is changed then.
    pub(crate) fn put_fault(&self, name: &str, json: &Value) -> Result<(), Problems> {
        let faults = load_fault(name, json, &|pattern| self.catalog.knows(pattern))?;
        self.add_faults(name, faults)
    }

    /// Puts the faults of a limits file in force, in place of those of their names, until a file changes or
    /// [`Self::reset`].
    ///
    /// # Errors
    /// All mistakes; nothing is changed then.
    pub(crate) fn put_faults_toml(&self, name: &str, text: &str) -> Result<(), Problems> {
        let source = Source { name: name.to_owned(), text: text.to_owned() };
        let loaded = load_part(&[source], &|pattern| self.catalog.knows(pattern), &RuleIds::default())?;
        let only = "[[fault]] tables, and nothing else";
        if !loaded.limits.is_empty() || !loaded.latencies.is_empty() || loaded.faults.is_empty() {
            return Err(Problems(vec![Problem::new(&Location::file(name), "these are not faults", only)]));
        }
        self.add_faults(name, loaded.faults)
    }

    /// Takes the fault of that name out. False if there is none.
    pub(crate) fn remove_fault(&self, name: &str) -> bool {
        let _one_at_a_time = self.files.lock();
        let mut config = Config::clone(&self.current());
        let before = config.faults.len();
        config.faults.retain(|fault| *fault.name != *name);
        let found = config.faults.len() < before;
        if found {
            // The warnings were logged when the limits were put in force.
            config.warnings.clear();
            index(&mut config, &*self.catalog);
            self.apply(&Arc::new(config));
        }
        found
    }

    fn add_faults(&self, name: &str, faults: Vec<Fault>) -> Result<(), Problems> {
        let _one_at_a_time = self.files.lock();
        let mut config = Config::clone(&self.current());
        for fault in faults {
            put(&mut config.faults, fault, |a, b| a.name == b.name);
        }
        if config.faults.len() > MAX_FAULTS {
            let expected = format!("at most {MAX_FAULTS}");
            return Err(Problems(vec![Problem::new(&Location::file(name), "too many faults", expected)]));
        }
        let mut config =
            check::limits(&config).or(config).and_then(|config| self.with_known_edges(config))?;
        index(&mut config, &*self.catalog);
        self.apply(&Arc::new(config));
        Ok(())
    }
}
