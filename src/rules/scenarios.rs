//! The default limits and the embedded scenarios.
//!
//! To add a scenario: a limits file, a plan, and an entry of [`SCENARIOS`].

use super::{Config, Source};

/// The documented default limits, `limits.toml`.
pub(crate) const fn default_text() -> &'static str {
    include_str!("../../limits.toml")
}

/// The documented default limits as a file to layer others over.
pub(crate) fn default_source() -> Source {
    Source { name: "limits.toml".to_owned(), text: default_text().to_owned() }
}

/// A forum thread's experiment: the limits it met and the JMeter plan that repeats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scenario {
    /// Its name in options.
    pub(crate) name: &'static str,
    /// The number of its thread.
    pub(crate) thread: &'static str,
    /// Its summary, in one line.
    pub(crate) summary: &'static str,
    /// Its limits file.
    pub(crate) limits: &'static str,
    /// Its JMeter plan.
    pub(crate) plan: &'static str,
    /// The limits that make the scenario, by name: where all of them are in force, it is served.
    pub(crate) own_limits: &'static [&'static str],
}

impl Scenario {
    /// The scenario of that name.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        SCENARIOS.iter().find(|scenario| scenario.name == name)
    }

    /// Whether `config` has its limits: from the embedded file, from a copy of it, or from the admin API.
    pub(crate) fn is_served_by(&self, config: &Config) -> bool {
        let in_force = |name: &&str| config.limits.iter().any(|limit| *limit.rule.name == **name);
        self.own_limits.iter().all(in_force)
    }

    /// The names of all scenarios that `config` serves.
    pub(crate) fn served_by(config: &Config) -> Vec<&'static str> {
        SCENARIOS
            .iter()
            .filter(|scenario| scenario.is_served_by(config))
            .map(|scenario| scenario.name)
            .collect()
    }
}

/// All scenarios, by thread.
pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "byoc-websocket",
        thread: "000",
        summary: "200 WebSockets through one edge: refused after 50, unless they come over 30 seconds",
        limits: include_str!("../../fixtures/limits/byoc-websocket.toml"),
        plan: include_str!("../../fixtures/plans/byoc-websocket.jmx"),
        own_limits: &["byoc-handshakes"],
    },
    Scenario {
        name: "messaging-tenant",
        thread: "001",
        summary: "messages of 200 users: 100 a second for the whole tenant, refused after 15 seconds",
        limits: include_str!("../../fixtures/limits/messaging-tenant.toml"),
        plan: include_str!("../../fixtures/plans/messaging-tenant.jmx"),
        own_limits: &["messaging-send"],
    },
    Scenario {
        name: "wem-availability",
        thread: "002",
        summary: "500 agents change status at shift start: 120 a second, then a second of refusals",
        limits: include_str!("../../fixtures/limits/wem-availability.toml"),
        plan: include_str!("../../fixtures/plans/wem-availability.jmx"),
        own_limits: &["wem-availability"],
    },
    Scenario {
        name: "messaging-digital",
        thread: "003",
        summary: "digital messaging beyond 10 keep-alive threads: refused however slowly they send",
        limits: include_str!("../../fixtures/limits/messaging-digital.toml"),
        plan: include_str!("../../fixtures/plans/messaging-digital.jmx"),
        own_limits: &["messaging-connections", "messaging-rate"],
    },
    Scenario {
        name: "architect-scripts",
        thread: "004",
        summary: "150 threads fetch scripts: refused after 5 seconds, never at 2 to 3 a second",
        limits: include_str!("../../fixtures/limits/architect-scripts.toml"),
        plan: include_str!("../../fixtures/plans/architect-scripts.jmx"),
        own_limits: &["architect-scripts"],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{RuleIds, Source, load};

    fn config(text: &str) -> Config {
        let source = Source { name: "limits.toml".to_owned(), text: text.to_owned() };
        load(&[source], &|_| true, &RuleIds::default()).expect("right")
    }

    #[test]
    fn a_scenario_is_known_by_its_limits_and_the_default_limits_are_none() {
        assert!(Scenario::served_by(&config(default_text())).is_empty());
        for scenario in SCENARIOS {
            assert_eq!(Scenario::served_by(&config(scenario.limits)), [scenario.name]);
        }
    }
}
