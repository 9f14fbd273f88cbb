//! The options of `gcmock run`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::{PlanOptions, World};

/// Options of `gcmock run`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Run {
    /// Expectations, TOML or JSON: `[[expect]]` with `operation`, `at_least`, `at_most`, `at_most_refusals`,
    /// `at_least_refusals`, `max_per_second`, `no_early_retries`, `retry_after_honoured`.
    #[arg(long, env = "GCMOCK_EXPECT", value_name = "FILE")]
    pub(crate) expect: Option<PathBuf>,
    /// Number of requests that the journal keeps. If the journal dropped an entry, no expectation passes.
    #[arg(long, env = "GCMOCK_JOURNAL", value_name = "N", default_value_t = crate::observe::journal::RUN_CAPACITY)]
    pub(crate) journal: usize,
    /// Write the verdicts as `JUnit` XML.
    #[arg(long, env = "GCMOCK_JUNIT", value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Folder of organization files in place of the embedded ones.
    #[arg(long, env = "GCMOCK_ORGANIZATIONS", value_name = "DIR")]
    pub(crate) organizations: Option<PathBuf>,
    /// Write a report on the run: one HTML page, or by its ending .txt, .md or .json.
    #[arg(long, env = "GCMOCK_REPORT", value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// `JMeter` plan that the command runs: the report shows what `gcmock predict` predicts for it beside what was observed,
    /// and advises values of its knobs.
    #[arg(long, value_name = "PLAN", requires = "report")]
    pub(crate) plan: Option<PathBuf>,
    /// How the plan is read.
    #[command(flatten)]
    pub(crate) reading: PlanOptions,
    /// The options of the server.
    #[command(flatten)]
    pub(crate) world: World,
    /// The command and its arguments, after `--`.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}
