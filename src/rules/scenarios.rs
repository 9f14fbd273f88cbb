//! The default limits and the embedded scenarios.
//!
//! To add a scenario: a limits file, a plan, and an entry of [`SCENARIOS`].

/// The documented default limits, `limits.toml`.
pub const fn default_text() -> &'static str {
    include_str!("../../limits.toml")
}

/// A forum thread's experiment: the limits it met and the JMeter plan that repeats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// How it is asked for.
    pub name: &'static str,
    /// The number of its thread.
    pub thread: &'static str,
    /// What it shows, in one line.
    pub summary: &'static str,
    /// Its limits file.
    pub limits: &'static str,
    /// Its JMeter plan.
    pub plan: &'static str,
}

impl Scenario {
    /// The scenario of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        SCENARIOS.iter().find(|scenario| scenario.name == name)
    }
}

/// All scenarios, by thread.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "byoc-websocket",
        thread: "000",
        summary: "200 WebSockets through one edge: refused after 50, unless they come over 30 seconds",
        limits: include_str!("../../fixtures/limits/byoc-websocket.toml"),
        plan: include_str!("../../fixtures/plans/byoc-websocket.jmx"),
    },
    Scenario {
        name: "messaging-tenant",
        thread: "001",
        summary: "messages of 200 users: 100 a second for the whole tenant, refused after 15 seconds",
        limits: include_str!("../../fixtures/limits/messaging-tenant.toml"),
        plan: include_str!("../../fixtures/plans/messaging-tenant.jmx"),
    },
    Scenario {
        name: "wem-availability",
        thread: "002",
        summary: "500 agents change status at shift start: 120 a second, then a second of refusals",
        limits: include_str!("../../fixtures/limits/wem-availability.toml"),
        plan: include_str!("../../fixtures/plans/wem-availability.jmx"),
    },
    Scenario {
        name: "messaging-digital",
        thread: "003",
        summary: "digital messaging beyond 10 keep-alive threads: refused however slowly they send",
        limits: include_str!("../../fixtures/limits/messaging-digital.toml"),
        plan: include_str!("../../fixtures/plans/messaging-digital.jmx"),
    },
    Scenario {
        name: "architect-scripts",
        thread: "004",
        summary: "150 threads fetch scripts: refused after 5 seconds, never at 2 to 3 a second",
        limits: include_str!("../../fixtures/limits/architect-scripts.toml"),
        plan: include_str!("../../fixtures/plans/architect-scripts.jmx"),
    },
];
