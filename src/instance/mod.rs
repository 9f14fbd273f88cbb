//! One running server: its listeners and the tasks beside them, from the start to the end of the drain.
//!
//! [`Assembly`] puts the parts together, [`Instance`] serves them. `document` reads the user's own API
//! document. `router` sends a request to the pipeline or to
//! the admin API. `mock_server` is the server inside a test suite.

pub(crate) mod document;
pub(crate) mod mock_server;
pub(crate) mod router;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use self::router::Surface;
use crate::admin::{self, ControlPlane};
use crate::api::route::Routes;
use crate::pipeline::Pipeline;
use crate::pipeline::latency::Latencies;
use crate::platform::snapshot::file::StateFile;
use crate::platform::{self, Platform, agenda, faults, limiter};
use crate::push::delivery;
#[cfg(feature = "otlp")]
use crate::push::telemetry;
use crate::rules::{self, Config, LiveConfig};
use crate::server::tls::names::Hosts;
use crate::server::tls::{Certificates, Ends, LazyEnds};
use crate::server::{self, Bounds, Protection};
use crate::store::{self, StoreError};
use crate::time::clock::Clock;
use crate::wire::error::MAX_BODY;

/// The grace of the admin listener after the others have ended.
const ADMIN_GRACE: Duration = Duration::from_millis(20);
/// The time between two entries of the history.
const NOTE: Duration = Duration::from_secs(1);
/// The time between sweeps of a part of the idle buckets.
const SWEEP: Duration = Duration::from_millis(250);

/// The options of a server, apart from its limits.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// The options of the emulated platform.
    pub(crate) platform: platform::Options,
    /// Whether requests wait the configured latency.
    pub(crate) latency: bool,
    /// The seed of random latencies and faults.
    pub(crate) seed: Option<u64>,
    /// The timeouts and sizes of listeners.
    pub(crate) wire: server::Options,
    /// The bounds of the platform's listeners.
    pub(crate) bounds: Bounds,
    /// The largest body of a request, in bytes.
    pub(crate) max_body: usize,
    /// Hosts that are served beside the platform's own.
    pub(crate) also_serve: Vec<String>,
    /// The file that keeps the state.
    pub(crate) state_file: Option<Arc<StateFile>>,
    /// The source of the certificates of tunnels; without it, a folder of this machine's user.
    pub(crate) certificates: Option<Certificates>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            platform: platform::Options::default(),
            latency: true,
            seed: None,
            wire: server::Options::default(),
            bounds: Bounds::default(),
            max_body: MAX_BODY,
            also_serve: Vec::new(),
            state_file: None,
            certificates: None,
        }
    }
}

/// A server before it listens.
pub(crate) struct Assembly {
    pipeline: Arc<Pipeline>,
    protection: Arc<Protection>,
    tls: Arc<LazyEnds>,
    /// The hosts that proxy mode serves.
    hosts: Hosts,
    wire: server::Options,
    state_file: Option<Arc<StateFile>>,
    /// The task of the store, until the server starts.
    store: Mutex<Option<store::Task>>,
}

impl Assembly {
    /// Assembles a server that answers `routes` under the limits of `config`.
    ///
    /// # Errors
    /// When the organizations can not be read.
    pub(crate) fn new(
        routes: Routes,
        config: Arc<LiveConfig>,
        clock: Clock,
        options: Options,
    ) -> anyhow::Result<Self> {
        let (seed, max_body) = (options.seed, options.max_body);
        let seeded = platform::Options { seed, max_body, ..options.platform };
        let platform = Platform::new(Arc::clone(&routes.catalog), config, clock, seeded)?;
        let hosts = hosts(&platform, &options.also_serve);
        let of_this_user = || Certificates::of_this_user(options.also_serve.clone());
        let certificates = options.certificates.unwrap_or_else(of_this_user);
        let pipeline = Pipeline {
            platform: Arc::new(platform),
            routes,
            latencies: Latencies::new(options.latency, seed),
            max_body,
            request_timeout: options.wire.request_timeout,
            stop: CancellationToken::new(),
        };
        Ok(Self {
            pipeline: Arc::new(pipeline),
            protection: Arc::new(Protection::new(options.bounds)),
            tls: Arc::new(LazyEnds::new(Some(certificates), None)),
            hosts,
            wire: options.wire,
            state_file: options.state_file,
            store: Mutex::default(),
        })
    }

