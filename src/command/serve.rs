//! `gcmock serve`: from options to a running server, and from a signal to a clean end.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use tokio::net::TcpListener;
use tracing::level_filters::LevelFilter;
use uuid::Uuid;

use super::args::{Listen, Protection, Serve, Share, World};
use super::ending::Endings;
use super::output::check_writable;
use super::token_file::TokenFile;
use super::variables::report_unread;
use super::{Failure, banner, log, occupied, otlp, print, print_out, report, sharing, summary};
use crate::admin::report::material;
use crate::api;
use crate::api::route::Routes;
use crate::instance::mock_server::{live_config, scenario_layer};
use crate::instance::{Assembly, Instance, Listeners, Options, document};
use crate::platform::snapshot::Summary;
use crate::platform::snapshot::file::StateFile;
use crate::platform::{self, Platform, SocketTimeouts, organizations};
use crate::rules::{Layer, LiveConfig, Preset, Source, default_source};
use crate::server::tls::{self, Certificates, Ends, state_folder};
use crate::server::{self, Bounds, UnreadBounds};
use crate::store::{self, Inbox, Link, Store};
use crate::time::clock::{Clock, parse_rfc3339};

/// Serves until SIGTERM or SIGINT, then drains.
pub(super) async fn run(options: &Serve) -> Result<(), Failure> {
    log::to_stderr(options.log_format, LevelFilter::INFO);
    report_unread();
    let options = &with_port(with_config_folder(options)?)?;
    #[cfg(not(feature = "otlp"))]
    otlp::refuse(options)?;
    for (option, file) in [("--report", &options.report), ("--events-file", &options.delivery.events_file)] {
        file.as_deref().map_or(Ok(()), |file| check_writable(option, file, &options.world.files(&[])))?;
    }
    let state = options.state.as_deref().map(state_file).transpose()?;
    let store = store(options)?;
    let assembled = assembly(options, state.clone(), store.as_ref().map(|(store, ..)| Arc::clone(store)));
    let (assembly, (listeners, ends)) = both_or_every_error(assembled, listeners(options).await)?;
    let mut assembly = assembly.with_tls(ends);
    if let Some((_, link, inbox)) = store {
        assembly = assembly.with_store(link, inbox).await.map_err(Failure::Usage)?;
    }
    if let Some(file) = &state {
        load_state(file, options, assembly.platform())?;
    }
    let token = AdminToken::choose(options, &listeners)?;
    let mut endings = Endings::listen().map_err(anyhow::Error::from)?;
    let instance = Instance::start(&assembly, listeners, token.required()).map_err(anyhow::Error::from)?;
    let kept = token.keep(&instance, options.admin_listen.is_some());
    announce(&instance, options, &token);
    let platform = Arc::clone(instance.platform());
    tokio::select! {
        _ = endings.next() => {}
        never = summary::follow(&platform) => match never {},
    }
    // Before the drain frees the port, so that the next server on it finds no file of this one.
    drop(kept);
    instance.drain().await;
    let kept = state.map_or(Ok(()), |file| keep_state(&file, options, &platform));
    summary::print(&platform, options.log_format);
    kept?;
    if let Some(file) = &options.report {
        return report::write_at_end(&material::of(&platform, "gcmock serve"), file);
    }
    summary::offer_report(&platform, options.log_format);
    Ok(())
}

/// The file of --state, taken for this server.
fn state_file(path: &Path) -> Result<Arc<StateFile>, Failure> {
    let file = StateFile::open(path).with_context(|| format!("--state {}", path.display()));
    file.map(Arc::new).map_err(Failure::Usage)
}

/// The file of --state, as messages name it.
fn state_name(options: &Serve) -> String {
    options.state.as_ref().map_or_else(String::new, |path| format!("--state {}", path.display()))
}

/// Loads the state of an earlier server. Without a file, the server begins as its organization files say.
fn load_state(file: &StateFile, options: &Serve, platform: &Platform) -> Result<(), Failure> {
    let loaded = file.load(platform).with_context(|| state_name(options)).map_err(Failure::Usage)?;
    if let Some(Summary { organizations, conversations, bytes }) = loaded {
        tracing::info!(organizations, conversations, bytes, "{}: the state is loaded", state_name(options));
    }
    Ok(())
}

