//! `gcmock scenarios` and `gcmock print`: the embedded files and faults, for containers without files.

use std::borrow::Cow;

use anyhow::anyhow;

use super::args::{Print, Printed};
use super::{Failure, balancer, coverage, output, print_err, print_out, schema};
use crate::api;
use crate::rules::{PRESETS, Preset, SCENARIOS, Scenario, default_text, expected_presets};

/// Lists the scenarios.
pub(super) fn scenarios() -> Result<(), Failure> {
    let line = |scenario: &Scenario| format!("{:<20} {}\n", scenario.name, scenario.summary);
    print_out(&SCENARIOS.iter().map(line).collect::<String>())
}

/// Prints a limits file, a plan, a schema, the faults, the operations, or the configuration of a balancer.
pub(super) fn print(options: &Print) -> Result<(), Failure> {
    let text = text(options)?;
    match &options.out {
        Some(file) => output::write_whole("-o", file, &text)?,
        None => print_out(&text)?,
    }
    if let (Printed::Plan, Some(name)) = (options.what, &options.name) {
        print_err(format_args!(
            "gcmock: this plan needs the limits of its scenario: gcmock serve --scenario {name}"
        ));
    }
    Ok(())
}

fn text(options: &Print) -> Result<Cow<'static, str>, Failure> {
    let name = options.name.as_deref();
    if options.what != Printed::Balancer {
        balancer::refuse(&options.balancer)?;
    }
    match (options.what, name) {
        (Printed::Limits, None | Some("default")) => Ok(default_text().into()),
        (Printed::Limits, Some(name)) => Ok(find(name)?.limits.into()),
        (Printed::Plan, Some(name)) => Ok(find(name)?.plan.into()),
        (Printed::Plan, None) => Err(unknown("which plan?")),
        (Printed::Schema, name) => Ok(schema::find(name)?.into()),
        (Printed::Faults, None) => Ok(faults().into()),
        (Printed::Faults, Some(name)) => Ok(find_fault(name)?.text.into()),
        (Printed::Balancer, name) => Ok(balancer::configuration(name, &options.balancer)?.into()),
        (Printed::Coverage, _) => Ok(coverage::page(&api::routes().catalog).into()),
    }
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