    /// Joins the nodes of a store. A store that does not answer yet is tried again later.
    ///
    /// # Errors
    /// When the store can not be used.
    pub(crate) async fn with_store(self, link: store::Link, inbox: store::Inbox) -> anyhow::Result<Self> {
        let platform = self.platform();
        let Some(nodes) = platform.nodes.clone() else { return Ok(self) };
        let beyond = limiter::beyond_the_store(&platform.config.current(), &nodes.store.options).join(", ");
        anyhow::ensure!(
            beyond.is_empty(),
            "--store: a cluster has each organization by itself, and these limits count over all of them: {beyond}; \
             write store = \"local\" there, or name a single store"
        );
        nodes.attach(platform);
        let mut task = store::Task::new(Arc::clone(&nodes.store), link, inbox, nodes);
        match task.start().await {
            // The task has said so.
            Err(StoreError::Unreachable(_)) | Ok(()) => {}
            Err(unfit) => anyhow::bail!("--store: {unfit}"),
        }
        Ok(Self { store: Mutex::new(Some(task)), ..self })
    }

    /// Ends the TLS of tunnels as the listener does.
    #[must_use]
    pub(crate) fn with_tls(self, ends: Option<Ends>) -> Self {
        if ends.is_none() { self } else { Self { tls: Arc::new(LazyEnds::new(None, ends)), ..self } }
    }

    /// The platform that it emulates.
    pub(crate) fn platform(&self) -> &Arc<Platform> {
        &self.pipeline.platform
    }

    fn control_plane(&self, platform_uri: Option<Arc<str>>) -> ControlPlane {
        ControlPlane {
            platform: Arc::clone(self.platform()),
            protection: Arc::clone(&self.protection),
            tls: Arc::clone(&self.tls),
            stop: self.pipeline.stop.clone(),
            state_file: self.state_file.clone(),
            request_timeout: self.wire.request_timeout,
            platform_uri,
        }
    }
}

/// The platform's hosts, those of every organization's edges, and those that the operator adds.
fn hosts(platform: &Platform, also_serve: &[String]) -> Hosts {
    let tenants = platform.tenants.all();
    let edges = tenants.iter().flat_map(|tenant| &tenant.edges).map(|(_, host)| host.clone());
    Hosts::new(also_serve, edges)
}

/// The sockets of a server, bound and not yet served.
pub(crate) struct Listeners {
    /// The emulated platform, in clear text; not without [`Self::tls`].
    pub(crate) main: Option<TcpListener>,
    /// The emulated platform over TLS.
    pub(crate) tls: Option<(TcpListener, TlsAcceptor)>,
    /// The admin API, if it has an address of its own.
    pub(crate) admin: Option<TcpListener>,
}

/// A running server.
pub(crate) struct Instance {
    control_plane: ControlPlane,
    tasks: JoinSet<()>,
    /// What stops last: the connection to the store, the exporter of metrics and traces, and the admin listener, if it has its
    /// own address. So it reports the drain of the others.
    admin: JoinSet<()>,
    admin_stop: CancellationToken,
    /// The address of the emulated platform in clear text.
    pub(crate) http: Option<SocketAddr>,
    /// The address of the emulated platform over TLS.
    pub(crate) https: Option<SocketAddr>,
    /// The address of the admin API.
    pub(crate) admin_address: SocketAddr,
}

impl Instance {
    /// Serves `assembly` on `listeners`; the admin API asks for `token`, if there is one.
    ///
    /// # Errors
    /// When a listener has no address.
    pub(crate) fn start(
        assembly: &Assembly,
        listeners: Listeners,
        token: Option<String>,
    ) -> std::io::Result<Self> {
        let (http, https, mut admin_address) = addresses(&listeners)?;
        let (mut tasks, mut admin, admin_stop) = (JoinSet::new(), JoinSet::new(), CancellationToken::new());
        let platform_uri = listeners.admin.as_ref().and_then(|_| uri_of(http, https));
        let (control_plane, wire) = (assembly.control_plane(platform_uri.map(Arc::from)), assembly.wire);
        let stop = assembly.pipeline.stop.clone();
        let full = admin::router(control_plane.clone(), token);
        let beside_platform = match listeners.admin {
            None => full,
            Some(listener) => {
                admin_address = listener.local_addr()?;
                let surface = Arc::new(Surface::admin_only(assembly, full));
                let wire = server::Options { grace: ADMIN_GRACE, ..wire };
                admin.spawn(server::serve(listener, surface, admin_stop.clone(), wire));
                admin::open_router(control_plane.clone())
            }
        };
        let surface = Arc::new(Surface::platform(assembly, beside_platform));
        if let Some(listener) = listeners.main {
            tasks.spawn(server::serve(listener, Arc::clone(&surface), stop.clone(), wire));
        }
        if let Some((listener, tls)) = listeners.tls {
            tasks.spawn(server::serve_tls(listener, surface, stop.clone(), wire, tls));
        }
        keep_up(assembly.platform(), &stop, &mut tasks);
        if let Some(store) = assembly.store.lock().take() {
            // It ends last: requests that are still answered are decided by the store.
            admin.spawn(store.run(admin_stop.clone()));
        }
        #[cfg(feature = "otlp")]
        if let Some(telemetry) = &assembly.platform().options.telemetry {
            // It ends last too: what is answered during the drain is sent.
            let (telemetry, of) = (Arc::clone(telemetry), control_plane.clone());
            let read = move || admin::families::read(&of);
            admin.spawn(telemetry::run(telemetry, read, admin_stop.clone()));
        }
        Ok(Self { control_plane, tasks, admin, admin_stop, http, https, admin_address })
    }

