//! The options of `gcmock report`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{PlanOptions, Running, World};

/// Options of `gcmock report`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Report {
    /// Result files of a load tool: JMeter's JTL as CSV or XML, k6's CSV, or another CSV with one row for each request;
    /// compressed with gzip or not. Several are joined. Default: the run so far of a running server.
    #[arg(value_name = "RESULT")]
    pub(crate) results: Vec<PathBuf>,
    /// Journal of a server as JSON, as `gcmock requests --json` prints it.
    #[arg(long, value_name = "FILE", conflicts_with = "results")]
    pub(crate) journal: Option<PathBuf>,
    /// Status of a refusal in the result files, such as nginx's 503. Repeatable.
    #[arg(long, value_name = "STATUS", default_value = "429", value_parser = clap::value_parser!(u16).range(100..600))]
    pub(crate) refused: Vec<u16>,
    /// File to write. Default: stdout.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Form of the report. Default: by the ending of --out, which is .html, .txt, .md or .json; else text.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<Form>,
    /// The server.
    #[command(flatten)]
    pub(crate) server: Running,
    /// `JMeter` plan of the run. The report shows what `gcmock predict` predicts for it beside what was observed, and
    /// advises values of its knobs.
    #[arg(long, value_name = "PLAN")]
    pub(crate) plan: Option<PathBuf>,
    /// How the plan is read.
    #[command(flatten, next_help_heading = "How --plan is read")]
    pub(crate) reading: PlanOptions,
    /// The limits that the plan is predicted under.
    #[command(flatten, next_help_heading = "The server that --plan is predicted for")]
    pub(crate) world: World,
}

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// One page for a browser, which needs no other file and no network.
    Html,
    /// Text for a terminal.
    Text,
    /// Markdown for a pull request.
    Markdown,
    /// Every number, for programs.
    Json,
}