fn keep_state(file: &StateFile, options: &Serve, platform: &Platform) -> Result<(), Failure> {
    let bytes = file.save(platform).with_context(|| state_name(options)).map_err(Failure::Running)?;
    tracing::info!(bytes, "{}: the state is written", state_name(options));
    Ok(())
}

/// The options, with the files of the configuration folder for those that are not given.
fn with_config_folder(given: &Serve) -> Result<Serve, Failure> {
    let mut options = given.clone();
    let Some(folder) = &given.config else { return Ok(options) };
    let readable = std::fs::read_dir(folder).with_context(|| format!("--config {}", folder.display()));
    readable.map_err(Failure::Usage)?;
    let there = |name: &str| Some(folder.join(name)).filter(|path| path.exists());
    let world = &options.world;
    if world.limits.is_empty() && world.scenario.is_empty() && text_layer(world).is_none() {
        options.world.limits.extend(there("limits.toml"));
    }
    options.organizations = options.organizations.or_else(|| there("organizations"));
    if options.tls_cert.is_none() && options.tls_key.is_none() {
        (options.tls_cert, options.tls_key) = (there("tls/cert.pem"), there("tls/key.pem"));
    }
    Ok(options)
}

/// The options with the port of --port in --listen.
fn with_port(mut options: Serve) -> Result<Serve, Failure> {
    match (&mut options.listen, options.port) {
        (Listen::At(address), Some(port)) => address.set_port(port),
        (Listen::Nowhere, Some(port)) => {
            return Err(Failure::Usage(anyhow!(
                "--port {port}: --listen none has no port; expected --listen ADDR"
            )));
        }
        (_, None) => {}
    }
    Ok(options)
}

/// Both values, or every usage error at once.
fn both_or_every_error<T, U>(one: Result<T, Failure>, other: Result<U, Failure>) -> Result<(T, U), Failure> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (Err(Failure::Usage(one)), Err(Failure::Usage(other))) => {
            Err(Failure::Usage(anyhow!("{one:#}\ngcmock: {other:#}")))
        }
        (Err(failure), _) | (_, Err(failure)) => Err(failure),
    }
}

async fn listeners(options: &Serve) -> Result<(Listeners, Option<Ends>), Failure> {
    let main = match options.listen {
        Listen::At(address) => bind(address, "--listen").await.map(Some),
        Listen::Nowhere => Ok(None),
    };
    let admin = match options.admin_listen {
        Some(address) => bind(address, "--admin-listen").await.map(Some),
        None => Ok(None),
    };
    let ((main, admin), (tls, ends)) = both_or_every_error(
        both_or_every_error(main, admin),
        both_or_every_error(tls(options).await, tls_ends(options)),
    )?;
    let tls = tls.zip(ends.as_ref().map(|ends| ends.acceptor.clone()));
    Ok((Listeners { main, tls, admin }, ends))
}

/// The store of --store, not connected yet.
fn store(options: &Serve) -> Result<Option<(Arc<Store>, Link, Inbox)>, Failure> {
    let Some(address) = options.store.address.clone() else { return Ok(None) };
    let share_all = options.store.share == Share::All;
    let settings = store::Options::new(address, options.store.timeout, share_all);
    let link = Link::new(&settings).map_err(|error| Failure::Usage(anyhow!("--store: {error}")))?;
    let (store, inbox) = Store::new(settings);
    Ok(Some((store, link, inbox)))
}

