//! The options of `gcmock learn`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Options of `gcmock learn`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Learn {
    /// Result files of one run, gzip or not: JMeter's JTL as CSV or XML, k6's CSV, or another CSV with one row for each
    /// request. Files of several engines are read together.
    #[arg(value_name = "RESULT", required_unless_present = "from")]
    pub(crate) files: Vec<PathBuf>,
    /// Read the journal of the server at this URL instead of files.
    #[arg(long, value_name = "URL", conflicts_with = "files")]
    pub(crate) from: Option<String>,
    /// Admin token of that server, if it requires one. The token of a server of the same user on this machine is found
    /// without it.
    #[arg(long, env = "GCMOCK_ADMIN_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub(crate) admin_token: Option<String>,
    /// File to write the learned limits to, as a limits file.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Status of a refusal, such as nginx's 503. Repeatable.
    #[arg(long = "refused", value_name = "STATUS", default_value = "429", value_parser = clap::value_parser!(u16).range(100..600))]
    pub(crate) refused: Vec<u16>,
    /// Print the cheapest probe that answers an open question instead: a plan for JMeter, or commands of `gcmock drive`.
    #[arg(long, value_name = "FOR", num_args = 0..=1, default_missing_value = "jmeter")]
    pub(crate) plan_probe: Option<ProbeFor>,
    /// Format of the answer.
    #[arg(long, value_name = "FORMAT", default_value = "text", conflicts_with = "plan_probe")]
    pub(crate) format: LearnFormat,
}

/// What runs a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProbeFor {
    /// A plan for JMeter 5.5 or newer, with an Open Model Thread Group.
    Jmeter,
    /// Commands of `gcmock drive`.
    Drive,
}

/// How `gcmock learn` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LearnFormat {
    /// One sentence, then what it rests on.
    Text,
    /// One JSON object.
    Json,
}
