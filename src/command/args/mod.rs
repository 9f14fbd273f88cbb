//! The command line: its types and help texts, without behaviour. A file holds the options of one noun. To add an option,
//! add a field to its struct and describe it on a page of `docs/`.

mod delivery;
mod drive;
mod find;
mod import;
mod learn;
mod node;
mod plan;
mod predict;
mod print;
mod protection;
mod report;
mod run;
mod running;
mod serve;
mod store;
mod world;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

pub(crate) use self::delivery::Delivery;
pub(crate) use self::drive::{Drive, OpenLoop, Safety, Tokens};
pub(crate) use self::find::{Find, Format, Values};
pub(crate) use self::import::Import;
pub(crate) use self::learn::{Learn, LearnFormat, ProbeFor};
pub(crate) use self::node::Node;
pub(crate) use self::plan::{PlanOptions, Rate};
pub(crate) use self::predict::{Generator, Predict, Shape, WithoutPlan};
pub(crate) use self::print::{Balanced, By, Print, Printed};
pub(crate) use self::protection::Protection;
pub(crate) use self::report::{Form, Report};
pub(crate) use self::run::Run;
pub(crate) use self::running::{Export, Exported, Health, Keeping, Requests, Running, Snapshot};
pub(crate) use self::serve::{Listen, LogFormat, Serve};
pub(crate) use self::store::{Share, Store};
pub(crate) use self::world::World;
use crate::server::tls::names::read_host;

/// A local mock of Genesys Cloud that applies the platform's rate limits.
///
/// Without a subcommand it serves on 127.0.0.1:8080 with the default limits.
#[derive(Debug, Parser)]
#[command(name = "gcmock", version, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    /// The subcommand; without it, `serve`.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Options of `serve`.
    #[command(flatten)]
    pub(crate) serve: Serve,
}

/// What gcmock can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the emulated platform (the default).
    Serve(Box<Serve>),
    /// Validate limits files without starting: exit code 0, or 2 with every problem.
    Check {
        /// Limits files, in the order in which they layer.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Layer the files over the default limits, as `serve --with-defaults` does.
        #[arg(long, env = "GCMOCK_WITH_DEFAULTS", value_parser = switch)]
        with_defaults: bool,
        /// API document whose operations the limits may match, as `serve --spec` has it. It is validated too.
        #[arg(long, env = "GCMOCK_SPEC", value_name = "FILE")]
        spec: Option<PathBuf>,
    },
    /// List the embedded scenarios.
    Scenarios,
    /// Print a scenario's limits file or JMeter plan, the default limits, a schema for editors, the embedded faults, the
    /// operations, or the configuration of a balancer.
    Print(Print),
    /// Report what was refused, when, by which limit, and what to set: of a running server, of a result file or of a
    /// journal; as text, as one HTML page, as Markdown or as JSON.
    Report(Box<Report>),
    /// Print test data of a running server, for JMeter's CSV Data Set.
    Export(Export),
    /// Write an organization file from exports of a real organization: Terraform, JSON of the API, users as CSV, or
    /// recorded answers. Connects to nothing; names of people are made up.
    Import(Import),
    /// Print the requests that a running server remembers as a table, newest first.
    Requests(Requests),
    /// Keep the state of a running server, and bring it back: `gcmock snapshot save FILE` and `gcmock snapshot load FILE`.
    Snapshot(Snapshot),
    /// Learn limits from the results of a run with refusals: kind, capacity, rate and scope, with what the run leaves
    /// open.
    Learn(Learn),
    /// Write the local CA's certificate as ca.pem and as truststore.p12 for Java, and print how each client trusts it.
    Cert {
        /// Folder of the local CA, created if it does not exist. Default: `~/.local/state/gcmock`.
        #[arg(long, env = "GCMOCK_STATE_DIR", value_name = "DIR")]
        state_dir: Option<PathBuf>,
        /// Folder to write to.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Serve on a free port while a command runs: `gcmock run -- COMMAND…`. The command's variables are `GCMOCK_URI`,
    /// `GCMOCK_HOST`, `GCMOCK_PORT`, `GCMOCK_CLIENT_ID` and `GCMOCK_CLIENT_SECRET`, and `GCMOCK_JMETER_ARGS` for the
    /// shipped plans. The exit code is the command's, or 99 if that is 0 and an expectation failed.
    Run(Box<Run>),
    /// Run a JMeter plan, or one operation at a rate, in real time against a server: closed and open loops, REST and
    /// WebSockets, each user on its own connection.
    Drive(Box<Drive>),
    /// Find the largest or smallest value with which a load tool meets no refusal: `gcmock find --value 10..500 --
    /// COMMAND…` runs the command with one value after the other in place of `{}`, each against a new server.
    Find(Box<Find>),
    /// Write a copy of a JMeter plan with gcmock in place of the platform's hosts, and list the differences.
    Rewrite {
        /// The plan.
        plan: PathBuf,
        /// File to write. Default: `NAME.gcmock.jmx` beside the plan.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// URL of the server.
        #[arg(long, env = "GCMOCK_URL", default_value = "http://127.0.0.1:8080")]
        url: String,
        /// Host that is rewritten beside the platform's own, such as api.example.com. Repeatable.
        #[arg(long, env = "GCMOCK_ALSO_SERVE", value_name = "HOST", value_delimiter = ',', value_parser = read_host)]
        also_serve: Vec<String>,
    },
    /// Predict what a JMeter plan meets under the limits, without a server: what is refused, when first and by which
    /// limit, and the largest clean number of users, ramp-up and throughput.
    Predict(Box<Predict>),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Write manual pages, one for gcmock and one for each of its commands.
    Man {
        /// Folder to write into.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Ask a running server whether it is healthy: exit code 0 if it is, else 1.
    Healthcheck(Health),
}

/// Reads a flag from its variable. An empty variable is false.
fn switch(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "" | "0" | "false" | "no" | "off" | "n" | "f" => Ok(false),
        "1" | "true" | "yes" | "on" | "y" | "t" => Ok(true),
        _ => Err("expected true or false".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_option_of_serve_has_a_variable_of_its_own_name() {
        let command = Cli::command();
        let serve = command.find_subcommand("serve").expect("a subcommand");
        // Kubernetes sets the variable of --port to a URL, for every service called gcmock.
        for option in
            serve.get_arguments().filter(|option| option.get_id() != "help" && option.get_id() != "port")
        {
            let name = format!("GCMOCK_{}", option.get_id().as_str().to_uppercase());
            assert_eq!(option.get_env().and_then(std::ffi::OsStr::to_str), Some(name.as_str()));
        }
    }
}