fn assembly(
    options: &Serve,
    state_file: Option<Arc<StateFile>>,
    store: Option<Arc<Store>>,
) -> Result<Assembly, Failure> {
    let routes = document::routes(options.world.spec.as_deref()).map_err(Failure::Usage);
    // Without its document, the limits are checked with the built-in operations.
    let known = routes.as_ref().map_or_else(|_| api::routes(), Routes::clone);
    let ((routes, config), (clock, organizations)) = both_or_every_error(
        both_or_every_error(routes, live_config_of(&known, &options.world)),
        both_or_every_error(
            clock(&options.world.clock),
            organizations(options.organizations.as_deref()).map_err(Failure::Usage),
        ),
    )?;
    let behaviour = Options {
        platform: platform::Options {
            strict_auth: options.strict_auth,
            node: options.node.node.clone(),
            token_key: options.node.key().map_err(Failure::Usage)?,
            enforce_scopes: options.enforce_scopes,
            strict_paths: options.strict_paths,
            routes: options.route_conversations,
            seed: options.world.seed,
            journal: options.journal,
            organizations: Some(organizations),
            sockets: SocketTimeouts { silence: options.socket_timeout, ..SocketTimeouts::default() },
            deliveries: options.delivery.options(options.is_local()),
            store,
            #[cfg(feature = "otlp")]
            telemetry: otlp::exporter(options)?,
            ..platform::Options::default()
        },
        latency: !options.world.no_latency,
        seed: options.world.seed,
        wire: wire(&options.protection),
        bounds: Bounds {
            connections: options.protection.max_connections,
            requests: options.protection.max_in_flight,
            unread: UnreadBounds {
                per_connection: options.protection.max_unread_per_connection,
                all: options.protection.max_unread,
            },
            bodies: options.protection.max_bodies,
        },
        max_body: options.protection.max_body,
        also_serve: options.world.also_serve.clone(),
        state_file,
        certificates: Some(certificates(options)),
    };
    Assembly::new(routes, config, clock, behaviour).map_err(Failure::Usage)
}

fn wire(protection: &Protection) -> server::Options {
    server::Options {
        request_timeout: protection.request_timeout,
        idle_timeout: protection.idle_timeout,
        max_head: protection.max_head,
        ..server::Options::default()
    }
}

/// Binds the TLS listener if an option asks for it. Without a clear-text listener it is required.
async fn tls(options: &Serve) -> Result<Option<TcpListener>, Failure> {
    match (options.tls_listen, options.listen) {
        (Some(address), _) => bind(address, "--tls-listen").await.map(Some),
        (None, Listen::At(_)) => Ok(None),
        (None, Listen::Nowhere) => {
            Err(Failure::Usage(anyhow!("--listen none: expected --tls-listen ADDR as well")))
        }
    }
}

/// Ends TLS, if a listener or certificates are given. Tunnels use the same certificates.
fn tls_ends(options: &Serve) -> Result<Option<Ends>, Failure> {
    let certificates = certificates(options);
    let given = matches!(certificates, Certificates::Given { .. });
    let wanted = given || options.tls_listen.is_some();
    wanted.then(|| tls::ends(&certificates)).transpose().map_err(Failure::Usage)
}

fn certificates(options: &Serve) -> Certificates {
    match (&options.tls_cert, &options.tls_key) {
        (Some(certificate), Some(key)) => {
            Certificates::Given { certificate: certificate.clone(), key: key.clone() }
        }
        // Of two files in the configuration folder one is missing.
        (Some(one), None) | (None, Some(one)) => Certificates::Given {
            certificate: one.with_file_name("cert.pem"),
            key: one.with_file_name("key.pem"),
        },
        (None, None) => Certificates::Made {
            state: state_folder(options.state_dir.clone()),
            hosts: options.tls_host.clone(),
            also: options.world.also_serve.clone(),
        },
    }
}

/// The limits of scenarios, and of files over them.
pub(super) fn live_config_of(routes: &Routes, world: &World) -> Result<Arc<LiveConfig>, Failure> {
    live_config(routes, layers(world)?).map_err(|problems| Failure::Usage(anyhow!("{problems}")))
}

fn layers(world: &World) -> Result<Vec<Layer>, Failure> {
    let defaults = world.with_defaults.then(|| Layer::Text(default_source()));
    let mut layers: Vec<_> = defaults.into_iter().collect();
    for name in &world.scenario {
        print::find(name)?;
        layers.extend(scenario_layer(name));
    }
    layers.extend(world.limits.iter().cloned().map(Layer::File));
    layers.extend(text_layer(world));
    let faults = world.fault.iter().map(|name| print::find_fault(name)).collect::<Result<Vec<_>, _>>()?;
    if layers.is_empty() && !faults.is_empty() {
        layers.push(Layer::Text(default_source()));
    }
    layers.extend(faults.into_iter().map(Preset::source).map(Layer::Text));
    Ok(layers)
}