    /// The base URL of the emulated platform; in clear text where it has both.
    pub(crate) fn uri(&self) -> String {
        uri_of(self.http, self.https).unwrap_or_else(|| format!("http://{}", self.admin_address))
    }

    /// Everything the server shares.
    pub(crate) fn platform(&self) -> &Arc<Platform> {
        &self.control_plane.platform
    }

    /// The state behind the admin API.
    #[cfg(test)]
    pub(crate) const fn control_plane(&self) -> &ControlPlane {
        &self.control_plane
    }

    /// Stops accepting, answers the requests in flight, and returns when all have ended.
    pub(crate) async fn drain(mut self) {
        self.control_plane.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
        self.admin_stop.cancel();
        while self.admin.join_next().await.is_some() {}
    }
}

/// The base URL of a platform with these addresses; in clear text where it has both.
fn uri_of(http: Option<SocketAddr>, https: Option<SocketAddr>) -> Option<String> {
    let http = http.map(|address| format!("http://{address}"));
    http.or_else(|| https.map(|address| format!("https://{address}")))
}

/// The addresses in clear text and over TLS, and the one of the admin API unless it has its own.
fn addresses(listeners: &Listeners) -> std::io::Result<(Option<SocketAddr>, Option<SocketAddr>, SocketAddr)> {
    let http = listeners.main.as_ref().map(TcpListener::local_addr).transpose()?;
    let https = listeners.tls.as_ref().map(|(listener, _)| listener.local_addr()).transpose()?;
    let admin = http.or(https).ok_or(std::io::ErrorKind::InvalidInput)?;
    Ok((http, https, admin))
}

/// Starts the background tasks: watching limits files, sweeping idle buckets, noting the history, the agenda, and
/// sending events.
fn keep_up(platform: &Arc<Platform>, stop: &CancellationToken, tasks: &mut JoinSet<()>) {
    tasks.spawn(rules::watch(Arc::clone(&platform.config), stop.clone()));
    tasks.spawn(sweep(Arc::clone(platform), stop.clone()));
    tasks.spawn(note_history(Arc::clone(platform), stop.clone()));
    tasks.spawn(agenda::run(Arc::clone(platform), stop.clone()));
    let deliveries = &platform.notifications.deliveries;
    tasks.spawn(delivery::run(Arc::clone(deliveries), stop.clone()));
    tasks.spawn(delivery::write_file(Arc::clone(deliveries), stop.clone()));
    let reconfigured = Arc::downgrade(platform);
    platform.config.on_change(move |old, new| {
        if let Some(platform) = reconfigured.upgrade() {
            platform.scenario_check.reset();
            let now = platform.clock.now();
            platform.limiter.reconfigure(old, new, now);
            platform.limiter.settle_store((old, new), now);
            warn_of_limits_beyond_the_store(&platform, new);
            platform.faults.reconfigure(old, new);
            faults::end_sockets(&platform, new, now, now);
        }
    });
}

/// At the start such limits are refused. Later they are not, so that the other limits of a file come into force.
fn warn_of_limits_beyond_the_store(platform: &Platform, config: &Config) {
    let Some(nodes) = &platform.nodes else { return };
    for limit in limiter::beyond_the_store(config, &nodes.store.options) {
        tracing::warn!(
            "limit {limit:?} counts over all organizations: each server counts it by itself, because the store is a cluster"
        );
    }
}

async fn note_history(platform: Arc<Platform>, stop: CancellationToken) {
    let mut tick = tokio::time::interval(NOTE);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {
                platform.note_history();
                admin::feed::end_second(&platform).await;
            }
        }
    }
}

async fn sweep(platform: Arc<Platform>, stop: CancellationToken) {
    let mut tick = tokio::time::interval(SWEEP);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {
                let (config, now) = (platform.config.current(), platform.clock.now());
                platform.limiter.sweep(&config, now);
                platform.limiter.sweep_store(&config, &platform.tenants.all(), now);
            }
        }
    }
}
