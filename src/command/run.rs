//! `gcmock run`: a server for the length of one command, and a verdict over it.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, anyhow};
use gcmock_plan::report::Material;
use tracing::level_filters::LevelFilter;

use super::args::{LogFormat, Run};
use super::inner::{self, Output};
use super::output::check_writable;
use super::report::write_at_end;
use super::variables::report_unread;
use super::{Failure, banner, junit, log, predict, print_err, summary};
use crate::admin::report::material;
use crate::files;
use crate::observe::verify::{Expectations, Verdict, verify};
use crate::rules::excerpt;

/// An expectation failed, and the command itself did not.
pub(super) const UNMET: u8 = 99;

/// Serves on a free port while the command runs; its exit code, or 99 where an expectation failed.
pub(super) async fn run(options: &Run) -> Result<u8, Failure> {
    log::to_stderr(LogFormat::Text, LevelFilter::WARN);
    report_unread();
    let expectations = options.expect.as_deref().map(read_expectations).transpose()?;
    let inputs = options.world.files(&[options.expect.as_deref(), options.plan.as_deref()]);
    options.report.as_deref().map_or(Ok(()), |file| check_writable("--report", file, &inputs))?;
    let report_file = options.junit.as_deref().map(|file| report_file(file, &inputs)).transpose()?;
    let prediction =
        options.plan.as_deref().map(|plan| predict::for_report(plan, &options.reading, &options.world));
    let prediction = prediction.transpose()?;
    let instance = inner::start(&options.world, options.journal, options.organizations.as_deref())?;
    if !options.world.scenario.is_empty() {
        print_err(format_args!("gcmock: limits: {}", banner::origin(&options.world)));
    }
    let ended = inner::run_command(&options.command, &instance, Output::Shown).await;
    let verdicts = expectations
        .map(|expectations| verify(instance.platform().run_so_far(), &expectations))
        .unwrap_or_default();
    let platform = inner::stop(instance).await;
    if ended.is_ok() {
        summary::print(&platform, LogFormat::Text);
    }
    if let Some(file) = report_file {
        let command = command_verdict(options, &ended);
        junit::write(file, &command, &verdicts).context("--junit")?;
    }
    let code = ended?;
    if let Some(file) = &options.report {
        let material = Material {
            prediction: prediction.as_ref().map(Into::into),
            ..material::of(&platform, &format!("gcmock run -- {}", words(options)))
        };
        write_at_end(&material, file)?;
    }
    report(&verdicts);
    let unmet = code == 0 && verdicts.iter().any(|verdict| !verdict.passed);
    Ok(if unmet { UNMET } else { code })
}

/// Creates the file of the report before the server starts, so that an error comes early.
fn report_file(file: &Path, inputs: &[&Path]) -> Result<File, Failure> {
    check_writable("--junit", file, inputs)?;
    File::create(file).with_context(|| format!("--junit {}", file.display())).map_err(Failure::Usage)
}

/// Reads expectations from a file.
///
/// # Errors
/// The mistake and its place.
pub(super) fn read_expectations(file: &Path) -> Result<Expectations, Failure> {
    let text =
        files::read_text(file, files::SETTINGS).with_context(|| format!("--expect {}", file.display()));
    let read = text.map_err(Failure::Usage)?;
    let named = |error: String| anyhow!("--expect {}: {}", file.display(), excerpt(&error));
    Expectations::read(&read).map_err(|error| Failure::Usage(named(error)))
}

/// Prints the verdicts, a line each.
pub(super) fn report(verdicts: &[Verdict]) {
    for verdict in verdicts {
        let word = if verdict.passed { "passed" } else { "FAILED" };
        print_err(format_args!("gcmock: {word}  {}: {}", verdict.name, verdict.message));
    }
}

/// The result of the command, as a verdict beside the expectations.
fn command_verdict(options: &Run, ended: &Result<u8, Failure>) -> Verdict {
    let message = match ended {
        Ok(code) => format!("it ended with exit code {code}"),
        Err(Failure::Usage(why) | Failure::Running(why)) => format!("{why:#}"),
    };
    Verdict { name: words(options), passed: matches!(ended, Ok(0)), message }
}

/// The command as it was given.
fn words(options: &Run) -> String {
    options.command.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