/// The layer of --limits-toml. An empty variable counts as missing.
pub(super) fn text_layer(world: &World) -> Option<Layer> {
    let text = world.limits_toml.clone().filter(|text| !text.is_empty())?;
    Some(Layer::Text(Source { name: "--limits-toml".to_owned(), text }))
}

pub(super) fn clock(mode: &str) -> Result<Clock, Failure> {
    let start = match mode.split_once('=') {
        None if mode == "system" => return Ok(Clock::system()),
        None if mode == "manual" => None,
        Some(("manual", start)) => Some(parse_rfc3339(start).ok_or_else(|| bad_clock(mode))?),
        _ => return Err(bad_clock(mode)),
    };
    Ok(Clock::manual(start))
}

fn bad_clock(mode: &str) -> Failure {
    Failure::Usage(anyhow!(
        "--clock {mode}: expected system, manual or manual=2026-03-08T00:00:00Z (GCMOCK_CLOCK)"
    ))
}

async fn bind(address: SocketAddr, option: &str) -> Result<TcpListener, Failure> {
    match server::bind(address) {
        Ok(listener) => Ok(listener),
        Err(error) => {
            let why = occupied::explain(address, option, &error).await;
            Err(Failure::Usage(anyhow!("{option} {address}: {why}")))
        }
    }
}

/// The admin token.
struct AdminToken {
    token: Option<String>,
    /// Whether it was generated, so that it has to be printed.
    generated: bool,
    /// Whether a listener that is not on loopback requires no token.
    open: bool,
}

impl AdminToken {
    fn choose(options: &Serve, listeners: &Listeners) -> Result<Self, Failure> {
        let platform = [listeners.main.as_ref(), listeners.tls.as_ref().map(|(listener, _)| listener)];
        let reach_admin = listeners.admin.as_ref().map_or(platform, |admin| [Some(admin), None]);
        let addresses = reach_admin.into_iter().flatten().map(TcpListener::local_addr);
        let addresses = addresses.collect::<Result<Vec<_>, _>>().map_err(anyhow::Error::from)?;
        let local = addresses.iter().all(|address| address.ip().to_canonical().is_loopback());
        Ok(match options.admin_token.as_deref() {
            Some("none") => Self { token: None, generated: false, open: !local },
            Some(token) => Self { token: Some(token.to_owned()), generated: false, open: false },
            None if local => Self { token: None, generated: false, open: false },
            None => {
                let token = Some(Uuid::new_v4().simple().to_string());
                Self { token, generated: true, open: false }
            }
        })
    }

    fn required(&self) -> Option<String> {
        self.token.clone()
    }

    /// Writes the token to a file for each listener of the admin API, so that commands of this user find it.
    fn keep(&self, instance: &Instance, has_own_listener: bool) -> Vec<TokenFile> {
        let Some(token) = &self.token else { return Vec::new() };
        let platform = [instance.http, instance.https];
        let addresses = if has_own_listener { [Some(instance.admin_address), None] } else { platform };
        let written = addresses.into_iter().flatten().map(|address| TokenFile::write(address, token));
        written.filter_map(|file| file.map_err(|error| report_not_kept(&error)).ok()).collect()
    }
}

fn report_not_kept(error: &std::io::Error) {
    tracing::info!(
        "no folder can keep the admin token ({error}): `gcmock export` and `gcmock requests` need --admin-token"
    );
}

/// The ready lines on stdout, before anything else there, and the banner on stderr.
fn announce(instance: &Instance, options: &Serve, token: &AdminToken) {
    let mut ready = String::new();
    for (scheme, address) in [("http", instance.http), ("https", instance.https)] {
        if let Some(address) = address {
            let _ = writeln!(ready, "gcmock listening on {scheme}://{address}");
        }
    }
    if options.admin_listen.is_some() {
        let _ = writeln!(ready, "gcmock admin listening on http://{}", instance.admin_address);
    }
    if let Some(token) = token.token.as_ref().filter(|_| token.generated) {
        let _ = writeln!(ready, "gcmock admin token {token}");
    }
    // A closed stdout does not end the server.
    let _ = print_out(&ready);
    if token.open {
        tracing::warn!("--admin-token none: any client that reaches this address can change everything");
    }
    if let Some(warning) = sharing::warning(instance, &options.store) {
        tracing::warn!("{warning}");
    }
    banner::print(instance, &options.world, token.token.is_some());
}
