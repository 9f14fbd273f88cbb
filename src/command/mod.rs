//! The subcommands, one file each.
//!
//! Exit codes: 0 success, 1 failure while running, 2 wrong usage or configuration, 99 an expectation of `run`
//! failed. `run` also ends with its command's code. Output goes through `print_out` and `print_err`, which ignore a
//! closed reader.

pub(crate) mod address;
pub(crate) mod args;
mod balancer;
mod banner;
mod cert;
pub(crate) mod check;
mod client;
mod coverage;
mod drive;
mod ending;
mod export;
mod find;
mod healthcheck;
mod import;
mod inner;
mod journal;
mod junit;
mod learn;
mod log;
mod manual;
mod number;
mod occupied;
#[cfg(not(feature = "otlp"))]
#[path = "no_otlp.rs"]
mod otlp;
#[cfg(feature = "otlp")]
mod otlp;
mod output;
mod plan_file;
mod predict;
mod print;
mod report;
mod requests;
mod result_files;
mod rewrite;
mod run;
mod schema;
mod serve;
mod sharing;
mod snapshot;
mod summary;
#[cfg(unix)]
mod token_file;
#[cfg(not(unix))]
#[path = "no_token_file.rs"]
mod token_file;
mod variables;
mod xml;

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;

use anyhow::Context;
use clap::builder::Resettable;
use clap::{CommandFactory, FromArgMatches};

use self::args::{Cli, Command};
use crate::instance::document;
use crate::rules::OperationCatalog;

/// Wrong usage or configuration.
const USAGE: u8 = 2;

/// The reason of a failed command.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Wrong usage: exit code 2.
    Usage(anyhow::Error),
    /// A failure while running: exit code 1.
    Running(anyhow::Error),
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Running(error)
    }
}

/// Runs the command line of this process.
pub(crate) fn run() -> ExitCode {
    match dispatch(command_line()) {
        Ok(code) => ExitCode::from(code),
        Err(Failure::Usage(error)) => report_error(&error, USAGE),
        Err(Failure::Running(error)) => report_error(&error, 1),
    }
}

/// Reads the command line. The variables of `serve` do not apply to other commands: a wrong one must not make `check`
/// fail.
fn command_line() -> Cli {
    let serve = Cli::command();
    let first = std::env::args_os().nth(1).unwrap_or_default();
    let other = serve.find_subcommand(&first).is_some();
    let command = if other { serve.mut_args(|option| option.env(Resettable::Reset)) } else { serve };
    let read = command.try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    read.unwrap_or_else(|error| number::in_words(error).exit())
}

fn report_error(error: &anyhow::Error, code: u8) -> ExitCode {
    print_err(format_args!("gcmock: {error:#}"));
    ExitCode::from(code)
}

fn dispatch(cli: Cli) -> Result<u8, Failure> {
    match cli.command.unwrap_or_else(|| Command::Serve(Box::new(cli.serve))) {
        Command::Serve(options) => runtime()?.block_on(serve::run(&options)).map(|()| 0),
        Command::Check { files, with_defaults, spec } => {
            let catalog = document::routes(spec.as_deref()).map_err(Failure::Usage)?.catalog;
            check::run(&files, with_defaults, &|pattern| catalog.knows(pattern))
        }
        Command::Scenarios => print::scenarios().map(|()| 0),
        Command::Print(options) => print::print(&options).map(|()| 0),
        Command::Export(options) => current_thread()?.block_on(export::run(&options)).map(|()| 0),
        Command::Import(options) => import::run(&options).map(|()| 0),
        Command::Requests(options) => current_thread()?.block_on(requests::run(&options)).map(|()| 0),
        Command::Snapshot(options) => current_thread()?.block_on(snapshot::run(&options)).map(|()| 0),
        Command::Drive(options) => runtime()?.block_on(drive::run(&options)),
        Command::Find(options) => runtime()?.block_on(find::run(&options)),
        Command::Report(options) => current_thread()?.block_on(report::run(&options)).map(|()| 0),
        Command::Learn(options) => current_thread()?.block_on(learn::run(&options)).map(|()| 0),
        Command::Run(options) => runtime()?.block_on(run::run(&options)),
        Command::Rewrite { plan, out, url, also_serve } => {
            rewrite::run(&plan, out, &url, &also_serve).map(|()| 0)
        }
        Command::Predict(options) => runtime()?.block_on(predict::run(&options)).map(|()| 0),
        Command::Cert { state_dir, out } => cert::run(state_dir, &out).map(|()| 0),
        Command::Completions { shell } => manual::completions(shell).map(|()| 0),
        Command::Man { folder } => manual::man(&folder).map(|()| 0),
        Command::Healthcheck(options) => current_thread()?.block_on(healthcheck::run(&options)).map(|()| 0),
    }
}

/// The address of this machine under which a listener on `address` is reached.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

/// Prints the output of a command to stdout. A closed pipe is ignored.
pub(crate) fn print_out(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to stdout").map_err(Failure::Usage)
        }
        _ => Ok(()),
    }
}

/// Prints a line to stderr; a closed stderr is ignored.
pub(crate) fn print_err(line: impl Display) {
    // One write, so that no line of another program comes in between.
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

fn current_thread() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}
