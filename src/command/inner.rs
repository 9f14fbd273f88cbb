//! A server of this process on a free port, and a command that runs against it.

use std::ffi::OsString;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use tokio::process::{Child, Command};

use super::Failure;
use super::args::World;
use super::ending::{Ending, Endings};
use super::serve::{clock, live_config_of};
use crate::instance::{Assembly, Instance, Listeners, Options, document};
use crate::platform::{self, Platform};
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

/// Starts a server that remembers `journal` requests, with the organizations of a folder or the embedded ones.
///
/// # Errors
/// Wrong limits, organizations or options, or no free port.
pub(super) fn start(
    world: &World,
    journal: usize,
    organizations: Option<&Path>,
) -> Result<Instance, Failure> {
    let routes = document::routes(world.spec.as_deref()).map_err(Failure::Usage)?;
    let config = live_config_of(&routes, world)?;
    let organizations = Some(platform::organizations(organizations).map_err(Failure::Usage)?);
    let behaviour = Options {
        latency: !world.no_latency,
        seed: world.seed,
        platform: platform::Options { journal, organizations, ..platform::Options::default() },
        also_serve: world.also_serve.clone(),
        ..Options::default()
    };
    let clock = clock(&world.clock)?;
    let assembly = Assembly::new(routes, config, clock, behaviour).map_err(Failure::Usage)?;
    let main = server::bind(([127, 0, 0, 1], 0).into()).context("cannot listen on 127.0.0.1")?;
    let listeners = Listeners { main: Some(main), tls: None, admin: None };
    Ok(Instance::start(&assembly, listeners, None).map_err(anyhow::Error::from)?)
}

/// Whether the command prints to this process's output, or nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    Shown,
    Hidden,
}

/// Runs a command against the server. Returns its exit code; 128 and the signal's number where a signal ended it.
///
/// # Errors
/// A command that cannot be run.
pub(super) async fn run_command(
    words: &[OsString],
    instance: &Instance,
    output: Output,
) -> Result<u8, Failure> {
    let [program, arguments @ ..] = words else {
        return Err(Failure::Usage(anyhow!("expected a command after --")));
    };
    let mut command = Command::new(program);
    command.args(arguments).kill_on_drop(true).envs(environment(instance));
    if output == Output::Hidden {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    }
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

/// Ends the server. Its records can still be read.
pub(super) async fn stop(instance: Instance) -> Arc<Platform> {
    let platform = Arc::clone(instance.platform());
    instance.drain().await;
    platform
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
