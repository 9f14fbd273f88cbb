//! `gcmock scenarios` and `gcmock print`: the embedded files and faults, for containers without files.

use anyhow::anyhow;

use super::args::{Print, Printed};
use super::{Failure, balancer, coverage, print_err, print_out, schema};
use crate::api;
use crate::rules::{PRESETS, Preset, SCENARIOS, Scenario, default_text, expected_presets};

/// Lists the scenarios.
pub(super) fn scenarios() -> Result<(), Failure> {
    let line = |scenario: &Scenario| format!("{:<20} {}\n", scenario.name, scenario.summary);
    print_out(&SCENARIOS.iter().map(line).collect::<String>())
}

/// Prints a limits file, a plan, a schema, the faults, the operations, or the configuration of a balancer.
pub(super) fn print(options: &Print) -> Result<(), Failure> {
    let name = options.name.as_deref();
    if options.what != Printed::Balancer {
        balancer::refuse(&options.balancer)?;
    }
    match (options.what, name) {
        (Printed::Limits, None | Some("default")) => print_out(default_text()),
        (Printed::Limits, Some(name)) => print_out(find(name)?.limits),
        (Printed::Plan, Some(name)) => print_plan(find(name)?),
        (Printed::Plan, None) => Err(unknown("which plan?")),
        (Printed::Schema, name) => print_out(schema::find(name)?),
        (Printed::Faults, None) => print_out(&faults()),
        (Printed::Faults, Some(name)) => print_out(find_fault(name)?.text),
        (Printed::Balancer, name) => balancer::print(name, &options.balancer),
        (Printed::Coverage, _) => print_out(&coverage::page(&api::routes().catalog)),
    }
}

/// The plan on stdout, and on stderr which server it was written for.
fn print_plan(scenario: &Scenario) -> Result<(), Failure> {
    print_out(scenario.plan)?;
    let name = scenario.name;
    print_err(format_args!(
        "gcmock: this plan needs the limits of its scenario: gcmock serve --scenario {name}"
    ));
    Ok(())
}

/// The scenario of that name.
pub(super) fn find(name: &str) -> Result<&'static Scenario, Failure> {
    let found = SCENARIOS.iter().find(|scenario| scenario.name == name);
    found.ok_or_else(|| unknown(&format!("unknown scenario {name}")))
}

/// The names of the embedded faults with their summaries, a line each.
fn faults() -> String {
    let line = |preset: &Preset| format!("{:<20} {}\n", preset.name, preset.summary);
    PRESETS.iter().map(line).collect()
}

/// The embedded fault of that name.
pub(super) fn find_fault(name: &str) -> Result<&'static Preset, Failure> {
    let unknown = || Failure::Usage(anyhow!("unknown fault {name}; expected {}", expected_presets(name)));
    Preset::find(name).ok_or_else(unknown)
}

fn unknown(what: &str) -> Failure {
    let names: Vec<_> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
    Failure::Usage(anyhow!("{what}; the scenarios are {}", names.join(", ")))
}
