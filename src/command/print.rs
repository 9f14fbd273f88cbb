//! `gcmock scenarios` and `gcmock print`: what is embedded, for people whose container has no files.

use anyhow::anyhow;

use super::args::Printed;
use super::{Failure, print_out};
use crate::rules::{SCENARIOS, Scenario, default_text};

/// Lists the scenarios.
pub(super) fn scenarios() -> Result<(), Failure> {
    let line = |scenario: &Scenario| format!("{:<20} {}\n", scenario.name, scenario.summary);
    print_out(&SCENARIOS.iter().map(line).collect::<String>())
}

/// Prints a limits file or a plan.
pub(super) fn print(what: Printed, name: Option<&str>) -> Result<(), Failure> {
    let text = match (what, name) {
        (Printed::Limits, None | Some("default")) => default_text(),
        (Printed::Limits, Some(name)) => find(name)?.limits,
        (Printed::Plan, Some(name)) => find(name)?.plan,
        (Printed::Plan, None) => return Err(unknown("which plan?")),
    };
    print_out(text)
}

/// The scenario of that name.
pub(super) fn find(name: &str) -> Result<&'static Scenario, Failure> {
    let found = SCENARIOS.iter().find(|scenario| scenario.name == name);
    found.ok_or_else(|| unknown(&format!("there is no scenario {name}")))
}

fn unknown(what: &str) -> Failure {
    let names: Vec<_> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
    Failure::Usage(anyhow!("{what}; the scenarios are {}", names.join(", ")))
}
