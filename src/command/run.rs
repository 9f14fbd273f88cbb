//! `gcmock run`: a server for the length of one command, and a verdict over it.

use std::fs::{self, File};
use std::path::Path;
use std::process::ExitStatus;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use tokio::process::{Child, Command};
use tracing::level_filters::LevelFilter;

use super::args::{LogFormat, Run};
use super::ending::{Ending, Endings};
use super::serve::{clock, live_config_of};
use super::variables::report_unread;
use super::{Failure, banner, junit, log, print_err, summary};
use crate::instance::{Assembly, Instance, Listeners, Options, document};
use crate::observe::verify::{Expectations, Verdict, verify};
use crate::platform::{self, organizations};
use crate::server;

/// The variables of the command: the addresses of the server for gcmock's commands, for other programs and for the
/// shipped plans, and the credentials of a client.
pub(super) const EXPORTED: [&str; 7] = [
    "GCMOCK_URI",
    "GCMOCK_URL",
    "GCMOCK_HOST",
    "GCMOCK_PORT",
    "GCMOCK_JMETER_ARGS",
    "GCMOCK_CLIENT_ID",
    "GCMOCK_CLIENT_SECRET",
];

/// An expectation failed, and the command itself did not.
const UNMET: u8 = 99;

/// Serves on a free port while the command runs; its exit code, or 99 where an expectation failed.
pub(super) async fn run(options: &Run) -> Result<u8, Failure> {
    log::to_stderr(LogFormat::Text, LevelFilter::WARN);
    report_unread();
    let expectations = options.expect.as_deref().map(read).transpose()?;
    let report_file = options.junit.as_deref().map(report_file).transpose()?;
    let routes = document::routes(options.world.spec.as_deref()).map_err(Failure::Usage)?;
    let config = live_config_of(&routes, &options.world)?;
    let organizations = organizations(options.organizations.as_deref()).map_err(Failure::Usage)?;
    let behaviour = Options {
        latency: !options.world.no_latency,
        seed: options.world.seed,
        platform: platform::Options {
            journal: options.journal,
            organizations: Some(organizations),
            ..platform::Options::default()
        },
        also_serve: options.world.also_serve.clone(),
        ..Options::default()
    };
    let clock = clock(&options.world.clock)?;
    let assembly = Assembly::new(routes, config, clock, behaviour).map_err(Failure::Usage)?;
    let main = server::bind(([127, 0, 0, 1], 0).into()).context("cannot listen on 127.0.0.1")?;
    let listeners = Listeners { main: Some(main), tls: None, admin: None };
    let instance = Instance::start(&assembly, listeners, None).map_err(anyhow::Error::from)?;
    if !options.world.scenario.is_empty() {
        print_err(format_args!("gcmock: limits: {}", banner::origin(&options.world)));
    }
    let ended = command(options, &instance).await;
    let verdicts = expectations
        .map(|expectations| verify(instance.platform().run_so_far(), &expectations))
        .unwrap_or_default();
    let platform = Arc::clone(instance.platform());
    instance.drain().await;
    if ended.is_ok() {
        summary::print(&platform, LogFormat::Text);
    }
    if let Some(file) = report_file {
        let command = command_verdict(options, &ended);
        junit::write(file, &command, &verdicts).context("--junit")?;
    }
    let code = ended?;
    report(&verdicts);
    let unmet = code == 0 && verdicts.iter().any(|verdict| !verdict.passed);
    Ok(if unmet { UNMET } else { code })
}

/// Creates the file of the report before the server starts, so that an error comes early.
fn report_file(file: &Path) -> Result<File, Failure> {
    File::create(file).with_context(|| format!("--junit {}", file.display())).map_err(Failure::Usage)
}

fn read(file: &Path) -> Result<Expectations, Failure> {
    let text = fs::read_to_string(file).with_context(|| format!("--expect {}", file.display()));
    let read = text.map_err(Failure::Usage)?;
    Expectations::read(&read).map_err(|error| Failure::Usage(anyhow!("--expect {}: {error}", file.display())))
}

/// The command's exit code; 128 and the signal's number where a signal ended it.
async fn command(options: &Run, instance: &Instance) -> Result<u8, Failure> {
    let [program, arguments @ ..] = options.command.as_slice() else {
        return Err(Failure::Usage(anyhow!("expected a command after --")));
    };
    let mut command = Command::new(program);
    command.args(arguments).kill_on_drop(true).envs(environment(instance));
    // From before the command is there, or a signal in between would leave it behind.
    let endings = Endings::listen().map_err(anyhow::Error::from)?;
    let spawned = command.spawn().with_context(|| format!("cannot run {}", program.display()));
    let status = ended(spawned.map_err(Failure::Usage)?, endings).await.map_err(anyhow::Error::from)?;
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status).map(|signal| 128 + signal);
    #[cfg(not(unix))]
    let signal = None;
    let code = status.code().or(signal).unwrap_or(1);
    Ok(u8::try_from(code).unwrap_or(1))
}

/// The values of [`EXPORTED`]. The arguments for JMeter hold no secret: every user of the machine sees them.
fn environment(instance: &Instance) -> impl Iterator<Item = (&'static str, String)> {
    let tenant = instance.platform().tenants.default_tenant();
    let client = tenant.clients.iter().find(|client| client.secret.is_some());
    let (id, secret) =
        client.map(|client| (client.id.clone(), client.secret.clone().unwrap_or_default())).unzip();
    let (host, port) = (instance.admin_address.ip().to_string(), instance.admin_address.port().to_string());
    let jmeter = format!("-Jhost={host} -Jport={port}");
    let uri = Some(instance.uri());
    let values = [uri.clone(), uri, Some(host), Some(port), Some(jmeter), id, secret];
    EXPORTED.into_iter().zip(values).filter_map(|(name, value)| Some((name, value?)))
}

/// Waits for the command. SIGTERM is passed on to it. An interrupt reaches both processes anyway.
async fn ended(mut child: Child, mut endings: Endings) -> std::io::Result<ExitStatus> {
    loop {
        tokio::select! {
            status = child.wait() => return status,
            ending = endings.next() => if ending == Ending::Terminate { terminate(&mut child)? },
        }
    }
}

/// Passes the wish on, so that the command can tidy up.
#[cfg(unix)]
fn terminate(child: &mut Child) -> std::io::Result<()> {
    use rustix::process::{Pid, Signal, kill_process};
    let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    Ok(pid.map_or(Ok(()), |pid| kill_process(pid, Signal::TERM))?)
}

#[cfg(not(unix))]
fn terminate(child: &mut Child) -> std::io::Result<()> {
    child.start_kill()
}

fn report(verdicts: &[Verdict]) {
    for verdict in verdicts {
        let word = if verdict.passed { "passed" } else { "FAILED" };
        print_err(format_args!("gcmock: {word}  {}: {}", verdict.name, verdict.message));
    }
}

/// The result of the command, as a verdict beside the expectations.
fn command_verdict(options: &Run, ended: &Result<u8, Failure>) -> Verdict {
    let words: Vec<_> = options.command.iter().map(|word| word.to_string_lossy()).collect();
    let message = match ended {
        Ok(code) => format!("it ended with exit code {code}"),
        Err(Failure::Usage(why) | Failure::Running(why)) => format!("{why:#}"),
    };
    Verdict { name: words.join(" "), passed: matches!(ended, Ok(0)), message }
}
